// A part of a picture to search by: drawn with the mouse or a finger, or moved and sized by keys.

import { announce } from "./messages.js";

const STEP = 0.04;
const SMALLEST = 0.05;
let cutting = null; // { id, image, frame, box, from }

const within = (value, low, high) => Math.min(Math.max(value, low), high);

function draw() {
  const { image, frame, box } = cutting;
  const shown = image.getBoundingClientRect();
  const stage = frame.parentElement.getBoundingClientRect();
  Object.assign(frame.style, {
    left: `${shown.left - stage.left + box.x * shown.width}px`,
    top: `${shown.top - stage.top + box.y * shown.height}px`,
    width: `${box.width * shown.width}px`,
    height: `${box.height * shown.height}px`,
  });
}

function search() {
  const { id, box } = cutting;
  const part = [box.x, box.y, box.width, box.height].map((side) => String(Math.floor(side * 1e4) / 1e4)).join(",");
  stop();
  location.href = `./?${new URLSearchParams({ like: id, part })}`;
}

function stop() {
  if (!cutting) return;
  cutting.frame.remove();
  cutting.button.setAttribute("aria-pressed", "false");
  cutting.image.closest(".stage").classList.remove("cutting");
  cutting = null;
}

function start(button) {
  const columns = button.closest(".viewer-columns");
  const image = columns.querySelector(".stage img");
  const frame = document.createElement("div");
  Object.assign(frame, { className: "part-frame", tabIndex: 0 });
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", "The part to search by. Arrow keys move it, with Shift they size it, Enter searches, Escape leaves it.");
  image.closest(".stage").append(frame);
  image.closest(".stage").classList.add("cutting");
  button.setAttribute("aria-pressed", "true");
  cutting = { id: columns.dataset.id, image, frame, button, box: { x: 0.25, y: 0.25, width: 0.5, height: 0.5 }, from: null };
  draw();
  frame.focus();
  announce("Draw the part of the picture to search by.");
}

function place(event) {
  const shown = cutting.image.getBoundingClientRect();
  return {
    x: within((event.clientX - shown.left) / shown.width, 0, 1),
    y: within((event.clientY - shown.top) / shown.height, 0, 1),
  };
}

function drag(event) {
  const to = place(event);
  const { from } = cutting;
  cutting.box = {
    x: Math.min(from.x, to.x), y: Math.min(from.y, to.y),
    width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y),
  };
  draw();
}

const MOVES = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

function press(event) {
  const { box } = cutting;
  if (event.key === "Enter") search();
  else if (event.key === "Escape") {
    const { button } = cutting;
    stop();
    button.focus();
  } else if (MOVES[event.key]) {
    const [across, down] = MOVES[event.key];
    if (event.shiftKey) {
      box.width = within(box.width + across, SMALLEST, 1 - box.x);
      box.height = within(box.height + down, SMALLEST, 1 - box.y);
    } else {
      box.x = within(box.x + across, 0, 1 - box.width);
      box.y = within(box.y + down, 0, 1 - box.height);
    }
    draw();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Listen to the large view's button and picture. */
export function watchPart() {
  const viewer = document.getElementById("viewer");
  viewer.addEventListener("click", (event) => {
    const button = event.target.closest("button.part");
    if (!button) return;
    if (cutting) stop();
    else start(button);
  });
  viewer.addEventListener("pointerdown", (event) => {
    if (!cutting || !event.target.closest(".stage")) return;
    event.preventDefault();
    cutting.from = place(event);
    event.target.setPointerCapture(event.pointerId);
  });
  viewer.addEventListener("pointermove", (event) => cutting?.from && drag(event));
  viewer.addEventListener("pointerup", (event) => {
    if (!cutting?.from) return;
    drag(event);
    cutting.from = null;
    const { box } = cutting;
    if (box.width >= SMALLEST && box.height >= SMALLEST) search();
  });
  viewer.addEventListener("keydown", (event) => cutting && event.target === cutting.frame && press(event), true);
  viewer.addEventListener("close", stop);
  addEventListener("resize", () => cutting && draw());
}
