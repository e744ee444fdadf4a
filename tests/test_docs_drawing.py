"""Drawings of the networks: those of deep ones fit a page, and show each layer."""

import importlib
import re
import xml.etree.ElementTree as ET
from collections import OrderedDict
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

pytestmark = pytest.mark.any_version

EXTENSION = Path(__file__).parents[1] / "docs" / "_extension"
WIDTH_OF_THE_PAGE = 900  # pixels
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def pages(monkeypatch):
    """The modules of the extension that read and draw networks."""
    monkeypatch.syspath_prepend(str(EXTENSION))
    names = ("networks", "drawing")
    return [importlib.import_module(f"skfashion_pages.{name}") for name in names]


def conv(n_in, n_out, size, stride=1):
    padding = size // 2
    return nn.Conv2d(n_in, n_out, size, stride=stride, padding=padding, bias=False)


class Block(nn.Module):
    """A bottleneck of three convolutions and a way around them."""

    def __init__(self, n_in, n, stride):
        super().__init__()
        self.first = nn.Sequential(conv(n_in, n, 1), nn.BatchNorm2d(n), nn.ReLU())
        self.second = nn.Sequential(conv(n, n, 3, stride), nn.BatchNorm2d(n), nn.ReLU())
        self.third = nn.Sequential(conv(n, 4 * n, 1), nn.BatchNorm2d(4 * n))
        self.shortcut = nn.Identity()
        if n_in != 4 * n:
            self.shortcut = nn.Sequential(conv(n_in, 4 * n, 1, stride), nn.BatchNorm2d(4 * n))
        self.activation = nn.ReLU()

    def forward(self, x):
        """Return the sum of both ways, activated."""
        return self.activation(self.third(self.second(self.first(x))) + self.shortcut(x))


def stage(n_in, n, n_blocks, stride):
    rest = [Block(4 * n, n, 1) for _ in range(n_blocks - 1)]
    return nn.Sequential(Block(n_in, n, stride), *rest)


def resnet50():
    """Return a residual network with the layers of ResNet-50, named as the networks here are."""
    stem = nn.Sequential(conv(1, 64, 7, 2), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2))
    sizes = [(64, 64, 3, 1), (256, 128, 4, 2), (512, 256, 6, 2), (1024, 512, 3, 2)]
    features = nn.Sequential(stem, *(stage(*size) for size in sizes))
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 10))
    return nn.Sequential(OrderedDict(features=nn.Sequential(features), head=head))


def vgg19():
    """Return a network with the layers of VGG-19 for images of 32 x 32 pixels, all in a row."""
    layers, n_in = [], 3
    for n, n_convs in [(64, 2), (128, 2), (256, 4), (512, 4), (512, 4)]:
        for _ in range(n_convs):
            layers += [nn.Conv2d(n_in, n, 3, padding=1), nn.ReLU()]
            n_in = n
        layers.append(nn.MaxPool2d(2))
    dense = [nn.Linear(512, 4096), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4096, 10)]
    return nn.Sequential(*layers, nn.Flatten(), *dense)


def drawn(pages, module, shape):
    """Return the steps of a torch module and the elements of its drawing."""
    networks, drawing = pages
    module.eval()
    with torch.no_grad():
        steps = networks.steps_of(module, lambda: module(torch.zeros(1, *shape)))
    return steps, ET.fromstring(drawing.drawing("deep", steps))


def texts(svg, kind):
    return [node.text for node in svg.iter(f"{SVG}text") if node.get("class") == kind]


DEEP = [(resnet50, (1, 224, 224), 54), (vgg19, (3, 32, 32), 18)]


@pytest.mark.parametrize(("network", "shape", "n_layers"), DEEP)
def test_deep_network_fits_the_page(network, shape, n_layers, pages):
    module = network()
    steps, svg = drawn(pages, module, shape)
    weights = [m for m in module.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(weights) == n_layers
    n_parameters = sum(p.numel() for p in module.parameters())
    assert sum(step.n_parameters for step in steps) == n_parameters
    width, height = map(float, svg.get("viewBox").split()[2:])
    assert width <= WIDTH_OF_THE_PAGE
    for box in svg.iter(f"{SVG}rect"):
        x, y, w, h = (float(box.get(key)) for key in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
    for node in svg.iter(f"{SVG}text"):
        assert 0 < float(node.get("x")) < width
        assert 0 < float(node.get("y")) < height


@pytest.mark.parametrize(("network", "shape", "n_layers"), DEEP)
def test_every_column_stands_in_a_place_of_its_own(network, shape, n_layers, pages):
    svg = drawn(pages, network(), shape)[1]
    nodes = [node for node in svg.iter(f"{SVG}text") if node.get("class") == "shape"]
    places = sorted((float(node.get("y")), float(node.get("x"))) for node in nodes)
    for (above, left), (below, right) in pairwise(places):
        assert below > above + 100 or right - left >= pages[1].COLUMN


def test_repeated_blocks_are_drawn_once(pages):
    svg = drawn(pages, resnet50(), (1, 224, 224))[1]
    # of 3, 4, 6 and 3 blocks the first is another one: it changes the shape
    assert texts(svg, "times") == ["2 times", "3 times", "5 times", "2 times"]
    shape = pages[1].shape_text
    assert texts(svg, "shape").count(shape((1024, 14, 14))) == 3
    # each block from its beginning: fewer maps, and in the end many
    for n_times, n, side in [(2, 64, 56), (3, 128, 28), (5, 256, 14), (2, 512, 7)]:
        sizes = [(n, side, side), (n, side, side), (4 * n, side, side)]
        kernels = [(1, 1), (3, 3), (1, 1)]
        block = [f"conv {shape(k)} {shape(s)}" for k, s in zip(kernels, sizes, strict=True)]
        assert f"{n_times} times ({', '.join(block)})" in svg.get("aria-label")
    svg = drawn(pages, vgg19(), (3, 32, 32))[1]
    assert texts(svg, "times") == ["3 times", "3 times", "4 times"]


def test_steps_are_the_same_however_they_are_nested(pages):
    flat = vgg19()
    nested = nn.Sequential()
    nested.add_module("features", nn.Sequential(flat[:20], nn.Sequential(*flat[20:37])))
    nested.add_module("head", nn.Sequential(*flat[37:]))
    assert drawn(pages, flat, (3, 32, 32))[0] == drawn(pages, nested, (3, 32, 32))[0]


def test_a_layer_that_is_called_twice_has_its_parameters_counted_once(pages):
    layer = nn.Linear(5, 5)
    steps = pages[0].steps_of(layer, lambda: layer(layer(torch.zeros(1, 5))))
    assert [step.n_parameters for step in steps] == [0, 30, 0]


def test_columns_folded_and_unfolded_are_the_steps(pages):
    drawing = pages[1]
    steps, _ = drawn(pages, resnet50(), (1, 224, 224))
    groups = drawing.folded(drawing.columns_of(steps))
    unfolded = [step for g in groups for _ in range(g.times) for c in g.columns for step in c]
    assert unfolded == steps
    rows = drawing.rows_of(groups)
    assert [group for row in rows for group in row] == groups
    assert max(sum(len(g.columns) for g in row) for row in rows) <= drawing.PER_ROW


def test_long_words_are_narrowed_to_their_column(pages):
    line = pages[1].text("layer", 49, 10, "AVeryLongNameOfALayer")
    assert re.search(r'textLength="94"', line)
    assert "textLength" not in pages[1].text("layer", 49, 10, "conv 3")
