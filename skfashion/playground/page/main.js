// The frame of the page: pictures on one side, the network's answer on the other.

import { el } from "../../report/page/dom.js";
import { showTheme } from "../../report/page/theme.js";
import { answerPanel } from "./answer.js";
import { classes, examples, height, playground, width } from "./data.js";
import { pictureInput } from "./input.js";
import { convertPhoto } from "./photo.js";

const answer = answerPanel();

const input = pictureInput((photo) => {
  if (!photo) {
    answer.node.hidden = true;
    return;
  }
  const pixels = convertPhoto(photo);
  if (pixels.some((value) => value > 0)) answer.show(pixels);
  else answer.complain("There is nothing but background in this picture.");
}, answer.complain);

function example({ name, pixels }) {
  const canvas = el("canvas", { class: "thumb pixels", width, height, role: "img", "aria-label": name });
  answer.draw(canvas, pixels, null);
  return el("li", {}, el("button", { type: "button", class: "example", title: name, onclick: () => { input.clear(); answer.show(pixels); } }, canvas));
}

document.getElementById("subtitle").textContent = playground.subtitle;
document.getElementById("notes").append(...playground.notes.map((note) => el("li", {}, note)));
document.getElementById("main").append(
  el("p", { class: "measure" }, `The network knows ${classes.length} classes: ${classes.join(", ")}. A photograph should show one piece on a plain background. Everything is computed in this page; no picture leaves it.`),
  el("div", { class: "sides" }, input.node, answer.node,
    el("section", { class: "dataset", hidden: examples.length === 0 }, el("h2", {}, "Images of the dataset"), el("ul", { class: "examples" }, examples.map(example)))));
showTheme();
if (examples.length) answer.show(examples.at(-1).pixels);
document.documentElement.dataset.ready = "true";
