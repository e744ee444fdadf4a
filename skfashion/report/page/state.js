// What the page shows, kept in its address: `#view=compare&a=k-NN`. Only what differs from the
// defaults is written there. In a notebook's frame there is no address to write to; the page works
// all the same.

import { classifiers, findClassifier, nClasses, report } from "./data.js";

const defaults = {};
const checks = {};

export const state = {};

// Adds a part of the state: its default, and whether a text from the address is a value of it.
export function define(key, value, isAllowed) {
  defaults[key] = value;
  checks[key] = isAllowed;
  state[key] = value;
}

export const oneOf = (...values) => (value) => values.includes(value);

const isClassifier = (name) => findClassifier(name) >= 0;
const isBelow = (n) => (text) => /^\d+$/.test(text) && Number(text) < n;
const isCell = (text) => /^\d+-\d+$/.test(text) && text.split("-").every(isBelow(nClasses));

define("classifier", classifiers[0].name, isClassifier);
define("normalize", report.normalize ?? "counts", oneOf("counts", "true", "pred", "all"));
define("diagonal", "shown", oneOf("shown", "hidden"));
define("cell", "", isCell); // "6-0": true class, predicted class
define("pair", "", oneOf("", "both")); // "both": the cell and its mirror image
define("a", classifiers[Math.min(1, classifiers.length - 1)].name, isClassifier);
define("b", classifiers[0].name, isClassifier);
define("image", "", isBelow(report.n_images)); // position of the image that is enlarged
define("maps", "", oneOf("", "shown")); // where the network looks in it

let show = () => {};

// Sets what is called when the state has changed.
export function onNavigate(listener) {
  show = listener;
}

function toHash() {
  const differing = Object.entries(state).filter(([key, value]) => value !== defaults[key]);
  return new URLSearchParams(differing).toString();
}

// Takes the state from the address. Anybody may have written it: unknown keys are ignored, and values
// that are not allowed give way to the default.
export function readHash() {
  Object.assign(state, defaults);
  for (const [key, value] of new URLSearchParams(location.hash.slice(1))) {
    if (Object.hasOwn(checks, key) && checks[key](value)) state[key] = value;
  }
}

// Returns [row, column] of the open cell, or null.
export const parseCell = () => (state.cell ? state.cell.split("-").map(Number) : null);

// Shows another part of the page; a step is something that the browser's Back button should undo.
export function navigate(changes, { step = false } = {}) {
  Object.assign(state, changes);
  const hash = `#${toHash()}`;
  try {
    if (hash !== (location.hash || "#")) history[step ? "pushState" : "replaceState"](null, "", hash);
  } catch { /* a frame without an address */ }
  show();
}
