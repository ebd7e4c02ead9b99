// Concepts: a few marked pictures become a name that can be searched with.

import { element, thumbnail } from "./elements.js";
import { announce } from "./messages.js";
import { call, closes, guarded } from "./service.js";

const dialog = () => document.getElementById("concepts");
const KEPT = "damsight-examples";
let marked = read();

// Marks outlive the page that they were made on, and not the visit.
function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? { good: [], bad: [] };
  } catch {
    return { good: [], bad: [] };
  }
}

function keep() {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(marked));
  } catch {
    // Storage may be forbidden; the marks then hold until the page is left.
  }
}

const kindOf = (id) => ["good", "bad"].find((kind) => marked[kind].some((one) => one.id === id));

function mark(id, title, kind) {
  const before = kindOf(id);
  for (const each of ["good", "bad"]) marked[each] = marked[each].filter((one) => one.id !== id);
  if (before !== kind) marked[kind].push({ id, title });
  keep();
  announce(before === kind ? `${title} is no example any more.` : `${title} is a ${kind} example.`);
}

/** Show on an opened asset's buttons what it was marked as. */
export function settleExamples(view, id) {
  for (const button of view.querySelectorAll("[data-example]")) {
    button.setAttribute("aria-pressed", String(kindOf(id) === button.dataset.example));
  }
}

function trays() {
  for (const tray of dialog().querySelectorAll(".tray")) {
    const items = marked[tray.dataset.kind].map(({ id, title }) => element("li", {}, thumbnail(id, title)));
    tray.replaceChildren(...(items.length ? items : [element("li", { className: "none" }, "None marked yet.")]));
  }
}

function item(concept) {
  const use = element("a", { href: `./?${new URLSearchParams({ filter: `concept:${concept.name}` })}`, dir: "auto" }, concept.name);
  const { quality } = concept;
  const note = quality.warning || `Learnt from ${quality.good} good and ${quality.bad} bad examples.`;
  const made = element("li", {}, element("span", {}, use, element("small", {}, note)));
  if (!concept.own) return made;
  const remove = element("button", { type: "button", className: "plain small", "aria-label": `Remove ${concept.name}` }, "Remove");
  remove.addEventListener("click", () => guarded(dialog(), async () => {
    await call(`concepts/${concept.id}`, "DELETE");
    await fill();
  }));
  made.append(remove);
  return made;
}

async function fill() {
  const { concepts } = await call("concepts");
  const none = element("li", { className: "none" }, "Nothing yet.");
  document.getElementById("concept-list").replaceChildren(...(concepts.length ? concepts.map(item) : [none]));
}

function open() {
  trays();
  dialog().showModal();
  guarded(dialog(), fill);
}

function teach(event) {
  event.preventDefault();
  const { name, shared } = event.target.elements;
  const ids = (kind) => marked[kind].map((one) => one.id);
  guarded(dialog(), async () => {
    await call("concepts", "POST", { name: name.value, good: ids("good"), bad: ids("bad"), shared: shared.checked });
    marked = { good: [], bad: [] };
    keep();
    trays();
    event.target.reset();
    await fill();
  });
}

/** Listen to the buttons and the dialog. */
export function watchConcepts() {
  if (!dialog()) return;
  document.getElementById("concepts-button").addEventListener("click", open);
  dialog().querySelector("form").addEventListener("submit", teach);
  closes(dialog());
  document.getElementById("viewer").addEventListener("click", (event) => {
    const button = event.target.closest("[data-example]");
    if (!button) return;
    const columns = button.closest(".viewer-columns");
    mark(columns.dataset.id, columns.querySelector("#viewer-title").textContent, button.dataset.example);
    settleExamples(columns, columns.dataset.id);
  });
}
