// Lists of images: those that every classifier gets wrong, and samples of each class.

import { classes, classifiers, getAnswers, getTruth, leftOut, leftOutWords, numberOf, report, rowSums } from "./data.js";
import { count, el, plural } from "./dom.js";
import { answerItem, cards, FIRST_CARDS, showImage } from "./gallery.js";
import { picture } from "./images.js";

const { images: wrongImages, n_classifiers: nCounted } = report.everyone_wrong;
// the one classifier of the list, if there is only one
const counted = classifiers.findIndex((c) => !leftOut.includes(c.name));

const order = (k) => (classifiers[k].shares ? "The most confident come first." : "In the order of their index.");

export const mistakesView = {
  key: "mistakes",
  title: classifiers.length > 1 ? "Wrong by all" : "All mistakes",
  build(root) {
    const several = nCounted > 1;
    root.append(
      el("div", { class: "intro" }, el("h2", {}, several ? `${plural(wrongImages.length, "image")} that every classifier gets wrong`
        : plural(wrongImages.length, "mistake")),
      el("p", { class: "muted measure" }, several
        ? "Where many classifiers agree on another class, the label may be wrong. Images on which most agree come first."
        : `${order(counted)} The label may be wrong, too.`,
      leftOut.length ? ` ${leftOutWords()}` : "")));
    this.list = el("div");
    root.append(this.list);
    if (wrongImages.length) this.fill(several);
  },
  async fill(several) {
    const truth = await getTruth();
    // one classifier: its three most likely classes; several: how many agree
    const answers = several ? null : await getAnswers(counted);
    cards(this.list, wrongImages.map(([index, said, votes]) => (several
      ? { index, bars: null, rows: [["Label", classes[truth[index]]], [`${votes} of ${nCounted} say`, classes[said], "wrong"]] }
      : answerItem(answers, index))), { shown: 2 * FIRST_CARDS });
  },
  update() {},
};

export const samplesView = {
  key: "images",
  title: "Images",
  build(root) {
    const totals = rowSums(classifiers[0].matrix);
    root.append(el("p", { class: "muted" }, "The first test images of each class."),
      el("div", { class: "samples" }, classes.map((name, code) => el("section", {},
        el("h2", {}, name, " ", el("span", { class: "muted" }, count(totals[code]))),
        el("ul", { class: "strip" }, report.samples[code].map((index) => el("li", {},
          el("button", { type: "button", class: "sample", "aria-label": `Test image ${numberOf(index)}, ${name}`, "data-index": index,
            onclick: () => showImage(index, report.samples[code]) }, picture(index, "thumb")))))))));
  },
  update() {},
};
