"""The other views of the page in a real browser: two classifiers, the table, the curves, images."""

from urllib.parse import urlencode

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys
from sklearn.metrics import f1_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeClassifier

from skfashion.comparison import compare
from skfashion.datasets import CLASS_NAMES
from skfashion.report import ConfusionReport

from .browser import Page, on_screen
from .conftest import HOSTILE_NAME

pytestmark = pytest.mark.slow


# The other views


def test_what_every_classifier_gets_wrong(page, comparison, names):
    page.open("view=mistakes")
    asked = [n for n in comparison.names if n not in ("Dummy", "Failing")]
    predictions = np.stack([comparison.predictions(n) for n in asked])
    wrong = np.flatnonzero((predictions != comparison.y_test).all(axis=0))
    assert (
        page.one(".mistakes-view h2").text
        == f"{len(wrong)} images that every classifier gets wrong"
    )
    cards = page.wait(page.cards)
    assert {card["index"] for card in cards} <= set(wrong.tolist())
    assert len(cards) == min(48, len(wrong))
    for card in cards:
        assert card["facts"].pop("Label") == names[comparison.y_test[card["index"]]]
        ((who, said),) = card["facts"].items()
        votes = (predictions[:, card["index"]] == names.index(said)).sum()
        assert who == f"{votes} of 4 say"
    assert "Left out: Dummy" in page.one(".mistakes-view p").text


def test_two_classifiers_side_by_side(page, comparison):
    a, b = "Linear SVM", "Simple dense"
    page.open("view=compare")
    page.choose("A", a)
    page.choose("B", b)
    right_a, right_b = (comparison.predictions(n) == comparison.y_test for n in (a, b))
    groups = [right_b & ~right_a, right_a & ~right_b, ~right_a & ~right_b, right_a & right_b]
    figures = [str(int(group.sum())) for group in groups]
    page.wait(lambda: page.texts(".group b") == figures)
    matrices = [comparison.confusion_matrix(n) for n in (a, b)]
    np.testing.assert_array_equal(page.matrix(0), matrices[0])
    np.testing.assert_array_equal(page.matrix(1), matrices[1])
    np.testing.assert_array_equal(page.matrix(2), matrices[1] - matrices[0])
    for n, name in enumerate(["gained", "lost", "neither", "both"]):
        page.click(f".group[data-group={name}]")
        page.wait(lambda name=name: page.hash().get("group", "gained") == name)
        indices = set(np.flatnonzero(groups[n]).tolist())
        page.wait(lambda indices=indices: {card["index"] for card in page.cards()} <= indices)
        assert len(page.cards()) == min(10, len(indices))
    page.click("[aria-label='Exchange A and B']")
    np.testing.assert_array_equal(page.matrix(2), matrices[0] - matrices[1])


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_a_click_on_a_group_shows_its_images(driver, path, screen):
    on_screen(driver, screen)
    page = Page(driver, path).open("view=compare")
    for name in ("both", "neither"):
        figure = page.one(f".group[data-group={name}] b").text
        page.js("window.scrollTo({top: 0, behavior: 'instant'})")  # back up from the images
        page.one(f".group[data-group={name}]").click()
        title = {"both": "Both are right", "neither": "Both are wrong"}[name]
        page.wait(lambda title=title: page.one(".group-images h2").text.startswith(title))
        heading = page.one(".group-images h2")
        assert heading.text.endswith(f": {figure} images")
        page.wait(lambda heading=heading: page.is_in_view(heading))
        page.wait(lambda: page.is_in_view(page.one(".group-images canvas")))
        assert page.one("[role=status]").get_attribute("textContent") == heading.text
        assert page.js("return document.activeElement.dataset.group") == name


def rgb(page, colour):
    """Return a CSS colour as red, green and blue."""
    return page.js(
        "const context = Object.assign(document.createElement('canvas'), {width: 1, height: 1})"
        ".getContext('2d'); context.fillStyle = arguments[0]; context.fillRect(0, 0, 1, 1);"
        "return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3)",
        colour,
    )


def test_colours_of_the_difference_mean_better_and_worse(page, comparison):
    a, b = "Linear SVM", "Simple dense"
    page.open("view=compare&" + urlencode({"a": a, "b": b}))
    difference = comparison.confusion_matrix(b) - comparison.confusion_matrix(a)
    better = np.where(np.eye(10, dtype=bool), difference > 0, difference < 0)
    colours = page.js(
        "return [...document.querySelectorAll('.matrix.signed tbody tr')].map((row) =>"
        " [...row.querySelectorAll('td')].map((td) => getComputedStyle(td).backgroundColor))"
    )
    blues = {True: 0, False: 0}
    for (i, j), value in np.ndenumerate(difference):
        if abs(value) >= 3:
            red, _, blue = rgb(page, colours[i][j])
            assert (blue > red) == better[i, j], (i, j, value)
            blues[bool(better[i, j])] += 1
            words = page.cell(i, j, 2).get_attribute("aria-label")
            assert words.endswith("B is better" if better[i, j] else "A is better")
    assert min(blues.values()) > 3
    assert page.texts(".matrices .legend .figures")[-1].startswith("B worse")
    assert "On the diagonal more is better, elsewhere fewer." in page.texts(".matrices p.muted")[-1]


def test_table_can_be_sorted(page, comparison):
    page.open("view=classifiers")

    def order():
        return page.js(
            "return [...document.querySelectorAll('.sortable tbody th')]"
            ".map((th) => th.firstChild.textContent)"
        )

    table = comparison.table
    expected = table.sort_values("accuracy_mean", ascending=False, na_position="last").index
    assert order() == expected.tolist()
    assert order()[-1] == "Failing"
    page.click(".sortable thead th:nth-child(2) button")
    assert page.one(".sortable thead th:nth-child(2)").get_attribute("aria-sort") == "ascending"
    expected = table["accuracy_mean"].dropna().sort_values(kind="stable").index.tolist()
    assert order() == [*expected, "Failing"]
    page.click(".sortable thead th:nth-child(1) button")
    assert order()[0].startswith("Bayes")
    assert page.hash()["sort"] == "name"
    page.click(".sortable tbody .link")
    assert page.hash() == {"classifier": HOSTILE_NAME, "sort": "name", "order": "ascending"}


def test_accuracy_against_time(page, comparison):
    page.open("view=classifiers")
    points = page.wait(lambda: page.all(".scatter .point"))
    assert len(points) == 4  # but not Dummy and Failing
    accuracy = comparison.table.loc["Linear SVM", "accuracy_mean"]
    labels = [point.get_attribute("aria-label") for point in points]
    place = next(n for n, label in enumerate(labels) if label.startswith("Linear SVM"))
    assert f"{100 * accuracy:.2f}" in labels[place]
    page.js("arguments[0].focus()", points[place])
    page.press(Keys.ENTER)
    assert page.hash() == {"classifier": "Linear SVM"}


def boxes(page, selector):
    """Return x, y, right, bottom and text of elements of the chart."""
    return page.js(
        "return [...document.querySelectorAll(arguments[0])].map((e) => {"
        " const b = e.getBoundingClientRect();"
        " return [b.left, b.top, b.right, b.bottom, e.textContent]; })",
        selector,
    )


@pytest.mark.parametrize("screen", ["desktop", "phone"])
@pytest.mark.parametrize("n", [17, 60])
def test_every_classifier_in_the_chart_has_its_name(driver, comparison, tmp_path, screen, n):
    """In a crowd, points have numbers, and a list below has the names."""
    summary = ConfusionReport.from_comparison(comparison, images=False).summary
    rng = np.random.default_rng(0)
    row, part = summary["table"][0], summary["classifiers"][0]
    names = [f"Classifier called {k}" for k in range(n)]
    crowd = zip(rng.normal(0.9, 0.004, n), rng.normal(20, 2, n), strict=True)
    summary["table"] = [
        {**row, "name": name, "accuracy_mean": accuracy, "fit_seconds": seconds}
        for name, (accuracy, seconds) in zip(names, crowd, strict=True)
    ]
    summary["classifiers"] = [{**part, "name": name} for name in names]
    on_screen(driver, screen)
    page = Page(driver, ConfusionReport(summary).save(tmp_path / "report.html"))
    page.open("view=classifiers")
    labels = page.wait(lambda: boxes(page, ".scatter .point text"))
    listed = page.texts(".scatter-legend .link")
    numbers = page.texts(".scatter-legend .number")
    assert numbers == [str(k + 1) for k in range(len(listed))]
    named = [label[4] for label in labels if not label[4].isdigit()]
    assert sorted([*named, *(text.split(":")[0] for text in listed)]) == sorted(names)
    assert sorted(label[4] for label in labels if label[4].isdigit()) == sorted(numbers)
    beside = boxes(page, ".scatter .point text:not(.inside)")
    for k, (left, top, right, bottom, _) in enumerate(beside):
        for other in beside[:k]:
            assert left >= other[2] or other[0] >= right or top >= other[3] or other[1] >= bottom
    assert page.is_as_wide_as_the_screen()
    if listed:
        page.click(".scatter-legend .link")
        assert page.hash().get("classifier", names[0]) == listed[0].split(":")[0]


def test_where_the_figures_come_from(plain_page, comparison, tmp_path):
    line = "Fashion-MNIST sample: 1,500 training and 600 test images; <b>today</b>"
    report = ConfusionReport.from_comparison(comparison, provenance=line)
    report.summary["reference_note"] = "The article's figures are not shown: ..."
    plain_page.open("view=classifiers", path=report.save(tmp_path / "report.html"))
    assert plain_page.texts(".classifiers-view .intro p")[0] == line
    assert report.summary["reference_note"] in plain_page.texts(".classifiers-view .intro p")
    assert plain_page.texts("#notes li")[0] == line
    assert "Article" not in plain_page.texts(".sortable thead button")


def test_scores_of_the_cross_validation(plain_page, sample, tmp_path):
    data = sample.data[:300], sample.target[:300], sample.data[6000:6100], sample.target[6000:6100]
    done = compare({"Bayes": GaussianNB()}, *data, cv=2, scoring="neg_log_loss")
    mean = done.table.loc["Bayes", "cv_mean"]
    plain_page.open("view=classifiers", path=done.report().save(tmp_path / "report.html"))
    column = plain_page.texts(".sortable thead button").index("CV neg_log_loss")
    figures = plain_page.texts(".sortable tbody tr > *")
    assert float(figures[column].split()[0]) == pytest.approx(mean, rel=1e-3)
    done = compare({"Bayes": GaussianNB()}, *data, cv=2, scoring="f1_macro")
    mean = done.table.loc["Bayes", "cv_mean"]
    plain_page.open("view=classifiers", path=done.report().save(tmp_path / "report.html"))
    column = plain_page.texts(".sortable thead button").index("CV f1_macro")
    figures = plain_page.texts(".sortable tbody tr > *")
    assert figures[column].split()[0] == f"{100 * mean:.2f}"


def test_macro_f1_says_of_which_fits_it_is(plain_page, sample, tmp_path):
    data = sample.data[:300], sample.target[:300], sample.data[6000:6100], sample.target[6000:6100]
    trees = {"Tree": DecisionTreeClassifier()}
    done = compare(trees, *data, random_states=(3, 8), target_names=CLASS_NAMES)
    path = done.report(random_state=8).save(tmp_path / "report.html")
    y_true, y_pred = done.y_test, done.predictions("Tree", random_state=8)
    plain_page.open(path=path)
    f1 = 100 * f1_score(y_true, y_pred, average="macro")
    assert plain_page.one(".lead").text.endswith(f"macro F1 {f1:.2f} % · random state 8")
    plain_page.open("view=classifiers", path=path)
    assert "Accuracy, macro F1 and times are means of 2 random states." in (
        plain_page.one(".classifiers-view .intro").text
    )
    column = plain_page.texts(".sortable thead button").index("Macro F1")
    mean = 100 * done.table.loc["Tree", "macro_f1_mean"]
    assert plain_page.texts(".sortable tbody tr > *")[column] == f"{mean:.2f}" != f"{f1:.2f}"


def test_learning_curves(page, comparison):
    page.open("view=curves")
    curves = comparison.learning_curves("Simple dense")
    assert page.texts(".curves h2") == ["Simple dense"]
    lines = page.js(
        "return [...document.querySelectorAll('.chart polyline')].map((l) => l.points.length)"
    )
    assert lines == [len(curves)] * 4
    assert page.js("return document.querySelectorAll('.chart .mark').length") == 2
    epoch = int(curves["validation_loss"].idxmin())
    last = ", the last" if epoch == len(curves) else ""
    words = page.one(".curves p").text
    assert words == f"Lowest validation loss: epoch {epoch} of {len(curves)}{last}."
    page.click(".curves summary")
    last = page.js(
        "return [...document.querySelectorAll('.curves tbody tr:last-child td')]"
        ".map((td) => td.textContent)"
    )
    assert f"{curves['validation_loss'].iloc[-1]:.4f}" in last


def test_learning_curves_without_validation_losses(plain_page, sample, tmp_path):
    X, y = sample.data[:300] / 255, sample.target[:300]
    mlp = MLPClassifier((8,), max_iter=5, early_stopping=True, random_state=0).fit(X, y)
    report = ConfusionReport.from_estimator(mlp, X, y)
    plain_page.open("view=curves", path=report.save(tmp_path / "report.html"))
    epoch = int(np.argmax(mlp.validation_scores_)) + 1
    last = ", the last" if epoch == 5 else ""
    words = plain_page.one(".curves p").text
    assert words == f"Highest validation accuracy: epoch {epoch} of 5{last}."
    unheld = MLPClassifier((8,), max_iter=5, random_state=0).fit(X, y)
    report = ConfusionReport.from_estimator(unheld, X, y)
    plain_page.open("view=curves", path=report.save(tmp_path / "report.html"))
    assert plain_page.one(".curves p").text.startswith("No part of the training images was held")


def test_samples_of_each_class(page, comparison, names):
    page.open("view=images")
    headings = page.js(
        "return [...document.querySelectorAll('.samples h2')].map((h) => h.firstChild.textContent)"
    )
    assert headings == names
    shown = page.js("return [...document.querySelectorAll('.sample')].map((b) => b.dataset.index)")
    expected = [np.flatnonzero(comparison.y_test == code)[:16] for code in range(10)]
    assert list(map(int, shown)) == np.concatenate(expected).tolist()
    page.click(".sample")
    assert page.one("dialog h2").text == f"Test image {expected[0][0]}"
