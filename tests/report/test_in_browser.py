"""The page in a real browser: the matrix and its images, keys, the address and other data."""

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys
from sklearn.metrics import confusion_matrix

from skfashion.datasets import fetch_fashion_mnist
from skfashion.report import ConfusionReport

from .browser import VIEWS, Page, best, mistakes, on_screen, worst_cell
from .conftest import HOSTILE_CLASS, HOSTILE_ERROR, HOSTILE_NAME, seventeen

pytestmark = pytest.mark.slow


# The matrix


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens(page, view):
    page.open(f"view={view}")
    assert len(page.all(f".{view}-view")) == 1
    assert page.one("nav [aria-current]").get_attribute("href").endswith(f"#view={view}")
    assert page.is_as_wide_as_the_screen()


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_is_wider_than_a_small_phone(driver, path, view):
    on_screen(driver, "small phone")
    page = Page(driver, path).open(f"view={view}")
    assert page.is_as_wide_as_the_screen()


def test_matrix_is_that_of_the_best_classifier(page, comparison):
    page.open()
    np.testing.assert_array_equal(page.matrix(), comparison.confusion_matrix(best(comparison)))
    accuracy = comparison.table["accuracy_mean"].max()
    assert page.one(".lead b").text == f"{100 * accuracy:.2f} %"  # WebDriver evens out spaces


@pytest.mark.parametrize("how", ["true", "pred", "all"])
def test_per_cent_of_row_column_and_all(page, comparison, how):
    page.open()
    page.click(f".segments label:has(input[value={how}])")
    expected = 100 * confusion_matrix(
        comparison.y_test, comparison.predictions(best(comparison)), normalize=how
    )
    np.testing.assert_allclose(page.matrix(), expected, atol=0.0501)
    assert page.hash() == {"normalize": how}


def test_without_the_diagonal_the_errors_show(page, comparison):
    i, j = worst_cell(comparison, best(comparison))
    page.open()
    strength = "return parseFloat(getComputedStyle(arguments[0]).getPropertyValue('--t'))"
    before = page.js(strength, page.cell(i, j))
    page.click(".controls .check")
    assert np.diag(page.matrix()).sum() == 0
    assert page.matrix()[i, j] == comparison.confusion_matrix(best(comparison))[i, j]
    assert page.js(strength, page.cell(i, j)) == 100 > before
    assert page.hash() == {"diagonal": "hidden"}


def test_another_classifier(page, comparison):
    page.open()
    accuracy = comparison.table.loc[HOSTILE_NAME, "accuracy_mean"]
    page.choose("Classifier", f"{HOSTILE_NAME} ({100 * accuracy:.1f}\N{NO-BREAK SPACE}%)")
    np.testing.assert_array_equal(page.matrix(), comparison.confusion_matrix(HOSTILE_NAME))
    assert page.hash() == {"classifier": HOSTILE_NAME}


# Cells and their images


def test_images_of_a_cell(page, comparison, names):
    name = best(comparison)
    i, j = worst_cell(comparison, name)
    page.open()
    page.open_cell(i, j)
    indices = mistakes(comparison, name, i, j)
    cards = page.cards()
    assert [card["index"] for card in cards] == indices[:24]
    proba = comparison.probabilities(name)
    for card in cards:
        assert card["facts"] == {"True": names[i], "Predicted": names[j]}
        top = np.argsort(-proba[card["index"]], kind="stable")[:3]
        assert [bar[0] for bar in card["bars"]] == [names[code] for code in top]
        for (_, figure), code in zip(card["bars"], top, strict=True):
            assert abs(float(figure[:-2]) - 100 * proba[card["index"], code]) <= 0.51
    assert page.focused() == f"{names[i]} taken for {names[j]}"
    page.click(".panel .close")
    assert page.one(".panel h2").text == "Most confused"


def test_images_are_the_right_ones(plain_page, comparison, sample):
    i, j = worst_cell(comparison, best(comparison))
    plain_page.open(f"cell={i}-{j}")
    index = plain_page.wait(plain_page.cards)[0]["index"]
    expected = sample.images[6000 + index].mean()
    assert plain_page.brightness(".card canvas") == pytest.approx(expected, abs=0.01)


def test_many_images_come_in_parts(plain_page, comparison):
    name = best(comparison)
    i = int(np.diag(comparison.confusion_matrix(name)).argmax())
    plain_page.open(f"cell={i}-{i}")
    assert len(plain_page.wait(plain_page.cards)) == 24
    plain_page.click(".panel .more")
    expected = mistakes(comparison, name, i, i)
    assert [card["index"] for card in plain_page.cards()] == expected[:120]


def test_a_classifier_without_probabilities(plain_page, comparison):
    i, j = worst_cell(comparison, "Linear SVM")
    plain_page.open(f"classifier=Linear+SVM&cell={i}-{j}")
    cards = plain_page.wait(plain_page.cards)
    indices = [card["index"] for card in cards]
    assert indices == mistakes(comparison, "Linear SVM", i, j)[:24]
    assert indices == sorted(indices)
    assert all(card["bars"] == [] for card in cards)


def test_an_image_large(page, comparison, sample, names):
    name = best(comparison)
    i, j = worst_cell(comparison, name)
    first, second = mistakes(comparison, name, i, j)[:2]
    page.open(f"cell={i}-{j}")
    page.click(".card")
    assert page.one("dialog h2").text == f"Test image {first}"
    expected = sample.images[6000 + first].mean()
    assert page.brightness("dialog canvas") == pytest.approx(expected, abs=0.01)
    assert page.one("dialog canvas").size["width"] > 200
    assert page.texts("dialog .fact b") == [names[i]]
    said = [names[comparison.predictions(n)[first]] for n in page.texts("dialog .who")]
    assert page.texts("dialog .answers summary b, dialog .answers .line b") == said
    assert page.hash()["image"] == str(first)
    page.press(Keys.ARROW_RIGHT)
    page.wait(lambda: page.one("dialog h2").text == f"Test image {second}")
    page.press(Keys.ARROW_LEFT)
    page.wait(lambda: page.one("dialog h2").text == f"Test image {first}")
    page.press(Keys.ESCAPE)
    page.wait(lambda: not page.all("dialog"))
    assert page.js("return document.activeElement.dataset.index") == str(first)
    assert page.all(".panel .close")  # the cell is still open


def test_most_confused_pairs(page, comparison, names):
    page.open()
    pairs = comparison.confused_pairs(best(comparison), n=10)
    shown = [text.replace("\N{NO-BREAK SPACE}", " ") for text in page.texts(".pair")]
    expected = [str(pair).replace(": ", "") for pair in pairs]
    assert shown == expected
    page.click(".pairs + .more")
    assert len(page.all(".pair")) == len(comparison.confused_pairs(best(comparison), n=None))
    page.click(".pair")
    i, j = worst_cell(comparison, best(comparison))
    assert page.one(".panel h2").text == f"{names[i]} taken for {names[j]}"


def test_a_pair_both_ways(page, comparison, names):
    name = best(comparison)
    i, j = worst_cell(comparison, name)
    page.open()
    page.click(".swap")
    headings = page.wait(lambda: page.texts(".cell-images h3"))
    assert headings == [
        f"{names[i]} taken for {names[j]}",
        f"{names[j]} taken for {names[i]}",
    ]
    both = mistakes(comparison, name, i, j)[:12] + mistakes(comparison, name, j, i)[:12]
    assert [card["index"] for card in page.cards()] == both
    assert page.hash() == {"cell": f"{i}-{j}", "pair": "both"}


# Keys, screen readers, the address, the theme


def test_by_keyboard_alone(page, comparison, names):
    matrix = comparison.confusion_matrix(best(comparison))
    page.open()
    for _ in range(30):
        page.press(Keys.TAB)
        if page.js("return document.activeElement.getAttribute('role') === 'gridcell'"):
            break
    assert page.focused().startswith(f"{names[0]}, recognised: {matrix[0, 0]} of ")
    page.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.END, Keys.ARROW_LEFT)
    assert page.focused().startswith(f"{names[2]} taken for {names[8]}: {matrix[2, 8]} of ")
    page.press(Keys.HOME, Keys.ARROW_LEFT)
    assert page.focused().startswith(f"{names[2]} taken for {names[0]}:")
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert page.js(outline) == "solid"
    assert (
        page.js("return document.querySelectorAll('td[role=gridcell][tabindex=\"0\"]').length") == 1
    )
    page.press(Keys.ENTER)
    page.wait(lambda: page.focused() == f"{names[2]} taken for {names[0]}")
    page.press(Keys.ESCAPE)
    page.wait(lambda: page.focused().startswith(f"{names[2]} taken for {names[0]}:"))
    assert page.hash() == {}


def test_plain_table_for_screen_readers(page, comparison):
    page.open()
    page.click("details.plain summary")
    values = page.js(
        "return [...document.querySelectorAll('details.plain tbody tr')].map("
        "(row) => [...row.querySelectorAll('td')].map((td) => Number(td.textContent)))"
    )
    np.testing.assert_array_equal(values, comparison.confusion_matrix(best(comparison)))
    assert page.js("return document.querySelector('details.plain th[scope=row]').textContent")


def test_the_address_holds_the_view(page, comparison):
    i, j = worst_cell(comparison, "Simple dense")
    page.open(f"classifier=Simple+dense&normalize=true&diagonal=hidden&cell={i}-{j}")
    assert len(page.wait(page.cards)) == min(24, comparison.confusion_matrix("Simple dense")[i, j])
    assert np.diag(page.matrix()).sum() == 0
    page.click("nav a[href='#view=curves']")
    assert page.hash()["view"] == "curves"
    page.driver.back()
    page.wait(lambda: page.all("table.matrix"))
    assert page.hash()["cell"] == f"{i}-{j}"
    assert page.one("td[aria-selected=true]")


@pytest.mark.parametrize(
    "address",
    [
        *("view=none&classifier=none", "classifier=__proto__", "cell=6-99", "cell=x", "cell=1-2-3"),
        *("cell=1e0-2", "image=-3", "image=1e2", "image=600", "%", "a=b&=c&__proto__=x"),
        "normalize=x&diagonal=x&pair=x&a=x&b=%00&group=none&sort=x&order=x",
        "normalize=toString&diagonal=__proto__&group=toString&sort=constructor&order=valueOf",
    ],
)
def test_an_address_that_is_not_understood(plain_page, comparison, address):
    plain_page.open(address)
    matrix = comparison.confusion_matrix(best(comparison))
    np.testing.assert_array_equal(plain_page.matrix(), matrix)
    assert plain_page.all("dialog, .panel .close") == []
    for view in ("compare", "classifiers"):
        plain_page.click(f"nav a[href='#view={view}']")
        # what was not understood is gone from the address
        assert plain_page.hash() == {"view": view}
    first = "return document.querySelector('.sortable [aria-sort=descending]').textContent"
    assert plain_page.js(first) == "Accuracy"
    assert "x" not in plain_page.texts("main *")
    assert plain_page.errors() == []


def test_light_and_dark(page):
    page.open()
    theme = "return document.documentElement.dataset.theme"
    system = page.js("return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'")
    assert page.js(theme) == system
    background = "return getComputedStyle(document.body).backgroundColor"
    before = page.js(background)
    page.click("#theme")
    assert page.js(theme) != system
    assert page.js(background) != before
    page.click("#theme")
    page.js("localStorage.clear()")
    assert page.js(background) == before


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_a_linked_cell_is_in_view(driver, comparison, path, screen):
    i, j = worst_cell(comparison, best(comparison))
    on_screen(driver, screen)
    page = Page(driver, path).open(f"cell={i}-{j}")
    page.wait(page.cards)
    page.wait(lambda: page.is_in_view(page.one(".panel h2")))
    page.wait(lambda: page.is_in_view(page.one(".card canvas")))


def test_images_have_their_numbers_in_the_dataset(plain_page, comparison, tmp_path):
    index = np.arange(600) * 3 + 5000
    report = ConfusionReport.from_comparison(comparison, index=index)
    name = best(comparison)
    i, j = worst_cell(comparison, name)
    first = mistakes(comparison, name, i, j)[0]
    plain_page.open(f"cell={i}-{j}", path=report.save(tmp_path / "report.html"))
    plain_page.click(".card")
    assert plain_page.texts(".card .index")[0] == f"#{index[first]}"
    assert plain_page.one("dialog h2").text == f"Test image {index[first]}"
    assert (
        plain_page.one("dialog canvas").get_attribute("aria-label") == f"Test image {index[first]}"
    )
    assert plain_page.hash()["image"] == str(first)  # a position, which says which image it is
    plain_page.open("view=images", path=tmp_path / "report.html")
    sample = np.flatnonzero(comparison.y_test == 0)[0]
    label = plain_page.one(".sample").get_attribute("aria-label")
    assert label.startswith(f"Test image {index[sample]},")


# Text from outside, the network, notebooks


def test_markup_in_names_is_text(page):
    page.open()
    hostile = "return document.querySelectorAll('main script, main img, main [onclick]').length"
    for view in VIEWS:
        page.click(f"nav a[href='#view={view}']")
        assert page.js(hostile) == 0
    page.click("nav a[href='#view=matrix']")
    assert page.texts("table.matrix th[scope=row]")[9] == HOSTILE_CLASS
    page.click("nav a[href='#view=classifiers']")
    assert HOSTILE_ERROR in page.texts(".error")[0]
    assert HOSTILE_NAME in page.texts(".sortable .link")
    page.open("cell=9-9")
    assert page.wait(page.cards)[0]["facts"]["True"] == HOSTILE_CLASS


def test_no_script_but_the_page_s_own_runs_and_nothing_is_fetched(plain_page):
    plain_page.open()
    plain_page.js(
        "const script = document.createElement('script');"
        "script.textContent = 'window.strange = true'; document.body.append(script);"
    )
    assert plain_page.js("return window.strange") is None
    answer = plain_page.driver.execute_async_script(
        "fetch('http://127.0.0.1:9/').catch((error) => arguments[0](String(error)))"
    )
    assert "TypeError" in answer
    errors = plain_page.errors()
    assert len(errors) >= 2
    assert all("Content Security Policy" in error for error in errors[:2])


@pytest.mark.parametrize("screen", ["desktop", "phone"])
def test_in_a_notebook(driver, comparison, tmp_path, screen):
    on_screen(driver, screen)
    driver.get_log("browser")
    frame = ConfusionReport.from_comparison(comparison)._repr_html_()
    notebook = tmp_path / "notebook.html"
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    notebook.write_text(f"<!DOCTYPE html>{head}<body>{frame}</body>", "utf-8")
    driver.get(notebook.as_uri())
    driver.switch_to.frame(0)
    page = Page(driver, None)
    page.wait(lambda: page.js("return document.documentElement.dataset.ready"))
    name = best(comparison)
    i, j = worst_cell(comparison, name)
    page.open_cell(i, j)
    cards = page.wait(page.cards)
    assert [card["index"] for card in cards] == mistakes(comparison, name, i, j)[:24]
    page.click(".card")
    page.one("dialog h2")
    page.press(Keys.ESCAPE)
    page.click("nav a[href='#view=compare']")
    assert len(page.wait(lambda: page.all("table.matrix"))) == 3
    page.click("#theme")
    assert page.errors() == []
    driver.switch_to.default_content()


# Other data


def test_one_classifier_and_images_in_colour(plain_page, sample, tmp_path):
    rng = np.random.default_rng(0)
    grey = np.kron(sample.images[:200], np.ones((1, 3, 3), np.uint8))  # 84 x 84
    y = sample.target[:200]
    y_pred = np.where(rng.random(200) < 0.3, rng.integers(0, 10, 200), y)
    images = np.stack([grey, grey // 2, 255 - grey], axis=-1)
    report = ConfusionReport.from_predictions(y, y_pred, images=images, name="Guess")
    plain_page.open(path=report.save(tmp_path / "report.html"))
    assert plain_page.texts("nav a") == [
        "Matrix",
        "Classes",
        "All mistakes",
        "Images",
        "Find images",
    ]
    np.testing.assert_array_equal(plain_page.matrix(), confusion_matrix(y, y_pred))
    plain_page.open("view=mistakes", path=tmp_path / "report.html")
    cards = plain_page.wait(plain_page.cards)
    assert [card["index"] for card in cards] == np.flatnonzero(y != y_pred)[:48].tolist()
    assert "In the order of their index." in plain_page.one(".mistakes-view p").text
    expected = images[cards[0]["index"], :, :, 0].mean()
    assert plain_page.brightness(".card canvas") == pytest.approx(expected, abs=0.5)
    assert plain_page.errors() == []


def test_mistakes_of_one_classifier_with_probabilities(plain_page, sample, tmp_path):
    y = sample.target[:100]
    y_pred = (y + (np.arange(100) % 3 == 0)) % 10
    proba = np.full((100, 10), 0.02)
    proba[np.arange(100), y_pred] = np.linspace(0.5, 0.82, 100)
    report = ConfusionReport.from_predictions(y, y_pred, proba=proba, images=sample.images[:100])
    plain_page.open("view=mistakes", path=report.save(tmp_path / "report.html"))
    indices = [card["index"] for card in plain_page.wait(plain_page.cards)]
    assert indices == np.flatnonzero(y != y_pred)[::-1].tolist()
    assert "The most confident come first." in plain_page.one(".mistakes-view p").text


def test_images_that_were_left_out(plain_page, sample, tmp_path):
    y = sample.target[:2000]
    y_pred = np.where(np.arange(2000) % 40 == 0, (y + 1) % 10, y)
    report = ConfusionReport.from_predictions(
        y, y_pred, images=sample.images[:2000], max_bytes=320_000
    )
    assert report.summary["images"]["kept"] is not None
    plain_page.open(f"cell={y[0]}-{(y[0] + 1) % 10}", path=report.save(tmp_path / "report.html"))
    plain_page.wait(plain_page.cards)
    assert plain_page.brightness(".card canvas") > 0
    assert plain_page.all(".card .absent") == []  # mistakes are kept
    assert "were left out to keep it small" in plain_page.one("#notes").text
    plain_page.open("view=matrix", path=tmp_path / "report.html")
    plain_page.open_cell(int(y[1]), int(y[1]))
    plain_page.click(".panel .more")
    assert "left out" in plain_page.wait(lambda: plain_page.texts(".card .absent"))
    assert plain_page.errors() == []


def test_nothing_is_wrong(plain_page, tmp_path):
    report = ConfusionReport.from_predictions(["a", "b"], ["a", "b"])
    plain_page.open(path=report.save(tmp_path / "report.html"))
    assert "every image is recognised" in plain_page.one(".panel").text
    plain_page.click("nav a[href='#view=mistakes']")
    assert plain_page.one(".mistakes-view h2").text == "0 mistakes"
    assert plain_page.errors() == []


def test_the_largest_page_does_little_before_it_is_used(
    plain_page, sample, tmp_path, record_property
):
    test = fetch_fashion_mnist(subset="test")
    predictions, proba = seventeen(sample, test.data)
    report = ConfusionReport.from_predictions(
        test.target, predictions, proba=proba, images=test.images
    )
    path = report.save(tmp_path / "report.html")
    assert path.stat().st_size <= 5_000_000
    plain_page.open(path=path)
    # No image is decoded and no answer unpacked for the first view ...
    assert plain_page.js("return document.querySelectorAll('canvas').length") == 0
    ready = "return performance.getEntriesByName('skfashion-ready')[0].startTime / 1000"
    record_property("seconds_to_interactive", plain_page.js(ready))
    # ... and a click gets them.
    plain_page.open_cell(6, 0)
    assert len(plain_page.wait(plain_page.cards)) == 24
    assert plain_page.brightness(".card canvas") > 0
    assert plain_page.errors() == []
