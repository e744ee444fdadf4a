// Lists of images: those that every classifier gets wrong, and samples of each class.

import { classes, classifiers, getAnswers, getTruth, leftOut, leftOutWords, numberOf, report, rowSums } from "./data.js";
import { count, el, plural } from "./dom.js";
import { FIRST_CARDS, showImage } from "./gallery.js";
import { entryOf, imageList } from "./image_list.js";
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
    const agreed = ([index, said, votes]) => ({ index, truth: truth[index], predicted: said, votes,
      item: { index, bars: null, rows: [["Label", classes[truth[index]]], [`${votes} of ${nCounted} say`, classes[said], "wrong"]] } });
    const entries = wrongImages.map(several ? agreed : ([index]) => entryOf(answers, index));
    const list = imageList({ byClass: true, byConfidence: Boolean(answers?.hasProbabilities), predictedLabel: several ? "Most say" : "Predicted" },
      { shown: 2 * FIRST_CARDS });
    const file = several ? { name: ["wrong-by-all"], header: ["index", "true", "most_predicted", "votes", "classifiers"],
      row: (entry) => [numberOf(entry.index), classes[entry.truth], classes[entry.predicted], entry.votes, nCounted] } : { name: ["mistakes"] };
    this.list.append(list.node);
    this.show = () => list.show(entries, file);
    this.show();
  },
  update() {
    this.show?.();
  },
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
