// Lists and tables as CSV files, made in the browser: nothing is sent anywhere.

import { download, el, filename, missing } from "./dom.js";

// Text that begins like this is a formula to a spreadsheet, unless it is a plain number.
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function field(value) {
  if (missing(value)) return "";
  const formula = typeof value === "string" && FORMULA.test(value) && !NUMBER.test(value);
  const text = formula ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// rows: arrays of text and numbers; null is an empty field
const toCsv = (rows) => rows.map((row) => row.map(field).join(",") + "\r\n").join("");

// words: parts of the file's name
function saveCsv(rows, ...words) {
  download(toCsv(rows), "text/csv;charset=utf-8", `${filename(...words)}.csv`);
}

// A button that saves what getRows() gives, now or later.
export function csvButton(getRows, ...words) {
  return el("button", { type: "button", class: "quiet csv", onclick: async () => saveCsv(await getRows(), ...words) },
    "Save as CSV");
}
