// What the network says of one image: the image, where it looks, a sentence and bars.

import { el, percent } from "../../report/page/dom.js";
import { activationMap } from "./activation_map.js";
import { classes, height, playground, width } from "./data.js";
import { classify } from "./network.js";

const HEAT = [226, 104, 32]; // the colour of what speaks for a class

const small = (name) => el("canvas", { class: "image pixels", width, height, role: "img", "aria-label": name });

// light: from 0 to 1 for each pixel, or null; an image is darker where nothing speaks for the class.
function draw(canvas, pixels, light) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const channels = pixels.length / (width * height);
  for (let k = 0; k < width * height; k += 1) {
    for (let c = 0; c < 3; c += 1) {
      const value = pixels[k * channels + (channels === 1 ? 0 : c)];
      image.data[4 * k + c] = light ? (0.45 * value) * (1 - light[k]) + light[k] * (0.35 * value + 0.65 * HEAT[c]) : value;
    }
    image.data[4 * k + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

const ranked = (probabilities) => classes.map((name, code) => ({ name, code, share: probabilities[code] })).sort((a, b) => b.share - a.share);

function sentence([first, second], distance) {
  const { thresholds } = playground;
  if (thresholds && distance > thresholds.distance) {
    return [el("b", {}, "This does not look like the dataset."), ` The network would say ${first.name}, but do not rely on it.`];
  }
  if (thresholds && first.share < thresholds.probability) {
    return [el("b", {}, "Not sure."), ` Perhaps ${first.name} (${percent(first.share, 0)}), or ${second.name} (${percent(second.share, 0)}).`];
  }
  return [el("b", {}, first.name), ` (${percent(first.share, 0)})`];
}

export function answerPanel() {
  const seen = small("What the network sees");
  const map = small("Where the network looks");
  const mapTitle = el("figcaption", {}, "");
  const words = el("p", { class: "lead verdict", role: "status" });
  const list = el("ul", { class: "classes" });
  const mapFigure = el("figure", {}, map, mapTitle);
  const node = el("div", { class: "answer" },
    el("div", { class: "figures" }, el("figure", {}, seen, el("figcaption", {}, `What the network sees: ${width} × ${height}`)), mapFigure),
    words, list);

  function explain(pixels, answer, code) {
    const light = activationMap(answer, code);
    mapFigure.hidden = !light;
    if (light) draw(map, pixels, light);
    mapTitle.textContent = `What speaks for ${classes[code]}`;
    for (const button of list.querySelectorAll("button")) button.setAttribute("aria-pressed", String(Number(button.dataset.code) === code));
  }

  function show(pixels) {
    const answer = classify(pixels);
    const order = ranked(answer.probabilities);
    draw(seen, pixels, null);
    words.replaceChildren(...sentence(order, answer.distance));
    list.replaceChildren(...order.map(({ name, code, share }) => {
      const bar = el("i", { class: "bar right" });
      bar.style.setProperty("--share", `${100 * share}%`);
      return el("li", {}, el("button", { type: "button", class: "class-row", "data-code": code, "data-share": share, onclick: () => explain(pixels, answer, code) },
        el("span", { class: "class-name" }, name), el("span", { class: "track" }, bar), el("span", { class: "bar-figure" }, percent(share))));
    }));
    explain(pixels, answer, order[0].code);
    node.hidden = false;
  }

  node.hidden = true;
  return { node, show, draw, complain: (text) => { node.hidden = false; words.replaceChildren(text); list.replaceChildren(); mapFigure.hidden = true; draw(seen, new Uint8Array(width * height), null); } };
}
