// The large view: a dialog over the grid, with its own entry in the history, and arrows through the results.

import { settleExamples } from "./concepts.js";
import { focusCard } from "./grid_keys.js";
import { noteOpened, watchDownloads } from "./feedback.js";
import { problem } from "./messages.js";
import { suggestTags } from "./tags.js";

const dialog = () => document.getElementById("viewer");
const cards = () => [...document.querySelectorAll("#grid .card")];
const cardOf = (id) => cards().find((card) => card.dataset.id === id);
let openId = null;
// Whether closing can go back in the history, or the page was loaded with the view open.
let pushed = false;

const assetIn = (address) => new URL(address, document.baseURI).searchParams.get("asset");

/** The asset whose large view is open, or null. */
export const openAsset = () => openId;

function withAsset(id) {
  const address = new URL(location.href);
  if (id === null) address.searchParams.delete("asset");
  else address.searchParams.set("asset", id);
  return address;
}

async function bring(id) {
  const query = withAsset(id).search;
  dialog().classList.add("waiting");
  await htmx.ajax("GET", `ui/asset${query}`, { target: "#viewer-body", swap: "innerHTML", source: "#viewer-body" });
  dialog().classList.remove("waiting");
}

function settle(id) {
  const all = cards();
  const at = all.findIndex((card) => card.dataset.id === id);
  dialog().querySelector(".previous").disabled = at <= 0;
  dialog().querySelector(".next").disabled = at === -1 || at === all.length - 1;
  for (const near of [all[at + 1], all[at - 1]]) preload(near);
  const why = cardOf(id)?.querySelector("template.why");
  const room = dialog().querySelector(".why-room");
  // The card knows why it came even where the server cannot tell again, as after a search by a picture.
  if (why && room) {
    room.replaceChildren(why.content.cloneNode(true));
    room.hidden = false;
  }
}

// The arrows are quicker when the next picture is already here.
function preload(card) {
  const thumbnail = card?.querySelector(".frame img");
  if (thumbnail?.complete && thumbnail.naturalWidth > 0) new Image().src = thumbnail.src.replace(/thumbnail$/, "picture");
}

function noteView(id) {
  const rank = cards().findIndex((card) => card.dataset.id === id) + 1;
  noteOpened(dialog(), id, rank);
  watchDownloads(dialog(), id, rank);
  suggestTags(dialog(), id);
  settleExamples(dialog(), id);
}

/** Show an asset's large view; the address is the caller's business. */
export async function showAsset(id) {
  openId = id;
  const fresh = !dialog().open || !dialog().matches(":modal");
  if (fresh) {
    dialog().removeAttribute("open");
    dialog().querySelector("#viewer-body").replaceChildren();
    dialog().showModal();
    document.documentElement.classList.add("has-viewer");
  }
  await bring(id);
  if (openId !== id) return;
  settle(id);
  noteView(id);
  if (fresh) dialog().querySelector("#viewer-title")?.focus({ preventScroll: true });
}

/** Put the large view away; the address is the caller's business. */
export function hideAsset() {
  const id = openId;
  openId = null;
  pushed = false;
  if (dialog().open) dialog().close();
  document.documentElement.classList.remove("has-viewer");
  const card = id === null ? null : cardOf(id)?.querySelector(".open");
  if (card) focusCard(card);
}

/** The view that the server sent open becomes a real dialog. */
export function takeOverOpenView() {
  const id = assetIn(location.href);
  if (!id) return;
  openId = id;
  dialog().removeAttribute("open");
  dialog().showModal();
  document.documentElement.classList.add("has-viewer");
  settle(id);
  dialog().querySelector("#viewer-title")?.focus({ preventScroll: true });
}

function open(id) {
  history.pushState(history.state, "", withAsset(id));
  pushed = true;
  showAsset(id);
}

function close() {
  if (pushed) {
    history.back(); // the page's popstate listener hides the view
    return;
  }
  history.replaceState(history.state, "", withAsset(null));
  hideAsset();
}

function step(direction) {
  const all = cards();
  const next = all[all.findIndex((card) => card.dataset.id === openId) + direction];
  if (!next || !openId) return;
  history.replaceState(history.state, "", withAsset(next.dataset.id));
  showAsset(next.dataset.id);
  // Near the end of what is loaded, the next page is asked for, so that the arrows do not run dry.
  if (all.indexOf(next) > all.length - 4) document.querySelector("#more form")?.requestSubmit();
}

/** Listen to the grid and to the dialog. */
export function watchViewer() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#grid .open");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain) return;
    event.preventDefault();
    open(link.parentElement.dataset.id);
  });
  dialog().addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  dialog().addEventListener("click", (event) => {
    if (event.target === dialog()) close();
    const button = event.target.closest(".close, .previous, .next");
    if (!button) return;
    event.preventDefault();
    if (button.matches(".close")) close();
    else step(button.matches(".next") ? 1 : -1);
  });
  dialog().addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowRight") step(1);
    else if (event.key === "ArrowLeft") step(-1);
    else return;
    event.preventDefault();
  });
  dialog().addEventListener("htmx:error", () => {
    dialog().classList.remove("waiting");
    problem("The server could not be reached, so this picture cannot be shown.");
  });
}

/** After more results came: the arrows may now go further. */
export function settleViewer() {
  if (openId !== null) settle(openId);
}
