// Where in the picture it shows what was looked for: drawn by the server, shown in the picture's place and back.

const kept = new WeakMap(); // the stage's image -> its own address and words

function tell(button, words) {
  const note = button.closest(".about").querySelector(".where-note");
  note.hidden = words === "";
  note.querySelector("span").textContent = words;
}

async function draw(button) {
  const answer = await fetch(button.dataset.where, { headers: { Accept: "image/png" } });
  if (answer.ok) return URL.createObjectURL(await answer.blob());
  const problem = await answer.json().catch(() => ({}));
  throw new Error([problem.detail, problem.fix].filter(Boolean).join(" ") || "Where in the picture cannot be told now.");
}

function show(button, image, drawn) {
  kept.set(image, { src: image.getAttribute("src"), alt: image.alt });
  image.src = drawn;
  image.alt = `Heat map: the lighter a part, the more it looks like what you searched for. Under it: ${image.alt}`;
}

function putBack(image) {
  URL.revokeObjectURL(image.src);
  Object.assign(image, kept.get(image));
}

async function toggle(button) {
  const columns = button.closest(".viewer-columns");
  const image = columns.querySelector(".stage img");
  const pressed = button.getAttribute("aria-pressed") === "true";
  tell(button, "");
  if (pressed) putBack(image);
  else {
    button.setAttribute("aria-busy", "true");
    try {
      const drawn = await draw(button);
      if (!button.isConnected) return; // another picture is shown by now
      show(button, image, drawn);
    } catch (error) {
      tell(button, error instanceof TypeError ? "The server could not be reached." : error.message);
      return;
    } finally {
      button.removeAttribute("aria-busy");
    }
  }
  button.setAttribute("aria-pressed", String(!pressed));
  columns.querySelector(".legend").hidden = pressed;
}

/** Listen to the large view's button. */
export function watchWhere() {
  document.getElementById("viewer").addEventListener("click", (event) => {
    const button = event.target.closest("button.where");
    if (button && !button.hasAttribute("aria-busy")) toggle(button);
  });
}
