// How a photograph becomes an image like those of the dataset: `convert_photo` of
// skfashion.preprocessing with its default settings, in JavaScript.

import { height, width } from "./data.js";

const TOLERANCE = 0.05; // of the largest intensity: within it, a colour is that of the background
const GREY_WEIGHTS = [0.299, 0.587, 0.114];
const SIDE = Math.exp(-0.5); // of a Gaussian of deviation 1, beside its middle
const GAUSSIAN = [SIDE, 1, SIDE].map((value) => value / (1 + 2 * SIDE));

function median(values) {
  const sorted = Float32Array.from(values).sort();
  const middle = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// As Python rounds: halves to the even neighbour.
function rounded(value) {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

// A grey image is { data, height, width }; its pixel at (y, x), or the nearest one inside.
const pixelAt = ({ data, height: h, width: w }, y, x) => data[Math.min(Math.max(y, 0), h - 1) * w + Math.min(Math.max(x, 0), w - 1)];

const eachPixel = (image, compute) =>
  ({ ...image, data: image.data.map((value, k) => compute(Math.floor(k / image.width), k % image.width, value)) });

const along = (image, [before, at, after], down, right) => eachPixel(image, (y, x, value) =>
  before * pixelAt(image, y - down, x - right) + at * value + after * pixelAt(image, y + down, x + right));

const down = (image, weights) => along(image, weights, 1, 0);
const across = (image, weights) => along(image, weights, 0, 1);
const blur = (image) => across(down(image, GAUSSIAN), GAUSSIAN);

// The box around what differs from the colour of the corners, and that colour.
function findPiece({ data, width: w, height: h }) {
  const corners = [0, w - 1, (h - 1) * w, h * w - 1];
  const colour = [0, 1, 2].map((c) => median(corners.map((corner) => data[4 * corner + c])));
  const [red, green, blue] = colour;
  const isPiece = (k) => {
    const squares = (data[4 * k] - red) ** 2 + (data[4 * k + 1] - green) ** 2 + (data[4 * k + 2] - blue) ** 2;
    return Math.sqrt(squares / 3) / 255 > TOLERANCE;
  };
  let [top, left, bottom, right] = [h, w, -1, -1];
  for (let y = 0, k = 0; y < h; y += 1) {
    for (let x = 0; x < w; x += 1, k += 1) {
      if (!isPiece(k)) continue;
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
      left = Math.min(left, x);
      right = Math.max(right, x);
    }
  }
  return { colour, isPiece, top, left, height: bottom - top + 1, width: right - left + 1 };
}

const highest = (image) => image.data.reduce((a, b) => Math.max(a, b), 0);

const grey = (data, k) => GREY_WEIGHTS[0] * data[k] + GREY_WEIGHTS[1] * data[k + 1] + GREY_WEIGHTS[2] * data[k + 2];

// The piece alone, in grey, brighter than its background, which becomes 0.
function intensities({ data, width: w }, piece) {
  let level = grey(piece.colour, 0);
  const image = { data: new Float32Array(piece.height * piece.width), height: piece.height, width: piece.width };
  const inside = [];
  image.data.forEach((_, k) => {
    const place = (piece.top + Math.floor(k / piece.width)) * w + piece.left + (k % piece.width);
    image.data[k] = grey(data, 4 * place);
    if (piece.isPiece(place)) inside.push(image.data[k]);
  });
  const invert = level > median(inside);
  if (invert) level = 255 - level;
  const factor = 255 / Math.max(255 - level, 127.5);
  return eachPixel(image, (y, x, value) => Math.min(Math.max(((invert ? 255 - value : value) - level) * factor, 0), 255));
}

// The longer edge has `size` pixels; of each stretch of pixels, the one in its middle is taken.
function resized(image, size) {
  const [h, w] = [image.height, image.width].map((side) => Math.max(1, rounded((side * size) / Math.max(image.height, image.width))));
  const small = { data: new Float32Array(h * w), height: h, width: w };
  return eachPixel(small, (y, x) => pixelAt(image, Math.floor((y + 0.5) * (image.height / h)), Math.floor((x + 0.5) * (image.width / w))));
}

// A pixel departs from a blur, the more so if it is at an outline.
function sharpened(image) {
  const [vertical, horizontal] = [across(down(image, [-1, 0, 1]), [1, 2, 1]), down(across(image, [-1, 0, 1]), [1, 2, 1])];
  const edges = eachPixel(image, (y, x) => Math.hypot(pixelAt(vertical, y, x), pixelAt(horizontal, y, x)));
  const sharpest = highest(edges) || 1;
  const strength = blur(eachPixel(edges, (y, x, value) => value / sharpest));
  const blurred = blur(image);
  return eachPixel(image, (y, x, value) =>
    Math.min(Math.max(value + pixelAt(strength, y, x) * (value - pixelAt(blurred, y, x)), 0), 255));
}

// From { data: RGBA, width, height }, as a canvas has it; transparent pixels must be white already.
export function convertPhoto(photo) {
  const pixels = new Uint8Array(height * width);
  const piece = findPiece(photo);
  if (piece.height <= 0) return pixels;
  const small = resized(intensities(photo, piece), height);
  if (highest(small) <= 255 * TOLERANCE) return pixels; // nothing is brighter than the background
  const image = sharpened(small);
  const factor = 255 / highest(image);
  // in the middle; an odd pixel is added before the piece
  const [top, left] = [height - image.height, width - image.width].map((rest) => Math.floor((rest + 1) / 2));
  image.data.forEach((value, k) => {
    pixels[(top + Math.floor(k / image.width)) * width + left + (k % image.width)] = rounded(value * factor);
  });
  return pixels;
}
