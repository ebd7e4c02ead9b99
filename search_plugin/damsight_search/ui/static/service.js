// Calls of the API beside the page, for what belongs to a person.

import { complaint } from "./elements.js";

/** Nobody is signed in. */
export class Stranger extends Error {}

/** Call the API; returns its JSON, or null where there is none. Throws what it says when it refuses. */
export async function call(path, method = "GET", body = undefined) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const answer = await fetch(`api/v1/${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (answer.status === 401) throw new Stranger("Sign in to your media library: this is kept for people.");
  if (!answer.ok) throw new Error(await complaint(answer));
  return answer.status === 204 ? null : answer.json();
}

/** Do something for a dialog, and say in it what went wrong; strangers see nothing else of it. */
export async function guarded(dialog, work) {
  const notice = dialog.querySelector(".notice");
  notice.hidden = true;
  try {
    await work();
  } catch (error) {
    dialog.classList.toggle("for-strangers", error instanceof Stranger);
    notice.textContent = error instanceof TypeError ? "The server could not be reached." : error.message;
    notice.hidden = false;
  }
}

/** A dialog closes by its button, and by a press beside it. */
export function closes(dialog) {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
}
