"""Lists of images in a report, and the maps of where a network looks."""

import csv
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from skfashion import ImageClassifier, ImagePadder, SimpleDenseClassifier
from skfashion.inspection import find_duplicates, find_label_issues, find_outliers
from skfashion.report import ConfusionReport
from skfashion.report._pack import unpack
from tests.networks import SmallModule

from .browser import Page, on_screen


@pytest.fixture(scope="module")
def data(sample):
    """100 images, one of them twice, with labels as text."""
    images = sample.images[6000:6100]
    X = np.concatenate([images, images[3:4]])
    y = np.append(sample.target[6000:6100], sample.target[6003])
    return X, np.array([f"class {label}" for label in "abcdefghij"])[y]


@pytest.fixture(scope="module")
def model(data):
    network = ImageClassifier(module=SmallModule, lr=0.02, max_epochs=2, random_state=0)
    return make_pipeline(ImagePadder(), network).fit(*data)


@pytest.fixture(scope="module")
def lists(data, model):
    X, y = data
    proba = model.predict_proba(X)
    return {
        "Labels": find_label_issues(None, None, y, proba=proba, filter_by=None)[:20],
        "Outliers": find_outliers(model, X),
        "Duplicates": find_duplicates(X),
    }


@pytest.fixture(scope="module")
def report(data, model, lists):
    index = np.arange(500, 601)
    return ConfusionReport.from_estimator(model, *data, inspection=lists, index=index)


def test_a_list_has_what_its_table_has(report, lists, model):
    labels, outliers, duplicates = report.summary["lists"]
    assert [one["title"] for one in report.summary["lists"]] == list(lists)
    assert [column["kind"] for column in labels["columns"]] == [
        "number", "position", "class", "class", "number", "number", "number",
    ]  # fmt: skip
    classes = report.summary["classes"]
    for row, expected in zip(labels["rows"], lists["Labels"].itertuples(index=False), strict=True):
        assert row[:2] == [expected.rank, expected.index]
        assert [classes[code] for code in row[2:4]] == [
            expected.given_label,
            expected.suggested_label,
        ]
        assert row[4:] == pytest.approx(list(expected)[4:], rel=1e-5)
    assert {row[3] for row in outliers["rows"]} <= {"yes", "no"}
    assert duplicates["rows"] == [[100, 3, 0]]
    json.dumps(report.summary, allow_nan=False)


def test_long_lists_are_cut(data):
    y = data[1]
    frame = pd.DataFrame({"index": np.zeros(1500, int), "value": np.full(1500, np.nan)})
    report = ConfusionReport.from_predictions(y, y, inspection={"All": frame})
    (one,) = report.summary["lists"]
    assert (one["n_rows"], len(one["rows"])) == (1500, 1000)
    assert one["rows"][0] == [0, None]


def test_images_of_lists_are_kept_first(sample):
    images, y = sample.images[:4000], sample.target[:4000]
    last = pd.DataFrame({"index": np.arange(3900, 4000)})
    report = ConfusionReport.from_predictions(
        y, y, images=images, inspection={"Last": last}, max_bytes=500_000
    )
    kept = unpack(report.summary["images"]["kept"])
    assert len(kept) < 4000
    assert set(last["index"]) <= set(kept.tolist())
    assert len(report.to_html()) < 500_000


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"place": [1]}), "must be a DataFrame with a column index"),
        ([1, 2], "must be a DataFrame with a column index.*got list"),
        (pd.DataFrame({"index": [101]}), "from 0 to 100"),
        (pd.DataFrame({"index": [-1]}), "from 0 to 100"),
        (pd.DataFrame({"index": [0.5]}), "positions of the images"),
        (pd.DataFrame({"index": [1], "duplicate_of": [101]}), "column duplicate_of .* 0 to 100"),
    ],
)
def test_a_list_that_cannot_be_shown(data, frame, message):
    y = data[1]
    with pytest.raises(ValueError, match=message):
        ConfusionReport.from_predictions(y, y, inspection={"List": frame})


def test_lists_without_titles_are_refused(data, model):
    lists = [pd.DataFrame({"index": [1]})]
    for make, arguments in (
        (ConfusionReport.from_predictions, (data[1], data[1])),
        (ConfusionReport.from_estimator, (model, *data)),
    ):
        with pytest.raises(TypeError, match=r"inspection must be a dict .* got list"):
            make(*arguments, inspection=lists)


def test_maps_of_mistakes_and_lists(data, model, lists):
    X, y = data
    wrong = np.flatnonzero(model.predict(X) != y)
    report = ConfusionReport.from_estimator(model, X, y)
    maps = report.summary["activation_maps"]
    assert (maps["height"], maps["width"]) == (28, 28)  # without the padding
    np.testing.assert_array_equal(unpack(maps["kept"]), wrong)
    report = ConfusionReport.from_estimator(model, X, y, inspection=lists)
    assert set(lists["Labels"]["index"]) <= set(unpack(report.summary["activation_maps"]["kept"]))


def test_no_maps_without_convolutions_or_images(data, model):
    X, y = data
    dense = SimpleDenseClassifier(max_epochs=1, random_state=0).fit(X, y)
    assert ConfusionReport.from_estimator(dense, X, y).summary["activation_maps"] is None
    without = ConfusionReport.from_estimator(model, X, y, images=False)
    assert without.summary["activation_maps"] is None
    small = ConfusionReport.from_estimator(model, X, y, images=X[:, ::2, ::2])
    assert small.summary["activation_maps"] is None


# In a browser


@pytest.fixture
def page(driver, report, tmp_path):
    on_screen(driver, "desktop")
    driver.get_log("browser")
    page = Page(driver, report.save(tmp_path / "report.html"))
    yield page
    assert page.errors() == []
    assert page.is_as_wide_as_the_screen()


@pytest.mark.slow
def test_lists_in_the_browser(page, downloads, lists):
    page.open("view=list-1")
    cards = page.wait(page.cards)
    assert [card["index"] for card in cards] == lists["Labels"]["index"].tolist()
    first = lists["Labels"].iloc[0]
    facts = cards[0]["facts"]
    assert facts["Given label"] == first["given_label"]
    assert facts["Suggested label"] == first["suggested_label"]
    assert float(facts["Quality"]) == pytest.approx(first["quality"], rel=0.01, abs=1e-6)
    page.click(".list-1-view .csv")
    with open(downloads("labels.csv"), newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == lists["Labels"].columns.tolist()
    assert [int(row[1]) for row in rows[1:]] == (500 + lists["Labels"]["index"]).tolist()
    assert [row[2] for row in rows[1:]] == lists["Labels"]["given_label"].tolist()
    page.click("a[href='#view=list-3']")
    (card,) = page.wait(page.cards)
    assert card["facts"]["Duplicate of"] == "#503"
    assert len(page.all(".list-3-view .card canvas")) == 2


@pytest.mark.slow
def test_where_the_network_looks_in_the_browser(page, data, model):
    X, y = data
    wrong = int(np.flatnonzero(model.predict(X) != y)[0])
    page.open(f"view=find&image={wrong}")
    box = page.wait(lambda: page.all("#image-dialog .check input"))[0]
    assert page.all(".stack .map") == []
    box.click()
    assert page.hash()["maps"] == "shown"
    script = (
        "const {width, height} = arguments[0];"
        "return [...arguments[0].getContext('2d').getImageData(0, 0, width, height).data]"
        ".filter((_, i) => i % 4 === 3);"
    )
    alpha = np.array(page.js(script, page.one(".stack .map"))).reshape(28, 28)
    expected = model[-1].class_activation_maps(model[:-1].transform(X[wrong : wrong + 1]))
    expected = expected[0, 2:-2, 2:-2] * 255 * 0.75
    assert np.abs(alpha - expected).max() <= 3
    page.open(f"view=find&image={wrong}&maps=shown")
    page.one(".stack .map")
