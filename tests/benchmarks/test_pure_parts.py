"""The parts of the benchmark that compute and print, on figures that were made up for it."""

import json

import pytest
from rich.console import Console

from skfashion import neural_network
from tests.benchmarks.flops import training_flops
from tests.benchmarks.machine import command_line
from tests.benchmarks.networks import NETWORKS
from tests.benchmarks.page import all_tables, write_page
from tests.benchmarks.parts.prediction import percentiles
from tests.benchmarks.parts.side_by_side import label
from tests.benchmarks.results import failures, load_results, save_results
from tests.benchmarks.sides import VARIANTS, Variant
from tests.benchmarks.sides.images import at_most, scaled
from tests.benchmarks.sides.torch_networks import make_network
from tests.benchmarks.summary import in_turn, median, paired_ratio, shown, spread
from tests.benchmarks.table import Table
from tests.benchmarks.targets import verdicts

GIGABYTE = {"peak_bytes": 10**9, "extra_bytes": 10**8, "seconds": 2.0}
SIZE = {"seconds": [0.6], "peak_bytes": [3e8], "extra_bytes": [6e7]}
OURS, KERAS = Variant("skfashion", "float32"), Variant("Keras", "float32")

OTHER_ROWS = {
    "prediction": [
        label("CNN 2", OURS)
        | {"images": 10_000, "seconds": [0.5], **percentiles([[0.002, 0.004, 0.002]])}
    ],
    "memory": [
        {"what": "fit", "images": 60_000} | label("CNN 2", OURS) | GIGABYTE,
        {"what": "fit", "images": 60_000} | label("CNN 2", KERAS) | {"skipped": "no --keras"},
    ],
    "starting": [{"what": "import skfashion", "seconds": [0.05, 0.07]}],
    "scaling": [{"what": "60,000 images", "images": 60_000} | SIZE],
    "threads": [
        {"network": "CNN 2", "processes": 2, "threads": 1, "rates": [5000.0]},
        {"what": "threads", "network": "LeNet-5", "error": "ValueError: no"},
    ],
}


def training_row(network, variant, seconds):
    own = {"images": 6_400, "around": [0.1] * len(seconds), "accuracy": 0.8}
    return label(network, variant) | own | {"seconds": seconds}


@pytest.fixture
def results():
    circumstances = {
        "when": "2026-01-01T00:00:00+00:00",
        "command": "python -m tests.benchmarks",
        **{"repeats": 3, "threads": 2, "cpu": "A processor", "cores": 2, "bfloat16": False},
        **{"platform": "Linux", "python": "3.12", "packages": {"torch": "2"}},
    }
    rows = [
        training_row("CNN 2", OURS, [10.0, 11.0, 24.0]),
        training_row("CNN 2", KERAS, [20.0, 20.0, 40.0]),
        label("LeNet-5", OURS) | {"error": "ValueError: a | in it"},
        label("LeNet-5", KERAS) | {"skipped": "not measured: no --keras"},
        {"what": "rates", "precision": "float32", "convolution": [4e11], "matrix": [2e11]},
    ]
    parts = {"training": rows, **OTHER_ROWS}
    return {name: {"circumstances": circumstances, "rows": rows} for name, rows in parts.items()}


def test_summary():
    assert median([3, 1, 9]) == 3
    assert spread([3, 1, 9]) == 2
    assert shown([3, 1, 9], "{:.1f}") == "3.0 ± 2.0"
    assert shown([3]) == "3.00"


def test_the_ratio_is_that_of_what_ran_together():
    # the machine became slower by two: no ratio of medians
    assert paired_ratio([1, 1, 2], [2, 4, 8]) == 0.25


def test_each_member_comes_first_in_turn():
    assert list(in_turn("abc", 3)) == list("abccbaabc")


def test_percentiles_are_over_all_rounds():
    found = percentiles([[1.0] * 100, [2.0] * 101])
    assert found == {"single_calls": 201, "single_median": 2.0, "single_p99": 2.0}


def test_flops_of_the_dense_network_are_those_counted_by_hand():
    weights = [784 * 300, 300 * 100, 100 * 10]
    forward, weight_gradients, input_gradients = sum(weights), sum(weights), sum(weights[1:])
    assert training_flops("Simple dense") == 2 * (forward + weight_gradients + input_gradients)


def test_flops_of_a_convolution_are_those_counted_by_hand():
    conv = [28 * 28 * 9 * 32, 14 * 14 * 9 * 32 * 64, 7 * 7 * 9 * 64 * 128]
    weights = [*conv, 6272 * 128, 128 * 10]
    assert training_flops("CNN 2") == 2 * (2 * sum(weights) + sum(weights[1:]))


@pytest.mark.parametrize("network", NETWORKS)
def test_networks_are_the_article_s(network):
    n_parameters = sum(p.numel() for p in make_network(network).parameters())
    assert n_parameters == NETWORKS[network].n_parameters


def test_every_network_of_the_package_is_measured():
    assert len(NETWORKS) == len(neural_network.__all__)


def test_images_are_scaled_padded_and_repeated(sample):
    images = sample.images[:3]
    padded = scaled(images, "LeNet-5")
    assert padded.shape == (3, 32, 32)
    assert padded.sum() == pytest.approx(images.sum() / 255)
    assert (at_most(images, 7)[6] == images[0]).all()
    assert len(at_most(images, 2)) == 2


def test_table_as_markdown():
    table = Table("Times", ["", "a|b"], [["x", "1"]], ["A note."])
    assert table.to_markdown() == (
        "## Times\n\n|  | a\\|b |\n| :-- | --: |\n| x | 1 |\n\nA note.\n"
    )


def test_verdicts_compare_the_two_sides(results):
    found = {v.what: v for v in verdicts(results)}
    verdict = found["CNN 2, training: float32 / Keras float32"]
    assert verdict.measured == 0.55
    assert verdict.detail == "0.53 to 0.57"
    assert verdict.outcome == "met"
    assert found["CNN 1, training: float32 / Keras float32"].outcome == "not measured"
    assert found["skfashion --help: s"].outcome == "not measured"
    assert found["import skfashion: s"].measured == pytest.approx(0.06)
    assert found["CNN 2, one image: ms"].outcome == "missed"
    assert found["CNN 2, memory of a fit: MB"].measured == 1000


def test_tables_show_what_there_is_and_why_the_rest_is_not(results):
    console = Console(record=True, width=250)
    for table in all_tables(results):
        table.print_to(console)
    text = console.export_text()
    assert "11.00 ± 3.50" in text
    assert "skfashion: ValueError: a | in it (LeNet-5)" in text
    assert "Keras: not measured: no --keras (LeNet-5)" in text
    assert "20,000" in text  # predictions a second
    assert "2.00 / 3.96" in text  # median and 99th percentile of one, ms
    assert "10.0" in text  # µs an image
    assert "CNN 2: 2 x 1" in text
    assert "LeNet-5: ValueError: no." in text


def test_failures_are_not_what_was_skipped(results):
    assert failures(results) == [
        "training, LeNet-5, skfashion, float32: ValueError: a | in it",
        "threads, threads, LeNet-5: ValueError: no",
    ]
    results["memory"] = {"rows": [], "error": "KeyError: 'x'"}
    assert "memory is incomplete: KeyError: 'x'" in failures(results)


def test_page_and_plot_are_written(results, tmp_path):
    write_page(results, tmp_path)
    page = (tmp_path / "index.md").read_text(encoding="utf-8")
    assert "seconds_an_epoch.png" in page
    assert "A processor" in page
    assert "What failed" in page
    assert (tmp_path / "seconds_an_epoch.png").stat().st_size < 100_000


def test_page_without_a_training_has_no_plot(tmp_path):
    write_page({}, tmp_path)
    assert "seconds_an_epoch.png" not in (tmp_path / "index.md").read_text(encoding="utf-8")


def test_results_are_read_as_they_were_saved(results, tmp_path):
    assert load_results(tmp_path) == {}
    save_results(results, tmp_path)
    assert load_results(tmp_path) == json.loads(json.dumps(results))


def test_the_command_names_no_path():
    shown_command = command_line(["training", "--keras", "/a/python", "--out=/b", "--quick"])
    assert shown_command == "python -m tests.benchmarks training --keras PATH --out=PATH --quick"


def test_variants_are_named_as_in_the_tables():
    assert str(OURS) == "skfashion"
    assert "PyTorch, tuned, bfloat16" in map(str, VARIANTS)
