// A list of images with its filters, how many there are, and what can be done with them.

import { csvButton } from "./csv.js";
import { classes, numberOf } from "./data.js";
import { announce, count, el, plural } from "./dom.js";
import { filterBar, filterKey, passes } from "./filters.js";
import { answerItem, cards, FIRST_CARDS } from "./gallery.js";
import { selectButtons } from "./selection.js";

const HEADER = ["index", "true", "predicted", "confidence"];

const rowOf = ({ index, truth, predicted, confidence }) =>
  [numberOf(index), classes[truth], classes[predicted], confidence === null ? null : Number(confidence.toFixed(5))];

// What a list has to know of an image, from the answers of a classifier.
export const entryOf = (answers, index, item = answerItem(answers, index)) => ({ index, item, truth: answers.truth[index],
  predicted: answers.predicted[index], confidence: answers.hasProbabilities ? answers.confidence(index) : null });

// by: what the list can be filtered by, as filterBar takes it; bar: one that stands elsewhere already
export function imageList(by, { bar: otherBar, shown = FIRST_CARDS } = {}) {
  const bar = otherBar ?? filterBar(by);
  const words = el("p", { class: "muted list-count" });
  const actions = el("div", { class: "actions" });
  const list = el("div");
  const node = el("div", { class: "image-list" }, otherBar ? null : bar.node,
    el("div", { class: "list-head" }, words, actions), list);
  let drawn = null;
  let left = []; // entries that pass the filters
  return {
    node,
    // entries: [{ index, truth, predicted, confidence (null if unknown), item (of cards) }]; name,
    // header and row(entry) are the CSV file's; all and order: what to say of the unfiltered list
    // and of its order
    show(entries, { name, header = HEADER, row = rowOf, all = plural(entries.length, "image"), order = "" }) {
      bar.update();
      const key = filterKey();
      if (drawn && drawn.entries === entries && drawn.key === key) return;
      const again = drawn?.entries === entries;
      drawn = { entries, key };
      left = entries.filter((entry) => passes(entry, by));
      words.textContent = (left.length === entries.length ? all : `${count(left.length)} of ${plural(entries.length, "image")}`)
        + (left.length > 1 ? order : "");
      // the buttons stay while the filters change: one of them may have the focus
      if (!again) {
        actions.replaceChildren(...selectButtons(() => left.map((entry) => entry.index)),
          csvButton(() => [header, ...left.map(row)], ...name));
      }
      actions.hidden = left.length === 0;
      list.replaceChildren();
      cards(list, left.map((entry) => entry.item), { shown });
      if (again) announce(words.textContent);
    },
  };
}
