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
    """Return a function that imports a module of docs/_pages."""
    monkeypatch.syspath_prepend(str(DOCS / "_pages"))
    return importlib.import_module


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
    networks = page_maker("networks")
    network = networks.fitted(name, {})
    steps = networks.steps_of(network)
    assert steps[0].shape[1:] in [(28, 28), (32, 32)]
    assert steps[-1].shape == (10,)
    assert sum(step.n_parameters for step in steps) == network.n_parameters_
    drawing = networks.drawing(name, steps)
    assert all(f"{step.n_parameters:,}<" in drawing for step in steps if step.n_parameters)
    assert all(networks.shape_text(step.shape) in drawing for step in steps)


def test_drawing_of_the_lenet_of_1998_has_the_counts_of_the_paper(page_maker):
    networks = page_maker("networks")
    steps = networks.steps_of(networks.fitted(*networks.VARIANTS["LeNet5Classifier-1998"]))
    counts = [step.n_parameters for step in steps if step.n_parameters]
    assert counts == [156, 12, 1516, 32, 48120, 10164]


def test_every_network_and_variant_is_on_the_page(page_maker):
    page = (DOCS / "networks.md").read_text(encoding="utf-8")
    shown = re.findall(r"generated/parts/networks/(.*)\.md", page)
    assert sorted(shown) == sorted([*neural_network.__all__, *page_maker("networks").VARIANTS])
