"""A report in a real browser, and what one does with it.

Selenium drives Debian's Chromium. Without a browser, the tests that need one fail and say what to
install: they are marked as slow, so that nobody runs them by accident.
"""

import shutil

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

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
SCREENS = {"desktop": (1280, 900), "phone": (390, 844), "small phone": (360, 740)}
VIEWS = [
    "matrix",
    "compare",
    "classifiers",
    "classes",
    "calibration",
    "curves",
    "mistakes",
    "images",
    "find",
]


def find_program(*names):
    found = next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.fail(
            f"There is no {names[0]}: the tests of the report need Chromium and its driver "
            f"(Debian and Ubuntu: apt install chromium chromium-driver).",
            pytrace=False,
        )
    return found


def start_browser(profile):
    """Return the driver of a browser whose profile is in the folder `profile`."""
    options = webdriver.ChromeOptions()
    options.binary_location = find_program("chromium", "chromium-browser", "google-chrome")
    for flag in [*FLAGS, f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options, Service(find_program("chromedriver")))


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

    def is_in_view(self, element):
        """Return whether an element is on the screen, and not behind the links at its top."""
        return self.js(
            "const {top, bottom} = arguments[0].getBoundingClientRect();"
            "return top >= document.getElementById('views').getBoundingClientRect().bottom"
            " && bottom <= innerHeight;",
            element,
        )

    def errors(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]


def on_screen(driver, screen, theme="light"):
    width, height = SCREENS[screen]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1}
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {**metrics, "mobile": "phone" in screen}
    )
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": theme}]},
    )


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
