// The comparison's table, sortable, and accuracy against training time.

import { scatterChart, scatterLegend, seconds } from "./charts.js";
import { csvButton } from "./csv.js";
import { classifiers, findClassifier, leftOut, leftOutWords, report } from "./data.js";
import { count, el, missing } from "./dom.js";
import { define, navigate, oneOf, state } from "./state.js";

const SIZES = ["B", "kB", "MB", "GB", "TB"];

function bytes(n) {
  const power = Math.min(SIZES.length - 1, Math.floor(Math.log10(Math.max(1, n)) / 3));
  const value = n / 1000 ** power;
  return `${value.toFixed(value < 10 && power > 0 ? 1 : 0)}\u00a0${SIZES[power]}`;
}

const inPercent = (share) => (100 * share).toFixed(2);

const inPercentWithDeviation = (share, std) => inPercent(share) + (missing(std) ? "" : ` ± ${inPercent(std)}`);

// A page without a comparison has a table of what the predictions alone tell.
const tableRows = report.table ?? classifiers.map((c) => ({ name: c.name, accuracy_mean: c.accuracy, accuracy_std: null, macro_f1_mean: c.macro_f1, error: null }));

const scorings = [...new Set(tableRows.filter((row) => !missing(row.cv_mean)).map((row) => row.cv_scoring))];

// A cross-validated score: in per cent where it is a share, else as it is; named if there are several.
function crossValidated({ cv_mean: mean, cv_std: std, cv_scoring: scoring, cv_is_share: isShare }) {
  const number = (value) => String(Number(value.toPrecision(4)));
  const score = isShare ? inPercentWithDeviation(mean, std) : number(mean) + (missing(std) ? "" : ` ± ${number(std)}`);
  return scorings.length > 1 ? `${scoring} ${score}` : score;
}

const COLUMNS = [
  { key: "name", title: "Classifier", text: (row) => row.name },
  { key: "accuracy_mean", title: "Accuracy", hint: "On the test images, in per cent: mean ± standard deviation over random states",
    text: (row) => inPercentWithDeviation(row.accuracy_mean, row.accuracy_std) },
  { key: "reference_accuracy", title: "Article", hint: "Published accuracy, in per cent", text: (row) => inPercent(row.reference_accuracy) },
  { key: "macro_f1_mean", title: "Macro F1", hint: "On the test images, in per cent: mean over random states", text: (row) => inPercent(row.macro_f1_mean) },
  { key: "cv_mean", title: scorings.length === 1 ? `CV ${scorings[0]}` : "CV",
    hint: "Cross-validated score on the training images: mean ± standard deviation over folds; scores between 0 and 1 are in per cent",
    text: crossValidated },
  { key: "n", title: "Fits", hint: "Number of random states", text: (row) => count(row.n) },
  { key: "fit_seconds", title: "Training", hint: "Time per fit", text: (row) => seconds(row.fit_seconds) },
  { key: "seconds_per_epoch", title: "Per epoch", hint: "Training time per epoch", text: (row) => seconds(row.seconds_per_epoch) },
  { key: "epochs", title: "Epochs", hint: "Number of epochs trained", text: (row) => String(Number(row.epochs.toFixed(1))) },
  { key: "overfit_epoch", title: "Lowest val. loss", hint: "The epoch with the lowest validation loss in one training with a held-out part",
    text: (row) => `epoch ${row.overfit_epoch}${row.overfit_begun ? "" : ", the last"}` },
  { key: "images_per_second", title: "Images/s", hint: "Images predicted per second", text: (row) => count(Math.round(row.images_per_second)) },
  { key: "n_parameters", title: "Parameters", text: (row) => count(row.n_parameters) },
  { key: "model_bytes", title: "Size", hint: "Size of the pickle", text: (row) => bytes(row.model_bytes) },
];

define("sort", "accuracy_mean", oneOf(...COLUMNS.map(({ key }) => key)));
define("order", "descending", oneOf("ascending", "descending"));

// Says of how many fits the figures of the table are means; "" if there is one fit each.
function meansWords() {
  const numbers = [...new Set(tableRows.map((row) => row.n).filter((n) => n > 0))];
  if (numbers.every((n) => n === 1)) return "";
  const states = numbers.length === 1 ? `${count(numbers[0])} random states` : "the random states (column Fits)";
  return `Accuracy, macro F1 and times are means of ${states}. `;
}

function sortedRows(key, order) {
  const direction = order === "ascending" ? 1 : -1;
  return [...tableRows].sort((a, b) => {
    if (missing(a[key]) || missing(b[key])) return missing(a[key]) - missing(b[key]);
    return direction * (key === "name" ? a.name.localeCompare(b.name) : a[key] - b[key]);
  });
}

// The table as it is in the data: all columns that hold anything, shares as shares, times in seconds.
function csvRows() {
  const keys = Object.keys(tableRows[0]).filter((key) => tableRows.some((row) => !missing(row[key])));
  return [keys, ...sortedRows(state.sort, state.order).map((row) => keys.map((key) => row[key]))];
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
    const table = el("table", { class: "figures-table sortable" },
      el("caption", { class: "visually-hidden" }, "All classifiers; the column heads sort the table"),
      el("thead", {}, el("tr", {}, this.heads)), this.body);
    const remarks = [report.provenance, meansWords() + "Accuracy and macro F1 are in per cent, on the test images.", report.reference_note];
    root.append(el("div", { class: "intro" },
      remarks.filter(Boolean).map((text, k) => el("p", { class: text === report.provenance && k === 0 ? "provenance" : "muted" }, text))),
    el("div", { class: "scroll" }, table), el("div", { class: "actions" }, csvButton(csvRows, "classifiers")));
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
    const { chart, numbered } = scatterChart(this.points, width, showClassifier);
    this.plot.replaceChildren(chart, ...scatterLegend(numbered, showClassifier));
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
    this.body.replaceChildren(...sortedRows(state.sort, state.order).flatMap((row) => this.rowsOf(row)));
  },
  // A classifier's row and, if something failed, a second one with the error.
  rowsOf(row) {
    const name = findClassifier(row.name) < 0 ? row.name
      : el("button", { type: "button", class: "link", onclick: () => showClassifier(row.name) }, row.name);
    const cells = this.columns.map(({ key, text }) => (key === "name" ? el("th", { scope: "row" }, name)
      : el("td", {}, missing(row[key]) ? "" : text(row))));
    const rows = [el("tr", { class: row.error ? "has-error" : null }, cells)];
    if (row.error) rows.push(el("tr", {}, el("td", { colspan: cells.length }, el("span", { class: "error" }, row.error))));
    return rows;
  },
};

function showClassifier(name) {
  navigate({ view: "matrix", classifier: name, cell: "", pair: "" }, { step: true });
}
