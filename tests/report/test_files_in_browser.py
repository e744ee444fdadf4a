"""The files that the page saves."""

import csv
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from skfashion.report import ConfusionReport

from .browser import best, mistakes
from .conftest import HOSTILE_CLASS

pytestmark = pytest.mark.slow


def test_indices_as_csv(page, downloads, comparison, names):
    name = best(comparison)
    i = 9  # the class whose name is markup
    page.open(f"cell={i}-{i}")
    page.click(".panel .actions button:last-child")
    with open(downloads(".csv"), newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["index", "true", "predicted", "confidence"]
    indices = mistakes(comparison, name, i, i)
    assert [int(row[0]) for row in rows] == indices
    assert {(row[1], row[2]) for row in rows} == {(names[i], names[i])}
    proba = comparison.probabilities(name)[indices, i]
    np.testing.assert_allclose([float(row[3]) for row in rows], proba, atol=2e-5)


SVG = "{http://www.w3.org/2000/svg}"


def test_matrix_as_svg(page, downloads, comparison, names):
    page.open()
    page.click(".below button")
    picture = ET.parse(downloads(".svg")).getroot()
    assert picture.tag == f"{SVG}svg"
    assert len(picture.findall(f"{SVG}rect")) == 1 + 100
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert texts.count(HOSTILE_CLASS) == 2
    matrix = comparison.confusion_matrix(best(comparison))
    assert [text for text in texts if text.isdigit()] == [str(n) for n in matrix.ravel() if n]
    fills = [rect.get("fill") for rect in picture.iter(f"{SVG}rect")]
    assert all(len(fill) == 7 and fill[0] == "#" for fill in fills)
    # on white and in dark ink, in dark mode too
    assert fills[0] == "#ffffff"
    assert picture.find(f"{SVG}text").get("fill") == "#1a1f26"


def test_svg_has_no_characters_that_xml_forbids(plain_page, downloads, tmp_path):
    fine = ["tab\there", "\N{ATHLETIC SHOE} \u00e9"]
    names = ["form\x0cfeed", "no\x00zero", "esc\x1b[0m", "\ufffe", *fine]
    y = np.arange(12) % 6
    report = ConfusionReport.from_predictions(y, y, target_names=names, name="bell\x07")
    plain_page.open(path=report.save(tmp_path / "report.html"))
    plain_page.click(".below button")
    picture = ET.parse(downloads(".svg")).getroot()
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert texts[0].startswith("bell\ufffd, ")
    shown = ["form\ufffdfeed", "no\ufffdzero", "esc\ufffd[0m", "\ufffd", *fine]
    assert [text for text in texts if text in shown] == [name for name in shown for _ in "rc"]


LONG_NAMES = [
    "Overcoat, double-breasted, for a really cold winter",
    "T",
    "Boot that reaches the knee and has a zip at the side",
    "W" * 40,
]


@pytest.mark.parametrize("n_classes", [4, 30])
def test_no_name_in_the_svg_is_cut_or_covered(plain_page, downloads, tmp_path, n_classes):
    names = [f"{LONG_NAMES[k % 4]}{k}" for k in range(n_classes)]
    y = np.arange(12 * n_classes) % n_classes
    y_pred = np.where(np.arange(len(y)) % 5 == 0, (y + 1) % n_classes, y)
    title = "A classifier with a name that is much longer than its matrix is wide, as some are"
    report = ConfusionReport.from_predictions(y, y_pred, target_names=names, name=title)
    plain_page.open(path=report.save(tmp_path / "report.html"))
    plain_page.click(".below button")
    plain_page.driver.get(downloads(".svg").as_uri())
    width, height = plain_page.js(
        "const {width, height} = document.documentElement.viewBox.baseVal; return [width, height]"
    )
    # the corners of every text as drawn, and its rows of pixels along its own direction
    texts = plain_page.js(
        "return [...document.querySelectorAll('text')].map((text) => {"
        "  const box = text.getBBox(), matrix = text.getCTM();"
        "  const corners = [[0, 0], [1, 0], [0, 1], [1, 1]].map(([x, y]) => new DOMPoint("
        "    box.x + x * box.width, box.y + y * box.height).matrixTransform(matrix));"
        "  return {text: text.textContent, kind: text.getAttribute('class'),"
        "    corners: corners.map(({x, y}) => [x, y])};})"
    )
    assert [t["text"] for t in texts if t["kind"] == "row"] == names
    assert [t["text"] for t in texts if t["kind"] == "column"] == names
    for text in texts:
        corners = np.array(text["corners"])
        assert corners.min() >= 0, text
        assert (corners <= [width, height]).all(), text
    turned = np.array([[1, 1], [-1, 1]]) / np.sqrt(2)  # columns: across and along 45 degrees
    for kind, across in {"row": [0, 1], "column": turned[0]}.items():
        places = np.sort([np.array(t["corners"]) @ across for t in texts if t["kind"] == kind])
        order = places[np.argsort(places[:, 0])]
        assert (order[1:, 0] >= order[:-1, -1]).all()
    cells = [t for t in texts if t["text"].isdigit()]
    rows = np.array([t["corners"] for t in texts if t["kind"] == "row"])
    assert len(cells) == (2 * n_classes if n_classes == 4 else 0)
    assert all(np.min(t["corners"], axis=0)[0] > rows[:, :, 0].max() for t in cells)
