// Charts as inline SVG.

import { el, percent, range, svg } from "./dom.js";

const CHART = { width: 300, height: 210, left: 42, right: 8, top: 10, bottom: 38 };

// Round numbers from low to high, about `about` of them.
function linearTicks(low, high, about = 5) {
  const rough = (high - low || Math.abs(high) || 1) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const first = Math.ceil(low / step - 1e-9);
  return range(Math.floor(high / step + 1e-9) - first + 1).map((k) => Number(((first + k) * step).toPrecision(12)));
}

// Round times; neighbours differ by a factor of about ten, with the fine ones of about three.
const COARSE_TIMES = [0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 36_000, 360_000];
const FINE_TIMES = [0.003, 0.03, 0.3, 3, 30, 180, 1800, 10_800, 108_000];

function timeTicks(low, high) {
  const within = (times) => times.filter((time) => time >= low && time <= high);
  const coarse = within(COARSE_TIMES);
  return coarse.length > 3 ? coarse : within([...COARSE_TIMES, ...FINE_TIMES]);
}

const scale = (low, high, from, to) => (value) => from + ((value - low) / (high - low || 1)) * (to - from);

function axes(frame, x, y, xTicks, yTicks, xText, yText) {
  const { width, height, left, right, bottom } = frame;
  const base = height - bottom;
  return svg("g", { class: "axes", "aria-hidden": "true" },
    yTicks.map((tick) => [svg("line", { class: "grid", x1: left, x2: width - right, y1: y(tick), y2: y(tick) }),
      svg("text", { x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, yText(tick))]),
    svg("line", { class: "base", x1: left, x2: width - right, y1: base, y2: base }),
    xTicks.map((tick) => svg("text", { x: x(tick), y: base + 18, "text-anchor": "middle" }, xText(tick))));
}

// series: [{ name, values (null where there is none), className }]; mark: an epoch, from 1, or null
export function lineChart({ title, series, mark, format, tick }) {
  const values = series.flatMap((s) => s.values).filter((v) => v !== null);
  const nEpochs = Math.max(...series.map((s) => s.values.length));
  const { width, height, left, right, top, bottom } = CHART;
  const margin = (Math.max(...values) - Math.min(...values)) * 0.06 || 0.01;
  const [low, high] = [Math.min(...values) - margin, Math.max(...values) + margin];
  const x = nEpochs > 1 ? scale(1, nEpochs, left + 10, width - right - 10) : () => (left + width - right) / 2;
  const y = scale(low, high, height - bottom, top);
  const epochs = nEpochs <= 10 ? range(nEpochs).map((k) => k + 1) : linearTicks(1, nEpochs, 6).filter(Number.isInteger);
  const chart = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "chart",
    "aria-label": `${title} by epoch; the figures are in the table below` },
    axes(CHART, x, y, epochs, linearTicks(low, high, 4), String, tick),
    svg("text", { class: "axis-name", x: (left + width - right) / 2, y: height - 2, "text-anchor": "middle" }, "Epoch"));
  if (mark) {
    chart.append(svg("line", { class: "mark", x1: x(mark), x2: x(mark), y1: top, y2: height - bottom }));
  }
  for (const { name, values: ys, className } of series) {
    const points = ys.map((v, k) => [x(k + 1), v === null ? null : y(v), v]).filter(([, py]) => py !== null);
    chart.append(svg("polyline", { class: `line ${className}`, points: points.map(([px, py]) => `${px},${py}`).join(" ") }),
      ...points.map(([px, py, v], k) => svg("circle", { class: `dot ${className}`, cx: px, cy: py, r: points.length > 30 ? 1.5 : 3 },
        svg("title", {}, `${name}, epoch ${k + 1}: ${format(v)}`))));
  }
  return el("figure", { class: "chart-figure" }, el("figcaption", {}, title), chart);
}

const overlap = (p, q) => p.x < q.x + q.width && q.x < p.x + p.width && p.y < q.y + q.height && q.y < p.y + p.height;
const between = (value, low, high) => Math.min(Math.max(value, low), high);

const ANGLES = [0, 180, 270, 90, 315, 45, 225, 135, 337, 23, 203, 157];
const DISTANCES = [9, 22, 38, 56]; // beyond the first, a line leads from the label to the point

// The line from a point to the nearest edge of its label, and small boxes that cover it.
function leaderOf(cx, cy, box) {
  const [x, y] = [between(cx, box.x, box.x + box.width), between(cy, box.y, box.y + box.height)];
  const n = Math.ceil(Math.hypot(x - cx, y - cy) / 3);
  const steps = range(n + 1).map((k) => k / n).filter((t) => t * n * 3 > 9); // not the point itself
  return { x, y, boxes: steps.map((t) => ({ x: cx + t * (x - cx) - 1, y: cy + t * (y - cy) - 1, width: 2, height: 2 })) };
}

// The first place near a point where its label covers nothing: { box, leader or null }; null if there is none.
function placeLabel({ cx, cy, width, height }, taken, frame) {
  const isFree = (box) => !taken.some((other) => overlap(box, other));
  const isInside = ({ x, y }) => x >= frame.left && x + width <= frame.width - 2 && y >= 0 && y + height <= frame.height - frame.bottom;
  for (const distance of DISTANCES) {
    for (const angle of ANGLES) {
      // the edge or corner of the label that faces the point is `distance` away from it
      const [dx, dy] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
      const isAboveOrBelow = Math.abs(dx) < 0.1;
      const box = { width, height, x: cx + distance * dx - (isAboveOrBelow || dx < 0 ? width / (isAboveOrBelow ? 2 : 1) : 0),
        y: cy + distance * dy + ((isAboveOrBelow ? Math.sign(dy) : 0) * height) / 2 - height / 2 };
      const leader = distance > DISTANCES[0] ? leaderOf(cx, cy, box) : null;
      if (isInside(box) && isFree(box) && (leader?.boxes ?? []).every(isFree)) return { box, leader };
    }
  }
  return null;
}

// A time in words: 20 ms, 3.6 s, 4.4 min, 2 h.
export const seconds = (s) => {
  if (s < 0.0995) return `${Math.max(1, Math.round(1000 * s))} ms`;
  if (s < 9.95) return `${Number(s.toFixed(1))} s`;
  if (s < 59.5) return `${Math.round(s)} s`;
  const [value, unit] = s < 3570 ? [s / 60, "min"] : [s / 3600, "h"];
  return `${value < 9.95 ? Number(value.toFixed(1)) : Math.round(value)} ${unit}`;
};

const pointWords = ({ name, x, y }) => `${name}: ${percent(y, 2)} after ${seconds(x)}`;

// points: [{ name, x (seconds), y (accuracy) }]. Returns the chart and the points whose names found no
// place in it: these have numbers, from 1, for `scatterLegend`.
export function scatterChart(points, width, onclick) {
  const frame = { width, height: Math.round(Math.min(420, Math.max(300, width * 0.5))), left: 52, right: 20, top: 16, bottom: 44 };
  const { height, left, right, top, bottom } = frame;
  const xs = points.map((p) => Math.max(p.x, 1e-3)), ys = points.map((p) => p.y);
  const [lowX, highX] = [Math.min(...xs) / 1.6, Math.max(...xs) * 1.6];
  const margin = (Math.max(...ys) - Math.min(...ys)) * 0.08 || 0.02;
  const [lowY, highY] = [Math.max(0, Math.min(...ys) - margin), Math.min(1, Math.max(...ys) + margin)];
  const logX = scale(Math.log10(lowX), Math.log10(highX), left, width - right);
  const x = (value) => logX(Math.log10(value));
  const y = scale(lowY, highY, height - bottom, top);
  const chart = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart scatter", role: "group",
    "aria-label": "Accuracy against training time" },
    axes(frame, x, y, timeTicks(lowX, highX), linearTicks(lowY, highY, 5), seconds, (t) => percent(t, 0)),
    svg("text", { class: "axis-name", x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, "Training time (logarithmic)"));
  const placed = points.map((p, k) => ({ ...p, cx: x(xs[k]), cy: y(p.y) }));
  const taken = placed.map(({ cx, cy }) => ({ x: cx - 6, y: cy - 6, width: 12, height: 12 }));
  const numbered = [];
  for (const { cx, cy, ...data } of placed) {
    const { name } = data;
    const open = () => onclick(name);
    const point = svg("g", { class: "point", role: "link", tabindex: 0, "aria-label": pointWords(data), onclick: open,
      onkeydown: (event) => { if (event.key === "Enter") open(); } },
      svg("title", {}, pointWords(data)),
      svg("circle", { class: "halo", cx, cy, r: 12 }));
    const find = (text) => placeLabel({ cx, cy, width: 6.8 * text.length + 4, height: 15 }, taken, frame);
    let [text, className] = [name, null];
    let place = find(text);
    if (!place) {
      numbered.push(data);
      [text, className] = [String(numbered.length), "number"];
      place = find(text);
    }
    if (place) {
      const { box, leader } = place;
      taken.push(box, ...(leader?.boxes ?? []));
      if (leader) point.append(svg("line", { class: "leader", x1: cx, y1: cy, x2: leader.x, y2: leader.y }));
      point.append(svg("circle", { class: "disc", cx, cy, r: 5 }), svg("text", { class: className, x: box.x + 2, y: box.y + 12 }, text));
    } else { // not even the number has a place beside the point
      point.append(svg("circle", { class: "disc", cx, cy, r: 9 }),
        svg("text", { class: "inside number", x: cx, y: cy + 4, "text-anchor": "middle" }, text));
    }
    chart.append(point);
  }
  return { chart, numbered };
}

// The names of the points that have numbers in the chart, as a list; nothing if there are none.
export function scatterLegend(numbered, onclick) {
  if (!numbered.length) return [];
  return [el("ol", { class: "scatter-legend" }, numbered.map((point, k) => el("li", {}, el("span", { class: "number" }, String(k + 1)),
    el("button", { type: "button", class: "link", onclick: () => onclick(point.name) }, pointWords(point)))))];
}
