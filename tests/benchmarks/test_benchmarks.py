"""The parts that compute and print, on made-up figures; all parts once, on few images."""

import json
import os
import sys

import pytest

from skfashion import neural_network
from tests.benchmarks import parts
from tests.benchmarks.__main__ import prepare_images, read_settings
from tests.benchmarks.networks import ARTICLE, at_most, package_networks, scaled
from tests.benchmarks.page import all_tables, load_results, save_results, write_page
from tests.benchmarks.parts import (
    AGAINST,
    PARTS,
    in_turn,
    ratio_rows,
    steadiness,
    summarize,
)
from tests.benchmarks.torch_sides import make_module
from tests.benchmarks.worker import SideError, Worker

ONE, TWO = "skfashion", "Keras"


class Stub:
    """A side that only talks."""

    def __init__(self, data):
        self.data = data

    def double(self, number):
        print("a library prints")
        return 2 * number

    def threads(self):
        return os.environ.get("OMP_NUM_THREADS")

    def fail(self):
        raise ValueError("no such network")

    def die(self):
        print("last words", file=sys.stderr, flush=True)
        os._exit(3)


@pytest.fixture
def results():
    """Return made-up results of two parts."""
    seconds = {ONE: [10.0, 11.0, 24.0], TWO: [20.0, 20.0, 40.0]}
    rows = [
        {
            "network": "CNN 2",
            "variant": variant,
            "seconds": summarize(values),
            "steadiness": steadiness(values),
        }
        for variant, values in seconds.items()
    ]
    rows += ratio_rows("CNN 2", seconds)
    sharing = {"variant": "LeNet-5, skfashion", "side": ONE, "way": "two at once"}
    ratio = {"seconds": summarize([[3.0, 5.0]]), "ratio": summarize([[2.0, 4.0]])}
    return {
        "training": {"circumstances": "A processor.", "rows": rows},
        "sharing": {"circumstances": "A processor.", "rows": [sharing | ratio], "error": "ended"},
    }


def test_each_member_comes_first_in_turn():
    assert list(in_turn("abc", 3)) == list("abccbaabc")


def test_summary():
    assert summarize([1, 2, 3, 4, 5]) == {"n": 5, "median": 3.0, "q1": 2.0, "q3": 4.0}
    assert steadiness([1, 2, 3, 4, 5]) == 1.533


def test_the_ratio_is_that_of_what_ran_together():
    # the machine became slower by two: no ratio of medians
    (row,) = ratio_rows("CNN 2", {ONE: [1, 1, 2], TWO: [2, 4, 8]})
    assert row["variant"] == "skfashion / Keras"
    assert row["ratio"]["median"] == 0.25


def test_another_version_is_a_side_of_its_own():
    (row,) = ratio_rows("CNN 2", {ONE: [1, 2], AGAINST: [2, 4]})
    assert row["variant"] == f"skfashion / {AGAINST}"


@pytest.mark.parametrize("network", ARTICLE)
def test_networks_are_the_article_s(network):
    n_parameters = sum(p.numel() for p in make_module(network).parameters())
    assert n_parameters == ARTICLE[network].n_parameters


def test_a_new_network_is_found_by_its_public_name(monkeypatch):
    assert set(ARTICLE) <= set(package_networks())
    public_names = [*neural_network.__all__, "SixthClassifier"]
    monkeypatch.setattr(neural_network, "__all__", public_names)
    assert package_networks()["Sixth"] == "SixthClassifier"
    assert "Image" not in package_networks()  # it needs a module


def test_images_are_scaled_padded_and_repeated(sample):
    images = sample.images[:3]
    padded = scaled(images, "LeNet-5")
    assert padded.shape == (3, 32, 32)
    assert padded.sum() == pytest.approx(images.sum() / 255)
    assert (at_most(images, 7)[6] == images[0]).all()
    assert len(at_most(images, 2)) == 2


def test_tables_and_targets(results):
    text = "\n".join(all_tables(results))
    assert "| CNN 2, skfashion, steadiness | 1.95 | 1.15 | missed |" in text
    assert "| CNN 2, skfashion / Keras, training | 0.55 | 0.8 | met |" in text
    assert "| LeNet-5, skfashion, two / one alone | 3 | 2.5 | missed |" in text
    assert "| Keras | 20.00 (20.00 to 30.00) |" in text


def test_page_and_results_are_written(results, tmp_path):
    assert load_results(tmp_path) == {}
    save_results(results, tmp_path)
    assert load_results(tmp_path) == json.loads(json.dumps(results))
    write_page(results, tmp_path)
    page = (tmp_path / "index.md").read_text(encoding="utf-8")
    assert "- training: A processor." in page
    assert "- sharing: A processor. It failed: ended." in page


def test_a_worker_answers_until_it_dies(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with Worker("test_benchmarks:Stub", tmp_path) as worker:
        assert worker.call("double", number=3) == 6
        assert worker.call("threads") is None  # ours are not inherited
        with pytest.raises(SideError, match="ValueError: no such network"):
            worker.call("fail")
        assert worker.call("double", number=4) == 8  # an error is not the end
        with pytest.raises(SideError, match=r"code 3.*last words"):
            worker.call("die")
        with pytest.raises(SideError, match="code 3"):
            worker.call("double", number=4)


@pytest.mark.slow
@pytest.mark.parametrize("name", PARTS)
def test_a_part_measures_and_shows_it(name, tmp_path, monkeypatch):
    prepare_images(tmp_path)
    monkeypatch.setattr(parts, "SHARING_SECONDS", 0.1)
    arguments = "--network=Simple dense", "--repeats=1", "--images=640", "--threads=1"
    settings = read_settings([name, *arguments])
    settings.data = tmp_path
    rows = list(PARTS[name](settings))
    assert all_tables({name: {"rows": rows}})
