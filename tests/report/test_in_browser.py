"""The page in a real browser: every interaction, at desktop and phone width, light and dark.

Debian's Chromium is driven by Selenium. Where there is no browser these tests fail and say what to
install: they are slow ones, which nobody runs by accident.
"""

import csv
import shutil
import time
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait
from sklearn.metrics import confusion_matrix

from skfashion.datasets import fetch_fashion_mnist
from skfashion.report import ConfusionReport

from .conftest import HOSTILE_CLASS, HOSTILE_ERROR, HOSTILE_NAME, seventeen

pytestmark = pytest.mark.slow

SECONDS = 60  # for anything to appear, on a machine that has much to do
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENS = {"desktop": (1280, 900), "phone": (360, 740)}
VIEWS = ["matrix", "compare", "classifiers", "curves", "mistakes", "images"]


def find_program(*names):
    found = next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.fail(
            f"There is no {names[0]}: the tests of the report need Chromium and its driver "
            f"(Debian and Ubuntu: apt install chromium chromium-driver).",
            pytrace=False,
        )
    return found


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = find_program("chromium", "chromium-browser", "google-chrome")
    for flag in [*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, Service(find_program("chromedriver")))
    yield driver
    driver.quit()


class Page:
    """A report in the browser, and what one does with it."""

    def __init__(self, driver, path):
        self.driver = driver
        self.path = path

    def open(self, view="", path=None):
        self.driver.get("about:blank")  # else an address that differs in its hash loads nothing
        self.driver.get(f"{(path or self.path).as_uri()}#{view}")
        self.wait(lambda: self.js("return document.documentElement.dataset.ready"))
        return self

    def js(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def wait(self, condition):
        waiting = WebDriverWait(self.driver, SECONDS, poll_frequency=0.05)
        return waiting.until(lambda _: condition())

    def all(self, selector):
        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return [element for element in found if element.is_displayed()]

    def one(self, selector):
        return self.wait(lambda: self.all(selector))[0]

    def texts(self, selector):
        return self.js(
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter((e) => e.checkVisibility()).map((e) => e.textContent)",
            selector,
        )

    def click(self, selector):
        element = self.one(selector)
        self.js("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def press(self, *keys):
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def focused(self):
        """Return the label or the text of what has the focus."""
        return self.js("const e = document.activeElement; return e.ariaLabel ?? e.textContent;")

    def hash(self):
        return dict(self.js("return [...new URLSearchParams(location.hash.slice(1))]"))

    def choose(self, label, text):
        selector = f"//label[@class='field'][span[.='{label}']]/select"
        selects = self.driver.find_elements(By.XPATH, selector)
        Select(next(s for s in selects if s.is_displayed())).select_by_visible_text(text)

    def matrix(self, n=0):
        """Return the texts in the cells of the n-th matrix in sight; 0 for an empty one."""
        cells = self.js(
            "const tables = [...document.querySelectorAll('table.matrix')]"
            ".filter((e) => e.checkVisibility());"
            "return [...tables[arguments[0]].querySelectorAll('tbody tr')].map("
            "(row) => [...row.querySelectorAll('td')].map((td) => td.textContent));",
            n,
        )
        text = str.maketrans({"\N{MINUS SIGN}": "-", "+": "", ",": ""})
        return np.array([[float(cell.translate(text) or 0) for cell in row] for row in cells])

    def cell(self, i, j, n=0):
        tables = self.all("table.matrix")
        return (
            tables[n]
            .find_elements(By.CSS_SELECTOR, "tbody tr")[i]
            .find_elements(By.CSS_SELECTOR, "td")[j]
        )

    def open_cell(self, i, j):
        cell = self.cell(i, j)
        self.js("arguments[0].scrollIntoView({block: 'center'})", cell)
        cell.click()
        self.one(".panel .close")

    def cards(self):
        """Return what the cards in sight say: index, {fact: value}, bars [(class, per cent)]."""
        return self.js(
            "return [...document.querySelectorAll('.card')].filter((e) => e.checkVisibility())"
            ".map((card) => ({index: Number(card.dataset.index),"
            " facts: Object.fromEntries([...card.querySelectorAll('.fact')].map("
            "  (fact) => [fact.firstChild.textContent, fact.querySelector('b').textContent])),"
            " bars: [...card.querySelectorAll('.bar-row')].map((row) => ["
            "  row.querySelector('.bar-name').textContent,"
            "  row.querySelector('.bar-figure').textContent])}))"
        )

    def brightness(self, selector):
        """Return the mean pixel of a canvas, once it is drawn."""
        script = (
            "const canvas = arguments[0], {width, height} = canvas;"
            "const {data} = canvas.getContext('2d').getImageData(0, 0, width, height);"
            "let total = 0; for (let i = 0; i < data.length; i += 4) total += data[i];"
            "return total * 4 / data.length;"
        )
        return self.wait(lambda: self.js(script, self.one(selector)))

    def is_as_wide_as_the_screen(self):
        return self.js("return document.documentElement.scrollWidth <= innerWidth")

    def errors(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]


def on_screen(driver, screen, theme="light"):
    width, height = SCREENS[screen]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1}
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {**metrics, "mobile": screen == "phone"}
    )
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": theme}]},
    )


@pytest.fixture(scope="module")
def path(comparison, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    return ConfusionReport.from_comparison(comparison).save(folder / "report.html")


@pytest.fixture(
    params=[(screen, theme) for screen in SCREENS for theme in ("light", "dark")], ids="-".join
)
def page(request, driver, path):
    """The comparison's report, on a screen; fails if anything came to the console."""
    on_screen(driver, *request.param)
    driver.get_log("browser")
    page = Page(driver, path)
    yield page
    assert page.errors() == []
    assert page.is_as_wide_as_the_screen()


@pytest.fixture
def plain_page(driver, path):
    """The same on a desktop's screen alone, where the screen makes no difference."""
    on_screen(driver, "desktop")
    driver.get_log("browser")
    return Page(driver, path)


def best(comparison):
    table = comparison.table.sort_values("accuracy_mean", ascending=False)
    return table.index[0]


def mistakes(comparison, name, i, j):
    """Return the images of a cell, the most confident first, as the page shows them."""
    proba = comparison.probabilities(name)
    inside = (comparison.y_test == i) & (comparison.predictions(name) == j)
    indices = np.flatnonzero(inside)
    confidence = np.rint(proba[indices, j] * 65535) if proba is not None else np.zeros(len(indices))
    return indices[np.lexsort((indices, -confidence))].tolist()


def worst_cell(comparison, name):
    matrix = comparison.confusion_matrix(name)
    errors = matrix - np.diag(np.diag(matrix))
    return tuple(map(int, np.unravel_index(errors.argmax(), errors.shape)))


# The matrix


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens(page, view):
    page.open(f"view={view}")
    assert len(page.all(f".{view}-view")) == 1
    assert page.one("nav [aria-current]").get_attribute("href").endswith(f"#view={view}")
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
    assert page.one("dialog h2").text == f"Image {first}"
    expected = sample.images[6000 + first].mean()
    assert page.brightness("dialog canvas") == pytest.approx(expected, abs=0.01)
    assert page.one("dialog canvas").size["width"] > 200
    assert page.texts("dialog .fact b") == [names[i], str(first)]
    said = [names[comparison.predictions(n)[first]] for n in page.texts("dialog .who")]
    assert page.texts("dialog .answers summary b, dialog .answers .line b") == said
    assert page.hash()["image"] == str(first)
    page.press(Keys.ARROW_RIGHT)
    page.wait(lambda: page.one("dialog h2").text == f"Image {second}")
    page.press(Keys.ARROW_LEFT)
    page.wait(lambda: page.one("dialog h2").text == f"Image {first}")
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


# Files


@pytest.fixture
def downloads(driver, tmp_path):
    driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )

    def wait_for(ending):
        end = time.monotonic() + SECONDS
        while not (found := list(tmp_path.glob(f"*{ending}"))):
            assert time.monotonic() < end, f"no file {ending}"
            time.sleep(0.05)
        return found[0]

    return wait_for


def test_indices_as_csv(page, downloads, comparison, names):
    name = best(comparison)
    i = 9  # the class whose name is markup
    page.open(f"cell={i}-{i}")
    page.click(".panel .actions button:last-child")
    with open(downloads(".csv"), newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["index", "true", "predicted", "probability"]
    indices = mistakes(comparison, name, i, i)
    assert [int(row[0]) for row in rows] == indices
    assert {(row[1], row[2]) for row in rows} == {(names[i], names[i])}
    proba = comparison.probabilities(name)[indices, i]
    np.testing.assert_allclose([float(row[3]) for row in rows], proba, atol=2e-5)


def test_matrix_as_svg(page, downloads, comparison, names):
    page.open()
    page.click(".below button")
    picture = ET.parse(downloads(".svg")).getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert picture.tag == f"{space}svg"
    assert len(picture.findall(f"{space}rect")) == 1 + 100
    texts = [text.text for text in picture.iter(f"{space}text")]
    assert texts.count(HOSTILE_CLASS) == 2
    matrix = comparison.confusion_matrix(best(comparison))
    assert [text for text in texts if text.isdigit()] == [str(n) for n in matrix.ravel() if n]
    fills = {rect.get("fill") for rect in picture.iter(f"{space}rect")}
    assert all(len(fill) == 7 and fill[0] == "#" for fill in fills)


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
        assert len(page.cards()) == min(24, len(indices))
    page.click("[aria-label='Exchange A and B']")
    np.testing.assert_array_equal(page.matrix(2), matrices[0] - matrices[1])


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
    begun = epoch < len(curves)
    words = page.one(".curves p").text
    assert words.startswith(
        f"Overfitting starts after epoch {epoch}" if begun else "No overfitting"
    )
    page.click(".curves summary")
    last = page.js(
        "return [...document.querySelectorAll('.curves tbody tr:last-child td')]"
        ".map((td) => td.textContent)"
    )
    assert f"{curves['validation_loss'].iloc[-1]:.4f}" in last


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
    assert page.one("dialog h2").text == f"Image {expected[0][0]}"


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
    "address", ["view=none", "classifier=none", "cell=6-99", "cell=x", "image=-3", "%", "a=b&=c"]
)
def test_an_address_that_says_nothing(plain_page, comparison, address):
    plain_page.open(address)
    matrix = comparison.confusion_matrix(best(comparison))
    np.testing.assert_array_equal(plain_page.matrix(), matrix)
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


@pytest.mark.parametrize("screen", SCREENS)
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
    assert plain_page.texts("nav a") == ["Matrix", "All mistakes", "Images"]
    np.testing.assert_array_equal(plain_page.matrix(), confusion_matrix(y, y_pred))
    plain_page.open("view=mistakes", path=tmp_path / "report.html")
    cards = plain_page.wait(plain_page.cards)
    assert [card["index"] for card in cards] == np.flatnonzero(y != y_pred)[:48].tolist()
    expected = images[cards[0]["index"], :, :, 0].mean()
    assert plain_page.brightness(".card canvas") == pytest.approx(expected, abs=0.5)
    assert plain_page.errors() == []


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


def test_sixty_classes(plain_page, tmp_path):
    rng = np.random.default_rng(0)
    y, y_pred = rng.integers(0, 60, (2, 3000))
    report = ConfusionReport.from_predictions(y, y_pred)
    on_screen(plain_page.driver, "phone")
    plain_page.open(path=report.save(tmp_path / "report.html"))
    assert plain_page.is_as_wide_as_the_screen()  # the matrix alone scrolls
    plain_page.open_cell(3, 59)
    assert plain_page.hash() == {"cell": "3-59"}
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
