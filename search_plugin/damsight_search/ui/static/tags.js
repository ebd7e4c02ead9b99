// Tags that the picture may deserve. A courtesy: where they cannot be had, nothing is shown.

import { element } from "./elements.js";

/** Ask for an opened asset's tags, and show them with their confidence. */
export async function suggestTags(view, asset) {
  const room = view.querySelector(".suggested");
  if (!room) return;
  try {
    const answer = await fetch(`api/v1/assets/${encodeURIComponent(asset)}/tags?size=8`);
    if (!answer.ok || !room.isConnected) return;
    const { suggestions } = await answer.json();
    const links = suggestions.map(({ label, confidence }) => {
      const sure = `${Math.round(100 * confidence)} % sure that it is not by chance`;
      return element("li", {}, element("a", { href: `./?${new URLSearchParams({ q: label })}`, dir: "auto", title: sure }, label));
    });
    room.querySelector("ul").replaceChildren(...links);
    room.hidden = links.length === 0;
  } catch {
    room.hidden = true;
  }
}
