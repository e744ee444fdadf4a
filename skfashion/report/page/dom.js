// Elements and numbers. Text is always inserted as text: data are never parsed as markup.

export const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (missing(value) || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => !missing(child) && child !== false));
  return node;
}

export const el = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);

export const count = (n) => n.toLocaleString("en-US");

export const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)}\u00a0%`;

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

export const range = (n) => Array.from({ length: n }, (_, k) => k);

export const sum = (values) => values.reduce((total, value) => total + value, 0);

export const missing = (value) => value === null || value === undefined;

// Tells screen readers what has changed elsewhere on the page.
export const announce = (text) => { document.getElementById("status").textContent = text; };

let nChoices = 0;

// Radio buttons that look like one control.
export function choice(legend, options, onchange) {
  nChoices += 1;
  const name = `choice-${nChoices}`;
  const inputs = options.map(([value]) =>
    el("input", { type: "radio", name, value, onchange: () => onchange(value) }));
  const node = el("fieldset", { class: "choice" }, el("legend", {}, legend),
    el("div", { class: "segments" }, options.map(([, text], k) => el("label", {}, inputs[k], el("span", {}, text)))));
  return { node, set: (value) => { for (const input of inputs) input.checked = input.value === value; } };
}

export function dropdown(label, options, onchange) {
  const select = el("select", { onchange: () => onchange(Number(select.value)) },
    options.map((text, k) => el("option", { value: k }, text)));
  return { node: el("label", { class: "field" }, el("span", {}, label), select),
    set: (k) => { select.value = k; } };
}

export function checkbox(label, onchange) {
  const input = el("input", { type: "checkbox", onchange: () => onchange(input.checked) });
  return { node: el("label", { class: "check" }, input, label), set: (on) => { input.checked = on; } };
}

// content: text or a Blob
export function download(content, type, filename) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = el("a", { href: url, download: filename });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export const filename = (...words) =>
  words.join("-").toLowerCase().replace(/[^a-z0-9.]+/g, "-").replace(/^-+|-+$/g, "");
