// What the page says: to everybody in a bar, and to screen readers in a live region.

let again = null;

/** Say what went wrong, and offer to do it again. */
export function problem(words, retry = null) {
  const bar = document.getElementById("problem");
  again = retry;
  bar.querySelector("p").textContent = words;
  bar.querySelector("[data-retry]").hidden = retry === null;
  bar.hidden = false;
}

/** Take the bar away. */
export function noProblem() {
  document.getElementById("problem").hidden = true;
  again = null;
}

/** Tell screen readers, without moving the focus. */
export function announce(words) {
  document.getElementById("announce").textContent = words;
}

/** Listen to the bar's buttons. */
export function watchMessages() {
  const bar = document.getElementById("problem");
  bar.querySelector("[data-retry]").addEventListener("click", () => {
    const retry = again;
    noProblem();
    retry?.();
  });
  bar.querySelector("[data-dismiss]").addEventListener("click", noProblem);
}
