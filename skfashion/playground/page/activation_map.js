// Where the network looks: the maps of the last convolution times the gradients of a class's score,
// as `class_activation_maps` of the classifiers has it (HiResCAM, arXiv:2011.08891).

import { height, width } from "./data.js";
import { flatOrder, largestOf2x2 } from "./network.js";

const scattered = (gradient, places, x) => {
  const back = new Float32Array(x.data.length);
  places.forEach((place, k) => { back[place] += gradient[k]; });
  return back;
};

// The gradient at a layer's input, from that at its output.
const BACK = {
  dense: (gradient, { layer: { weight: { data, shape: [nOut, nIn] } } }) =>
    Float32Array.from({ length: nIn }, (_, i) => {
      let total = 0;
      for (let o = 0; o < nOut; o += 1) total += data[o * nIn + i] * gradient[o];
      return total;
    }),
  affine: (gradient, { layer: { scale }, x }) => gradient.map((value, i) => value * scale.data[Math.floor(i / (x.data.length / x.shape[0]))]),
  relu: (gradient, { out }) => gradient.map((value, i) => (out.data[i] > 0 ? value : 0)),
  max_pool: (gradient, { x }) => scattered(gradient, largestOf2x2(x).places, x),
  global_max(gradient, { x, out }) {
    const size = x.data.length / out.data.length;
    const isLargest = (value, i) => value === out.data[Math.floor(i / size)];
    const ties = new Float32Array(out.data.length);
    x.data.forEach((value, i) => { ties[Math.floor(i / size)] += isLargest(value, i); });
    return x.data.map((value, i) => (isLargest(value, i) ? gradient[Math.floor(i / size)] / ties[Math.floor(i / size)] : 0));
  },
  global_mean(gradient, { x, out }) {
    const size = x.data.length / out.data.length;
    return x.data.map((_, i) => gradient[Math.floor(i / size)] / size);
  },
  flatten: (gradient, { layer, x }) => (x.shape.length === 1 ? gradient : scattered(gradient, flatOrder(x.shape, layer.channels), x)),
};

// The last convolution whose maps have more than one pixel, and the gradient at its output.
function lastConvolution(tape, gradient) {
  for (const entry of tape.toReversed()) {
    const { kind } = entry.layer;
    if (kind === "conv") return entry.out.data.length > entry.out.shape[0] ? { ...entry, gradient } : null;
    if (kind === "add") return lastConvolution(entry.inner, gradient);
    gradient = BACK[kind](gradient, entry);
  }
  return null;
}

// A coarse map enlarged to the size of the image, bilinearly.
function enlarged(map, rows, columns) {
  const places = (n, size) => Array.from({ length: n }, (_, k) => {
    const at = Math.max(0, ((k + 0.5) * size) / n - 0.5);
    const first = Math.floor(at);
    return [first, Math.min(first + 1, size - 1), at - first];
  });
  const mix = (a, b, share) => a + (b - a) * share;
  const across = places(width, columns);
  return Float32Array.from(places(height, rows).flatMap(([top, bottom, down]) => across.map(([left, right, along]) =>
    mix(mix(map[top * columns + left], map[top * columns + right], along), mix(map[bottom * columns + left], map[bottom * columns + right], along), down))));
}

// From 0 to 1, one number per pixel; null if the network has no convolution that sees parts.
export function activationMap({ probabilities, tape }, code) {
  const found = lastConvolution(tape, Float32Array.from(probabilities, (_, k) => Number(k === code)));
  if (!found) return null;
  const { layer, out: { data, shape: [channels, rows, columns] }, gradient } = found;
  const size = rows * columns;
  const map = new Float32Array(size);
  for (let c = 0, k = 0; c < channels; c += 1) {
    // without what batch normalisation added to the convolution
    for (let i = 0; i < size; i += 1, k += 1) map[i] += gradient[k] * (data[k] - layer.shift.data[c]);
  }
  const large = enlarged(map.map((value) => Math.max(value, 0)), rows, columns);
  const highest = Math.max(...large) || 1;
  return large.map((value) => value / highest);
}
