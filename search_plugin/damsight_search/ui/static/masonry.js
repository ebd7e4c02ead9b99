// Places cards in columns: each into the shortest one, the leftmost where several are. The tops then never
// decrease with rank, so reading by rows, left to right, is reading by rank. Sizes are known before the
// pictures arrive (width and height of each img), so nothing moves afterwards.

const SMALLEST_COLUMN = 186;
const state = { grid: null, heights: [], column: 0, placed: 0 };

const columnsFor = (width, gap) => Math.max(2, Math.floor((width + gap) / (SMALLEST_COLUMN + gap)));

/** Place every card anew, or only those that came since. */
export function layOut({ anew = false } = {}) {
  const grid = document.getElementById("grid");
  if (!grid) return;
  const gap = Number.parseFloat(getComputedStyle(grid).rowGap) || 20;
  const width = grid.clientWidth;
  const count = columnsFor(width, gap);
  const column = Math.floor((width - gap * (count - 1)) / count);
  if (anew || grid !== state.grid || column !== state.column || count !== state.heights.length) {
    Object.assign(state, { grid, column, heights: new Array(count).fill(0), placed: 0 });
    grid.style.setProperty("--column", `${column}px`);
  }
  const cards = [...grid.children].slice(state.placed);
  // All heights are read before any place is written: one layout pass, not one per card.
  const sizes = cards.map((card) => card.offsetHeight);
  cards.forEach((card, index) => place(card, sizes[index], gap));
  state.placed += cards.length;
  grid.style.height = `${Math.max(0, ...state.heights)}px`;
}

function place(card, height, gap) {
  const shortest = state.heights.indexOf(Math.min(...state.heights));
  const inline = shortest * (state.column + gap);
  card.style.insetInlineStart = `${inline}px`;
  card.style.top = `${state.heights[shortest]}px`;
  card.classList.add("placed");
  state.heights[shortest] += height + gap * 1.25;
}

/** Keep the grid laid out as the window changes. */
export function watchWidth() {
  let known = document.documentElement.clientWidth;
  new ResizeObserver(() => {
    const width = document.documentElement.clientWidth;
    if (width === known) return;
    known = width;
    layOut();
  }).observe(document.documentElement);
  document.fonts?.ready.then(() => layOut({ anew: true }));
}
