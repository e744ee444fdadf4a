// Precision, recall and F1 of each class, with their 95 % intervals.

import { csvButton } from "./csv.js";
import { classes, classifiers, findClassifier } from "./data.js";
import { count, dropdown, el, missing, percent } from "./dom.js";
import { sortableTable } from "./sortable_table.js";
import { navigate, state } from "./state.js";

const FIGURES = [
  { key: "precision", title: "Precision", hint: "Of the images predicted as this class, the share that belongs to it" },
  { key: "recall", title: "Recall", hint: "Of the images of this class, the share that is recognised" },
  { key: "f1", title: "F1", hint: "Harmonic mean of precision and recall" },
];

const inPercent = (share) => (100 * share).toFixed(1);

// A share in figures and as a mark on a line from 0 to 100 %, the interval around it.
function figure(row, key) {
  if (missing(row[key])) return el("span", { class: "muted" }, "\u2013");
  const line = el("span", { class: "interval", "aria-hidden": "true" }, el("i"), el("b"));
  for (const [name, share] of [["low", row[`${key}_low`]], ["high", row[`${key}_high`]], ["at", row[key]]]) {
    line.style.setProperty(`--${name}`, `${100 * share}%`);
  }
  return [el("span", { class: "share" }, el("b", {}, inPercent(row[key])), " ",
    el("span", { class: "muted" }, `${inPercent(row[`${key}_low`])}\u2013${inPercent(row[`${key}_high`])}`)), line];
}

const COLUMNS = [
  { key: "name", title: "Class", cell: (row) => row.name },
  ...FIGURES.map((column) => ({ ...column, className: "with-interval", cell: (row) => figure(row, column.key) })),
  { key: "support", title: "Images", hint: "Test images of the class (support)", cell: (row) => count(row.support) },
  { key: "predicted", title: "Predicted", hint: "Test images predicted as this class", cell: (row) => count(row.predicted) },
];

const CSV_KEYS = [...FIGURES.flatMap(({ key }) => [key, `${key}_low`, `${key}_high`]), "support", "predicted"];

function rowsOf({ by_class: figures }) {
  return classes.map((name, code) => Object.fromEntries([["name", name], ...Object.entries(figures).map(([key, values]) => [key, values[code]])]));
}

const csvRows = (rows) => [["class", ...CSV_KEYS], ...rows.map((row) => [row.name, ...CSV_KEYS.map((key) => row[key])])];

const intervalWords = (interval) =>
  (interval ? el("span", { class: "muted" }, ` ${inPercent(interval[0])} to ${inPercent(interval[1])}`) : null);

export const classesView = {
  key: "classes",
  title: "Classes",
  build(root) {
    this.choose = dropdown("Classifier", classifiers.map((c) => `${c.name} (${percent(c.accuracy)})`),
      (k) => navigate({ classifier: classifiers[k].name }));
    this.body = el("div", { class: "class-figures" });
    root.append(classifiers.length > 1 ? el("div", { class: "controls" }, this.choose.node) : "", this.body);
  },
  update() {
    const k = findClassifier(state.classifier);
    this.choose.set(k);
    if (k === this.drawn) return;
    this.drawn = k;
    const classifier = classifiers[k];
    const rows = rowsOf(classifier);
    this.body.replaceChildren(
      el("p", { class: "lead" }, el("b", {}, percent(classifier.accuracy, 2)), " accuracy", intervalWords(classifier.accuracy_interval),
        " \u00b7 ", el("b", {}, percent(classifier.macro_f1, 2)), " macro F1", intervalWords(classifier.macro_f1_interval)),
      sortableTable({ caption: `Precision, recall and F1 of ${classifier.name} by class`, columns: COLUMNS, rows, key: "f1", order: "ascending" }),
      el("div", { class: "actions" }, csvButton(() => csvRows(rows), "classes", classifier.name)),
      el("p", { class: "muted measure" }, "All figures are in per cent, with 95 % intervals: how far they would vary with other test images. "
        + "They do not include the variation between trainings. Accuracy, precision and recall have Wilson intervals; that of F1 is the Wilson "
        + "interval of TP / (TP + FP + FN), from which F1 follows; that of macro F1 is from the delta method"
        + (classifier.macro_f1_interval ? "." : ", which gives none here, because every class has an F1 of 0 or 100 %.")));
  },
};
