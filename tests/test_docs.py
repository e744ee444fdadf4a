"""What is generated for the documentation is complete, and agrees with the package."""

import importlib
import re
from inspect import ismodule
from pathlib import Path

import pytest
from typer.main import get_command

import skfashion
from skfashion import neural_network
from skfashion.cli import app

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
    assert all(f">{step.n_parameters:,}<" in svg for step in steps if step.n_parameters)
    assert all(f">{drawing.shape_text(step.shape)}<" in svg for step in steps)


def test_drawing_of_the_lenet_of_1998_has_the_counts_of_the_paper(page_maker):
    networks = page_maker("networks")
    steps = networks.steps_of_fitted(networks.fitted(*networks.VARIANTS["LeNet5Classifier-1998"]))
    counts = [step.n_parameters for step in steps if step.n_parameters]
    assert counts == [156, 12, 1516, 32, 48120, 10164]


class NeedsAModule:
    """Is what its module is."""

    def __init__(self, module, *, lr=0.1, **module_settings):
        """Would store them."""


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
