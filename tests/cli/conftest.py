"""What the tests of the command line share."""

import subprocess
import sys
import time

import numpy as np
import pytest
from sklearn.pipeline import Pipeline
from typer.testing import CliRunner

from skfashion.baselines import classic_baselines
from skfashion.cli import app
from skfashion.datasets import load_fashion_sample, write_idx


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run the command in an empty folder, on a terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def invoke(*arguments):
        return CliRunner().invoke(app, list(map(str, arguments)))

    return invoke


@pytest.fixture(scope="module")
def small_data(tmp_path_factory):
    """A folder with 300 + 100 images of the sample, as IDX files."""
    folder = tmp_path_factory.mktemp("small")
    for subset, prefix, n in (("train", "train", 300), ("test", "t10k", 100)):
        part = load_fashion_sample(subset=subset)
        write_idx(folder / f"{prefix}-images-idx3-ubyte", part.images[:n])
        write_idx(folder / f"{prefix}-labels-idx1-ubyte", part.target[:n].astype(np.uint8))
    return folder


@pytest.fixture
def with_a_failure(monkeypatch):
    """Let one of the baselines fail."""
    pipelines = classic_baselines(random_state=0)
    pipelines["k-NN"] = Pipeline(pipelines["k-NN"].steps).set_params(classifier__n_neighbors=-1)
    monkeypatch.setattr("skfashion.baselines.classic_baselines", lambda random_state: pipelines)


@pytest.fixture
def command():
    """Return a function that runs the command in a process of its own."""

    def run_process(*arguments, **options):
        options = {"capture_output": True, "text": True, **options}
        return subprocess.run([sys.executable, "-m", "skfashion", *arguments], **options)

    return run_process


@pytest.fixture
def kill(tmp_path):
    """Return a function that kills the command when its memory holds some epochs."""

    def run_and_kill(*arguments, folder, n_epochs):
        """Return how many epochs it holds then."""
        words = [sys.executable, "-m", "skfashion", *map(str, arguments)]
        process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 120
            while len(list(folder.rglob("epoch-*.npz"))) < n_epochs:
                assert process.poll() is None, "it was over before it could be killed"
                assert time.monotonic() < deadline
                time.sleep(0.01)
        finally:
            process.kill()
            process.wait()
        return len(list(folder.rglob("epoch-*.npz")))

    return run_and_kill
