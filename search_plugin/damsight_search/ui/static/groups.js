// What was found, put into groups and onto a map: another way to look at the same results.

import { complaint, element, thumbnail } from "./elements.js";
import { layOut } from "./masonry.js";
import { announce, problem } from "./messages.js";

const room = () => document.getElementById("groups");
const results = () => document.getElementById("results");

async function brought() {
  const answer = await fetch("api/v1/groups", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: results().dataset.request,
  });
  if (!answer.ok) throw new Error(await complaint(answer));
  return answer.json();
}

function titles(told) {
  return new Map(told.groups.flatMap((group) => group.hits).map((hit) => [hit.asset_id, hit.asset.title || hit.asset_id]));
}

function groupOf(group, names) {
  const list = element("ul", { className: "group-pictures", role: "list" });
  const fill = (ids) => list.replaceChildren(...ids.map((id) => element("li", {}, thumbnail(id, names.get(id) ?? id))));
  const few = group.hits.map((hit) => hit.asset_id);
  fill(few);
  const heading = element("h3", { dir: "auto" }, group.name, element("span", { className: "aside" }, ` ${group.assets.length}`));
  const made = element("section", { className: "group" }, heading, list);
  if (group.assets.length > few.length) {
    const more = element("button", { type: "button", className: "plain small" }, `Show all ${group.assets.length}`);
    more.addEventListener("click", () => {
      const all = list.children.length > few.length;
      fill(all ? few : group.assets);
      more.textContent = all ? `Show all ${group.assets.length}` : "Show fewer";
    });
    made.append(more);
  }
  return made;
}

function mapOf(told, names) {
  const map = element("div", { className: "map", role: "group", "aria-label": "Map: alike pictures lie near each other" });
  for (const place of told.places) {
    const name = names.get(place.asset_id) ?? told.groups[place.group].name;
    const link = thumbnail(place.asset_id, name, { className: `spot group-${place.group % 12}` });
    link.style.left = `${3 + 94 * place.x}%`;
    link.style.top = `${4 + 92 * place.y}%`;
    map.append(link);
  }
  return map;
}

function shown(told) {
  const names = titles(told);
  const list = element("div", { className: "group-list" }, ...told.groups.map((group) => groupOf(group, names)));
  const map = mapOf(told, names);
  map.hidden = true;
  const button = element("button", { type: "button", className: "plain small", "aria-pressed": "false" }, "Map");
  button.addEventListener("click", () => {
    map.hidden = !map.hidden;
    list.hidden = !map.hidden;
    button.setAttribute("aria-pressed", String(!map.hidden));
  });
  const which = told.total.value > told.counted ? "The best " : "";
  const bound = `${which}${told.counted.toLocaleString()} results in ${told.groups.length} groups.`;
  room().replaceChildren(element("p", { className: "reading" }, bound, " ", button), list, map);
  announce(bound);
}

function show(open) {
  room().hidden = !open;
  document.getElementById("groups-button").setAttribute("aria-pressed", String(open));
  for (const each of document.querySelectorAll("#grid, #more")) each.hidden = open;
  if (!open) layOut({ anew: true });
}

async function toggle(button) {
  if (!room().hidden) return show(false);
  button.setAttribute("aria-busy", "true");
  try {
    if (!room().children.length) shown(await brought());
    show(true);
  } catch (error) {
    problem(error instanceof TypeError ? "The server could not be reached." : error.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** Listen to the toolbar's button. */
export function watchGroups() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#groups-button");
    if (button && !button.hasAttribute("aria-busy")) toggle(button);
  });
}
