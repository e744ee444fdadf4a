// What the matrix of few classes and that of many have in common: the colour scale and the keys.

import { nClasses } from "./data.js";

// More than 20 classes have no numbers in the cells, and their matrix takes the width of the page.
export const manyClasses = nClasses > 20;

// How far along the colour scale a value is, 0 to 1: by its root, so that rare errors are seen too.
export const along = (value, most) => (most > 0 ? Math.sqrt(Math.min(1, Math.abs(value) / most)) : 0);

export const mostOf = (values, hidden) =>
  Math.max(0, ...values.map((row, i) => Math.max(0, ...row.map((v, j) => (hidden && i === j ? 0 : Math.abs(v))))));

// Does what a key means on cell [i, j] of n x n: onmove(i, j), onopen(i, j) or onclose().
export function pressKey(event, [i, j], n, { onmove, onopen, onclose }) {
  if (event.altKey || event.metaKey) return;
  const last = n - 1;
  const moves = {
    ArrowUp: [Math.max(0, i - 1), j],
    ArrowDown: [Math.min(last, i + 1), j],
    ArrowLeft: [i, Math.max(0, j - 1)],
    ArrowRight: [i, Math.min(last, j + 1)],
    Home: event.ctrlKey ? [0, 0] : [i, 0],
    End: event.ctrlKey ? [last, last] : [i, last],
  };
  if (moves[event.key]) onmove(...moves[event.key]);
  else if (event.key === "Enter" || event.key === " ") onopen(i, j);
  else if (event.key === "Escape" && onclose) onclose();
  else return;
  event.preventDefault();
}
