// A matrix as a table: its colours and its keys.

import { csvButton } from "./csv.js";
import { classes, nClasses } from "./data.js";
import { count, el, percent, range } from "./dom.js";
import { along, manyClasses, mostOf, pressKey } from "./matrix_parts.js";
import { overview } from "./overview.js";

export const NORMALISATIONS = [["counts", "Counts"], ["true", "% of row"], ["pred", "% of column"], ["all", "% of all"]];

export function cellText(value, { how, signed, small }) {
  if (value === 0) return "";
  const sign = signed && value > 0 ? "+" : "";
  const share = 100 * Math.abs(value);
  const digits = small && share >= 9.95 ? 0 : 1;
  const text = how === "counts" ? count(Math.abs(value)) : share.toFixed(digits);
  if (how !== "counts" && Number(text) === 0) return "";
  return `${value < 0 ? "\u2212" : sign}${text}`;
}

// options: values, how, label, words(i, j), hidden (the diagonal), signed (a difference),
// open ([i, j] or null), onopen(i, j), onclose(), small
export const matrixTable = (options) => (manyClasses ? overview(options) : smallTable(options));

function smallTable(options) {
  const { values, label, words, hidden, signed, open, small } = options;
  const most = mostOf(values, hidden);
  const [focusRow, focusColumn] = open ?? [0, hidden && nClasses > 1 ? 1 : 0];
  const cells = values.map((row, i) => row.map((value, j) => {
    const td = el("td", { role: "gridcell", "aria-label": words(i, j), title: words(i, j),
      tabindex: i === focusRow && j === focusColumn ? 0 : -1,
      "aria-selected": "false",
      class: i === j ? "diagonal" : null });
    if (hidden && i === j) {
      td.classList.add("hidden-cell");
      return td;
    }
    td.textContent = cellText(value, options);
    const t = along(value, most);
    td.style.setProperty("--t", `${(100 * t).toFixed(1)}%`);
    // on the diagonal more is better, elsewhere fewer
    if (signed && value) td.classList.add((value > 0) === (i === j) ? "better" : "worse");
    if (t > 0.52) td.classList.add("strong");
    return td;
  }));
  const header = el("tr", {}, el("td", { class: "corner muted" }, el("span", {}, "Predicted \u2192"), el("span", {}, "True \u2193")),
    classes.map((name) => el("th", { scope: "col", title: name }, el("span", {}, name))));
  const body = classes.map((name, i) =>
    el("tr", {}, el("th", { scope: "row", title: name }, el("span", {}, name)), cells[i]));
  const table = el("table", { class: `matrix${small ? " small" : ""}${signed ? " signed" : ""}`, role: "grid",
    "aria-label": label }, el("thead", {}, header), el("tbody", {}, body));
  addKeys(table, cells, options);
  const frame = el("div", { class: "matrix-frame" }, table);
  frame.style.setProperty("--n", nClasses);
  let selected = null;
  function select(place) {
    selected?.setAttribute("aria-selected", "false");
    selected = place && cells[place[0]][place[1]];
    selected?.setAttribute("aria-selected", "true");
    if (place) makeCurrent(cells, ...place);
  }
  select(open);
  return { node: el("div", { class: "matrix-box" }, frame), select, focus: (i, j) => focusCell(cells, i, j) };
}

// Makes a cell the one that the Tab key leads to.
function makeCurrent(cells, i, j) {
  for (const td of cells.flat()) td.tabIndex = -1;
  cells[i][j].tabIndex = 0;
}

function focusCell(cells, i, j) {
  makeCurrent(cells, i, j);
  cells[i][j].focus();
}

function addKeys(table, cells, { onopen, onclose }) {
  const placeOf = (target) => {
    const td = target.closest("td[role=gridcell]");
    const i = cells.findIndex((row) => row.includes(td));
    return i < 0 ? null : [i, cells[i].indexOf(td)];
  };
  table.addEventListener("click", (event) => {
    const place = placeOf(event.target);
    if (place) onopen(...place);
  });
  table.addEventListener("keydown", (event) => {
    const place = placeOf(event.target);
    if (place) pressKey(event, place, cells.length, { onmove: (i, j) => focusCell(cells, i, j), onopen, onclose });
  });
}

// The colour scale with its figures: the middle of the scale, by the root, is a quarter of the maximum.
export function scaleLegend({ values, how, hidden, signed }, [worse, better] = []) {
  const most = mostOf(values, hidden);
  const figure = (value) => {
    if (value === 0) return "0";
    if (how !== "counts") return percent(value, value < 0.1 ? 1 : 0);
    return count(value < 10 ? Number(value.toFixed(1)) : Math.round(value));
  };
  const swatches = (className, steps) => steps.map((t) => {
    const swatch = el("i", { class: className });
    swatch.style.setProperty("--t", `${100 * t}%`);
    return swatch;
  });
  const steps = range(24).map((k) => k / 23);
  if (!signed) {
    return el("div", { class: "legend muted", "aria-hidden": "true" },
      el("div", { class: "bar" }, swatches("", steps)),
      el("div", { class: "figures" }, [0, most / 4, most].map((v) => el("span", {}, figure(v)))));
  }
  const half = steps.filter((_, k) => k % 2 === 1);
  return el("div", { class: "legend muted", "aria-hidden": "true" },
    el("div", { class: "bar" }, swatches("worse", [...half].reverse()), swatches("better", half)),
    el("div", { class: "figures" }, el("span", {}, `${worse} ${figure(most)}`), el("span", {}, "0"),
      el("span", {}, `${figure(most)} ${better}`)));
}

// The figures as a file.
export const matrixCsvButton = (values, ...fileWords) =>
  csvButton(() => [["true", ...classes], ...values.map((row, i) => [classes[i], ...row])], "matrix", ...fileWords);

// The same figures for screen readers and for copying: a table without colours.
export function plainTable({ values, label }, how) {
  const text = (value) => (how === "counts" ? count(value) : percent(value));
  const table = el("table", { class: "figures-table" });
  const fill = () => table.append(
    el("caption", {}, `${label}. Rows are true classes, columns predicted ones.`),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "True"),
      classes.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, values.map((row, i) => el("tr", {}, el("th", { scope: "row" }, classes[i]),
      row.map((value) => el("td", {}, text(value)))))));
  const node = el("details", { class: "plain" }, el("summary", {}, "As a plain table"), el("div", { class: "scroll" }, table));
  // thousands of cells are made only when they are to be seen
  if (manyClasses) node.addEventListener("toggle", fill, { once: true });
  else fill();
  return node;
}
