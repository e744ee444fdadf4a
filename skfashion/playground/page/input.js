// Where a picture comes from: a file, the clipboard, or a drawing.

import { el } from "../../report/page/dom.js";

const SIDE = 420; // of the canvas, in its own pixels
const MOST_PIXELS = 16e6; // of a picture; a larger one is made smaller
const INK = "#1c2530";
const PAPER = "#fff";

const whole = (canvas) => {
  const { width, height } = canvas;
  return canvas.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, width, height);
};

// A picture on white, in its own size.
async function decode(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (bitmap.width * bitmap.height)));
  const canvas = el("canvas", { width: Math.max(1, Math.round(scale * bitmap.width)), height: Math.max(1, Math.round(scale * bitmap.height)) });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = PAPER;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// A canvas to draw on and to drop pictures on. onphoto is given each new picture as ImageData, and
// onerror what went wrong in words.
export function pictureInput(onphoto, onerror) {
  const canvas = el("canvas", { class: "paper", width: SIDE, height: SIDE, role: "img", "aria-label": "Picture: draw here, or drop one" });
  const hint = el("p", { class: "paper-hint" }, "Draw a piece of clothing here, or drop a picture");
  const box = el("div", { class: "paper-box" }, canvas, hint);
  const file = el("input", { type: "file", accept: "image/*", class: "visually-hidden", id: "file", onchange: () => { open(file.files[0]); file.value = ""; } });
  const brush = el("input", { type: "range", min: 6, max: 90, value: 44, "aria-label": "Width of the brush" });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let isDrawing = false; // whether what is on the canvas is drawn by hand
  let last = null;
  let isAwaited = false;

  function clear(isHand) {
    context.fillStyle = PAPER;
    context.fillRect(0, 0, SIDE, SIDE);
    isDrawing = isHand;
    hint.hidden = isHand;
  }

  async function open(picture) {
    if (!picture) return;
    let decoded;
    try {
      decoded = await decode(picture);
    } catch {
      onerror(`${picture.name || "This"} is not a picture that this browser can read.`);
      return;
    }
    clear(false);
    const scale = SIDE / Math.max(decoded.width, decoded.height);
    const [w, h] = [scale * decoded.width, scale * decoded.height];
    context.drawImage(decoded, (SIDE - w) / 2, (SIDE - h) / 2, w, h);
    hint.hidden = true;
    onphoto(whole(decoded));
  }

  // While one draws, the network answers a few times per second.
  function answerSoon() {
    if (isAwaited) return;
    isAwaited = true;
    setTimeout(() => { isAwaited = false; if (isDrawing) onphoto(whole(canvas)); }, 120);
  }

  const position = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [((clientX - left) / width) * SIDE, ((clientY - top) / height) * SIDE];
  };

  function stroke(event) {
    const [x, y] = position(event);
    Object.assign(context, { strokeStyle: INK, lineWidth: Number(brush.value), lineCap: "round", lineJoin: "round" });
    context.beginPath();
    context.moveTo(...last);
    context.lineTo(x, y);
    context.stroke();
    last = [x, y];
    answerSoon();
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (!isDrawing) clear(true);
    canvas.setPointerCapture(event.pointerId);
    last = position(event);
    stroke(event);
  });
  canvas.addEventListener("pointermove", (event) => { if (last) stroke(event); });
  for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => { last = null; });

  // Dropped anywhere on the page: a browser would leave the page for the picture.
  addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("awaits"); });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) box.classList.remove("awaits"); });
  addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("awaits");
    open(event.dataTransfer.files[0]);
  });
  addEventListener("paste", (event) => open(event.clipboardData.files[0]));

  clear(false);
  const node = el("div", { class: "input" }, box,
    el("div", { class: "controls" }, file,
      el("button", { type: "button", class: "quiet", onclick: () => file.click() }, "Choose a picture"),
      el("button", { type: "button", class: "quiet", onclick: () => { clear(false); onphoto(null); } }, "Clear"),
      el("label", { class: "field" }, el("span", {}, "Brush"), brush)));
  return { node, clear: () => clear(false) };
}
