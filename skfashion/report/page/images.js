// Images from the sprites, drawn to canvases; a sprite is decoded when one of its images is needed.

import { numberOf, once, report, unpack } from "./data.js";
import { el } from "./dom.js";

const sprites = report.images;

const getPlaces = () => once("places", async () => {
  const kept = await unpack(sprites.kept);
  return new Map(Array.from(kept, (index, place) => [index, place]));
});

const getSprite = (s) => once(`sprite ${s}`, async () => {
  const sprite = new Image();
  sprite.src = `data:image/webp;base64,${sprites.sprites[s]}`;
  await sprite.decode();
  return sprite;
});

// Draws an image into a box [x, y, width, height]; false if it was left out of the page.
export async function drawImage(context, index, box) {
  const place = sprites.kept ? (await getPlaces()).get(index) : index;
  if (place === undefined) return false;
  const sprite = await getSprite(Math.floor(place / sprites.per_sprite));
  const within = place % sprites.per_sprite;
  const x = (within % sprites.columns) * sprites.tile_width;
  const y = Math.floor(within / sprites.columns) * sprites.tile_height;
  context.drawImage(sprite, x, y, sprites.width, sprites.height, ...box);
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
