// Selected images as one picture: a sheet with the index of each below it.

import { numberOf, report } from "./data.js";
import { download, el } from "./dom.js";
import { drawImage } from "./images.js";

export const MOST = 400; // images on a sheet
const COLUMNS = 10;
const SIDE = 112; // px of the longer side of an image
const [GAP, CAPTION] = [12, 18];

async function save(indices) {
  const shown = indices.slice(0, MOST);
  const { width, height } = report.images;
  const scale = SIDE / Math.max(width, height);
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  const columns = Math.min(COLUMNS, shown.length);
  const sheet = el("canvas", { width: GAP + columns * (w + GAP), height: GAP + Math.ceil(shown.length / columns) * (h + CAPTION + GAP) });
  const context = sheet.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, sheet.width, sheet.height);
  Object.assign(context, { fillStyle: "#1a1f26", font: "13px sans-serif", textAlign: "center", imageSmoothingEnabled: scale < 1 });
  for (const [n, index] of shown.entries()) {
    const [x, y] = [GAP + (n % columns) * (w + GAP), GAP + Math.floor(n / columns) * (h + CAPTION + GAP)];
    const there = await drawImage(context, index, [x, y, w, h]);
    context.fillText(`#${numberOf(index)}`, x + w / 2, y + h + 14);
    if (!there) context.fillText("left out", x + w / 2, y + h / 2);
  }
  sheet.toBlob((blob) => download(blob, "image/png", "selection.png"));
}

// null where the page has no images
export const saveSheet = report.images && save;
