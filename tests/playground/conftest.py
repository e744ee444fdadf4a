"""Pages in a browser that the playground's tests share."""

import numpy as np
import pytest

from skfashion import _page
from skfashion.playground import Playground
from skfashion.playground._playground import in_base64
from tests.report.browser import SECONDS, Page, on_screen, start_browser

MODULES = "playground/page"
AT_ONCE = 10  # images that one script classifies: it must end in time on a busy machine too


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    driver = start_browser(tmp_path_factory.mktemp("profile"))
    driver.set_script_timeout(SECONDS)
    yield driver
    driver.quit()


class PlaygroundPage(Page):
    """A playground in the browser."""

    def call(self, module, code, *arguments):
        """Return what code returns that may use the exports of one of the page's modules.

        A function ``bytes`` turns base64 into numbers from 0 to 255.
        """
        path = f"{MODULES}/{module}.js"
        joined = "\n".join(map(_page.function_of, _page.modules(path)))
        decode = "const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));"
        return self.js(f"{joined}\n{decode}\n{code}", *arguments)

    def classify(self, images):
        """Return probabilities and distances, as the page computes them."""
        code = (
            "return arguments[0].map((text) => {"
            "const { probabilities, distance } = $network.classify(bytes(text));"
            "return [...probabilities, distance]; });"
        )
        rows = []
        for start in range(0, len(images), AT_ONCE):
            part = [in_base64(image) for image in images[start : start + AT_ONCE]]
            rows += self.call("network", code, part)
        rows = np.array(rows, dtype=float)  # None, without a distance, is NaN
        return rows[:, :-1], rows[:, -1]

    def activation_map(self, image, code):
        script = (
            "const answer = $network.classify(bytes(arguments[0]));"
            "return [...$activation_map.activationMap(answer, arguments[1])];"
        )
        return np.array(self.call("activation_map", script, in_base64(image), code))

    def answers(self):
        """Return the classes in sight and their probabilities, the likeliest first."""
        return self.js(
            "return [...document.querySelectorAll('.class-row')].map((row) =>"
            " [row.querySelector('.class-name').textContent, Number(row.dataset.share)])"
        )

    def verdict(self):
        return self.js("return document.querySelector('.verdict').textContent")


@pytest.fixture(scope="session")
def path(tmp_path_factory):
    return Playground.from_pretrained().save(tmp_path_factory.mktemp("page") / "page.html")


@pytest.fixture
def page(driver, path):
    """The pretrained network's page; fails if anything came to the console."""
    on_screen(driver, "desktop")
    driver.get_log("browser")
    page = PlaygroundPage(driver, path).open()
    yield page
    assert page.errors() == []
