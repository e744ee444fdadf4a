"""What computes and prints is tested on made-up figures; every part runs once, on few images."""

import os
import re
import sys

import pytest

from skfashion import neural_network
from tests.benchmarks.__main__ import prepare_images, read_settings
from tests.benchmarks.networks import ARTICLE, at_most, package_networks, scaled
from tests.benchmarks.page import CHARTS, load_results, table, write
from tests.benchmarks.parts import PARTS, SIDES, in_turn, ratios, summarize
from tests.benchmarks.torch_sides import make_module
from tests.benchmarks.worker import Worker

pytestmark = pytest.mark.any_version


class Stub:
    """A side that answers without training."""

    def __init__(self, data):
        self.data = data

    def double(self, number):
        print("a library prints")
        return 2 * number, os.environ.get("OMP_NUM_THREADS")

    def die(self):
        print("last words", file=sys.stderr, flush=True)
        os._exit(3)


def test_turns_and_summary():
    assert list(in_turn("abc", 3)) == list("abccbaabc")
    assert summarize([1, 2, 3, 4, 5]) == {"median": 3.0, "q1": 2.0, "q3": 4.0}


def test_ratios_are_those_of_runs_that_took_turns():
    # the machine became half as fast, so the ratio of the medians is another one
    found = ratios({"skfashion": [1, 1, 2], "Keras": [2, 4, 8]}, "Keras")
    assert found["skfashion / it"]["median"] == 0.25
    assert list(found) == ["skfashion / it"]


@pytest.mark.parametrize("network", ARTICLE)
def test_networks_are_the_article_s(network):
    n_parameters = sum(p.numel() for p in make_module(network).parameters())
    assert n_parameters == ARTICLE[network].n_parameters


def test_a_new_network_is_found_by_its_public_name(monkeypatch):
    public_names = [*neural_network.__all__, "SixthClassifier"]
    monkeypatch.setattr(neural_network, "__all__", public_names)
    assert package_networks()[-1] == "Sixth"
    assert "Image" not in package_networks()  # it needs a module


def test_images_are_scaled_padded_and_repeated(sample):
    images = sample.images[:3]
    padded = scaled(images, "LeNet5")
    assert padded.shape == (3, 32, 32)
    assert padded.sum() == pytest.approx(images.sum() / 255)
    assert (at_most(images, 7)[6] == images[0]).all()
    assert len(at_most(images, 2)) == 2


def test_page_and_results_are_written(tmp_path):
    row = {"network": "CNN2", "side": "skfashion", "p90 / median": 1.25}
    keras = row | {"side": "Keras", "skfashion / it": {"median": 0.5, "q1": 0.25, "q3": 0.75}}
    results = load_results(tmp_path)
    part = {"how": "A command.", "machine": "A processor."}
    part |= {"errors": ["CNN1, skorch: ended"], "rows": [row, keras]}
    results["parts"]["training"] = part
    write(results, tmp_path)
    assert load_results(tmp_path) == results
    lines = (tmp_path / "index.md").read_text(encoding="utf-8").splitlines()
    assert "| CNN2 | Keras | 1.25 | 0.5 (0.25 to 0.75), met: 0.8 |" in lines
    assert "| CNN2 | skfashion | 1.25, **missed**: 1.15 |  |" in lines
    assert {"A command. A processor.", "- It failed: CNN1, skorch: ended"} <= set(lines)


def test_page_has_a_chart_of_the_training_and_of_the_front(tmp_path):
    seconds = {"median": 2.5, "q1": 2.25, "q3": 3.0}
    row = {"network": "CNN2", "side": "skfashion", "seconds": seconds}
    results = load_results(tmp_path)
    common = {"how": "A command.", "machine": "A processor.", "errors": []}
    results["parts"]["training"] = {**common, "rows": [row]}
    front = [
        {"Pipeline": "One", "seconds": seconds, "accuracy": 93.5, "sd": 0.25},
        {"Pipeline": "Other", "seconds": seconds, "accuracy": 94.5, "sd": ""},
        {"Pipeline": "Fast ResNet S", "seconds": seconds},  # not trained as a whole
    ]
    results["parts"]["front"] = {**common, "rows": front}
    write(results, tmp_path)
    page = (tmp_path / "index.md").read_text(encoding="utf-8")
    images = re.findall(r"^## (\w+)\n\n!\[[^]]+\]\((.*)\)", page, re.MULTILINE)
    assert images == [("Training", CHARTS["training"]), ("Front", CHARTS["front"])]
    svg, other = ((tmp_path / chart).read_text(encoding="utf-8") for chart in CHARTS.values())
    assert all(f">{words}<" in svg for words in ("CNN2", "skfashion", "2.5"))
    assert all(f">{words}<" in other for words in ("One", "Other"))
    assert ">Fast ResNet S<" not in other
    write(results, tmp_path)
    assert (tmp_path / CHARTS["training"]).read_text(encoding="utf-8") == svg
    assert (tmp_path / CHARTS["front"]).read_text(encoding="utf-8") == other


@pytest.mark.slow
def test_a_worker_answers_until_it_dies(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with Worker("test_benchmarks:Stub", tmp_path) as worker:
        assert worker.call("double", number=3) == [6, None]  # our threads are not inherited
        assert worker.call("die") is None
        assert worker.error == "ended with code 3: a library prints last words"
        assert worker.call("double", number=4) is None


@pytest.mark.slow
def test_a_side_that_fails_does_not_stop_the_others(tmp_path, monkeypatch):
    monkeypatch.setitem(SIDES, "PyTorch, plain", "test_benchmarks:Stub")
    settings = read_settings(["--side=PyTorch, plain", "--side=skorch", "--quick", "--threads=1"])
    settings.data, settings.networks, settings.errors = tmp_path, ["SimpleDense"], []
    prepare_images(tmp_path)
    assert [row["side"] for row in PARTS["training"](settings)] == ["skorch"]
    assert "PyTorch, plain: AttributeError" in settings.errors[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", PARTS)
def test_a_part_measures(name, tmp_path):
    """Training with every side, which asks for all that a side defines; the others with one."""
    sides = [] if name == "training" else ["--side=skfashion"]
    settings = read_settings([name, *sides, "--network=SimpleDense", "--quick", "--threads=1"])
    settings.data, settings.errors = tmp_path, []
    prepare_images(tmp_path)
    assert table(name, list(PARTS[name](settings)))
    assert not settings.errors
