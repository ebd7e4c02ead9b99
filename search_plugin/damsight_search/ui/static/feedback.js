// Tells the search what became of a hit. It never gets in the way: where it cannot be told, nothing happens.

const ADDRESS = "api/v1/feedback";
const results = () => document.getElementById("results");

function asked() {
  const address = new URL(results().dataset.address, document.baseURI).searchParams;
  return { text: address.get("q") ?? "", like: address.getAll("like") };
}

async function tell(asset, action, rank) {
  if (!results().dataset.abilities.includes("feedback")) return null;
  const body = JSON.stringify({ asset_id: asset, action, rank, ...asked() });
  try {
    const answer = await fetch(ADDRESS, { method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive: true });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** A large view was opened: note it, and offer to say whether it fits. Only what was looked for can fit. */
export async function noteOpened(view, asset, rank) {
  const { text, like } = asked();
  if (rank === 0 || !(text || like.length)) return;
  const told = await tell(asset, "opened", rank);
  const judge = view.querySelector(".judge");
  if (!judge || !told?.kept) return;
  judge.hidden = false;
  judge.onclick = async (event) => {
    const button = event.target.closest("[data-mark]");
    if (!button) return;
    const kept = (await tell(asset, button.dataset.mark, rank))?.kept;
    for (const each of judge.querySelectorAll("[data-mark]")) each.setAttribute("aria-pressed", String(kept && each === button));
    judge.querySelector(".thanks").textContent = kept ? "Thank you, noted." : "That could not be noted.";
  };
}

/** The picture itself was taken. */
export function watchDownloads(view, asset, rank) {
  view.querySelector(".actions a[target]")?.addEventListener("click", () => rank > 0 && tell(asset, "downloaded", rank));
}
