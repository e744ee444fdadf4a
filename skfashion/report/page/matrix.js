// A matrix as a table: its colours and its keys.

import { classes, nClasses } from "./data.js";
import { count, el, percent, range } from "./dom.js";

export const NORMALISATIONS = [["counts", "Counts"], ["true", "% of row"], ["pred", "% of column"], ["all", "% of all"]];
export const FEW_CLASSES = 20; // more have no numbers in the cells

// How far along the colour scale a value is, 0 to 1: by its root, so that rare errors are seen too.
export const along = (value, most) => (most > 0 ? Math.sqrt(Math.min(1, Math.abs(value) / most)) : 0);

export const mostOf = (values, hidden) =>
  Math.max(0, ...values.map((row, i) => Math.max(0, ...row.map((v, j) => (hidden && i === j ? 0 : Math.abs(v))))));

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
export function matrixTable(options) {
  const { values, label, words, hidden, signed, open, small } = options;
  const most = mostOf(values, hidden);
  const [focusRow, focusColumn] = open ?? [0, hidden && nClasses > 1 ? 1 : 0];
  const cells = values.map((row, i) => row.map((value, j) => {
    const td = el("td", { role: "gridcell", "aria-label": words(i, j), title: words(i, j),
      tabindex: i === focusRow && j === focusColumn ? 0 : -1,
      "aria-selected": open !== null && open[0] === i && open[1] === j ? "true" : "false",
      class: i === j ? "diagonal" : null });
    if (hidden && i === j) {
      td.classList.add("hidden-cell");
      return td;
    }
    if (nClasses <= FEW_CLASSES) td.textContent = cellText(value, options);
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
  return { node: el("div", { class: "matrix-box" }, frame), cells, focus: (i, j) => focusCell(cells, i, j) };
}

function focusCell(cells, i, j) {
  for (const td of cells.flat()) td.tabIndex = -1;
  cells[i][j].tabIndex = 0;
  cells[i][j].focus();
}

function addKeys(table, cells, { onopen, onclose }) {
  const last = cells.length - 1;
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
    if (!place || event.altKey || event.metaKey) return;
    const [i, j] = place;
    const moves = {
      ArrowUp: [Math.max(0, i - 1), j],
      ArrowDown: [Math.min(last, i + 1), j],
      ArrowLeft: [i, Math.max(0, j - 1)],
      ArrowRight: [i, Math.min(last, j + 1)],
      Home: event.ctrlKey ? [0, 0] : [i, 0],
      End: event.ctrlKey ? [last, last] : [i, last],
    };
    if (moves[event.key]) focusCell(cells, ...moves[event.key]);
    else if (event.key === "Enter" || event.key === " ") onopen(i, j);
    else if (event.key === "Escape" && onclose) onclose();
    else return;
    event.preventDefault();
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

// The same figures for screen readers and for copying: a table without colours.
export function plainTable({ values, label }, how) {
  const text = (value) => (how === "counts" ? count(value) : percent(value));
  return el("details", { class: "plain" }, el("summary", {}, "As a plain table"),
    el("div", { class: "scroll" }, el("table", { class: "figures-table" },
      el("caption", {}, `${label}. Rows are true classes, columns predicted ones.`),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "True"),
        classes.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, values.map((row, i) => el("tr", {}, el("th", { scope: "row" }, classes[i]),
        row.map((value) => el("td", {}, text(value)))))))));
}
