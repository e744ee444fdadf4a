// The matrix as an SVG file: complete in itself and in light colours, whatever the page looks like.

import { classes, nClasses } from "./data.js";
import { el, svg, SVG_NAMESPACE } from "./dom.js";
import { cellText } from "./matrix.js";
import { along, manyClasses, mostOf } from "./matrix_parts.js";

const FONT = "Helvetica, Arial, sans-serif";
const SIZES = { title: 15, hint: 12, name: 13 };
const MARGIN = 16;
const GAP = 2;
const SLACK = 1.08; // another machine may have a slightly wider font
const DIAGONAL = Math.SQRT1_2; // column names are written at 45 degrees
const NOT_IN_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu; // XML 1.0, section 2.2

// A text with the replacement character for each one that an XML file cannot hold.
const inXml = (text) => text.replace(NOT_IN_XML, "\ufffd");
const names = classes.map(inXml);

function measure(text, size, weight = "normal") {
  const context = el("canvas").getContext("2d");
  context.font = `${weight} ${size}px ${FONT}`;
  return SLACK * context.measureText(text).width;
}

// The page's light colours as [r, g, b].
function lightColours() {
  const node = el("span", { class: "light" });
  document.body.append(node);
  const style = getComputedStyle(node);
  const colours = ["paper", "ink", "strong-ink", "low", "high", "line"].map((name) => {
    const hex = style.getPropertyValue(`--${name}`).trim().replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3");
    return [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
  });
  node.remove();
  return colours;
}

const toHex = (rgb) => `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
const mix = (from, to, t) => from.map((part, k) => part + t * (to[k] - part));

// Where everything stands, in pixels: the margins hold the longest names.
function layout(title, hint) {
  const side = manyClasses ? 24 : 44;
  const widths = names.map((name) => measure(name, SIZES.name));
  const left = MARGIN + Math.max(...widths, 40) + 8;
  const top = 62 + DIAGONAL * (Math.max(...widths) + SIZES.name) + 8;
  const size = nClasses * side;
  const ends = widths.map((width, j) => left + (j + 0.5) * side + DIAGONAL * width + 8);
  const head = Math.max(measure(title, SIZES.title, "bold"), measure(hint, SIZES.hint));
  const width = Math.ceil(Math.max(left + size, ...ends, MARGIN + head) + MARGIN);
  return { side, left, top, width, height: Math.ceil(top + size + MARGIN) };
}

// options: values, how, hidden (the diagonal), title
export function matrixSvg({ values, title: heading, ...shown }) {
  const title = inXml(heading);
  const hint = "Rows: true class. Columns: predicted class.";
  const { side, left, top, width, height } = layout(title, hint);
  const [paper, ink, strongInk, low, high, line] = lightColours();
  const most = mostOf(values, shown.hidden);
  const text = (x, y, content, attributes = {}) => svg("text", { x, y, fill: toHex(ink), ...attributes }, content);
  const cell = (value, i, j) => {
    const [x, y] = [left + j * side, top + i * side];
    const isHidden = shown.hidden && i === j;
    const t = isHidden ? 0 : along(value, most);
    const fill = toHex(isHidden ? line : mix(low, high, t));
    const parts = [svg("rect", { x, y, width: side - GAP, height: side - GAP, rx: 2, fill })];
    const figure = isHidden || manyClasses ? "" : cellText(value, shown);
    if (figure) {
      const fontSize = Math.min(SIZES.name, (SIZES.name * (side - 8)) / measure(figure, SIZES.name));
      parts.push(text(x + (side - GAP) / 2, y + side / 2 + 3, figure,
        { "text-anchor": "middle", "font-size": Number(fontSize.toFixed(1)), fill: toHex(t > 0.6 ? strongInk : ink) }));
    }
    return parts;
  };
  const picture = svg("svg", { xmlns: SVG_NAMESPACE, width, height, viewBox: `0 0 ${width} ${height}`,
    "font-family": FONT, "font-size": SIZES.name },
    svg("rect", { width, height, fill: toHex(paper) }),
    text(MARGIN, 28, title, { "font-weight": "bold", "font-size": SIZES.title }),
    text(MARGIN, 50, hint, { "font-size": SIZES.hint }),
    names.map((name, i) => {
      const middle = (i + 0.5) * side;
      const [x, y] = [left + middle, top - 8];
      return [text(left - 8, top + middle + 3, name, { class: "row", "text-anchor": "end" }),
        text(x, y, name, { class: "column", transform: `rotate(-45 ${x} ${y})` })];
    }),
    values.flatMap((row, i) => row.flatMap((value, j) => cell(value, i, j))));
  return new XMLSerializer().serializeToString(picture);
}
