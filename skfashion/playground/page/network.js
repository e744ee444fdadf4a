// The network: plain loops over its layers, as skfashion/_plain_network.py describes them.
//
// What passes the layers is { data: Float32Array, shape }: maps with the shape [channels, height,
// width], stored row by row and map by map, or a row of numbers with the shape [length].

import { familiar, layers, playground } from "./data.js";

const zeros = (...shape) => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape });

// The same shape, each number computed from the number and its map.
function mapped(x, compute) {
  const [channels] = x.shape;
  const size = x.data.length / channels;
  return { data: x.data.map((value, i) => compute(value, Math.floor(i / size))), shape: x.shape };
}

function convolve(x, { weight, bias, stride, padding }) {
  const [nIn, height, width] = x.shape;
  const [nOut, , kernelHeight, kernelWidth] = weight.shape;
  const outHeight = Math.floor((height + 2 * padding - kernelHeight) / stride) + 1;
  const outWidth = Math.floor((width + 2 * padding - kernelWidth) / stride) + 1;
  const maps = zeros(nOut, outHeight, outWidth);
  // positions of the output for which the input is inside the image
  const range = (offset, size, outSize) =>
    [Math.max(0, Math.ceil((padding - offset) / stride)), Math.min(outSize - 1, Math.floor((size - 1 + padding - offset) / stride))];
  let w = 0;
  for (let o = 0; o < nOut; o += 1) {
    const out = maps.data.subarray(o * outHeight * outWidth, (o + 1) * outHeight * outWidth).fill(bias.data[o]);
    for (let i = 0; i < nIn; i += 1) {
      for (let ky = 0; ky < kernelHeight; ky += 1) {
        const [top, bottom] = range(ky, height, outHeight);
        for (let kx = 0; kx < kernelWidth; kx += 1, w += 1) {
          const factor = weight.data[w];
          const [left, right] = range(kx, width, outWidth);
          for (let y = top; y <= bottom; y += 1) {
            const from = (i * height + y * stride + ky - padding) * width + kx - padding;
            for (let column = left; column <= right; column += 1) out[y * outWidth + column] += factor * x.data[from + column * stride];
          }
        }
      }
    }
  }
  return maps;
}

// Where the largest of 2 x 2 pixels is; an odd last row or column is left out.
export function largestOf2x2(x) {
  const [channels, height, width] = x.shape;
  const shape = [channels, Math.floor(height / 2), Math.floor(width / 2)];
  const places = new Int32Array(shape[0] * shape[1] * shape[2]);
  for (let c = 0, k = 0; c < channels; c += 1) {
    for (let y = 0; y < shape[1]; y += 1) {
      for (let column = 0; column < shape[2]; column += 1, k += 1) {
        const first = (c * height + 2 * y) * width + 2 * column;
        places[k] = first;
        for (const place of [first + 1, first + width, first + width + 1]) if (x.data[place] > x.data[places[k]]) places[k] = place;
      }
    }
  }
  return { places, shape };
}

function maxPool(x) {
  const { places, shape } = largestOf2x2(x);
  return { data: Float32Array.from(places, (place) => x.data[place]), shape };
}

// One number for each map.
function reduced(x, combine) {
  const [channels, height, width] = x.shape;
  const size = height * width;
  const data = Float32Array.from({ length: channels }, (_, c) => combine(x.data.subarray(c * size, (c + 1) * size)));
  return { data, shape: [channels] };
}

// Which number of the maps each number of the row is.
export function flatOrder([channels, height, width], order) {
  const size = height * width;
  return Int32Array.from({ length: channels * size }, (_, k) =>
    (order === "first" ? k : (k % channels) * size + Math.floor(k / channels)));
}

function flatten(x, { channels }) {
  if (x.shape.length === 1) return x;
  return { data: Float32Array.from(flatOrder(x.shape, channels), (place) => x.data[place]), shape: [x.data.length] };
}

function dense(x, { weight, bias }) {
  const [nOut, nIn] = weight.shape;
  const row = zeros(nOut);
  for (let o = 0; o < nOut; o += 1) {
    let total = bias.data[o];
    for (let i = 0; i < nIn; i += 1) total += weight.data[o * nIn + i] * x.data[i];
    row.data[o] = total;
  }
  return row;
}

const KINDS = {
  conv: convolve,
  affine: (x, { scale, shift }) => mapped(x, (value, map) => value * scale.data[map] + shift.data[map]),
  relu: (x) => mapped(x, (value) => Math.max(value, 0)),
  max_pool: maxPool,
  global_max: (x) => reduced(x, (map) => Math.max(...map)),
  global_mean: (x) => reduced(x, (map) => map.reduce((a, b) => a + b, 0) / map.length),
  flatten,
  dense,
  add(x, { branch, shortcut }, tape) {
    const skipped = run(shortcut, x, []);
    const computed = run(branch, x, tape);
    return { data: computed.data.map((value, i) => value + skipped.data[i]), shape: computed.shape };
  },
};

// What layers compute. The tape is filled with { layer, x, out, inner }, for whoever goes back.
function run(someLayers, x, tape) {
  return someLayers.reduce((input, layer) => {
    const inner = [];
    const out = KINDS[layer.kind](input, layer, inner);
    tape.push({ layer, x: input, out, inner });
    return out;
  }, x);
}

function softmax(scores) {
  const highest = Math.max(...scores);
  const exponentials = Array.from(scores, (score) => Math.exp(score - highest));
  const total = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / total);
}

// How far features are from the nearest class of the training images.
function nearestDistance(features) {
  const norm = Math.hypot(...features.data) || 1;
  const unit = { ...features, data: features.data.map((value) => value / norm) };
  const whitened = dense(unit, { weight: familiar.whitening, bias: zeros(features.data.length) }).data;
  const { data, shape: [nClasses, length] } = familiar.means;
  const squares = Array.from({ length: nClasses }, (_, k) =>
    whitened.reduce((total, value, i) => total + (value - data[k * length + i]) ** 2, 0));
  return Math.sqrt(Math.min(...squares));
}

// What the network says of an image, pixels from 0 to 255 with the channels last.
export function classify(pixels) {
  const { image_shape: [height, width, channels], pixel_scale: scale, pixel_shift: shift } = playground.input;
  const x = zeros(channels, height, width);
  x.data.forEach((_, k) => {
    x.data[k] = pixels[(k % (height * width)) * channels + Math.floor(k / (height * width))] * scale + shift;
  });
  const tape = [];
  const scores = run(layers, x, tape);
  const features = tape.at(-1).x;
  const distance = familiar && nearestDistance(features);
  return { probabilities: softmax(scores.data), distance, tape };
}
