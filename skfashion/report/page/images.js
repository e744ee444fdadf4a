// Images from the sprites, drawn to canvases; a sprite is decoded when one of its images is needed.

import { numberOf, once, report, unpack } from "./data.js";
import { el } from "./dom.js";

const sprites = report.images;

// Returns the place of an image in a set of sprites, undefined if it was left out of the page.
async function placeOf(set, index) {
  if (!set.kept) return index;
  const places = await once(set.kept, async () => {
    const kept = await unpack(set.kept);
    return new Map(Array.from(kept, (image, place) => [image, place]));
  });
  return places.get(index);
}

const getSprite = (data) => once(data, async () => {
  const sprite = new Image();
  sprite.src = `data:image/webp;base64,${data}`;
  await sprite.decode();
  return sprite;
});

// Draws an image of a set into a box [x, y, width, height]; false if it was left out of the page.
export async function drawImage(context, index, box, set = sprites) {
  const place = await placeOf(set, index);
  if (place === undefined) return false;
  const sprite = await getSprite(set.sprites[Math.floor(place / set.per_sprite)]);
  const within = place % set.per_sprite;
  const x = (within % set.columns) * set.tile_width;
  const y = Math.floor(within / set.columns) * set.tile_height;
  context.drawImage(sprite, x, y, set.width, set.height, ...box);
  return true;
}

async function draw(canvas, index) {
  const there = await drawImage(canvas.getContext("2d"), index, [0, 0, sprites.width, sprites.height]);
  if (!there) canvas.replaceWith(el("span", { class: `${canvas.className} absent` }, "left out"));
}

// An image as an element, or null if the page has none.
export function picture(index, className) {
  if (!sprites) return null;
  const canvas = el("canvas", { class: className, width: sprites.width, height: sprites.height, role: "img",
    "aria-label": `Test image ${numberOf(index)}` });
  if (Math.max(sprites.width, sprites.height) < 100) canvas.classList.add("pixels");
  canvas.style.aspectRatio = `${sprites.width} / ${sprites.height}`;
  draw(canvas, index);
  return canvas;
}

const [RED, GREEN, BLUE] = [213, 94, 0]; // vermillion, as the wrong answers
const OPACITY = 0.75; // where the map is at its highest

// Where the network looks in an image, as a canvas to lay over it; null if there is no map of it.
export async function activationMap(index) {
  const set = report.activation_maps;
  if (!set) return null;
  const canvas = el("canvas", { class: "map", width: set.width, height: set.height, role: "img",
    "aria-label": "Where the network looks" });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!await drawImage(context, index, [0, 0, set.width, set.height], set)) return null;
  const pixels = context.getImageData(0, 0, set.width, set.height);
  for (let i = 0; i < pixels.data.length; i += 4) pixels.data.set([RED, GREEN, BLUE, OPACITY * pixels.data[i]], i);
  context.putImageData(pixels, 0, 0);
  return canvas;
}
