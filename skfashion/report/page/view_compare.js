// Two classifiers side by side: what one gets right that the other does not, and the difference of
// their matrices.

import {
  byConfidence, cellWords, classes, classifiers, findClassifier, getAnswers, normalised, numberOf,
  shareWords,
} from "./data.js";
import { announce, checkbox, choice, count, dropdown, el, percent, plural } from "./dom.js";
import { entryOf, imageList } from "./image_list.js";
import { matrixCsvButton, matrixTable, NORMALISATIONS, plainTable, scaleLegend } from "./matrix.js";
import { allPairs, significanceWords } from "./significance.js";
import { define, navigate, oneOf, state } from "./state.js";
import { bringIntoView, openCell } from "./view_matrix.js";

const GROUPS = {
  gained: { test: (a, b) => !a && b, title: () => `Only ${state.b} is right` },
  lost: { test: (a, b) => a && !b, title: () => `Only ${state.a} is right` },
  neither: { test: (a, b) => !a && !b, title: () => "Both are wrong" },
  both: { test: (a, b) => a && b, title: () => "Both are right" },
};

define("group", "gained", oneOf(...Object.keys(GROUPS)));

const FIRST_IMAGES = 10; // the matrices follow them

// Which of two counts is better: on the diagonal the larger, elsewhere the smaller.
function betterWords(a, b, onDiagonal) {
  if (a === b) return "equal";
  return (b > a) === onDiagonal ? "B is better" : "A is better";
}

export const compareView = {
  key: "compare",
  title: "A against B",
  build(root) {
    const names = classifiers.map((c) => c.name);
    this.a = dropdown("A", names, (k) => navigate({ a: names[k] }));
    this.b = dropdown("B", names, (k) => navigate({ b: names[k] }));
    this.normalize = choice("Show", NORMALISATIONS, (value) => navigate({ normalize: value }));
    this.diagonal = checkbox("Hide the diagonal", (on) => navigate({ diagonal: on ? "hidden" : "shown" }));
    const swap = el("button", { type: "button", class: "quiet", title: "Exchange A and B", "aria-label": "Exchange A and B",
      onclick: () => navigate({ a: state.b, b: state.a }) }, "\u21c4");
    this.groups = el("div", { class: "groups" });
    this.significance = el("p", { class: "measure" });
    this.matrices = el("div", { class: "matrices" });
    this.images = el("section", { class: "group-images" });
    root.append(el("div", { class: "controls" }, this.a.node, swap, this.b.node, this.normalize.node, this.diagonal.node),
      this.groups, el("div", { class: "significance" }, this.significance, allPairs()), this.images, this.matrices);
  },
  update() {
    const [a, b] = [findClassifier(state.a), findClassifier(state.b)];
    this.a.set(a);
    this.b.set(b);
    this.normalize.set(state.normalize);
    this.diagonal.set(state.diagonal === "hidden");
    this.significance.textContent = significanceWords(state.a, state.b);
    this.drawMatrices(a, b);
    this.drawImages(a, b);
  },
  drawMatrices(a, b) {
    const key = JSON.stringify([a, b, state.normalize, state.diagonal]);
    if (key === this.drawn) return;
    this.drawn = key;
    const shown = { how: state.normalize, hidden: state.diagonal === "hidden", small: true };
    const [first, second] = [a, b].map((k) => normalised(classifiers[k].matrix, shown.how));
    const difference = second.map((row, i) => row.map((value, j) => value - first[i][j]));
    const one = (k, letter, values) => {
      const { matrix, name, accuracy } = classifiers[k];
      return el("div", {}, el("h2", {}, `${letter}: ${name} `, el("span", { class: "muted" }, percent(accuracy, 2))),
        matrixTable({ ...shown, values, signed: false, label: `Confusion matrix of ${name}`, open: null,
          words: (i, j) => `${cellWords(i, j)}: ${shareWords(matrix, [i, j])}`,
          onopen: (i, j) => { navigate({ classifier: name }); openCell(i, j); } }).node,
        scaleLegend({ values, ...shown, signed: false }));
    };
    const signed = { ...shown, signed: true, values: difference, label: `${classifiers[b].name} minus ${classifiers[a].name}` };
    const [countsA, countsB] = [classifiers[a].matrix, classifiers[b].matrix];
    this.matrices.replaceChildren(one(a, "A", first), one(b, "B", second),
      el("div", {}, el("h2", {}, "Difference, B minus A"),
        matrixTable({ ...signed, open: null,
          words: (i, j) => `${cellWords(i, j)}: ${count(countsA[i][j])} by A, ${count(countsB[i][j])} by B; ${betterWords(first[i][j], second[i][j], i === j)}`,
          onopen: (i, j) => { navigate({ classifier: classifiers[b].name }); openCell(i, j); } }).node,
        scaleLegend(signed, ["B worse", "B better"]),
        el("p", { class: "muted" }, "Blue: B is better. Orange: B is worse. On the diagonal more is better, elsewhere fewer."),
        el("div", { class: "actions" }, matrixCsvButton(difference, "difference", classifiers[b].name, classifiers[a].name, shown.how)),
        plainTable(signed, shown.how)));
  },
  async drawImages(a, b) {
    const key = JSON.stringify([a, b, state.group]);
    if (key === this.imagesDrawn) {
      this.showList();
      return;
    }
    this.imagesDrawn = key;
    this.showList = () => {};
    const [answersA, answersB] = await Promise.all([getAnswers(a), getAnswers(b)]);
    if (key !== this.imagesDrawn) return;
    const { truth } = answersA;
    const found = Object.fromEntries(Object.keys(GROUPS).map((name) => [name, []]));
    for (let i = 0; i < truth.length; i += 1) {
      const rightness = [answersA, answersB].map((answers) => answers.predicted[i] === truth[i]);
      found[Object.keys(GROUPS).find((name) => GROUPS[name].test(...rightness))].push(i);
    }
    this.groups.replaceChildren(...Object.entries(GROUPS).map(([name, { title }]) =>
      el("button", { type: "button", class: "group", "aria-pressed": String(state.group === name),
        "data-group": name, onclick: () => this.chooseGroup(name) },
        el("b", {}, count(found[name].length)), el("span", {}, title()))));
    const { group } = state;
    // by the confidence of the one that is right; of B, if both are right or both wrong
    const sorter = group === "lost" ? answersA : answersB;
    const indices = byConfidence(sorter, found[group]);
    const words = `${GROUPS[group].title()}: ${plural(indices.length, "image")}`;
    this.heading = el("h2", {}, words);
    this.images.replaceChildren(this.heading, indices.length > 1 && sorter.hasProbabilities
      ? el("p", { class: "muted" }, `The most confident answers of ${sorter === answersA ? "A" : "B"} come first.`) : "");
    const list = imageList({ byClass: true, byConfidence: sorter.hasProbabilities, predictedLabel: `${sorter === answersA ? "A" : "B"} predicts` },
      { shown: FIRST_IMAGES });
    const item = (index) => ({ index, bars: null, get rows() { return [["True", classes[truth[index]]],
      ...[["A", answersA], ["B", answersB]].map(([letter, answers]) => [letter,
        `${classes[answers.predicted[index]]}${answers.hasProbabilities ? ` ${percent(answers.confidence(index), 0)}` : ""}`,
        answers.predicted[index] === truth[index] ? "right" : "wrong"])]; } });
    const entries = indices.map((index) => entryOf(sorter, index, item(index)));
    const row = ({ index }) => [numberOf(index), classes[truth[index]], ...[answersA, answersB].flatMap((answers) =>
      [classes[answers.predicted[index]], answers.hasProbabilities ? Number(answers.confidence(index).toFixed(5)) : null])];
    const header = ["index", "true", ...[a, b].flatMap((k) => [`${classifiers[k].name}: predicted`, `${classifiers[k].name}: confidence`])];
    this.images.append(list.node);
    this.showList = () => list.show(entries, { name: [group, classifiers[a].name, classifiers[b].name], header, row });
    this.showList();
    if (!this.wantsSight) return;
    this.wantsSight = false;
    this.groups.querySelector("[aria-pressed=true]").focus({ preventScroll: true });
    announce(words);
    bringIntoView(this.images, this.heading);
  },
  chooseGroup(name) {
    if (name === state.group) {
      bringIntoView(this.images, this.heading);
      return;
    }
    this.wantsSight = true;
    navigate({ group: name }, { step: true });
  },
};
