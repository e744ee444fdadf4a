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

// The scalar product of some numbers with as many weights.
function product(weights, start, values) {
  const { length } = values;
  let total = 0;
  for (let k = 0; k < length; k += 1) total += weights[start + k] * values[k];
  return total;
}

// For each pixel of the output, the pixels that it sees are collected, and multiplied by the weights.
function convolve(x, { weight: { data: weights, shape: [nOut, nIn, kernelHeight, kernelWidth] }, bias, stride, padding }) {
  const [, height, width] = x.shape;
  const outHeight = Math.floor((height + 2 * padding - kernelHeight) / stride) + 1;
  const outWidth = Math.floor((width + 2 * padding - kernelWidth) / stride) + 1;
  const maps = zeros(nOut, outHeight, outWidth);
  const length = nIn * kernelHeight * kernelWidth;
  const seen = new Float32Array(length);
  for (let pixel = 0; pixel < outHeight * outWidth; pixel += 1) {
    const top = Math.floor(pixel / outWidth) * stride - padding;
    const left = (pixel % outWidth) * stride - padding;
    for (let i = 0, k = 0; i < nIn; i += 1) {
      for (let y = top; y < top + kernelHeight; y += 1) {
        for (let column = left; column < left + kernelWidth; column += 1, k += 1) {
          const isInside = y >= 0 && y < height && column >= 0 && column < width;
          seen[k] = isInside ? x.data[(i * height + y) * width + column] : 0;
        }
      }
    }
    for (let o = 0; o < nOut; o += 1) {
      maps.data[o * outHeight * outWidth + pixel] = bias.data[o] + product(weights, o * length, seen);
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
    row.data[o] = bias.data[o] + product(weight.data, o * nIn, x.data);
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

// What an image is compared by with the training images: the means of the maps that the last
// convolution with pooling after it takes, and the features as a vector of length one.
function described(tape) {
  const kinds = tape.map(({ layer }) => layer.kind);
  const middle = Math.max(0, kinds.slice(0, Math.max(0, kinds.lastIndexOf("max_pool"))).lastIndexOf("conv"));
  const means = KINDS.global_mean(tape[middle].x).data;
  const features = tape.at(-1).x.data;
  const norm = Math.hypot(...features) || 1;
  const data = Float32Array.from([...means, ...features.map((value) => value / norm)]);
  return { data, shape: [data.length] };
}

// How far an image is from the nearest class of the training images.
function nearestDistance(tape) {
  const row = described(tape);
  const whitened = dense(row, { weight: familiar.whitening, bias: zeros(row.data.length) }).data;
  const { data, shape: [nClasses, length] } = familiar.means;
  const squares = Array.from({ length: nClasses }, (_, k) =>
    whitened.reduce((total, value, i) => total + (value - data[k * length + i]) ** 2, 0));
  return Math.sqrt(Math.min(...squares));
}

// The first layer's input, from pixels from 0 to 255 with the channels last.
function firstInput(pixels, isMirrored) {
  const { image_shape: [height, width, channels], pixel_scale: scale, pixel_shift: shift } = playground.input;
  const x = zeros(channels, height, width);
  x.data.forEach((_, k) => {
    const place = k % (height * width);
    const column = place % width;
    const from = isMirrored ? place - column + width - 1 - column : place;
    x.data[k] = pixels[from * channels + Math.floor(k / (height * width))] * scale + shift;
  });
  return x;
}

// What the network says of an image.
export function classify(pixels) {
  const tape = [];
  let scores = run(layers, firstInput(pixels, false), tape).data;
  if (playground.input.mirror) {
    const others = run(layers, firstInput(pixels, true), []).data;
    scores = scores.map((score, k) => (score + others[k]) / 2);
  }
  const distance = familiar && nearestDistance(tape);
  return { probabilities: softmax(scores), distance, tape };
}
