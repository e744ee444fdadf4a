// A table whose column heads sort it.

import { el, missing } from "./dom.js";

// columns: [{ key, title, hint, cell(row): text or elements, className }], of which the first names
// the row; rows: objects with the values to sort by under the keys
export function sortableTable({ caption, columns, rows, key: firstKey, order: firstOrder = "descending" }) {
  let [key, order] = [firstKey, firstOrder];
  const body = el("tbody");
  const heads = columns.map((column) => el("th", { scope: "col" }, el("button", { type: "button", title: column.hint,
    onclick: () => sort(column.key) }, column.title)));
  function sort(by) {
    // numbers begin with the largest, names with A
    const first = rows.some((row) => typeof row[by] === "string") ? "ascending" : "descending";
    const other = first === "ascending" ? "descending" : "ascending";
    order = key === by && order === first ? other : first;
    key = by;
    show();
  }
  function show() {
    for (const [n, th] of heads.entries()) {
      if (columns[n].key === key) th.setAttribute("aria-sort", order);
      else th.removeAttribute("aria-sort");
    }
    body.replaceChildren(...sorted().map((row) => el("tr", {}, columns.map((column, n) => (n === 0
      ? el("th", { scope: "row" }, column.cell(row)) : el("td", { class: column.className }, column.cell(row)))))));
  }
  function sorted() {
    const direction = order === "ascending" ? 1 : -1;
    const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b) : a - b);
    return [...rows].sort((a, b) => (missing(a[key]) || missing(b[key])
      ? missing(a[key]) - missing(b[key]) : direction * compare(a[key], b[key])));
  }
  show();
  return el("div", { class: "scroll" }, el("table", { class: "figures-table sortable" },
    el("caption", { class: "visually-hidden" }, `${caption}; the column heads sort the table`),
    el("thead", {}, el("tr", {}, heads)), body));
}
