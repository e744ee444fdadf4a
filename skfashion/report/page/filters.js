// Which images of a list are shown: by true class, by predicted class and by confidence. The address
// holds the filters, and they hold for every list until they are cleared.

import { classes, nClasses } from "./data.js";
import { dropdown, el } from "./dom.js";
import { define, navigate, state } from "./state.js";

const isCode = (text) => text === "" || (/^\d+$/.test(text) && Number(text) < nClasses);
const isPercent = (text) => text === "" || (/^\d+(\.\d+)?$/.test(text) && Number(text) <= 100);

define("true", "", isCode);
define("predicted", "", isCode);
define("low", "", isPercent); // confidence in per cent
define("high", "", isPercent);

export const filterKey = () => JSON.stringify([state.true, state.predicted, state.low, state.high]);

const isWithin = (value, low, high) => (low === "" || value >= Number(low)) && (high === "" || value <= Number(high));

// entry: { truth, predicted, confidence }; byClass, byConfidence: what its list can be filtered by
export function passes({ truth, predicted, confidence }, { byClass, byConfidence }) {
  return (!byClass || [[state.true, truth], [state.predicted, predicted]].every(([code, is]) => code === "" || Number(code) === is))
    && (!byConfidence || isWithin(100 * confidence, state.low, state.high));
}

function classChoice(label, key) {
  const choice = dropdown(label, ["any class", ...classes], (k) => navigate({ [key]: k ? String(k - 1) : "" }));
  return { node: choice.node, show: () => choice.set(state[key] === "" ? 0 : Number(state[key]) + 1) };
}

function limit(label, key, placeholder) {
  const input = el("input", { type: "number", min: 0, max: 100, step: "any", inputmode: "decimal", placeholder, "aria-label": label,
    onchange: () => {
      const percent = input.value === "" ? "" : String(Number(input.value)); // "5e1" is 50
      if (input.checkValidity() && isPercent(percent)) navigate({ [key]: percent });
      else input.reportValidity();
    } });
  return { node: input, show: () => { input.value = state[key]; } };
}

// The controls. What they change reaches a list with the next update of its view.
export function filterBar({ byClass, byConfidence, trueLabel = "True", predictedLabel = "Predicted" }) {
  const ofClass = byClass ? [classChoice(trueLabel, "true"), classChoice(predictedLabel, "predicted")] : [];
  const limits = byConfidence ? [limit("Lowest confidence in per cent", "low", "0"), limit("Highest confidence in per cent", "high", "100")] : [];
  const keys = [...(byClass ? ["true", "predicted"] : []), ...(byConfidence ? ["low", "high"] : [])];
  const clear = el("button", { type: "button", class: "quiet clear-filters",
    onclick: () => {
      navigate(Object.fromEntries(keys.map((key) => [key, ""])));
      node.querySelector("select, input").focus(); // this button is hidden now
    } }, "Clear filters");
  const node = el("div", { class: "filters", role: "group", "aria-label": "Filters" }, ofClass.map((control) => control.node),
    byConfidence ? el("div", { class: "field confidence" }, el("span", {}, "Confidence"), limits[0].node, el("span", {}, "to"), limits[1].node,
      el("span", {}, "%")) : null, clear);
  return {
    node,
    update() {
      for (const control of [...ofClass, ...limits]) control.show();
      clear.hidden = keys.every((key) => state[key] === "");
    },
  };
}
