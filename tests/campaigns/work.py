"""The pieces of work that are killed, disturbed and repeated: each in a folder, with a result.

A piece of work is short, so that it can be done hundreds of times in forked processes. `result`
returns what an undisturbed run must give too, as text, and raises an exception for a file that is
neither complete nor a hidden draft.
"""

import gzip
import hashlib
import http.server
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from typer.testing import CliRunner

from skfashion import SimpleDenseClassifier
from skfashion.cli import app
from skfashion.comparison import load_comparison
from skfashion.datasets import _fashion_mnist, load_fashion_sample, write_idx
from skfashion.datasets._fashion_sample import DATA_FOLDER
from skfashion.datasets._idx import read_file
from skfashion.neural_network._engine.memory import read_state
from tests.campaigns.children import fork, kill
from tests.networks import weights

# not the same twice: times, and sizes of pickles in which strings may be shared or not
VARYING = (
    "fit_seconds",
    "predict_seconds",
    "images_per_second",
    "seconds_per_epoch",
    "model_bytes",
)
PACE = 0.02  # seconds between pieces of a file, so that a download can be hit
EPOCHS = 6


def visible(folder):
    """Return the files in a folder without hidden ones, which are drafts and locks."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [p for p in paths if not any(part[0] == "." for part in p.relative_to(folder).parts)]


def digest(content):
    return hashlib.sha256(content).hexdigest()[:16]


@dataclass(eq=False)
class Work:
    """A piece of work.

    Attributes
    ----------
    name : str
    do : callable
        Does it in a folder. It raises an exception if it fails.
    result : callable
        Returns what is in the folder afterwards, as text that is the same for equal results.
    check : callable
        Raises an exception if a file in the folder is half-written.
    kept : callable
        Returns what is done already in a folder.
    lost : callable
        Given the folder in which the work went on, and what `kept` returned before, returns a list
        of what was done again.
    inner : str
        Name of the folder in the folder to which skfashion writes.
    """

    name: str
    do: object
    result: object
    check: object
    kept: object
    lost: object
    inner: str


def stamps(paths):
    """Return {path: time of its last change} of files."""
    return {path: path.stat().st_mtime_ns for path in paths}


def rewritten(folder, kept):
    """Return the names of files that `stamps` had and that were written again, or are gone."""
    return [p.name for p, time in kept.items() if not p.exists() or p.stat().st_mtime_ns != time]


def sample():
    """Return 200 images of the sample and their labels."""
    part = load_fashion_sample(subset="train")
    return part.data[:200], part.target[:200]


# A fit with a memory

DATA = sample()


def fit(folder):
    """Train six epochs with a memory in the folder; write the weights beside it."""
    network = SimpleDenseClassifier(
        max_epochs=EPOCHS, random_state=0, memory=folder / "kept", batch_size=20
    )
    network.fit(*DATA)
    Path(folder, "taken.txt").write_text(str(network.n_epochs_from_memory_))
    history = repr([network.loss_curve_, network.train_scores_])
    Path(folder, "weights.txt").write_text(digest(weights(network).tobytes()) + history)


def fit_result(folder):
    return Path(folder, "weights.txt").read_text()


def check_fit(folder):
    for path in visible(folder / "kept") if (folder / "kept").exists() else []:
        read_state(path)


def kept_epochs(folder):
    return len(visible(folder / "kept")) if (folder / "kept").exists() else 0


def lost_epochs(folder, kept):
    """Return the epochs whose states were there, and which were trained again."""
    return list(range(int(Path(folder, "taken.txt").read_text()), kept))


# skfashion compare


def write_small_data(folder):
    """Write 120 + 40 images of the sample as IDX files."""
    for subset, prefix, n in (("train", "train", 120), ("test", "t10k", 40)):
        part = load_fashion_sample(subset=subset)
        write_idx(folder / f"{prefix}-images-idx3-ubyte", part.images[:n])
        write_idx(folder / f"{prefix}-labels-idx1-ubyte", part.target[:n].astype(np.uint8))


def compare(folder):
    """Compare two classic classifiers and a network, with curves and cross-validation."""
    data = folder.parent / "data"
    if not data.exists():
        write_small_data(data)
    only = ("dummy", "gaussian naive bayes", "simple-dense")
    options = [word for name in only for word in ("--only", name)]
    run(["compare", *options, "--cv", "2", "--data", str(data), "--out", str(folder / "run")])


def run(words):
    """Run the command in this process; an exit code other than 0 is an exception."""
    done = CliRunner().invoke(app, words)
    if done.exit_code:
        raise RuntimeError(f"exit code {done.exit_code}: {done.stderr.strip()}")


def compare_result(folder):
    comparison = load_comparison(folder / "run")
    table = comparison.table.drop(columns=[*VARYING], errors="ignore")
    read = pd.read_csv(folder / "run/table.csv", index_col="estimator")
    assert list(read.index) == comparison.names, "another table.csv"
    assert "</html>" in (folder / "run/report.html").read_text(encoding="utf-8")[-100:]
    predictions = [digest(comparison.predictions(name).tobytes()) for name in comparison.names]
    return table.to_csv() + repr(predictions) + repr(comparison.test_index)


def check_compare(folder):
    for path in visible(folder / "run") if (folder / "run").exists() else []:
        if path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix in (".npy", ".npz"):
            np.load(path, allow_pickle=False)
        elif path.suffix == ".html":
            assert "</html>" in path.read_text(encoding="utf-8")[-100:]


def kept_results(folder):
    return stamps(path for path in (folder / "run").rglob("*.json") if "seed" in path.name)


# skfashion fetch

SAMPLE_FILES = sorted(DATA_FOLDER.glob("*.gz"))


class SlowFiles(http.server.SimpleHTTPRequestHandler):
    """Sends the files of the sample in pieces, with a rest after each."""

    def __init__(self, *arguments):
        super().__init__(*arguments, directory=str(DATA_FOLDER))

    def copyfile(self, source, outputfile):
        content = source.read()
        size = len(content) // 8 + 1
        for start in range(0, len(content), size):
            outputfile.write(content[start : start + size])
            time.sleep(PACE)

    def log_message(self, *_):
        pass


class Mirror:
    """A server of the sample's files in a process of its own, taken for the publisher's."""

    def __enter__(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowFiles)
        self.pid = fork(server.serve_forever)
        self._before = {name: getattr(_fashion_mnist, name) for name in ("URLS", "SHA256")}
        self._folder = _fashion_mnist.DEBIAN_FOLDER
        _fashion_mnist.URLS = (f"http://127.0.0.1:{server.server_port}/",)
        _fashion_mnist.DEBIAN_FOLDER = Path("/nowhere")
        _fashion_mnist.SHA256 = {
            (part, kind): hashlib.sha256(
                read_file(DATA_FOLDER / _fashion_mnist.file_names(part, kind)[0])
            ).hexdigest()
            for part, kind in _fashion_mnist.SHA256
        }
        server.server_close()
        os.environ["no_proxy"] = "127.0.0.1"
        return self

    def __exit__(self, *_):
        kill(self.pid)
        for name, value in self._before.items():
            setattr(_fashion_mnist, name, value)
        _fashion_mnist.DEBIAN_FOLDER = self._folder


def fetch(folder):
    run(["fetch", "--data-home", str(folder)])


def fetch_result(folder):
    # what is decompressed: a changed time in a header of gzip changes no image
    found = [(path, path.read_bytes()) for path in visible(folder)]
    return repr(
        [(p.name, digest(gzip.decompress(b) if p.suffix == ".gz" else b)) for p, b in found]
    )


def check_fetch(folder):
    for path in visible(folder):
        intact = (DATA_FOLDER / path.name).read_bytes()
        assert path.read_bytes() == intact, f"{path.name} is half-written"


def kept_files(folder):
    return stamps(visible(folder))


FIT = Work("fits with memory", fit, fit_result, check_fit, kept_epochs, lost_epochs, "kept")
COMPARE = Work(
    "compare --out", compare, compare_result, check_compare, kept_results, rewritten, "run"
)
FETCH = Work("fetch", fetch, fetch_result, check_fetch, kept_files, rewritten, "fashion_mnist")
WORKS = [FIT, COMPARE, FETCH]


def empty(folder):
    """Remove a folder with all in it, whatever its permissions, and make it again."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
