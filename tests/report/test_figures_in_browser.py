"""Figures with intervals: by class, of pairs of classifiers, and calibration."""

import csv

import numpy as np
import pytest

from skfashion.report import ConfusionReport

from .browser import best
from .conftest import HOSTILE_NAME

pytestmark = pytest.mark.slow

MINUS = str.maketrans({"\N{MINUS SIGN}": "-", "\N{NO-BREAK SPACE}": " "})


@pytest.fixture(scope="module")
def summary(comparison):
    return ConfusionReport.from_comparison(comparison, images=False).summary


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def save(page, downloads, selector):
    """Click a button that saves a table; return its rows as dicts."""
    page.click(selector)
    return read_csv(downloads(".csv"))


def rows_of(page, view):
    return page.js(
        "return [...document.querySelectorAll(arguments[0])].map("
        "(row) => [...row.children].map((cell) => cell.textContent));",
        f"{view} .sortable tbody tr",
    )


# By class


def test_precision_recall_and_f1_by_class(page, summary, comparison, names):
    page.open("view=classes")
    part = summary["classifiers"][0]
    figures = part["by_class"]
    rows = rows_of(page, ".classes-view")
    order = sorted(range(10), key=lambda code: figures["f1"][code])
    assert [row[0] for row in rows] == [names[code] for code in order]
    for row, code in zip(rows, order, strict=True):
        for text, key in zip(row[1:4], ("precision", "recall", "f1"), strict=True):
            low, high = figures[f"{key}_low"][code], figures[f"{key}_high"][code]
            expected = f"{100 * figures[key][code]:.1f} {100 * low:.1f}\N{EN DASH}{100 * high:.1f}"
            assert text == expected
        assert row[4:] == [str(figures["support"][code]), str(figures["predicted"][code])]
    words = page.one(".classes-view .lead").text
    low, high = part["accuracy_interval"]
    assert f"accuracy {100 * low:.1f} to {100 * high:.1f}" in words
    low, high = part["macro_f1_interval"]
    assert f"macro F1 {100 * low:.1f} to {100 * high:.1f}" in words


def test_a_perfect_matrix_has_no_interval_of_macro_f1(plain_page, tmp_path):
    y = np.arange(30) % 3
    report = ConfusionReport.from_predictions(y, y)
    plain_page.open("view=classes", path=report.save(tmp_path / "report.html"))
    words = plain_page.one(".classes-view .lead").text
    assert "accuracy 88.6 to 100.0" in words
    assert words.endswith("macro F1")
    assert "the delta method, which gives none here" in plain_page.one(".classes-view").text
    assert plain_page.errors() == []


def test_confidence_of_an_unlikely_prediction_is_that_of_the_calibration(
    plain_page, downloads, tmp_path
):
    y_pred = np.arange(20) % 5
    proba = np.tile([0.3, 0.25, 0.2, 0.15, 0.1], (20, 1))  # the last two are never among three
    report = ConfusionReport.from_predictions(y_pred, y_pred, proba=proba)
    plain_page.open("view=find&predicted=3", path=report.save(tmp_path / "report.html"))
    plain_page.wait(plain_page.cards)
    rows = save(plain_page, downloads, ".find-view .csv")
    assert [float(row["confidence"]) for row in rows] == pytest.approx(4 * [0.15], abs=1e-5)
    assert report.summary["classifiers"][0]["calibration"]["confidence"][1] == pytest.approx(0.175)


def test_columns_of_the_classes_sort(plain_page, summary, names):
    plain_page.open("view=classes")
    recall = summary["classifiers"][0]["by_class"]["recall"]
    for order in ("descending", "ascending"):
        plain_page.click(".classes-view th:nth-child(3) button")
        head = plain_page.one(".classes-view th:nth-child(3)")
        assert head.get_attribute("aria-sort") == order
        shown = [recall[names.index(row[0])] for row in rows_of(plain_page, ".classes-view")]
        assert shown == sorted(recall, reverse=order == "descending")
    plain_page.click(".classes-view th:first-child button")
    first = [row[0] for row in rows_of(plain_page, ".classes-view")]
    assert set(first) == set(names)
    assert plain_page.errors() == []


def test_classes_of_another_classifier(plain_page, summary):
    plain_page.open("view=classes&classifier=Dummy")
    dummy = next(p for p in summary["classifiers"] if p["name"] == "Dummy")
    assert None in dummy["by_class"]["precision"]
    cells = [row[1] for row in rows_of(plain_page, ".classes-view")]
    assert cells.count("\N{EN DASH}") == dummy["by_class"]["precision"].count(None)


def test_classes_as_csv(plain_page, downloads, summary, names):
    plain_page.open("view=classes")
    rows = save(plain_page, downloads, ".classes-view .csv")
    figures = summary["classifiers"][0]["by_class"]
    assert [row["class"] for row in rows] == names
    for key, values in figures.items():
        assert [float(row[key]) for row in rows] == values


# Pairs


def test_mcnemar_in_words(page, summary, comparison):
    page.open("view=compare")
    names = [part["name"] for part in summary["classifiers"]]
    for a, b in [(names[1], names[0]), (names[0], names[1]), (names[3], names[1])]:
        page.choose("A", a)
        page.choose("B", b)
        right_a, right_b = (comparison.predictions(n) == comparison.y_test for n in (a, b))
        only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
        pair = next(p for p in summary["compared_pairs"] if {p["a"], p["b"]} == {a, b})
        sign = 1 if pair["a"] == a else -1
        low, high = sorted([sign * pair["low"], sign * pair["high"]])
        words = page.one(".significance p").text.translate(MINUS)
        start = f"B is right and A wrong on {only_b} images, the other way round on {only_a}: "
        assert words.startswith(start)
        difference = 100 * (only_b - only_a) / 600
        interval = f"95 % interval {100 * low:.1f} to {100 * high:.1f}"
        assert f"difference {difference:.1f} points, {interval})." in words
        assert "With all 10 pairs tested" in words
        assert ("no significant difference" in words) == (pair["p"] >= 0.05)
        if pair["p"] < 0.05:
            assert f"{'B' if only_b > only_a else 'A'} is significantly better" in words


def test_48_against_45_is_no_difference(plain_page, tmp_path):
    truth = np.zeros(1000, int)
    a, b = np.zeros((2, 1000), int)
    b[:48] = 1  # only A is right
    a[48:93] = 1
    report = ConfusionReport.from_predictions(truth, {"one": a, "two": b})
    plain_page.open("view=compare&a=two&b=one", path=report.save(tmp_path / "report.html"))
    assert plain_page.one(".significance p").text.translate(MINUS) == (
        "B is right and A wrong on 48 images, the other way round on 45: no significant difference "
        "(McNemar's exact test, p = 0.84; difference 0.3 points, 95 % interval -1.6 to 2.2)."
    )
    plain_page.open("view=compare&a=one&b=one", path=tmp_path / "report.html")
    assert plain_page.texts(".significance p") == [""]


def test_every_pair_in_a_table_and_as_csv(plain_page, downloads, summary):
    plain_page.open("view=compare")
    plain_page.click(".all-pairs summary")
    pairs = sorted(summary["compared_pairs"], key=lambda pair: pair["p"])
    rows = rows_of(plain_page, ".all-pairs")
    assert len(rows) == 10
    assert {tuple(row[:3]) for row in rows} == {
        (f"{p['a']} and {p['b']}", str(p["only_a"]), str(p["only_b"])) for p in pairs
    }
    assert "one in twenty pairs" in plain_page.one(".all-pairs p").text
    saved = save(plain_page, downloads, ".all-pairs .csv")
    for row, pair in zip(saved, summary["compared_pairs"], strict=True):
        assert (row["a"], row["b"]) == (pair["a"], pair["b"])
        for key in ("only_a", "only_b", "p", "p_holm", "difference", "low", "high"):
            assert float(row[key]) == pytest.approx(pair[key])
    plain_page.click(".all-pairs tbody .link")
    assert plain_page.hash()["view"] == "compare"
    assert plain_page.errors() == []


# Calibration


def test_a_diagram_for_each_classifier_with_probabilities(page, summary):
    page.open("view=calibration")
    known = [part for part in summary["classifiers"] if part["calibration"]]
    assert page.texts(".calibration h2") == [part["name"] for part in known]
    assert HOSTILE_NAME in page.texts(".calibration h2")
    words = [text.translate(MINUS) for text in page.texts(".calibration > p")]
    assert words == [f"ECE {100 * part['calibration']['ece']:.2f} %" for part in known]
    assert "not shown: Linear SVM." in page.one(".calibration-view p").text
    figures = page.js(
        "return [...document.querySelectorAll('.calibration-chart')].map((chart) => ({"
        " dots: chart.querySelectorAll('.dot').length,"
        " heights: [...chart.querySelectorAll('.count')].map((r) => r.height.baseVal.value)}))"
    )
    for figure, part in zip(figures, known, strict=True):
        n = np.array(part["calibration"]["n"])
        assert figure["dots"] == (n > 0).sum()
        np.testing.assert_allclose(figure["heights"], 44 * n / n.max(), rtol=1e-4)


def test_calibration_in_figures_and_as_csv(plain_page, downloads, summary):
    plain_page.open("view=calibration")
    plain_page.click(".calibration summary")
    part = next(p for p in summary["classifiers"] if p["calibration"])["calibration"]
    counts = plain_page.texts(".calibration tbody td:nth-child(2)")
    assert list(map(int, counts)) == part["n"]
    rows = save(plain_page, downloads, ".calibration-view > .actions .csv")
    assert [int(row["images"]) for row in rows[:10]] == part["n"]
    for row, accuracy, low in zip(rows, part["accuracy"], part["accuracy_low"], strict=False):
        assert row["accuracy"] == ("" if accuracy is None else str(accuracy))
        assert row["accuracy_low"] == ("" if low is None else f"{low:g}" if low == 0 else str(low))
    assert [(row["bin_low"], row["bin_high"]) for row in rows[:2]] == [("0", "0.1"), ("0.1", "0.2")]


def test_no_calibration_without_probabilities(plain_page, tmp_path):
    report = ConfusionReport.from_predictions([0, 1, 1], [0, 1, 0])
    plain_page.open("view=calibration", path=report.save(tmp_path / "report.html"))
    assert "Calibration" not in plain_page.texts("nav a")
    assert plain_page.one("nav [aria-current]").text == "Matrix"


# Tables as files


def test_the_table_of_classifiers_as_csv(plain_page, downloads, comparison):
    plain_page.open("view=classifiers")
    rows = save(plain_page, downloads, ".classifiers-view .csv")
    accuracy = comparison.table["accuracy_mean"]
    assert rows[0]["name"] == best(comparison)
    assert rows[-1]["accuracy_mean"] == ""
    assert [float(row["accuracy_mean"]) for row in rows[:-1]] == pytest.approx(
        sorted(accuracy.dropna(), reverse=True)
    )


def test_the_matrix_and_its_pairs_as_csv(plain_page, downloads, comparison, names):
    plain_page.open()
    rows = save(plain_page, downloads, ".below .csv")
    matrix = comparison.confusion_matrix(best(comparison))
    assert [[int(row[name]) for name in names] for row in rows] == matrix.tolist()


def test_most_confused_pairs_as_csv(plain_page, downloads, comparison, names):
    plain_page.open()
    rows = save(plain_page, downloads, ".panel .csv")
    matrix = comparison.confusion_matrix(best(comparison))
    assert len(rows) == np.count_nonzero(matrix - np.diag(np.diag(matrix)))
    for row in rows:
        i, j = names.index(row["true"]), names.index(row["predicted"])
        assert (int(row["images"]), int(row["of"])) == (matrix[i, j], matrix[i].sum())


def test_learning_curves_as_csv(plain_page, downloads, comparison):
    plain_page.open("view=curves")
    plain_page.click(".curves summary")
    rows = save(plain_page, downloads, ".curves .csv")
    curves = comparison.learning_curves("Simple dense")
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3]
    losses = [float(row["validation_loss"]) for row in rows]
    assert losses == pytest.approx(curves["validation_loss"].tolist())
