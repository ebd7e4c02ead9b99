// Elements from words: text stays text.

/** Make an element with properties, attributes under `on` a name with a hyphen, and children. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-")) made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}

/** An asset's small picture, as a link that opens it in the page that is shown. */
export function thumbnail(asset, title, properties = {}) {
  const address = new URL(location.href);
  address.searchParams.set("asset", asset);
  const image = element("img", { src: `api/v1/assets/${encodeURIComponent(asset)}/thumbnail`, alt: title, loading: "lazy", title });
  return element("a", { href: address.href, ...properties }, image);
}

/** What a problem (RFC 9457) says, in a sentence or two. */
export async function complaint(answer) {
  const problem = await answer.json().catch(() => ({}));
  return [problem.detail, problem.fix].filter(Boolean).join(" ") || "The server did not answer as it should.";
}
