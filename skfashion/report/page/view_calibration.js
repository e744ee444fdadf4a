// How often a prediction is right that a classifier makes with a given confidence.

import { csvButton } from "./csv.js";
import { classifiers } from "./data.js";
import { count, el, missing, percent, range, svg } from "./dom.js";

const known = classifiers.filter((classifier) => classifier.calibration);
export const hasCalibration = known.length > 0;

const N_BINS = hasCalibration ? known[0].calibration.n.length : 0;
const [SIZE, LEFT, TOP] = [220, 40, 8]; // px of the square, and what is beside and above it
const [GAP, COUNTS, BOTTOM] = [10, 44, 36]; // between square and counts, height of these, below them
const TICKS = [0, 0.25, 0.5, 0.75, 1];

const ends = (k) => [k / N_BINS, (k + 1) / N_BINS];
const binWords = (k) => `${ends(k).map((end) => Math.round(100 * end)).join("\u2013")} %`;

function diagram({ name, calibration }) {
  const x = (share) => LEFT + SIZE * share;
  const y = (share) => TOP + SIZE * (1 - share);
  const base = TOP + SIZE + GAP + COUNTS;
  const most = Math.max(...calibration.n);
  const bins = range(N_BINS).filter((k) => calibration.n[k] > 0);
  const points = bins.map((k) => [x(calibration.confidence[k]), y(calibration.accuracy[k])]);
  return svg("svg", { viewBox: `0 0 ${LEFT + SIZE + 10} ${base + BOTTOM}`, class: "chart calibration-chart", role: "img",
    "aria-label": `Accuracy by confidence of ${name}; the figures are in the table below` },
  svg("g", { class: "axes" },
    TICKS.map((tick) => [svg("line", { class: "grid", x1: LEFT, x2: LEFT + SIZE, y1: y(tick), y2: y(tick) }),
      svg("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, String(100 * tick)),
      svg("text", { x: x(tick), y: base + 16, "text-anchor": "middle" }, String(100 * tick))]),
    svg("line", { class: "base", x1: LEFT, x2: LEFT + SIZE, y1: base, y2: base }),
    svg("text", { x: LEFT + SIZE / 2, y: base + 32, "text-anchor": "middle" }, "Confidence, %"),
    svg("text", { x: 0, y: 0, "text-anchor": "middle", transform: `translate(10 ${TOP + SIZE / 2}) rotate(-90)` }, "Accuracy, %"),
    svg("text", { x: LEFT - 6, y: base - COUNTS / 2 + 4, "text-anchor": "end" }, "n")),
  svg("line", { class: "ideal", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
  range(N_BINS).map((k) => svg("rect", { class: "count", x: x(ends(k)[0]) + 1, width: SIZE / N_BINS - 2,
    y: base - (COUNTS * calibration.n[k]) / most, height: (COUNTS * calibration.n[k]) / most },
  svg("title", {}, `${binWords(k)}: ${count(calibration.n[k])}`))),
  bins.map((k, n) => svg("line", { class: "whisker", x1: points[n][0], x2: points[n][0], y1: y(calibration.accuracy_low[k]), y2: y(calibration.accuracy_high[k]) })),
  svg("polyline", { class: "line training", points: points.map((point) => point.join(",")).join(" ") }),
  bins.map((k, n) => svg("circle", { class: "dot training", cx: points[n][0], cy: points[n][1], r: 3.5 },
    svg("title", {}, `${percent(calibration.accuracy[k])} right of ${count(calibration.n[k])} with a mean confidence of ${percent(calibration.confidence[k])}`))));
}

const HEADER = ["Confidence", "Images", "Mean confidence", "Accuracy", "95 % interval"];

function figures({ name, calibration: { n, confidence, accuracy, accuracy_low: low, accuracy_high: high } }) {
  const text = (share) => (missing(share) ? "" : percent(share));
  return el("details", { class: "plain" }, el("summary", {}, "Figures"), el("div", { class: "scroll" },
    el("table", { class: "figures-table" }, el("caption", { class: "visually-hidden" }, `Calibration of ${name}`),
      el("thead", {}, el("tr", {}, HEADER.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, range(N_BINS).map((k) => el("tr", {}, el("th", { scope: "row" }, binWords(k)), el("td", {}, count(n[k])),
        el("td", {}, text(confidence[k])), el("td", {}, text(accuracy[k])),
        el("td", {}, missing(low[k]) ? "" : `${percent(low[k])} to ${percent(high[k])}`)))))));
}

const csvRows = () => [["classifier", "ece", "bin_low", "bin_high", "images", "mean_confidence", "accuracy", "accuracy_low", "accuracy_high"],
  ...known.flatMap(({ name, calibration: c }) => range(N_BINS).map((k) =>
    [name, c.ece, ...ends(k), c.n[k], c.confidence[k], c.accuracy[k], c.accuracy_low[k], c.accuracy_high[k]]))];

export const calibrationView = {
  key: "calibration",
  title: "Calibration",
  build(root) {
    const without = classifiers.filter((classifier) => !classifier.calibration).map(({ name }) => name);
    root.append(
      el("p", { class: "muted measure" }, "The confidence of a prediction is the probability given to the predicted class. Of the predictions made with a "
        + "confidence of 80 %, 80 % should be right. Points below the dashed line mean overconfidence, points above it underconfidence. The lines "
        + "through the points are 95 % intervals; the bars below count the images. The expected calibration error (ECE) is the average distance between "
        + `accuracy and mean confidence in ${N_BINS} bins of equal width, weighted by their number of images.${without.length ? ` Without probabilities and therefore not shown: ${without.join(", ")}.` : ""}`),
      el("div", { class: "actions" }, csvButton(csvRows, "calibration")),
      el("div", { class: "calibration-list" }, known.map((classifier) => el("section", { class: "calibration" },
        el("h2", {}, classifier.name), el("p", { class: "muted" }, `ECE ${percent(classifier.calibration.ece, 2)}`),
        diagram(classifier), figures(classifier)))));
  },
  update() {},
};
