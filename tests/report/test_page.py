import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from skfashion._page import script
from skfashion.report import ConfusionReport
from skfashion.report._pack import unpack
from skfashion.report._page import MAIN, render

HOSTILE = "</script><script>alert(1)</script><!--"


class Elements(HTMLParser):
    """Collects the elements of a page, and the text of its scripts."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.scripts, self.titles = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "script":
            self.scripts.append(data)
        if self.tags and self.tags[-1] == "title":
            self.titles.append(data)


@pytest.fixture(scope="module")
def hostile_page():
    y = np.array([HOSTILE, "shirt"])
    report = ConfusionReport.from_predictions(y, y[::-1], title=HOSTILE, name=HOSTILE)
    return report.to_html()


def test_text_never_becomes_markup(hostile_page):
    elements = Elements(hostile_page)
    assert elements.tags.count("script") == 2  # the data and the page's own
    assert elements.titles[0] == HOSTILE
    data = json.loads(elements.scripts[0])
    assert data["classes"] == [HOSTILE, "shirt"]
    assert data["classifiers"][0]["name"] == HOSTILE


def test_nothing_is_loaded_from_elsewhere(hostile_page):
    elements = Elements(hostile_page)
    addresses = [value for name, value in elements.attributes if name in ("src", "href")]
    assert addresses == ["data:,"]  # the icon: none
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|import)\s*\(", script(MAIN))


def test_policy_allows_this_script_and_this_style_alone(hostile_page):
    policy = next(
        value for _, value in Elements(hostile_page).attributes if "default-src" in str(value)
    )
    own = re.search(r"<script>(.*)</script>", hostile_page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_scripts_set_text_only():
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script(MAIN)
    )
    assert "</script" not in script(MAIN)


def test_numbers_that_json_does_not_know_are_an_error():
    report = ConfusionReport.from_predictions([0, 1], [0, 1])
    with pytest.raises(ValueError, match="not JSON compliant"):
        render({**report.summary, "table": [{"name": "a", "accuracy_mean": float("nan")}]})


def test_images_are_left_out_until_the_page_has_the_size_asked_for():
    rng = np.random.default_rng(0)
    y = np.arange(3000) % 10
    names = [f"{HOSTILE} {k}" for k in range(10)]  # longer in the page than in Python
    options = {"target_names": names, "provenance": "<" * 500}
    without = len(ConfusionReport.from_predictions(y, y, **options).to_html().encode())
    images = rng.integers(0, 256, (3000, 32, 32), dtype=np.uint8)
    for room in (250_000, 500_000):
        report = ConfusionReport.from_predictions(
            y, y, images=images, max_bytes=without + room, **options
        )
        assert 0 < len(unpack(report.summary["images"]["kept"])) < 3000
        assert without + room / 2 < len(report.to_html().encode()) <= without + room
