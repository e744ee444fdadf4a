"""Lists of images: filters, the selection, and what is saved of them."""

import csv

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from skfashion.report import ConfusionReport

from .browser import best, mistakes, worst_cell

pytestmark = pytest.mark.slow


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def type_into(page, label, text):
    field = page.one(f"[aria-label='{label}']")
    field.clear()
    field.send_keys(text, Keys.TAB)


LOWEST, HIGHEST = "Lowest confidence in per cent", "Highest confidence in per cent"


# Filters


def test_find_images_by_class_and_confidence(page, comparison, names):
    name = best(comparison)
    truth, predicted = comparison.y_test, comparison.predictions(name)
    confidence = np.take_along_axis(comparison.probabilities(name), predicted[:, None], 1)[:, 0]
    page.open("view=find")
    everything = page.wait(lambda: page.texts(".find-view .list-count"))
    assert everything == ["600 images, the most confident first"]
    page.choose("True", names[6])
    page.choose("Predicted", names[0])
    type_into(page, LOWEST, "40")
    type_into(page, HIGHEST, "75")
    expected = np.flatnonzero(
        (truth == 6) & (predicted == 0) & (confidence >= 0.4) & (confidence <= 0.75)
    )
    assert len(expected) > 1
    assert {card["index"] for card in page.cards()} == set(expected.tolist())
    assert page.one(".find-view .list-count").text.startswith(f"{len(expected)} of 600 images")
    kept = {"view": "find", "true": "6", "predicted": "0", "low": "40", "high": "75"}
    assert page.hash() == kept
    page.click(".find-view .clear-filters")
    assert page.hash() == {"view": "find"}
    assert page.texts(".find-view .list-count") == everything
    page.click(".segments label:has(input[value=wrong])")
    wrong = int((truth != predicted).sum())
    page.wait(
        lambda: (
            page.texts(".find-view .list-count") == [f"{wrong} images, the most confident first"]
        )
    )


def test_the_address_holds_the_filters(plain_page, comparison):
    truth = comparison.y_test
    predicted = comparison.predictions("Linear SVM")
    plain_page.open("view=find&classifier=Linear+SVM&true=6&answers=wrong&low=90")
    cards = plain_page.wait(plain_page.cards)
    # without probabilities confidence filters nothing
    assert plain_page.all(f"[aria-label='{LOWEST}']") == []
    expected = np.flatnonzero((truth == 6) & (predicted != 6)).tolist()
    assert [card["index"] for card in cards] == expected[:24]


@pytest.mark.parametrize("address", ["true=10", "predicted=x", "low=-1", "high=101", "answers=no"])
def test_a_filter_that_is_not_understood(plain_page, address):
    plain_page.open(f"view=find&{address}")
    plain_page.wait(
        lambda: (
            plain_page.texts(".find-view .list-count") == ["600 images, the most confident first"]
        )
    )


def test_a_cell_by_confidence(plain_page, comparison):
    name = best(comparison)
    i = int(np.diag(comparison.confusion_matrix(name)).argmax())
    plain_page.open(f"cell={i}-{i}")
    plain_page.wait(plain_page.cards)
    type_into(plain_page, HIGHEST, "90")
    proba = comparison.probabilities(name)
    expected = [k for k in mistakes(comparison, name, i, i) if proba[k, i] <= 0.9]
    assert expected
    assert [card["index"] for card in plain_page.cards()] == expected[:24]
    focused = plain_page.driver.switch_to.active_element
    assert plain_page.js("return arguments[0] !== document.body", focused)  # focus is not lost
    type_into(plain_page, LOWEST, "99")
    assert plain_page.cards() == []
    assert plain_page.texts(".panel .list-count")[0].startswith("0 of ")
    assert plain_page.errors() == []


def test_mistakes_and_groups_by_class(plain_page, comparison, names):
    plain_page.open("view=mistakes&true=6")
    cards = plain_page.wait(plain_page.cards)
    assert {card["facts"]["Label"] for card in cards} == {names[6]}
    plain_page.open("view=compare&true=6&group=neither")
    cards = plain_page.wait(plain_page.cards)
    assert {card["facts"]["True"] for card in cards} == {names[6]}


# Selection


def test_select_with_clicks_and_save(page, downloads, comparison, names):
    page.open("view=find&answers=wrong")
    page.wait(page.cards)
    page.click(".find-view .select-mode")
    chosen = [page.cards()[k]["index"] for k in (1, 4)]
    for index in chosen:
        page.click(f".card[data-index='{index}']")
    assert page.all("dialog") == []
    pressed = page.js(
        "return [...document.querySelectorAll('.card[aria-pressed=true]')].map("
        "(card) => Number(card.dataset.index))"
    )
    assert pressed == chosen
    assert page.one(".selection-count").text == "2 images selected"
    page.click(".selection-bar .csv")
    header, *rows = read_csv(downloads(".csv"))
    fitted = [n for n in comparison.table.index if comparison.random_states(n)]
    assert header[:2] == ["index", "true"]
    assert sorted(header[2::2]) == sorted(f"{name}: predicted" for name in fitted)
    assert [int(row[0]) for row in rows] == sorted(chosen)
    for row in rows:
        index = int(row[0])
        assert row[1] == names[comparison.y_test[index]]
        for name in fitted:
            at = header.index(f"{name}: predicted")
            assert row[at] == names[comparison.predictions(name)[index]]
            proba = comparison.probabilities(name)
            if proba is None:
                assert row[at + 1] == ""
            else:
                expected = proba[index, comparison.predictions(name)[index]]
                assert float(row[at + 1]) == pytest.approx(expected, abs=2e-5)
    page.click(".selection-bar .clear")
    assert page.all(".selection-bar") == []
    page.click(".find-view .select-mode")
    page.click(".card")
    page.one("dialog h2")  # a click opens again


def test_select_with_modifiers(plain_page):
    plain_page.open("view=find")
    plain_page.wait(plain_page.cards)
    cards = plain_page.all(".card")
    mouse = ActionChains(plain_page.driver)
    mouse.key_down(Keys.CONTROL).click(cards[2]).key_up(Keys.CONTROL).perform()
    assert plain_page.one(".selection-count").text == "1 image selected"
    mouse = ActionChains(plain_page.driver)
    mouse.key_down(Keys.SHIFT).click(cards[5]).key_up(Keys.SHIFT).perform()
    assert plain_page.one(".selection-count").text == "4 images selected"
    mouse = ActionChains(plain_page.driver)
    mouse.key_down(Keys.CONTROL).click(cards[3]).key_up(Keys.CONTROL).perform()
    assert plain_page.one(".selection-count").text == "3 images selected"
    assert plain_page.all("dialog") == []


def test_select_by_keyboard(plain_page):
    plain_page.open("view=find&true=0")
    plain_page.wait(plain_page.cards)
    plain_page.js("document.querySelector('.find-view .select-mode').focus()")
    plain_page.press(Keys.ENTER, Keys.TAB, Keys.TAB, Keys.TAB, Keys.SPACE, Keys.TAB, Keys.ENTER)
    assert plain_page.one(".selection-count").text == "2 images selected"
    assert plain_page.one("#status").get_attribute("textContent") == "2 images selected"


def test_select_all_that_are_left_and_save_them_as_a_picture(plain_page, downloads, comparison):
    plain_page.open("view=find&true=6&predicted=0")
    cards = plain_page.wait(plain_page.cards)
    n = int(plain_page.one(".list-count").text.split()[0])
    plain_page.click(".find-view .select-all")
    assert plain_page.one(".selection-count").text == f"{n} images selected"
    plain_page.click(".selection-bar .sheet")
    with Image.open(downloads(".png")) as picture:
        columns, rows = min(n, 10), -(-n // 10)
        assert picture.size == (12 + columns * 124, 12 + rows * 142)
        tile = np.asarray(picture.convert("L"))[12:124, 12:124]
    first = min(card["index"] for card in cards) if n <= 24 else None
    if first is not None:
        expected = comparison.X_test[first].reshape(28, 28).repeat(4, 0).repeat(4, 1)
        assert np.abs(tile.astype(int) - expected).mean() < 2
    assert plain_page.errors() == []


def test_a_picture_of_some_of_the_selected_images_says_so(plain_page, sample, tmp_path):
    y = sample.target[:1234]
    report = ConfusionReport.from_predictions(y, y, images=sample.images[:1234])
    path = report.save(tmp_path / "report.html")
    plain_page.open("view=find&true=0", path=path)
    plain_page.click(".find-view .select-all")
    assert plain_page.one(".selection-bar .sheet").text == "Save as PNG"
    plain_page.open("view=find", path=path)
    plain_page.click(".find-view .select-all")
    button = plain_page.one(".selection-bar .sheet")
    assert button.text == "Save the first 400 of 1,234 as PNG"
    assert plain_page.errors() == []


# Files


def test_text_in_a_file_is_not_a_formula(plain_page, downloads, tmp_path):
    names = ['=HYPERLINK("http://x")', "+1", '@a,"b"', "-x"]
    y = np.array([0, 1, 2, 3, 0])
    report = ConfusionReport.from_predictions(y, np.roll(y, 1), target_names=names)
    plain_page.open("view=find", path=report.save(tmp_path / "report.html"))
    plain_page.wait(plain_page.cards)
    plain_page.click(".find-view .csv")
    header, *rows = read_csv(downloads(".csv"))
    assert header == ["index", "true", "predicted", "confidence"]
    shown = ["'" + names[0], "+1", "'" + names[2], "'-x"]  # a number stays one
    assert [row[1] for row in rows] == [shown[code] for code in y]
    assert {row[3] for row in rows} == {""}


def test_the_list_is_saved_as_it_is_filtered(plain_page, downloads, comparison):
    name = best(comparison)
    i, j = worst_cell(comparison, name)
    plain_page.open(f"cell={i}-{j}&low=60")
    plain_page.wait(plain_page.cards)
    plain_page.click(".panel .csv")
    _, *rows = read_csv(downloads(".csv"))
    proba = comparison.probabilities(name)
    expected = [k for k in mistakes(comparison, name, i, j) if proba[k, j] >= 0.6]
    assert [int(row[0]) for row in rows] == expected
