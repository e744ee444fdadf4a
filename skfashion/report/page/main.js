// The frame of the page: its views, and which one is shown when the address changes.

import { classifiers, nClasses, report } from "./data.js";
import { el, plural } from "./dom.js";
import { renderDialog } from "./gallery.js";
import { define, navigate, onNavigate, oneOf, readHash, state } from "./state.js";
import { showTheme } from "./theme.js";
import { calibrationView, hasCalibration } from "./view_calibration.js";
import { classesView } from "./view_classes.js";
import { classifiersView } from "./view_classifiers.js";
import { compareView } from "./view_compare.js";
import { curvesView } from "./view_curves.js";
import { findView } from "./view_find.js";
import { mistakesView, samplesView } from "./view_images.js";
import { listViews } from "./view_lists.js";
import { matrixView } from "./view_matrix.js";

const several = classifiers.length > 1;

const views = [
  matrixView,
  several && compareView,
  (several || report.table) && classifiersView,
  classesView,
  hasCalibration && calibrationView,
  report.curves.length > 0 && curvesView,
  mistakesView,
  ...listViews,
  report.images && samplesView,
  findView,
].filter(Boolean);

define("view", views[0].key, oneOf(...views.map((view) => view.key)));

const main = document.getElementById("main");
const roots = new Map();
const links = new Map(views.map((view) => [view, el("a", { href: `#view=${view.key}`, onclick: (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault(); // in a notebook's frame, the link would lead to another document
  navigate({ view: view.key }, { step: true });
} }, view.title)]));

function render() {
  const current = views.find((view) => view.key === state.view);
  if (!roots.has(current)) {
    const root = el("div", { class: `view ${current.key}-view` });
    roots.set(current, root);
    main.append(root);
    current.build(root);
  }
  for (const [view, root] of roots) root.hidden = view !== current;
  for (const [view, link] of links) {
    if (view === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  showLink(links.get(current));
  current.update();
  renderDialog();
}

// On a phone the links are wider than the screen: scroll the current one into view.
function showLink(link) {
  const list = link.closest("ul");
  const hidden = link.offsetLeft < list.scrollLeft || link.offsetLeft + link.offsetWidth > list.scrollLeft + list.clientWidth;
  if (hidden) list.scrollLeft = link.offsetLeft - 40;
}

function readAndRender() {
  readHash();
  render();
}

for (const event of ["hashchange", "popstate"]) {
  addEventListener(event, readAndRender);
}

document.getElementById("subtitle").textContent = [plural(report.n_images, "test image"), plural(nClasses, "class", "classes"),
  plural(classifiers.length, "classifier")].join(" · ");
const notes = [report.provenance, ...report.notes].filter(Boolean);
document.getElementById("notes").append(...notes.map((note) => el("li", {}, note)));
document.getElementById("views").append(el("ul", {}, views.map((view) => el("li", {}, links.get(view)))));
showTheme();
onNavigate(render);
readHash();
if (state.view === "matrix") matrixView.arrive();
render();
document.documentElement.dataset.ready = "true";
performance.mark("skfashion-ready");
