// Learning curves: loss and accuracy by epoch, training and validation.

import { lineChart } from "./charts.js";
import { csvButton } from "./csv.js";
import { report } from "./data.js";
import { el, missing, percent, range } from "./dom.js";

const CURVES = [
  { title: "Loss", keys: ["train_loss", "validation_loss"], format: (v) => v.toFixed(4), tick: String },
  { title: "Accuracy", keys: ["train_accuracy", "validation_accuracy"], format: (v) => percent(v, 2), tick: (v) => `${Number((100 * v).toFixed(1))}\u00a0%` },
];
const CURVE_NAMES = { train_loss: "Training loss", validation_loss: "Validation loss",
  train_accuracy: "Training accuracy", validation_accuracy: "Validation accuracy" };

const kindOf = (key) => (key.startsWith("train") ? "training" : "validation");

function validationWords({ validation }) {
  if (!validation) return "No part of the training images was held out, so there is no validation curve.";
  return `${validation[0].toUpperCase()}${validation.slice(1)}.`;
}

function curveFigures(curves) {
  const keys = Object.keys(CURVE_NAMES).filter((key) => curves[key]?.length);
  const nEpochs = Math.max(...keys.map((key) => curves[key].length));
  const text = (v) => (missing(v) ? "" : v.toFixed(4));
  const rows = () => [["epoch", ...keys], ...range(nEpochs).map((k) => [k + 1, ...keys.map((key) => curves[key][k])])];
  return el("details", { class: "plain" }, el("summary", {}, "Figures"), csvButton(rows, "curves", curves.name), el("div", { class: "scroll" },
    el("table", { class: "figures-table" }, el("caption", { class: "visually-hidden" }, `Learning curves of ${curves.name}`),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Epoch"), keys.map((key) => el("th", { scope: "col" }, CURVE_NAMES[key])))),
      el("tbody", {}, range(nEpochs).map((k) => el("tr", {}, el("th", { scope: "row" }, String(k + 1)),
        keys.map((key) => el("td", {}, text(curves[key][k])))))))));
}

export const curvesView = {
  key: "curves",
  title: "Learning curves",
  build(root) {
    root.append(
      el("p", { class: "muted measure" }, "From one training each. With another random state, the best epoch may be another."),
      el("p", { class: "curve-key" }, [["training", "Training"], ["validation", "Validation"], ["marked", "Best epoch in validation"]]
        .map(([kind, text]) => el("span", {}, el("i", { class: `key ${kind}` }), text))),
      el("div", { class: "curve-list" }, report.curves.map((curves) => el("section", { class: "curves" },
        el("h2", {}, curves.name), el("p", { class: "muted" }, validationWords(curves)),
        el("div", { class: "curve-pair" }, CURVES.map(({ title, keys, format, tick }) => {
          const series = keys.filter((key) => curves[key]?.some((v) => v !== null))
            .map((key) => ({ name: CURVE_NAMES[key], values: curves[key], className: kindOf(key) }));
          return series.length ? lineChart({ title, series, format, tick, mark: curves.best_epoch }) : null;
        })), curveFigures(curves)))));
  },
  update() {},
};
