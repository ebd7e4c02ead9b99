// Saved searches and what came of them: one dialog, over the API.

import { element, thumbnail } from "./elements.js";
import { call, closes, guarded } from "./service.js";

const dialog = () => document.getElementById("saved");
const results = () => document.getElementById("results");

const within = (work) => guarded(dialog(), work);

// The page's address holds less than a request may: what it cannot hold is left out of the link.
function addressOf(request) {
  const asked = new URLSearchParams();
  if (request.text) asked.append("q", request.text);
  for (const name of ["like", "unlike"]) for (const id of request[name] ?? []) asked.append(name, id);
  for (const { field, op, value } of request.filters ?? []) {
    if (op === "is") asked.append("filter", `${field}:${value}`);
    else if (op === "range" && field === "created_at") {
      if (value.gte) asked.append("from", String(value.gte).slice(0, 4));
      if (value.lte) asked.append("to", String(value.lte).slice(0, 4));
    }
  }
  return `./?${asked}`;
}

const removal = (label, work) => {
  const button = element("button", { type: "button", className: "plain small", "aria-label": label }, "Remove");
  button.addEventListener("click", () => within(async () => {
    await work();
    await fill();
  }));
  return button;
};

function savedItem(saved) {
  const link = element("a", { href: addressOf(saved.request), dir: "auto" }, saved.name);
  const lacks = saved.standing?.lacks?.length ? ` ${saved.standing.lacks.join(" ")}` : "";
  const note = saved.alert ? `Watched.${lacks}` : "Not watched.";
  const remove = removal(`Remove ${saved.name}`, () => call(`saved-searches/${saved.id}`, "DELETE"));
  return element("li", {}, element("span", {}, link, element("small", {}, note)), remove);
}

function alertItem(alert) {
  const title = alert.asset.title || alert.asset_id;
  const when = new Date(alert.at).toLocaleString();
  const words = element("span", {}, element("b", { dir: "auto" }, title), element("small", {}, `${alert.name} · ${when}`));
  return element("li", { className: alert.read ? "" : "unread" }, thumbnail(alert.asset_id, title), words,
    removal(`Remove the alert on ${title}`, () => call(`alerts/${alert.id}`, "DELETE")));
}

function list(id, items, none) {
  const empty = element("li", { className: "none" }, none);
  document.getElementById(id).replaceChildren(...(items.length ? items : [empty]));
}

function count(unread) {
  const badge = document.getElementById("unread");
  badge.hidden = unread === 0;
  badge.textContent = unread > 99 ? "99+" : String(unread);
}

async function fill() {
  const [saved, alerts] = await Promise.all([call("saved-searches"), call("alerts?size=50")]);
  list("saved-list", saved.saved_searches.map(savedItem), "None yet.");
  list("alerts", alerts.alerts.map(alertItem), "Nothing new. Assets that match a watched search appear here as they arrive.");
  count(alerts.unread);
  return alerts;
}

async function open() {
  const form = dialog().querySelector("form");
  const request = results().dataset.request;
  form.hidden = !request || request === "{}";
  form.elements.name.value = results().dataset.text;
  dialog().showModal();
  await within(async () => {
    const alerts = await fill();
    const unread = alerts.alerts.filter((alert) => !alert.read).map((alert) => alert.id);
    if (unread.length) await call("alerts/read", "POST", { alert_ids: unread });
    count(0);
  });
}

function save(event) {
  event.preventDefault();
  const { name, alert } = event.target.elements;
  within(async () => {
    const request = JSON.parse(results().dataset.request);
    await call("saved-searches", "POST", { name: name.value, request, alert: alert.checked });
    await fill();
  });
}

/** Listen to the button and the dialog. */
export function watchSaved() {
  if (!dialog()) return;
  document.getElementById("saved-button").addEventListener("click", open);
  dialog().querySelector("form").addEventListener("submit", save);
  closes(dialog());
}
