// What is seen, kept in the address: `#view=compare&a=k-NN`. Only what differs from the defaults
// stands there. In a notebook's frame there is no address to write to; the page works all the same.

import { classifiers, findClassifier, nClasses, report } from "./data.js";

const DEFAULTS = {
  view: "matrix",
  classifier: classifiers[0].name,
  normalize: report.normalize ?? "counts",
  diagonal: "shown",
  cell: "", // "6-0": true class, predicted class
  pair: "", // "both": the cell and its mirror image
  a: classifiers[Math.min(1, classifiers.length - 1)].name,
  b: classifiers[0].name,
  group: "gained",
  sort: "accuracy_mean",
  order: "descending",
  image: "", // index of the image that is seen large
};

export const state = { ...DEFAULTS };

let show = () => {};

// Says what is to be called when something else is to be seen.
export function onNavigate(listener) {
  show = listener;
}

function toHash() {
  const differing = Object.entries(state).filter(([key, value]) => value !== DEFAULTS[key]);
  return new URLSearchParams(differing).toString();
}

// Takes the state from the address; what is not among the keys of views is not shown.
export function readHash(keys) {
  Object.assign(state, DEFAULTS);
  for (const [key, value] of new URLSearchParams(location.hash.slice(1))) {
    if (Object.hasOwn(DEFAULTS, key)) state[key] = value;
  }
  for (const key of ["classifier", "a", "b"]) {
    if (findClassifier(state[key]) < 0) state[key] = DEFAULTS[key];
  }
  if (!keys.includes(state.view)) state.view = DEFAULTS.view;
  if (!parseCell()) state.cell = "";
  const image = Number(state.image);
  if (!(Number.isInteger(image) && image >= 0 && image < report.n_images)) state.image = "";
}

// Returns [row, column] of the open cell, or null.
export function parseCell() {
  const codes = state.cell.split("-").map(Number);
  const known = codes.length === 2 && codes.every((code) => Number.isInteger(code) && code >= 0 && code < nClasses);
  return state.cell && known ? codes : null;
}

// Goes to another view of the page; a step that is worth going back to is one for the browser.
export function navigate(changes, { step = false } = {}) {
  Object.assign(state, changes);
  const hash = `#${toHash()}`;
  try {
    if (hash !== (location.hash || "#")) history[step ? "pushState" : "replaceState"](null, "", hash);
  } catch { /* a frame without an address */ }
  show();
}
