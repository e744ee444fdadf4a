// Whether two classifiers differ by more than chance: McNemar's test, in words and as a table.

import { csvButton } from "./csv.js";
import { classifiers, report } from "./data.js";
import { count, el, plural } from "./dom.js";
import { sortableTable } from "./sortable_table.js";
import { navigate } from "./state.js";

const LEVEL = 0.05;
const pairs = report.compared_pairs;

// Points of a per cent, with a minus sign that is as wide as a plus.
const points = (share) => (100 * share).toFixed(1).replace(/^-0\.0$/, "0.0").replace("-", "\u2212");

const pWords = (p) => (p < 0.001 ? "p < 0.001" : `p = ${p < 0.0995 ? Number(p.toPrecision(2)) : p.toFixed(2)}`);

// The test of a pair, whichever of the two comes first in the data.
function pairOf(a, b) {
  const found = pairs.find((pair) => (pair.a === a && pair.b === b) || (pair.a === b && pair.b === a));
  if (!found || found.a === a) return found;
  return { ...found, a, b, only_a: found.only_b, only_b: found.only_a, difference: -found.difference, low: -found.high, high: -found.low };
}

function resultWords({ p, p_holm: adjusted, difference }) {
  if (p >= LEVEL) return "no significant difference";
  const better = `${difference > 0 ? "B" : "A"} is significantly better`;
  return adjusted < LEVEL ? better : `${better} if this is the only pair tested`;
}

// One sentence on A against B, and one on testing several pairs; null if both are the same.
export function significanceWords(a, b) {
  const pair = pairOf(a, b);
  if (!pair) return null;
  const { only_a: onlyA, only_b: onlyB, p, p_holm: adjusted, difference, low, high } = pair;
  const several = pairs.length > 1 ? ` With all ${count(pairs.length)} pairs tested, ${pWords(adjusted)} (Holm).` : "";
  return `B is right and A wrong on ${plural(onlyB, "image")}, the other way round on ${count(onlyA)}: ${resultWords(pair)} `
    + `(McNemar's exact test, ${pWords(p)}; difference ${points(difference)} points, 95 % interval ${points(low)} to ${points(high)}).${several}`;
}

const show = ({ a, b }) => navigate({ a, b, group: "gained" }, { step: true });

const COLUMNS = [
  { key: "label", title: "A and B", cell: (pair) => el("button", { type: "button", class: "link", onclick: () => show(pair) }, pair.label) },
  { key: "only_a", title: "Only A right", hint: "Images that A gets right and B wrong", cell: (pair) => count(pair.only_a) },
  { key: "only_b", title: "Only B right", hint: "Images that B gets right and A wrong", cell: (pair) => count(pair.only_b) },
  { key: "difference", title: "B minus A", hint: "Difference of the accuracies in percentage points, with its 95 % interval",
    cell: (pair) => `${points(pair.difference)} (${points(pair.low)} to ${points(pair.high)})` },
  { key: "p", title: "p", hint: "McNemar's exact test of this pair alone", cell: (pair) => pWords(pair.p).replace("p = ", "").replace("p ", "") },
  { key: "p_holm", title: "p, all pairs", hint: "Adjusted for testing every pair, by Holm's method", cell: (pair) => pWords(pair.p_holm).replace("p = ", "").replace("p ", "") },
];

const CSV_KEYS = ["a", "b", "only_a", "only_b", "p", "p_holm", "difference", "low", "high"];

// Every pair, to unfold.
export function allPairs() {
  const rows = pairs.map((pair) => ({ ...pair, label: `${pair.a} and ${pair.b}` }));
  const several = pairs.length > 1 ? `${classifiers.length} classifiers make ${count(pairs.length)} pairs: tested at the 5 % level each, one in twenty pairs of equally `
    + "good classifiers would appear to differ, so the last column adjusts p for all of them. " : "";
  return el("details", { class: "plain all-pairs" }, el("summary", {}, "McNemar's test of every pair"),
    el("p", { class: "muted measure" }, `${several}The tests hold for these trainings and test images like these; another training of the same classifier may differ.`),
    sortableTable({ caption: "McNemar's test of every pair", columns: COLUMNS, rows, key: "p", order: "ascending" }),
    el("div", { class: "actions" }, csvButton(() => [CSV_KEYS, ...pairs.map((pair) => CSV_KEYS.map((key) => pair[key]))], "mcnemar")));
}
