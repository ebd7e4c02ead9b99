// Results that were left, kept as they were: going back finds them at once, with every page that was loaded
// and at the same height, as if nobody had left.

const MOST = 12;
const shelf = new Map();
let last = 0;

/** A key for a new entry of the history; keys of an earlier visit are never met again. */
export const freshKey = () => `${performance.timeOrigin}-${++last}`;

/** Put results away under the key of their entry. */
export function putAway(key, results, top) {
  shelf.delete(key);
  shelf.set(key, { results, top });
  if (shelf.size > MOST) shelf.delete(shelf.keys().next().value);
}

/** Take results back, or undefined. */
export function takeBack(key) {
  const kept = shelf.get(key);
  shelf.delete(key);
  return kept;
}
