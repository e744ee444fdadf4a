"""Generated parts of the documentation are complete and agree with the package; links work."""

import importlib
import io
import re
from inspect import ismodule
from pathlib import Path

import pytest
from typer.main import get_command

import skfashion
from skfashion import neural_network
from skfashion.cli import app

pytestmark = pytest.mark.any_version

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture
def page_maker(monkeypatch):
    """Return a function that imports a module of the Sphinx extension."""
    monkeypatch.syspath_prepend(str(DOCS / "_extension"))
    return lambda name: importlib.import_module(f"skfashion_pages.{name}")


def test_api_lists_every_public_name(page_maker):
    page = page_maker("api").page()
    modules = page_maker("api").public_modules()
    assert {"skfashion.datasets", "skfashion.neural_network"} <= set(modules)
    public = {name for module in modules.values() for name in module.__all__}
    submodules = {name for name in skfashion.__all__ if ismodule(getattr(skfashion, name))}
    assert public >= set(skfashion.__all__) - submodules - {"__version__"}
    assert public <= set(re.findall(r"\w+", page))


def test_command_line_has_every_command(page_maker):
    part = page_maker("command_line").part()
    assert set(re.findall(r"^### skfashion (\w+)", part, re.MULTILINE)) == set(
        get_command(app).commands
    )
    assert "--max-epochs" in part


@pytest.mark.parametrize("name", neural_network.__all__)
def test_drawing_shows_the_network(name, page_maker):
    networks, drawing = page_maker("networks"), page_maker("drawing")
    if networks.needs_arguments(getattr(neural_network, name)):
        assert name not in networks.drawn()
        return
    network = networks.fitted(name, {})
    steps = networks.steps_of_fitted(network)
    assert steps[0].shape[1:] in [(28, 28), (32, 32)]
    assert steps[-1].shape == (10,)
    assert sum(step.n_parameters for step in steps) == network.n_parameters_
    svg = drawing.drawing(name, steps)
    columns = [sum(step.n_parameters for step in column) for column in drawing.columns_of(steps)]
    assert all(f">{n_parameters:,}<" in svg for n_parameters in columns if n_parameters)
    assert all(f">{drawing.shape_text(step.shape)}<" in svg for step in steps)


def test_drawing_of_the_lenet_of_1998_has_the_counts_of_the_paper(page_maker):
    networks = page_maker("networks")
    steps = networks.steps_of_fitted(networks.fitted(*networks.VARIANTS["LeNet5Classifier-1998"]))
    counts = [step.n_parameters for step in steps if step.n_parameters]
    assert counts == [156, 12, 1516, 32, 48120, 10164]


class NeedsAModule:
    """Requires an argument, like ``ImageClassifier``."""

    def __init__(self, module, *, lr=0.1, **module_settings):
        """Do nothing: the class is never instantiated."""


class SixthClassifier(neural_network.SimpleDenseClassifier):
    """A sixth network.

    It has a summary of more than one paragraph.
    """


def test_a_new_network_has_a_section_without_an_edit(page_maker, monkeypatch):
    networks = page_maker("networks")
    names = [*neural_network.__all__, "SixthClassifier", "NeedsAModule"]
    monkeypatch.setattr(neural_network, "SixthClassifier", SixthClassifier, raising=False)
    monkeypatch.setattr(neural_network, "NeedsAModule", NeedsAModule, raising=False)
    monkeypatch.setattr(neural_network, "__all__", names)
    drawn = networks.drawn()
    assert "NeedsAModule" not in drawn
    assert {"SixthClassifier", "SimpleDenseClassifier", *networks.VARIANTS} <= set(drawn)
    few = {name: drawn[name] for name in ("SimpleDenseClassifier", "SixthClassifier")}
    monkeypatch.setattr(networks, "drawn", lambda: few)
    parts = networks.parts((DOCS / "networks.md").read_text(encoding="utf-8"))
    assert set(parts) == {"SimpleDenseClassifier.md", "SixthClassifier.md", "others.md"}
    assert re.findall("^## (.*)$", parts["others.md"], re.MULTILINE) == ["Sixth"]
    assert "A sixth network.\n" in parts["others.md"]
    assert parts["SixthClassifier.md"] in parts["others.md"]


def test_the_page_includes_every_variant_and_the_other_networks(page_maker):
    networks = page_maker("networks")
    shown = networks.INCLUDED.findall((DOCS / "networks.md").read_text(encoding="utf-8"))
    assert {*networks.VARIANTS, "others"} <= set(shown)
    assert set(shown) <= {*networks.drawn(), "others"}


def test_broken_links_are_found(page_maker, tmp_path):
    links = page_maker("links")
    (tmp_path / "generated").mkdir()
    (tmp_path / "generated" / "api.html").write_text('<p id="module-x">x</p>', encoding="utf-8")
    (tmp_path / "picture.png").touch()
    targets = ["generated/api.html#module-x", "picture.png?v=1", "#here", "#", "https://a.b/c#d"]
    wrong = ["#there", "generated/api.html#module-y", "no.html", "no.png"]
    page = tmp_path / "index.html"
    anchors = "".join(f'<a href="{target}">x</a>' for target in targets + wrong[:3])
    text = f'<h1 id="here">x</h1>{anchors}<img src="{wrong[3]}">'
    page.write_text(text, encoding="utf-8")
    assert links.broken_links([page]) == [(page.resolve(), target) for target in sorted(wrong)]


def test_examples_without_a_picture_and_files_left_behind_are_found(page_maker, tmp_path):
    examples, images = tmp_path / "examples", tmp_path / "gallery" / "images"
    for path in (examples, images):
        path.mkdir(parents=True)
    for name in ("plot_one.py", "plot_two.py", "measure.py", "GALLERY_HEADER.rst", "boot.png"):
        (examples / name).touch()
    (images / "sphx_glr_plot_one_001.png").touch()
    assert page_maker("examples").problems(examples, images.parent) == [
        "plot_two.py makes no picture",
        "an example leaves boot.png behind",
    ]


def test_modules_of_the_api_have_an_anchor_that_is_kept(page_maker):
    # the anchor belongs to what follows the directive; a table, as of autosummary, would lose it
    page = page_maker("api").page()
    directives = re.findall(r"^\.\. py:module:: .*\n\n(.)", page, re.MULTILINE)
    assert len(directives) == len(page_maker("api").public_modules())
    assert all(first.isalpha() for first in directives)


def test_inventories_are_downloaded_once(page_maker, monkeypatch, tmp_path):
    inventories = page_maker("inventories")
    content = inventories.BEGINNING + b" and the rest"
    asked = []

    def open_url(address, timeout):
        asked.append(address)
        return io.BytesIO(content if "scikit-learn" in address else b"<html>log in first</html>")

    monkeypatch.setattr(inventories, "urlopen", open_url)
    found = inventories.mapping(tmp_path / "inventories")
    path = tmp_path / "inventories" / "sklearn.inv"
    assert found == {"sklearn": (inventories.PROJECTS["sklearn"], str(path))}
    assert path.read_bytes() == content
    assert len(asked) == len(inventories.PROJECTS)
    assert inventories.mapping(tmp_path / "inventories") == found
    assert sum("scikit-learn" in address for address in asked) == 1


@pytest.mark.parametrize("error", [OSError("no network"), TimeoutError()])
def test_without_a_network_there_are_no_inventories(error, page_maker, monkeypatch, tmp_path):
    inventories = page_maker("inventories")

    def open_url(address, timeout):
        raise error

    monkeypatch.setattr(inventories, "urlopen", open_url)
    assert inventories.mapping(tmp_path / "inventories") == {}
    assert not (tmp_path / "inventories").exists()


ARTICLE = '"Classifying the Fashion-MNIST dataset"'


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_article_is_cited_once(page):
    text = (DOCS.parent / page).read_text(encoding="utf-8")
    assert text.count(ARTICLE) == 1
    assert "gives no author, site, year or address" in " ".join(text.split())


def test_landing_page_shows_and_opens_the_report():
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    assert "```{image} _static/report.png" in text
    assert ":target: report.html" in text
    assert "```{button-link} report.html" in text
    assert "Open the report" in text
