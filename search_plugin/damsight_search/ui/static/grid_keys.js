// The grid is one stop of the tab key; arrows move within it, in rank order and by columns.

const cards = () => [...document.querySelectorAll("#grid .card .open")];

/** Make one card the grid's tab stop. */
export function settleTabStop(wanted) {
  const all = cards();
  const stop = wanted && all.includes(wanted) ? wanted : all.find((card) => card.tabIndex === 0 && card.dataset.stop) ?? all[0];
  for (const card of all) {
    card.tabIndex = card === stop ? 0 : -1;
    if (card === stop) card.dataset.stop = "1";
    else delete card.dataset.stop;
  }
}

function neighbour(all, current, key) {
  const index = all.indexOf(current);
  if (key === "ArrowRight") return all[index + 1];
  if (key === "ArrowLeft") return all[index - 1];
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  return inColumn(all, current, key === "ArrowDown" ? 1 : -1);
}

function inColumn(all, current, direction) {
  const here = current.parentElement;
  const column = all.map((card) => card.parentElement).filter((card) => card.offsetLeft === here.offsetLeft);
  return column[column.indexOf(here) + direction]?.querySelector(".open");
}

/** Listen for the arrows. */
export function watchGridKeys() {
  document.addEventListener("keydown", (event) => {
    const current = event.target.closest?.("#grid .open");
    if (!current || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
    const next = neighbour(cards(), current, event.key);
    event.preventDefault();
    if (next) focusCard(next);
  });
  document.addEventListener("focusin", (event) => {
    const card = event.target.closest?.("#grid .open");
    if (card) settleTabStop(card);
  });
}

/** Put the focus on a card and bring it into view, clear of the sticky top. */
export function focusCard(card) {
  settleTabStop(card);
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}
