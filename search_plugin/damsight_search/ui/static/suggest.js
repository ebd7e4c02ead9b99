// The box's suggestions: htmx brings them, this shows them, and the arrow keys choose.

const box = () => document.getElementById("q");
const list = () => document.getElementById("suggestions");
const options = () => [...list().querySelectorAll('[role="option"]')];
let typed = "";
// Whether somebody is typing: a list that comes after the search was sent would cover the results.
let typing = false;

function show(open) {
  list().hidden = !open;
  box().setAttribute("aria-expanded", String(open));
  if (!open) mark(null);
}

function mark(option) {
  for (const each of options()) each.setAttribute("aria-selected", String(each === option));
  if (option) box().setAttribute("aria-activedescendant", option.id);
  else box().removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function step(direction) {
  const all = options();
  if (list().hidden) {
    if (all.length) show(true);
    return;
  }
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const next = all[at === -1 && direction < 0 ? all.length - 1 : at + direction];
  mark(next ?? null);
  box().value = next ? next.dataset.text : typed;
}

function take(option) {
  box().value = option.dataset.text;
  show(false);
  box().form.requestSubmit();
}

/** Hide the suggestions and forget them. */
export function forgetSuggestions() {
  show(false);
  list().replaceChildren();
  typed = box().value;
  typing = false;
}

/** Show and hide the button that empties the box. */
export function settleClear() {
  document.getElementById("clear").hidden = !box().value;
}

/** Listen to the box. */
export function watchBox() {
  box().addEventListener("input", () => {
    typed = box().value;
    typing = true;
    settleClear();
    if (typed.trim().length < 2) forgetSuggestions();
  });
  box().addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && !list().hidden) {
      event.preventDefault();
      box().value = typed;
      show(false);
    }
  });
  box().form.addEventListener("submit", forgetSuggestions);
  box().addEventListener("blur", () => show(false));
  // The press comes before the blur that would hide what is pressed.
  list().addEventListener("mousedown", (event) => event.preventDefault());
  list().addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) take(option);
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx.target !== list()) return;
    show(typing && document.activeElement === box() && box().value === typed && options().length > 0);
  });
  document.getElementById("clear").addEventListener("click", () => {
    box().value = "";
    typed = "";
    settleClear();
    forgetSuggestions();
    box().focus();
  });
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest?.("input, textarea, select, dialog, [contenteditable]");
    if (event.key !== "/" || writing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    box().focus();
    box().select();
  });
}
