// Lists of images that were made elsewhere, such as those whose labels may be wrong.

import { classes, classifiers, getAnswers, numberOf, report } from "./data.js";
import { count, el, missing } from "./dom.js";
import { FIRST_CARDS } from "./gallery.js";
import { entryOf, imageList } from "./image_list.js";

// a value as the CSV file has it, by the kind of its column
const AS_FIELD = { position: numberOf, class: (code) => classes[code], number: (value) => value, text: (value) => value };

function shown(kind, value) {
  if (missing(value)) return "";
  if (kind === "number") return String(Number(value.toPrecision(3)));
  return kind === "position" ? `#${numberOf(value)}` : String(AS_FIELD[kind](value));
}

// "given_label" as "Given label"
const words = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

const listView = ({ title, n_rows: nRows, columns, rows }, n) => ({
  key: `list-${n + 1}`,
  title,
  build(root) {
    root.append(el("div", { class: "intro" }, el("h2", {}, `${title}: ${count(nRows)}`),
      rows.length < nRows ? el("p", { class: "muted" }, `The first ${count(rows.length)} are shown.`) : null));
    this.list = el("div");
    root.append(this.list);
    if (rows.length) this.fill();
  },
  async fill() {
    const answers = await getAnswers(0);
    const place = (name) => columns.findIndex((column) => column.name === name);
    const [at, twin] = [place("index"), place("duplicate_of")];
    const hasLabel = columns.some((column) => column.kind === "class");
    const facts = (row) => [...(hasLabel ? [] : [["Label", classes[answers.truth[row[at]]]]]),
      ...columns.map(({ name, kind }, k) => [words(name), shown(kind, row[k])]).filter((_, k) => k !== at)];
    const entries = rows.map((row) => ({ row, ...entryOf(answers, row[at],
      { index: row[at], also: twin < 0 ? null : row[twin], bars: null, get rows() { return facts(row); } }) }));
    const list = imageList({ byClass: true, byConfidence: answers.hasProbabilities, trueLabel: "Label",
      predictedLabel: classifiers.length > 1 ? `${classifiers[0].name} predicts` : "Predicted" }, { shown: 2 * FIRST_CARDS });
    const file = { name: [title], header: columns.map((column) => column.name),
      row: (entry) => columns.map(({ kind }, k) => (missing(entry.row[k]) ? null : AS_FIELD[kind](entry.row[k]))) };
    this.list.append(list.node);
    this.show = () => list.show(entries, file);
    this.show();
  },
  update() {
    this.show?.();
  },
});

export const listViews = report.lists.map(listView);
