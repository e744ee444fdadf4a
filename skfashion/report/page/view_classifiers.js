// The comparison's table, sortable, and accuracy against training time.

import { scatterChart, seconds } from "./charts.js";
import { classifiers, findClassifier, leftOut, leftOutWords, report } from "./data.js";
import { count, el, missing } from "./dom.js";
import { navigate, state } from "./state.js";

const SIZES = ["B", "kB", "MB", "GB", "TB"];

function bytes(n) {
  const power = Math.min(SIZES.length - 1, Math.floor(Math.log10(Math.max(1, n)) / 3));
  const value = n / 1000 ** power;
  return `${value.toFixed(value < 10 && power > 0 ? 1 : 0)}\u00a0${SIZES[power]}`;
}

const deviation = (std) => (std === null ? "" : ` ± ${(100 * std).toFixed(2)}`);

const COLUMNS = [
  { key: "name", title: "Classifier", text: (row) => row.name },
  { key: "accuracy_mean", title: "Accuracy", hint: "On the test images, in per cent: mean ± standard deviation over random states",
    text: (row) => (100 * row.accuracy_mean).toFixed(2) + deviation(row.accuracy_std) },
  { key: "reference_accuracy", title: "Article", hint: "Published accuracy, in per cent", text: (row) => (100 * row.reference_accuracy).toFixed(2) },
  { key: "macro_f1_mean", title: "F1", hint: "Macro F1, in per cent", text: (row) => (100 * row.macro_f1_mean).toFixed(2) },
  { key: "cv_mean", title: "CV", hint: "Cross-validated score on the training images, in per cent",
    text: (row) => (100 * row.cv_mean).toFixed(2) + deviation(row.cv_std) },
  { key: "n", title: "Fits", hint: "Number of random states", text: (row) => count(row.n) },
  { key: "fit_seconds", title: "Training", hint: "Time of a fit", text: (row) => seconds(row.fit_seconds) },
  { key: "seconds_per_epoch", title: "An epoch", hint: "Time of an epoch", text: (row) => seconds(row.seconds_per_epoch) },
  { key: "epochs", title: "Epochs", text: (row) => String(Number(row.epochs.toFixed(1))) },
  { key: "overfit_epoch", title: "Overfits after", hint: "The epoch with the lowest validation loss; > 8: not within 8 epochs",
    text: (row) => `${row.overfit_begun ? "" : "> "}${row.overfit_epoch}` },
  { key: "images_per_second", title: "Images/s", hint: "Predicted in a second", text: (row) => count(Math.round(row.images_per_second)) },
  { key: "n_parameters", title: "Parameters", text: (row) => count(row.n_parameters) },
  { key: "model_bytes", title: "Size", hint: "Of the pickle", text: (row) => bytes(row.model_bytes) },
];

// A page without a comparison has the little that its predictions tell.
const tableRows = report.table ?? classifiers.map((c) => ({ name: c.name, accuracy_mean: c.accuracy, accuracy_std: null, macro_f1_mean: c.macro_f1, error: null }));

function sortedRows(key, order) {
  const direction = order === "ascending" ? 1 : -1;
  return [...tableRows].sort((a, b) => {
    if (missing(a[key]) || missing(b[key])) return missing(a[key]) - missing(b[key]);
    return direction * (key === "name" ? a.name.localeCompare(b.name) : a[key] - b[key]);
  });
}

export const classifiersView = {
  key: "classifiers",
  title: "Classifiers",
  build(root) {
    this.columns = COLUMNS.filter(({ key }) => tableRows.some((row) => !missing(row[key]) && !(key === "n" && row[key] <= 1)));
    this.body = el("tbody");
    this.heads = this.columns.map(({ key, title, hint }) => el("th", { scope: "col" },
      el("button", { type: "button", title: hint, onclick: () => this.sort(key) }, title)));
    this.plot = el("div", { class: "plot" });
    const table = el("table", { class: "figures-table sortable" }, el("caption", { class: "visually-hidden" }, "All classifiers; the heads sort"),
      el("thead", {}, el("tr", {}, this.heads)), this.body);
    root.append(el("div", { class: "scroll" }, table));
    this.points = tableRows.filter((row) => !missing(row.fit_seconds) && !missing(row.accuracy_mean) && !leftOut.includes(row.name))
      .map((row) => ({ name: row.name, x: row.fit_seconds, y: row.accuracy_mean }));
    if (this.points.length > 1) {
      root.append(el("div", { class: "intro" }, el("h2", {}, "Accuracy against training time"),
        leftOut.length ? el("p", { class: "muted" }, leftOutWords()) : null), this.plot);
      new ResizeObserver(() => this.drawPlot()).observe(this.plot);
    }
  },
  drawPlot() {
    const width = Math.min(940, this.plot.clientWidth);
    if (!width || width === this.plotWidth) return;
    this.plotWidth = width;
    this.plot.replaceChildren(scatterChart(this.points, width, showClassifier));
  },
  sort(key) {
    const first = key === "name" ? "ascending" : "descending";
    const other = first === "ascending" ? "descending" : "ascending";
    navigate({ sort: key, order: state.sort === key && state.order === first ? other : first });
  },
  update() {
    for (const [n, th] of this.heads.entries()) {
      if (this.columns[n].key === state.sort) th.setAttribute("aria-sort", state.order);
      else th.removeAttribute("aria-sort");
    }
    this.body.replaceChildren(...sortedRows(state.sort, state.order).map((row) => el("tr", {},
      this.columns.map(({ key, text }) => {
        if (key === "name") return el("th", { scope: "row" }, nameOf(row));
        return el("td", {}, missing(row[key]) ? "" : text(row));
      }))));
  },
};

function nameOf(row) {
  const known = findClassifier(row.name) >= 0;
  return [known ? el("button", { type: "button", class: "link", onclick: () => showClassifier(row.name) }, row.name) : row.name,
    row.error ? el("span", { class: "error" }, row.error) : null];
}

function showClassifier(name) {
  navigate({ view: "matrix", classifier: name, cell: "", pair: "" }, { step: true });
}
