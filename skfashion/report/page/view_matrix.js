// The confusion matrix of one classifier, the pairs it confuses, and the images of a cell.

import { csvButton } from "./csv.js";
import {
  cellImages, cellWords, classes, classifiers, findClassifier, getAnswers, normalised, rowSums,
  shareWords,
} from "./data.js";
import {
  announce, checkbox, choice, count, download, dropdown, el, filename, percent, missing, plural, sum,
} from "./dom.js";
import { filterBar } from "./filters.js";
import { dialog, FIRST_CARDS } from "./gallery.js";
import { entryOf, imageList } from "./image_list.js";
import { matrixCsvButton, matrixTable, NORMALISATIONS, plainTable, scaleLegend } from "./matrix.js";
import { manyClasses } from "./matrix_parts.js";
import { matrixSvg } from "./matrix_svg.js";
import { navigate, parseCell, state } from "./state.js";

const FIRST_PAIRS = 10;
const ROOM_BELOW = 200; // pixels below a heading: the first of its images

export const matrixView = {
  key: "matrix",
  title: "Matrix",
  build(root) {
    this.choose = dropdown("Classifier", classifiers.map((c) => `${c.name} (${percent(c.accuracy)})`),
      (k) => navigate({ classifier: classifiers[k].name }));
    this.normalize = choice("Show", NORMALISATIONS, (value) => navigate({ normalize: value }));
    this.diagonal = checkbox("Hide the diagonal", (on) => navigate({ diagonal: on ? "hidden" : "shown" }));
    this.left = el("div", { class: "matrix-side" });
    this.panel = el("section", { class: "panel", "aria-live": "off", onkeydown: (event) => {
      if (event.key === "Escape" && parseCell() && !dialog.open) closeCell();
    } });
    root.append(
      el("div", { class: "controls" }, classifiers.length > 1 ? this.choose.node : null, this.normalize.node, this.diagonal.node),
      el("div", { class: `split${manyClasses ? " wide" : ""}` }, this.left, this.panel));
  },
  update() {
    const k = findClassifier(state.classifier);
    this.choose.set(k);
    this.normalize.set(state.normalize);
    this.diagonal.set(state.diagonal === "hidden");
    this.drawMatrix(k);
    this.drawPanel(k);
  },
  // The page was opened with a cell in its address: bring its images into view.
  arrive() {
    this.wantsSight = true;
  },
  drawMatrix(k) {
    const shown = { how: state.normalize, hidden: state.diagonal === "hidden", signed: false };
    const key = JSON.stringify([k, shown]);
    if (key === this.drawn) {
      this.table.select(parseCell());
      return;
    }
    this.drawn = key;
    const { matrix, accuracy, macro_f1: f1, name, random_state: seed } = classifiers[k];
    const totals = rowSums(matrix);
    const values = normalised(matrix, shown.how);
    const label = `Confusion matrix of ${name}`;
    const words = (i, j) => `${cellWords(i, j)}: ${count(matrix[i][j])} of ${count(totals[i])} (${percent(matrix[i][j] / (totals[i] || 1))})`;
    this.table = matrixTable({ ...shown, values, label, words, open: parseCell(), onopen: openCell,
      onclose: () => parseCell() && closeCell() });
    this.left.replaceChildren(
      el("p", { class: "lead" }, el("b", {}, percent(accuracy, 2)), " accuracy", el("span", { class: "muted" }, ` · macro F1 ${percent(f1, 2)}${missing(seed) ? "" : ` · random state ${seed}`}`)),
      this.table.node,
      el("div", { class: "below" }, scaleLegend({ values, ...shown }),
        el("div", { class: "actions" }, el("button", { type: "button", class: "quiet", onclick: () =>
          download(matrixSvg({ values, ...shown, title: `${name}, ${caption(shown)}` }), "image/svg+xml", filename("confusion", name) + ".svg") }, "Save as SVG"),
        matrixCsvButton(values, name, shown.how))),
      plainTable({ values, label: `${label}, ${caption(shown)}` }, shown.how));
  },
  async drawPanel(k) {
    const cell = parseCell();
    const key = JSON.stringify([k, state.cell, state.pair]);
    if (key === this.panelDrawn) {
      this.showLists();
      return;
    }
    this.panelDrawn = key;
    this.showLists = () => {};
    if (!cell) {
      this.panel.replaceChildren(...pairList(k));
      return;
    }
    const [i, j] = cell;
    const both = state.pair === "both" && i !== j;
    const shown = both ? [[i, j], [j, i]] : [[i, j]];
    const found = await Promise.all(shown.map((place) => cellImages(k, place)));
    const answers = await getAnswers(k);
    if (key !== this.panelDrawn) return; // meanwhile another cell was opened
    const heading = both ? `${classes[i]} and ${classes[j]}, taken for each other` : cellWords(i, j);
    const title = el("h2", { tabindex: -1 }, heading);
    this.panel.replaceChildren(
      el("div", { class: "panel-head" }, title,
        el("button", { type: "button", class: "close", "aria-label": "Close the cell", title: "Close", onclick: closeCell }, "\u00d7")),
      i === j ? "" : el("div", { class: "actions" }, el("button", { type: "button", class: "quiet", "aria-pressed": String(both),
        onclick: () => navigate({ pair: both ? "" : "both" }, { step: true }) }, both ? "This way only" : "Both ways")));
    const by = { byClass: false, byConfidence: answers.hasProbabilities };
    const bar = filterBar(by);
    if (by.byConfidence) this.panel.append(bar.node);
    const lists = shown.map((place, n) => {
      const list = imageList(by, { bar, shown: both ? FIRST_CARDS / 2 : FIRST_CARDS });
      this.panel.append(el("div", { class: "cell-images" }, both ? el("h3", {}, cellWords(...place)) : null, list.node));
      const entries = found[n].map((index) => entryOf(answers, index));
      return () => list.show(entries, { name: ["images", classifiers[k].name, ...place.map((code) => classes[code])],
        all: shareWords(classifiers[k].matrix, place), order: answers.hasProbabilities ? ", the most confident first" : "" });
    });
    this.showLists = () => { for (const show of lists) show(); };
    this.showLists();
    announce(`${heading}: ${plural(sum(found.map((f) => f.length)), "image")}`);
    if (this.wantsFocus) title.focus({ preventScroll: true });
    if (this.wantsFocus || this.wantsSight) bringIntoView(this.panel, title);
    this.wantsFocus = this.wantsSight = false;
  },
};

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Scrolls to a part of the page unless its heading, and some of what follows it, is in sight.
export function bringIntoView(part, heading) {
  const { top, bottom } = heading.getBoundingClientRect();
  const isSeen = top >= document.getElementById("views").offsetHeight && bottom + ROOM_BELOW <= innerHeight;
  if (!isSeen) part.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
}

const caption = ({ how, hidden }) =>
  `${{ counts: "counts", true: "per cent of each row", pred: "per cent of each column", all: "per cent of all" }[how]}${hidden ? ", without the diagonal" : ""}`;

export function openCell(i, j) {
  matrixView.wantsFocus = true;
  navigate({ view: "matrix", cell: `${i}-${j}`, pair: "" }, { step: true });
}

function closeCell() {
  const place = parseCell();
  navigate({ cell: "", pair: "" }, { step: true });
  matrixView.table.focus(...place);
}

function pairList(k) {
  const { pairs, matrix } = classifiers[k];
  const list = el("ol", { class: "pairs" });
  const most = pairs.length ? pairs[0][2] : 1;
  const row = ([i, j, n]) => {
    const bar = el("i", { class: "bar wrong" });
    bar.style.setProperty("--share", `${(100 * n) / most}%`);
    return el("li", {},
      el("button", { type: "button", class: "pair", onclick: () => openCell(i, j) },
        el("span", { class: "pair-name" }, el("b", {}, classes[i]), " taken for ", el("b", {}, classes[j])),
        el("span", { class: "pair-figure" }, shareWords(matrix, [i, j])), el("span", { class: "track" }, bar)),
      el("button", { type: "button", class: "quiet swap", title: "Both ways", "aria-label": `${classes[i]} and ${classes[j]}, both ways`,
        onclick: () => { matrixView.wantsFocus = true; navigate({ cell: `${i}-${j}`, pair: "both" }, { step: true }); } }, "\u21c4"));
  };
  list.append(...pairs.slice(0, FIRST_PAIRS).map(row));
  const rest = pairs.slice(FIRST_PAIRS);
  const more = el("button", { type: "button", class: "more", hidden: rest.length === 0, onclick: () => {
    list.append(...rest.map(row));
    more.remove();
    list.children[FIRST_PAIRS].querySelector("button").focus();
  } }, `Show all ${count(pairs.length)} pairs`);
  return [el("h2", {}, "Most confused"),
    el("p", { class: "muted" }, pairs.length ? "Choose a pair, or a cell of the matrix, to see its images." : "There are no mistakes: every image is recognised."),
    list, more, pairs.length ? el("div", { class: "actions" }, csvButton(() => pairRows(k), "pairs", classifiers[k].name)) : ""];
}

function pairRows(k) {
  const { pairs, matrix } = classifiers[k];
  const totals = rowSums(matrix);
  return [["true", "predicted", "images", "of"], ...pairs.map(([i, j, n]) => [classes[i], classes[j], n, totals[i]])];
}
