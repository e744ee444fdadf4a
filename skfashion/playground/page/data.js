// The data of the page: the network, its classes and some images to begin with.

export const playground = JSON.parse(document.getElementById("playground").textContent);
export const classes = playground.classes;
export const height = playground.input.image_shape[0];
export const width = playground.input.image_shape[1];

const toBytes = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

// All arrays stand one after the other, in float32, little-endian.
const numbers = new Float32Array(toBytes(playground.numbers).buffer);

const isArray = (value) => Array.isArray(value?.shape);

// Puts arrays, { data, shape }, in the place of what says where they stand.
function withArrays(value) {
  if (isArray(value)) {
    const { start, shape } = value;
    return { data: numbers.subarray(start, start + shape.reduce((a, b) => a * b, 1)), shape };
  }
  if (Array.isArray(value)) return value.map(withArrays);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withArrays(item)]));
}

export const layers = withArrays(playground.layers);
export const familiar = withArrays(playground.familiar);
export const examples = playground.examples.map(({ name, pixels }) => ({ name, pixels: toBytes(pixels) }));
