// The picture to search by: dropped, pasted or chosen. It is held in memory only, so the address cannot
// restore it; each entry of this tab's history remembers which of the held pictures it was asked with.

import { problem } from "./messages.js";

const LARGEST_SIDE = 1024;
const SMALL_ENOUGH = 400_000;
const held = new Map();
let current = null;

/** The picture that is searched by now, or null. */
export const currentPicture = () => (current === null ? null : held.get(current));

/** Its number, for the history. */
export const currentNumber = () => current;

/** Search by another held picture, or by none. */
export function recall(number) {
  current = number !== null && number !== undefined && held.has(number) ? number : null;
}

/** Show the held picture in its chip. */
export function settlePreview() {
  const preview = document.getElementById("picture-preview");
  if (!preview || current === null) return;
  preview.src = held.get(current).address;
  preview.hidden = false;
}

// The models look at a few hundred pixels: a smaller copy travels faster, on every page and filter, and
// leaves the camera's own notes (place, time) at home. What the browser cannot read goes as it is.
async function smaller(file) {
  if (file.size <= SMALL_ENOUGH) return file;
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return file;
  const scale = Math.min(1, LARGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const copy = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  return copy && copy.size < file.size ? new File([copy], "picture.jpg", { type: "image/jpeg" }) : file;
}

async function take(file, search) {
  if (!file) return;
  if (file.type && !file.type.startsWith("image/")) {
    problem(`${file.name || "This"} is no picture. Drop, paste or choose a picture file.`);
    return;
  }
  const picture = await smaller(file);
  current = held.size + 1;
  held.set(current, { file: picture, address: URL.createObjectURL(picture) });
  search();
}

const pictureIn = (transfer) =>
  [...(transfer?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? transfer?.files?.[0];

function watchDrop(search) {
  const veil = document.getElementById("drop");
  const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0;
  const settle = (change) => {
    depth = change === 0 ? 0 : Math.max(0, depth + change);
    veil.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => carriesFile(event) && settle(1));
  addEventListener("dragleave", (event) => carriesFile(event) && settle(-1));
  addEventListener("dragover", (event) => carriesFile(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    settle(0);
    if (!carriesFile(event)) return;
    event.preventDefault();
    take(pictureIn(event.dataTransfer), search);
  });
}

/** Listen for pictures; `search` asks with the one that came. */
export function watchPictures(search) {
  watchDrop(search);
  addEventListener("paste", (event) => {
    const file = pictureIn(event.clipboardData);
    if (!file) return;
    event.preventDefault();
    take(file, search);
  });
  const chooser = document.getElementById("picture");
  chooser.addEventListener("change", () => {
    take(chooser.files[0], search);
    chooser.value = "";
  });
}
