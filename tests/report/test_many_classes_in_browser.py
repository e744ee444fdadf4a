"""The matrix of more than 20 classes: an overview that fits the width."""

import time

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from skfashion.report import ConfusionReport

from .browser import on_screen

pytestmark = pytest.mark.slow

NAMES = [f"n{k:05d} a name that is too long for its place, number {k}" for k in range(200)]


def report_of(n_classes, n_images=2000, **options):
    rng = np.random.default_rng(0)
    y = rng.integers(0, n_classes, n_images)
    y_pred = np.where(rng.random(n_images) < 0.3, rng.integers(0, n_classes, n_images), y)
    names = NAMES[:n_classes]
    return ConfusionReport.from_predictions(y, y_pred, target_names=names, **options), y, y_pred


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A page of 60 classes, and its matrix."""
    report, _, _ = report_of(60)
    path = report.save(tmp_path_factory.mktemp("many") / "report.html")
    return path, np.array(report.summary["classifiers"][0]["matrix"])


def click_cell(page, i, j):
    page.js(
        "const grid = document.querySelector('.overview-grid'), n = grid.ariaRowCount;"
        "grid.scrollIntoView({block: 'center'});"
        "const {left, top, width} = grid.getBoundingClientRect(), side = width / n;"
        "grid.dispatchEvent(new PointerEvent('click', {bubbles: true,"
        " clientX: left + (arguments[1] + 0.5) * side,"
        " clientY: top + (arguments[0] + 0.5) * side}));",
        i,
        j,
    )


@pytest.mark.parametrize("screen", ["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_overview_fits_the_width(plain_page, many, screen, theme):
    on_screen(plain_page.driver, screen, theme)
    plain_page.open(path=many[0])
    box = plain_page.one(".overview-box").rect
    main = plain_page.one("main").rect
    assert main["width"] - 2 <= box["width"] <= main["width"]
    assert plain_page.is_as_wide_as_the_screen()
    assert plain_page.all(".matrix td") == []
    assert plain_page.errors() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_cell_has_the_colour_of_its_count(plain_page, many, theme):
    on_screen(plain_page.driver, "desktop", theme)
    path, matrix = many
    plain_page.open(path=path)

    def shades():
        return np.array(
            plain_page.js(
                "const canvas = document.querySelector('.overview-grid canvas');"
                "const context = canvas.getContext('2d'), side = canvas.width / 60;"
                "return [...Array(3600).keys()].map((k) => [...context.getImageData("
                " (k % 60 + 0.5) * side, (Math.floor(k / 60) + 0.5) * side, 1, 1).data]);"
            )
        ).reshape(60, 60, 4)

    colours = plain_page.wait(lambda: [found] if (found := shades())[..., 3].all() else None)[0]
    brightness = colours[..., :3].sum(axis=2)
    empty = brightness[matrix == 0]
    assert np.ptp(empty) == 0
    counts = np.arange(1, matrix.max() + 1)
    means = np.array([brightness[matrix == n].mean() for n in counts if (matrix == n).any()])
    assert abs(means[0] - empty[0]) > 10  # one is told from none
    assert (np.diff(means) < 0).all() if theme == "light" else (np.diff(means) > 0).all()
    before = colours
    plain_page.click("#theme")
    plain_page.wait(lambda: bool((shades() != before).any()))
    plain_page.click("#theme")
    plain_page.js("localStorage.clear()")


def test_a_click_opens_a_cell_and_leaves_the_matrix_in_place(plain_page, many):
    path, matrix = many
    plain_page.open(path=path)
    canvas = plain_page.one(".overview canvas")
    i, j = np.argwhere(matrix - np.diag(np.diag(matrix)))[40].tolist()
    click_cell(plain_page, i, j)
    cards = plain_page.wait(plain_page.cards)
    assert len(cards) == matrix[i, j]
    assert cards[0]["facts"] == {"True": NAMES[i], "Predicted": NAMES[j]}
    assert plain_page.hash() == {"cell": f"{i}-{j}"}
    assert plain_page.one(".overview canvas") == canvas  # not another one
    chosen = plain_page.one(".overview-chosen")
    place = plain_page.js("const s = arguments[0].style; return [s.cssText]", chosen)[0]
    assert f"--i: {i}" in place
    assert f"--j: {j}" in place
    plain_page.press(Keys.ESCAPE)
    plain_page.wait(lambda: plain_page.hash() == {})
    assert plain_page.one(".overview-grid") == plain_page.driver.switch_to.active_element
    assert plain_page.all(".overview-chosen") == []
    assert plain_page.errors() == []


def test_the_overview_by_keyboard(plain_page, many):
    path, matrix = many
    plain_page.open(path=path)
    for _ in range(20):
        plain_page.press(Keys.TAB)
        if plain_page.js("return document.activeElement.role === 'grid'"):
            break
    grid = plain_page.driver.switch_to.active_element
    assert grid.get_attribute("aria-label") == "Confusion matrix of Classifier"

    def cell():
        active = grid.get_attribute("aria-activedescendant")
        return plain_page.driver.find_element(By.ID, active).get_attribute("textContent")

    total = matrix.sum(axis=1)
    assert cell().startswith(f"{NAMES[0]}, recognised: {matrix[0, 0]} of {total[0]} ")
    plain_page.press(Keys.ARROW_DOWN, Keys.END, Keys.ARROW_LEFT)
    words = f"{NAMES[1]} taken for {NAMES[58]}: {matrix[1, 58]} of {total[1]} "
    assert cell().startswith(words)
    assert plain_page.one(".overview-tip").text.startswith(words.strip())
    plain_page.press(Keys.ENTER)
    plain_page.wait(lambda: plain_page.hash() == {"cell": "1-58"})


def test_the_pointer_shows_names_and_count(plain_page, many):
    path, matrix = many
    plain_page.open(path=path)
    plain_page.js(
        "const grid = document.querySelector('.overview-grid');"
        "const {left, top, width} = grid.getBoundingClientRect(), side = width / 60;"
        "grid.dispatchEvent(new PointerEvent('pointermove', {pointerType: 'mouse',"
        " clientX: left + 7.5 * side, clientY: top + 3.5 * side}));"
    )
    words = f"{NAMES[3]} taken for {NAMES[7]}: {matrix[3, 7]} of {matrix[3].sum()}"
    assert plain_page.one(".overview-tip").text.startswith(words)


def test_a_finger_means_the_fullest_cell_that_is_near(plain_page, many):
    path, matrix = many
    on_screen(plain_page.driver, "phone")
    plain_page.open(path=path)
    plain_page.js(
        "const grid = document.querySelector('.overview-grid');"
        "const {left, top, width} = grid.getBoundingClientRect(), side = width / 60;"
        "grid.dispatchEvent(new PointerEvent('click', {pointerType: 'touch', bubbles: true,"
        " clientX: left + 21.5 * side, clientY: top + 20.5 * side}));"
    )
    i, j = map(int, plain_page.hash()["cell"].split("-"))
    assert matrix[i, j] == matrix[18:23, 19:24].max()


def test_names_are_cut_in_the_middle(plain_page, many):
    plain_page.open(path=many[0])
    labels = plain_page.wait(lambda: plain_page.all(".overview-rows span"))
    assert len(labels) == 60
    for k, label in enumerate(labels):
        assert label.get_attribute("title") == NAMES[k]
        start, end = label.text.split("\N{HORIZONTAL ELLIPSIS}")
        assert NAMES[k].startswith(start)
        assert NAMES[k].endswith(end)
    assert len({label.text for label in labels}) == 60


def test_the_plain_table_of_many_classes(plain_page, many):
    path, matrix = many
    plain_page.open(path=path)
    assert plain_page.js("return document.querySelectorAll('details.plain td').length") == 0
    plain_page.click("details.plain summary")
    cells = "return [...document.querySelectorAll('details.plain td')].map((td) => td.textContent)"
    values = plain_page.wait(lambda: plain_page.js(cells))
    assert list(map(int, values)) == matrix.ravel().tolist()


def test_two_classifiers_with_many_classes(plain_page, tmp_path):
    _, y, y_pred = report_of(30)
    both = ConfusionReport.from_predictions(y, {"one": y_pred, "two": y}, target_names=NAMES[:30])
    plain_page.open("view=compare", path=both.save(tmp_path / "report.html"))
    assert len(plain_page.all(".overview")) == 3
    assert plain_page.is_as_wide_as_the_screen()
    assert plain_page.errors() == []


def seconds_of_work(driver):
    metrics = driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return next(m["value"] for m in metrics if m["name"] == "TaskDuration")


def test_two_hundred_classes_open_at_once_and_so_do_their_cells(
    plain_page, tmp_path, record_property
):
    # time on the processor, whatever else the machine does meanwhile
    driver = plain_page.driver
    driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    proba = np.random.default_rng(1).dirichlet(np.full(200, 0.05), 10_000)
    report, _, _ = report_of(200, 10_000, proba=proba)
    path = report.save(tmp_path / "report.html")
    plain_page.open(path=path)
    opening = seconds_of_work(driver)  # since the page's process started
    record_property("seconds_to_open", opening)
    assert opening < 1
    click_cell(plain_page, 2, 2)  # the first unpacks the answers
    plain_page.wait(plain_page.cards)
    clicks = []
    for k in range(3, 8):
        before = seconds_of_work(driver)
        click_cell(plain_page, k, k)
        plain_page.wait(lambda k=k: plain_page.hash() == {"cell": f"{k}-{k}"})
        time.sleep(0.5)
        clicks.append(seconds_of_work(driver) - before)
    record_property("seconds_of_a_click", min(clicks))
    assert min(clicks) < 0.1
