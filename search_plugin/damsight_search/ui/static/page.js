// The page's own script: it keeps address, grid and messages in step with what htmx brings.
// Without it every link and form still works, a page at a time.

import { watchConcepts } from "./concepts.js";
import { settleTabStop, watchGridKeys } from "./grid_keys.js";
import { layOut, watchWidth } from "./masonry.js";
import { watchGroups } from "./groups.js";
import { announce, noProblem, problem, watchMessages } from "./messages.js";
import { currentNumber, currentPicture, recall, settlePreview, watchPictures } from "./picture.js";
import { watchPart } from "./part.js";
import { watchSaved } from "./saved.js";
import { freshKey, putAway, takeBack } from "./shelf.js";
import { forgetSuggestions, settleClear, watchBox } from "./suggest.js";
import { hideAsset, openAsset, settleViewer, showAsset, takeOverOpenView, watchViewer } from "./viewer.js";
import { watchWhere } from "./where.js";

const root = document.documentElement;
const box = document.getElementById("q");
const results = () => document.getElementById("results");
const address = () => new URL(results().dataset.address, document.baseURI).href;
const withoutAsset = (href) => {
  const url = new URL(href, document.baseURI);
  url.searchParams.delete("asset");
  url.hash = "";
  return url.href;
};
// What the shown results answer; a step in the history that changes neither needs no new ones.
let shown = { href: withoutAsset(location.href), picture: null, key: freshKey() };
const TOO_LARGE = 413;
let filtersShown = false;

const isMore = (ctx) => ctx.target?.id === "more";
const isResults = (ctx) => ctx.target?.id === "results";

function search({ href, traversing = false } = {}) {
  return htmx.ajax("GET", href ?? address(), { target: "#results", swap: "outerHTML show:none", traversing });
}

function markMissing(image) {
  image.closest(".frame, .stage")?.classList.add("missing");
}

function settleResults() {
  layOut();
  settleTabStop();
  settlePreview();
  for (const image of document.querySelectorAll(".frame img, .stage img")) {
    if (image.complete && image.naturalWidth === 0) markMissing(image);
  }
  const filters = document.getElementById("filters");
  filters?.classList.toggle("shown", filtersShown);
  document.getElementById("filters-button")?.setAttribute("aria-expanded", String(filtersShown));
}

function afterResults(ctx) {
  const data = results().dataset;
  const href = address();
  const isNew = !ctx.traversing && (href !== shown.href || currentNumber() !== shown.picture);
  const key = isNew ? freshKey() : (history.state?.key ?? freshKey());
  takeBack(key); // older results of the same entry
  if (isNew) history.pushState({ picture: currentNumber(), key }, "", href);
  shown = { href: withoutAsset(href), picture: currentNumber(), key };
  if (document.activeElement !== box || ctx.sourceElement.id === "search") box.value = data.text;
  if (openAsset() !== null && !ctx.traversing) hideAsset();
  scrollTo({ top: 0 });
  settleNews();
}

function settleNews() {
  document.title = results().dataset.heading;
  settleClear();
  forgetSuggestions();
  announce(results().dataset.announce);
  settleResults();
}

// What somebody chose to leave these results by is not what they were asked with.
function asTheyCame(element) {
  for (const input of element.querySelectorAll("input")) input.value = input.defaultValue;
  for (const option of element.querySelectorAll("option")) option.selected = option.defaultSelected;
}

// Results from the shelf are the same elements, listeners and all.
function putBack(kept, key) {
  putAway(shown.key, results(), scrollY);
  results().replaceWith(kept.results);
  asTheyCame(kept.results);
  shown = { href: withoutAsset(address()), picture: currentNumber(), key };
  layOut({ anew: true });
  settleNews();
  scrollTo({ top: kept.top });
}

function dropRepeats() {
  const seen = new Set();
  for (const card of [...document.querySelectorAll("#grid .card")]) {
    // The library may change between two pages; an asset is shown once all the same.
    if (seen.has(card.dataset.id)) card.remove();
    seen.add(card.dataset.id);
  }
}

function afterMore() {
  dropRepeats();
  settleResults();
  settleViewer();
  announce(`${document.querySelectorAll("#grid .card").length} results shown.`);
}

function watchRequests() {
  // A picture is held here, not in the address: what asks for results takes it along.
  document.addEventListener("htmx:before:request", (event) => {
    const { ctx } = event.detail;
    if (!isMore(ctx) && !isResults(ctx)) return;
    root.classList.add(isMore(ctx) ? "fetching" : "busy");
    if (isResults(ctx)) noProblem();
    if (ctx.sourceElement.matches("[data-forget-picture]")) recall(null);
    // A further page is asked for with a cursor, which carries what the picture found.
    if (!currentPicture() || isMore(ctx)) return;
    const body = new FormData();
    body.append("picture", currentPicture().file, "picture");
    Object.assign(ctx.request, { method: "POST", body });
  });
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx, tasks } = event.detail;
    if (!isResults(ctx)) return;
    // What is left keeps its listeners on the shelf: an empty stand-in is what htmx throws away.
    const left = results();
    putAway(shown.key, left, scrollY);
    const standIn = left.cloneNode(false);
    left.replaceWith(standIn);
    for (const task of tasks) if (task.target === left) task.target = standIn;
  });
  document.addEventListener("htmx:before:response", (event) => {
    if (event.detail.ctx.response.headers.get("X-Damsight-Fragment")) return;
    event.preventDefault();
    lost(event.detail.ctx, event.detail.ctx.response.status);
  });
  document.addEventListener("htmx:error", (event) => event.detail.ctx && lost(event.detail.ctx));
  document.addEventListener("htmx:after:swap", (event) => {
    const { ctx } = event.detail;
    if (isMore(ctx)) afterMore();
    else if (isResults(ctx)) afterResults(ctx);
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const { ctx } = event.detail;
    if (isMore(ctx)) root.classList.remove("fetching");
    if (isResults(ctx)) root.classList.remove("busy");
  });
}

function lost(ctx, status = 0) {
  if (status === TOO_LARGE) {
    recall(shown.picture);
    problem("This picture is too large to search by. Save it smaller, or take another one.");
    return;
  }
  if (isMore(ctx)) {
    problem("More results could not be loaded: the server did not answer.", () =>
      document.querySelector("#more form")?.requestSubmit(),
    );
  } else if (isResults(ctx)) {
    problem("The search did not get through: the server did not answer.", () => search({ href: ctx.request.action }));
  }
}

function watchHistory() {
  history.replaceState({ picture: null, key: shown.key }, "", location.href);
  history.scrollRestoration = "manual";
  addEventListener("popstate", async (event) => {
    const wanted = new URL(location.href);
    const asset = wanted.searchParams.get("asset");
    const { picture = null, key } = event.state ?? {};
    if (asset === null && openAsset() !== null) hideAsset();
    if (withoutAsset(wanted) !== shown.href || picture !== shown.picture) {
      recall(picture);
      box.value = wanted.searchParams.get("q") ?? "";
      const kept = takeBack(key);
      if (kept) putBack(kept, key);
      else await search({ href: withoutAsset(wanted), traversing: true });
    }
    if (asset !== null && asset !== openAsset()) showAsset(asset);
  });
}

function watchControls() {
  document.addEventListener("change", (event) => {
    if (event.target.id === "sort") event.target.form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#filters-button")) return;
    filtersShown = !filtersShown;
    settleResults();
  });
  document.addEventListener("error", (event) => event.target.matches?.("img") && markMissing(event.target), true);
  addEventListener("scroll", () => root.classList.toggle("scrolled", scrollY > 4), { passive: true });
}

settleResults();
watchWidth();
watchMessages();
watchRequests();
watchHistory();
watchControls();
watchBox();
watchGridKeys();
watchViewer();
watchWhere();
watchGroups();
watchPart();
watchConcepts();
watchSaved();
watchPictures(() => search());
settleClear();
takeOverOpenView();
if (!location.search && matchMedia("(hover: hover) and (pointer: fine)").matches) box.focus();
root.classList.add("ready");
