"""The gallery scripts run, and each makes a picture."""

import runpy
from pathlib import Path

import matplotlib
import pytest

from tests.torchvision_on_cpu import import_torchvision

EXAMPLES = sorted(Path(__file__).parents[1].glob("examples/plot_*.py"))


def test_examples_are_found():
    assert {"plot_comparison.py", "plot_lenet5_pipeline.py"} <= {path.name for path in EXAMPLES}


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_and_makes_a_picture(path, tmp_path, monkeypatch):
    matplotlib.use("agg")
    from matplotlib import pyplot

    import_torchvision()  # an example uses timm, which imports it
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")
    assert pyplot.get_fignums()
    pyplot.close("all")
    assert not list(tmp_path.iterdir())  # nothing left behind
