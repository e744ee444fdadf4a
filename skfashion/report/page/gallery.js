// Cards of images, and a dialog that shows one image enlarged.

import { classes, classifiers, findClassifier, getAnswers, numberOf } from "./data.js";
import { announce, checkbox, count, el, missing, percent } from "./dom.js";
import { activationMap, picture } from "./images.js";
import { selectable } from "./selection.js";
import { navigate, state } from "./state.js";

export const FIRST_CARDS = 24;
const MORE_CARDS = 96;

// Bars of the three most likely classes; the bar of the true class has another colour.
function bars(answers, index) {
  if (!answers.hasProbabilities) return null;
  const truth = answers.truth[index];
  return el("span", { class: "bars" }, answers.likeliest(index).map(({ code, share }) => {
    const bar = el("i", { class: `bar ${code === truth ? "right" : "wrong"}` });
    bar.style.setProperty("--share", `${100 * share}%`);
    return el("span", { class: "bar-row" }, el("span", { class: "bar-name" }, classes[code]),
      el("span", { class: "track" }, bar), el("span", { class: "bar-figure" }, percent(share, 0)));
  }));
}

function facts(rows) {
  return el("span", { class: "facts" }, rows.map(([name, value, kind]) =>
    el("span", { class: "fact" }, el("span", { class: "muted" }, name), " ", el("b", { class: kind ?? null }, value))));
}

// items: [{ index, also (a second image, or nothing), rows (facts), bars }]
export function cards(container, items, { shown = FIRST_CARDS } = {}) {
  const indices = items.map((item) => item.index);
  const list = el("ul", { class: "cards" });
  const more = el("button", { type: "button", class: "more", onclick: () => add(MORE_CARDS) });
  let next = 0;
  function add(n) {
    const from = next;
    next = Math.min(items.length, next + n);
    list.append(...items.slice(from, next).map((item) => el("li", {}, card(item, indices))));
    more.hidden = next === items.length;
    more.textContent = `Show ${count(Math.min(MORE_CARDS, items.length - next))} more of ${count(items.length)}`;
    if (from > 0) list.children[from].querySelector("button").focus();
  }
  add(shown);
  container.append(list, more);
}

function card(item, indices) {
  return selectable(el("button", { type: "button", class: "card", "data-index": item.index,
    onclick: () => showImage(item.index, indices) },
    missing(item.also) ? picture(item.index, "thumb")
      : el("span", { class: "twins" }, picture(item.index, "thumb"), picture(item.also, "thumb")),
    el("span", { class: "card-text" }, el("span", { class: "index" }, `#${numberOf(item.index)}`), facts(item.rows), item.bars)), item.index, indices);
}

const answerRows = (answers, index) => {
  const right = answers.truth[index] === answers.predicted[index];
  return [["True", classes[answers.truth[index]]],
    ["Predicted", classes[answers.predicted[index]], right ? "right" : "wrong"]];
};

// Rows and bars are made when the card is: a list may have thousands of images.
export const answerItem = (answers, index) =>
  ({ index, get rows() { return answerRows(answers, index); }, get bars() { return bars(answers, index); } });

// The address holds the position of the enlarged image; these are its neighbours, to page through.
let neighbours = [];
let opener = null;

export function showImage(index, indices) {
  neighbours = indices;
  opener = document.activeElement;
  navigate({ image: String(index) }, { step: true });
}

export const dialog = document.getElementById("image-dialog");

function hideImage() {
  navigate({ image: "" });
  if (opener?.isConnected) opener.focus();
}

dialog.addEventListener("cancel", (event) => { event.preventDefault(); hideImage(); });
// a second Escape closes the dialog without a cancel event
dialog.addEventListener("close", () => { if (state.image) hideImage(); });
dialog.addEventListener("click", (event) => { if (event.target === dialog) hideImage(); });
dialog.addEventListener("keydown", (event) => {
  const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (move) turnPage(move);
});

function turnPage(move) {
  const next = neighbours[neighbours.indexOf(Number(state.image)) + move];
  if (next !== undefined) navigate({ image: String(next) });
}

const mapChoice = checkbox("Show where the network looks", (on) => navigate({ maps: on ? "shown" : "" }));

function showMap() {
  mapChoice.set(state.maps === "shown");
  for (const map of dialog.querySelectorAll(".map")) map.hidden = state.maps !== "shown";
}

let drawn = "";

export async function renderDialog() {
  showMap();
  const key = state.image && `${state.image} ${state.view} ${state.classifier}`;
  if (key === drawn) return;
  drawn = key;
  if (!key) {
    dialog.close();
    return;
  }
  const index = Number(state.image);
  const [map, ...answers] = await Promise.all([activationMap(index), ...classifiers.map((_, k) => getAnswers(k))]);
  if (drawn !== key) return; // meanwhile another image was opened
  const place = neighbours.indexOf(index);
  const pageButton = (move, text, symbol) => el("button", { type: "button", "aria-label": text, title: text,
    disabled: neighbours[place + move] === undefined || place < 0, onclick: () => turnPage(move) }, symbol);
  const chosen = answers[findClassifier(state.classifier)];
  const heading = classifiers.length > 1 && state.view === "matrix" ? ` by ${state.classifier}` : "";
  const title = el("h2", { id: "image-title", tabindex: -1 }, `Test image ${numberOf(index)}`);
  dialog.replaceChildren(
    el("div", { class: "dialog-head" },
      title,
      pageButton(-1, "Previous image", "\u2039"), pageButton(1, "Next image", "\u203a"),
      el("button", { type: "button", class: "close", "aria-label": "Close", title: "Close", onclick: hideImage }, "\u00d7")),
    el("div", { class: "dialog-body" },
      el("div", { class: "stack" }, picture(index, "large"), map),
      el("div", { class: "dialog-text" },
        facts([["True class", classes[chosen.truth[index]]]]),
        classifiers.length > 1 ? everyAnswer(answers, index)
          : [el("h3", {}, `Predicted${heading}`), facts(answerRows(chosen, index).slice(1)), bars(chosen, index)],
        map && mapChoice.node)));
  showMap();
  if (!dialog.open) dialog.showModal();
  title.focus(); // so that the arrow keys go on paging
  announce(`Test image ${numberOf(index)}, ${classes[chosen.truth[index]]}`);
}

// Each classifier's answer for one image, with its three most likely classes to unfold.
function everyAnswer(answers, index) {
  const nRight = answers.filter((a) => a.predicted[index] === a.truth[index]).length;
  return [el("h3", {}, `Recognised by ${nRight} of ${classifiers.length} classifiers`),
    el("ul", { class: "answers" }, answers.map((a, k) => {
      const right = a.predicted[index] === a.truth[index];
      const isChosen = state.view === "matrix" && classifiers[k].name === state.classifier;
      const line = [el("span", { class: "who" }, classifiers[k].name),
        el("b", { class: right ? "right" : "wrong" }, classes[a.predicted[index]]),
        el("span", { class: "muted figure" }, a.hasProbabilities ? percent(a.confidence(index), 0) : "")];
      return el("li", {}, a.hasProbabilities
        ? el("details", { open: isChosen }, el("summary", {}, line), bars(a, index)) : el("div", { class: "line" }, line));
    }))];
}
