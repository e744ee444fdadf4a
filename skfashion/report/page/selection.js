// Images that the reader has selected, in any list: marked with a click in the select mode, or at
// any time with Ctrl or Command; Shift takes all from the last one. They are saved as a file.

import { csvButton } from "./csv.js";
import { classes, classifiers, getAnswers, numberOf } from "./data.js";
import { announce, count, el, plural } from "./dom.js";
import { MOST, saveSheet } from "./sheet.js";

const selected = new Set();
let selecting = false;
let last = null; // the image that was marked last, from which Shift goes on

const inOrder = () => [...selected].sort((i, j) => i - j);

async function selectionRows() {
  const answers = await Promise.all(classifiers.map((_, k) => getAnswers(k)));
  const several = classifiers.length > 1;
  const header = classifiers.flatMap(({ name }) => ["predicted", "confidence"].map((word) => (several ? `${name}: ${word}` : word)));
  return [["index", "true", ...header], ...inOrder().map((index) => [numberOf(index), classes[answers[0].truth[index]],
    ...answers.flatMap((a) => [classes[a.predicted[index]], a.hasProbabilities ? Number(a.confidence(index).toFixed(5)) : null])])];
}

const sheetButton = saveSheet && el("button", { type: "button", class: "quiet sheet", onclick: () => saveSheet(inOrder()) });
const words = el("span", { class: "selection-count" });
const bar = el("section", { class: "selection-bar", "aria-label": "Selected images", hidden: true }, words,
  csvButton(selectionRows, "selection"),
  sheetButton,
  el("button", { type: "button", class: "quiet clear", onclick: () => change(() => selected.clear()) }, "Clear"));
document.getElementById("main").after(bar);

function mark(card) {
  const on = selected.has(Number(card.dataset.index));
  card.toggleAttribute("data-selected", on);
  if (selecting || on) card.setAttribute("aria-pressed", String(on));
  else card.removeAttribute("aria-pressed");
}

function show() {
  document.documentElement.toggleAttribute("data-selecting", selecting);
  for (const card of document.querySelectorAll(".card")) mark(card);
  for (const button of document.querySelectorAll(".select-mode")) button.setAttribute("aria-pressed", String(selecting));
  words.textContent = `${plural(selected.size, "image")} selected`;
  const part = selected.size > MOST ? `the first ${count(MOST)} of ${count(selected.size)} ` : "";
  if (sheetButton) sheetButton.textContent = `Save ${part}as PNG`;
  bar.hidden = selected.size === 0;
}

function change(act) {
  act();
  show();
  announce(`${plural(selected.size, "image")} selected`);
}

function toggle(index, neighbours, whole) {
  const [from, to] = [neighbours.indexOf(last), neighbours.indexOf(index)].sort((i, j) => i - j);
  const range = whole && from >= 0 ? neighbours.slice(from, to + 1) : [index];
  if (selected.has(index) && !whole) selected.delete(index);
  else for (const i of range) selected.add(i);
  last = index;
}

// Makes a card of a list, whose images are neighbours, one that can be selected.
export function selectable(card, index, neighbours) {
  card.addEventListener("click", (event) => {
    if (!selecting && !event.ctrlKey && !event.metaKey && !event.shiftKey) return;
    event.stopImmediatePropagation(); // else it would be seen large
    change(() => toggle(index, neighbours, event.shiftKey));
  }, { capture: true });
  mark(card);
  return card;
}

// Buttons above a list: the select mode, and to select all that getIndices() gives.
export function selectButtons(getIndices) {
  return [
    el("button", { type: "button", class: "quiet select-mode", "aria-pressed": String(selecting),
      title: "Clicks select images instead of opening them; with Ctrl or Command they always do",
      onclick: () => { selecting = !selecting; show(); } }, "Select"),
    el("button", { type: "button", class: "quiet select-all", onclick: () => change(() => {
      for (const index of getIndices()) selected.add(index);
    }) }, "Select all"),
  ];
}
