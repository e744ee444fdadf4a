// A matrix of many classes: one canvas that fits the width. The cell under the pointer, or where the
// arrow keys have led, is named beside it; to screen readers it is the only cell of a grid.

import { classes, nClasses } from "./data.js";
import { el, range } from "./dom.js";
import { along, mostOf, pressKey } from "./matrix_parts.js";

const SHADES = 64;
const LEAST = 4; // shade of the least count, so that it differs from none
const LARGEST = 4096; // px of the canvas
const LABEL_HEIGHT = 13; // px: of names that are closer together only some are shown
const LINES_FROM = 6; // px: smaller cells have no lines between them
const TOUCH = 14; // px: how far from a finger the cell may be that it means

// The colours along the scale, as the theme has them.
function palette(node, high) {
  const probe = el("i");
  node.append(probe);
  const colours = range(SHADES + 1).map((k) => {
    probe.style.color = `color-mix(in oklab, var(${high}) ${(100 * k) / SHADES}%, var(--low))`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return colours;
}

// Draws the cells, each in whole pixels of the screen, with lines between them if there is room.
function paint(canvas, { values, hidden, signed }) {
  const size = Math.min(LARGEST, Math.round(canvas.clientWidth * devicePixelRatio));
  const line = canvas.clientWidth / nClasses >= LINES_FROM ? Math.round(devicePixelRatio) : 0;
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  const edges = range(nClasses + 1).map((k) => Math.round((k * size) / nClasses));
  const most = mostOf(values, hidden);
  const worse = signed && palette(canvas.parentNode, "--worse");
  const plain = palette(canvas.parentNode, signed ? "--better" : "--high");
  context.fillStyle = plain[0];
  context.fillRect(0, 0, size, size);
  for (const [i, row] of values.entries()) {
    for (const [j, value] of row.entries()) {
      const box = [edges[j], edges[i], edges[j + 1] - edges[j], edges[i + 1] - edges[i]];
      if (hidden && i === j) context.clearRect(...box);
      else if (value) {
        // on the diagonal more is better, elsewhere fewer
        const colours = signed && (value > 0) !== (i === j) ? worse : plain;
        context.fillStyle = colours[Math.max(LEAST, Math.round(SHADES * along(value, most)))];
        context.fillRect(...box);
      }
    }
  }
  for (const edge of line ? edges.slice(1) : []) {
    context.clearRect(edge - line, 0, line, size);
    context.clearRect(0, edge - line, size, line);
  }
}

// The overviews on the page; another theme has other colours.
const painted = new Map();
new MutationObserver(() => {
  for (const [node, repaint] of painted) if (node.isConnected) repaint();
}).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });

let measuring = null;

// A name cut in the middle to a width in px: what tells names apart often stands at both ends.
function cutMiddle(name, width, font) {
  measuring ??= el("canvas").getContext("2d");
  measuring.font = font;
  const fits = (text) => measuring.measureText(text).width <= width;
  if (fits(name)) return name;
  const characters = [...name];
  const cut = (n) => `${characters.slice(0, Math.ceil(n / 2)).join("")}\u2026${characters.slice(characters.length - Math.floor(n / 2)).join("")}`;
  let [low, high] = [2, characters.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(cut(middle))) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}

const middleOf = (k) => `${(100 * (k + 0.5)) / nClasses}%`;

function names(side) {
  return classes.map((name, k) => {
    const label = el("span", { title: name }, name);
    label.style[side === "rows" ? "top" : "left"] = middleOf(k);
    return label;
  });
}

let nOverviews = 0;

// Options as those of matrixTable.
export function overview(options) {
  const { values, label, words, signed, onopen, onclose } = options;
  nOverviews += 1;
  let current = options.open ?? [0, options.hidden ? 1 : 0];
  const canvas = el("canvas", { "aria-hidden": "true" });
  const cell = el("div", { role: "gridcell", id: `overview-cell-${nOverviews}` });
  const cursor = el("div", { class: "overview-cursor", hidden: true });
  const chosen = el("div", { class: "overview-chosen", hidden: true });
  const tip = el("div", { class: "overview-tip", hidden: true, "aria-hidden": "true" });
  const grid = el("div", { class: "overview-grid", role: "grid", tabindex: 0, "aria-label": label, "aria-rowcount": nClasses,
    "aria-colcount": nClasses, "aria-activedescendant": cell.id }, canvas,
  el("div", { role: "row", class: "visually-hidden" }, cell), chosen, cursor, tip);
  const [rows, columns] = [names("rows"), names("columns")];
  const box = el("div", { class: "overview-box" },
    el("div", { class: "overview-corner muted", "aria-hidden": "true" }, el("span", {}, "Predicted \u2192"), el("span", {}, "True \u2193")),
    el("div", { class: "overview-columns", "aria-hidden": "true" }, columns),
    el("div", { class: "overview-rows", "aria-hidden": "true" }, rows), grid);
  const node = el("div", { class: `overview${signed ? " signed" : ""}` }, box);
  node.style.setProperty("--n", nClasses);

  const put = (mark, [i, j]) => {
    mark.style.setProperty("--i", i);
    mark.style.setProperty("--j", j);
    mark.hidden = false;
  };
  function point([i, j]) {
    put(cursor, [i, j]);
    tip.textContent = words(i, j);
    put(tip, [i, j]);
    tip.classList.toggle("to-left", j > nClasses / 2);
    tip.classList.toggle("above", i > nClasses / 2);
  }
  function unpoint() {
    cursor.hidden = true;
    tip.hidden = true;
  }
  function move(i, j) {
    current = [i, j];
    cell.textContent = words(i, j);
    cell.parentNode.setAttribute("aria-rowindex", i + 1);
    cell.setAttribute("aria-colindex", j + 1);
    cell.setAttribute("aria-selected", String(!chosen.hidden && chosen.dataset.place === `${i}-${j}`));
    if (grid.matches(":focus-visible")) point(current);
  }
  function select(place) {
    chosen.hidden = place === null;
    if (place) {
      put(chosen, place);
      chosen.dataset.place = place.join("-");
    }
    move(...(place ?? current));
  }
  // The cell at a point; for a finger, of those near it the one with most in it.
  function cellAt(event) {
    const { left, top, width } = canvas.getBoundingClientRect();
    const side = width / nClasses;
    const at = (distance) => Math.min(nClasses - 1, Math.max(0, Math.floor(distance / side)));
    const middle = [at(event.clientY - top), at(event.clientX - left)];
    if (event.pointerType !== "touch" || side >= TOUCH) return middle;
    const reach = Math.ceil(TOUCH / 2 / side);
    const near = (k) => range(2 * reach + 1).map((n) => k + n - reach).filter((n) => n >= 0 && n < nClasses);
    const around = near(middle[0]).flatMap((i) => near(middle[1]).map((j) => [i, j]))
      .filter(([i, j]) => !(options.hidden && i === j));
    return around.reduce((best, [i, j]) => (Math.abs(values[i][j]) > Math.abs(values[best[0]][best[1]]) ? [i, j] : best), middle);
  }
  function open(i, j) {
    move(i, j);
    onopen(i, j);
  }
  function layOut() {
    const side = canvas.clientWidth / nClasses;
    const step = Math.ceil(LABEL_HEIGHT / side);
    const style = getComputedStyle(rows[0]);
    const font = `${style.fontSize} ${style.fontFamily}`;
    const room = parseFloat(getComputedStyle(node).getPropertyValue("--labels")) - 8;
    for (const [k, name] of classes.entries()) {
      for (const labels of [rows, columns]) {
        labels[k].hidden = k % step > 0;
        if (k % step === 0) labels[k].textContent = cutMiddle(name, room, font);
      }
    }
  }
  grid.addEventListener("pointermove", (event) => { if (event.pointerType !== "touch") point(cellAt(event)); });
  grid.addEventListener("pointerleave", () => (grid.matches(":focus-visible") ? point(current) : unpoint()));
  grid.addEventListener("click", (event) => open(...cellAt(event)));
  grid.addEventListener("focus", () => { if (grid.matches(":focus-visible")) point(current); });
  grid.addEventListener("blur", unpoint);
  grid.addEventListener("keydown", (event) => pressKey(event, current, nClasses, { onmove: move, onopen: open, onclose }));
  // its size and colours are known once it is on the page
  new ResizeObserver(() => {
    if (!canvas.clientWidth) return;
    layOut();
    paint(canvas, options);
    for (const old of painted.keys()) if (!old.isConnected) painted.delete(old);
    painted.set(node, () => paint(canvas, options));
  }).observe(node);
  select(options.open);
  return { node, select, focus(i, j) { move(i, j); grid.focus(); } };
}
