// All test images of one classifier, to be filtered.

import { byConfidence, classifiers, findClassifier, getAnswers } from "./data.js";
import { choice, dropdown, el, percent, range } from "./dom.js";
import { entryOf, imageList } from "./image_list.js";
import { define, navigate, oneOf, state } from "./state.js";

const ANSWERS = [["all", "All"], ["right", "Right"], ["wrong", "Wrong"]];
define("answers", "all", oneOf(...ANSWERS.map(([key]) => key)));

export const findView = {
  key: "find",
  title: "Find images",
  build(root) {
    this.choose = dropdown("Classifier", classifiers.map((c) => `${c.name} (${percent(c.accuracy)})`),
      (k) => navigate({ classifier: classifiers[k].name }));
    this.answers = choice("Answers", ANSWERS, (value) => navigate({ answers: value }));
    this.list = el("div");
    root.append(el("div", { class: "controls" }, classifiers.length > 1 ? this.choose.node : null, this.answers.node), this.list);
    this.lists = new Map();
  },
  async update() {
    const k = findClassifier(state.classifier);
    this.choose.set(k);
    this.answers.set(state.answers);
    const key = `${k} ${state.answers}`;
    this.wanted = key;
    const answers = await getAnswers(k);
    if (key !== this.wanted) return; // meanwhile another classifier was chosen
    if (key !== this.drawn) {
      this.drawn = key;
      const { truth, predicted, hasProbabilities } = answers;
      const wanted = { all: () => true, right: (i) => truth[i] === predicted[i], wrong: (i) => truth[i] !== predicted[i] }[state.answers];
      this.entries = byConfidence(answers, range(truth.length).filter(wanted)).map((index) => entryOf(answers, index));
      if (hasProbabilities !== this.byConfidence) {
        this.byConfidence = hasProbabilities;
        this.images = imageList({ byClass: true, byConfidence: hasProbabilities });
        this.list.replaceChildren(this.images.node);
      }
    }
    this.images.show(this.entries, { name: ["images", classifiers[k].name], order: answers.hasProbabilities ? ", the most confident first" : "" });
  },
};
