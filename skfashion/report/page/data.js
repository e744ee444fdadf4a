// The data of the page. What every view needs is plain JSON and available at once; a classifier's
// answers for all images are unpacked when they are first needed.

import { count, percent, range, sum } from "./dom.js";

export const report = JSON.parse(document.getElementById("summary").textContent);
export const classes = report.classes;
export const classifiers = report.classifiers;
export const nClasses = classes.length;

// The number under which an image is shown, such as its place in the whole dataset. Everything else,
// the address too, uses its position among the test images of this page.
export const numberOf = (position) => report.index?.[position] ?? position;

const CERTAIN = 65535; // a probability of 1
const INTEGERS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array };

const promises = new Map();

export function once(key, make) {
  if (!promises.has(key)) promises.set(key, make());
  return promises.get(key);
}

export async function unpack({ bytes, data }) {
  const deflated = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const inflated = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new INTEGERS[bytes](await new Response(inflated).arrayBuffer());
}

export const getTruth = () => once("truth", () => unpack(report.truth));

// The answers of classifier k for all images.
export const getAnswers = (k) => once(`answers ${k}`, async () => {
  const { predicted, likeliest, shares, unlikely_shares: others } = classifiers[k];
  const [truth, codes, top, parts, unlikely] = await Promise.all(
    [getTruth(), unpack(predicted), ...[likeliest, shares, others].map((packed) => packed && unpack(packed))]);
  const n = report.n_images;
  const ranks = range(top ? top.length / n : 0);
  return {
    truth,
    predicted: codes,
    hasProbabilities: Boolean(top),
    // the most likely classes of image i: [{ code, share }, ...]
    likeliest: (i) => ranks.map((r) => ({ code: top[r * n + i], share: parts[r * n + i] / CERTAIN })),
    // the probability of the predicted class, which need not be among the most likely ones
    confidence(i) {
      const rank = ranks.find((r) => top[r * n + i] === codes[i]);
      return (rank === undefined ? unlikely?.[i] ?? 0 : parts[rank * n + i]) / CERTAIN;
    },
  };
});

// Positions of the images for which test(true, predicted) holds, the most confident answers first.
function select(answers, test) {
  const { truth, predicted } = answers;
  const found = [];
  for (let i = 0; i < truth.length; i += 1) if (test(truth[i], predicted[i])) found.push(i);
  return byConfidence(answers, found);
}

export function byConfidence(answers, indices) {
  const confidence = new Map(indices.map((i) => [i, answers.confidence(i)]));
  return indices.sort((i, j) => confidence.get(j) - confidence.get(i) || i - j);
}

export const cellImages = async (k, [row, column]) =>
  select(await getAnswers(k), (truth, predicted) => truth === row && predicted === column);

export const rowSums = (matrix) => matrix.map(sum);
const columnSums = (matrix) => matrix.map((_, j) => sum(matrix.map((row) => row[j])));

// Counts as shares of their row, of their column or of all images; "counts" leaves them as they are.
export function normalised(matrix, how) {
  const rows = rowSums(matrix);
  const columns = columnSums(matrix);
  const total = sum(rows);
  const divisor = { true: (i) => rows[i], pred: (i, j) => columns[j], all: () => total }[how];
  if (!divisor) return matrix;
  return matrix.map((row, i) => row.map((n, j) => n / (divisor(i, j) || 1)));
}

export const cellWords = (row, column) =>
  (row === column ? `${classes[row]}, recognised` : `${classes[row]} taken for ${classes[column]}`);

export function shareWords(matrix, [i, j]) {
  const total = sum(matrix[i]);
  return `${count(matrix[i][j])} of ${count(total)} (${percent(matrix[i][j] / (total || 1))})`;
}

export const findClassifier = (name) => classifiers.findIndex((classifier) => classifier.name === name);

// Classifiers that give every image the same class; they would only make some lists longer.
export const leftOut = report.everyone_wrong.left_out;

export const leftOutWords = () =>
  `Left out: ${leftOut.join(", ")}, which ${leftOut.length > 1 ? "predict" : "predicts"} the same class for every image.`;
