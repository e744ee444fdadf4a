"""Fuzzing of calls: parameters, data and the arguments of the command.

A call either raises a documented error or gives a right answer: probabilities that are finite, of
the right shape and sum to one, labels among the classes, images of the right shape.
"""

import inspect
import os
import re
import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from typer.testing import CliRunner

from skfashion import SimpleDenseClassifier, preprocessing
from skfashion._images import shape_of
from skfashion.cli import app
from skfashion.datasets import _fashion_mnist, load_fashion_sample, write_idx
from skfashion.memory import TrainingMemory
from skfashion.neural_network._parameters import SHARED
from tests.campaigns.fuzz import Target
from tests.networks import NETWORKS, SmallModule, make_network, weights

# Parameters

ENDLESS = 10**30
ODD = [
    *(
        None,
        True,
        False,
        -1,
        0,
        1,
        2,
        ENDLESS,
        0.5,
        -0.5,
        1e-320,
        1e308,
        float("nan"),
        float("inf"),
    ),
    *(
        "",
        "é",
        "cpu",
        "auto",
        "sgd",
        b"bytes",
        [],
        (),
        {},
        [0],
        (0, 0),
        (8, 8),
        {0: 1.0},
        {"a": -1},
    ),
    *(
        np.float32(0.5),
        np.int8(1),
        np.array([1, 2]),
        np.array(1),
        object,
        print,
        sys,
        NotImplemented,
    ),
    *(
        np.nan,
        np.inf,
        range(3),
        {1, 2},
        1j,
        "flip+flip",
        "cuda:9",
        "meta",
        np.random.default_rng(0),
    ),
]
GOOD = {
    "lr": [1e-3, 1],
    "max_epochs": [1, 2],
    "batch_size": [1, 5, 10**9],
    "optimizer": ["sgd", "adam", "adamw", "nadam", "muon"],
    "momentum": [0.9],
    "weight_decay": [0.1],
    "lr_schedule": ["linear", "cosine", "one_cycle"],
    "warmup": [0.1],
    "label_smoothing": [0.1],
    "initializer": ["glorot_uniform", "he_normal", "lecun_1998"],
    "augmentation": ["flip", "shift+erase", "alternating_flip"],
    "averaging": ["ema", "lookahead"],
    "progressive_resizing": [0.5],
    "data_pruning": [0.5],
    "test_time_augmentation": ["flip", "flip+shift"],
    "validation_fraction": [0.3],
    "class_weight": ["balanced", {1: 3.0}],
    "image_shape": [(8, 8), (4, 16), (4, 4, 4)],
    "random_state": [3, np.random.RandomState(0)],
    "memory": ["kept", Path("kept"), TrainingMemory("kept", 1000)],
    "module": [SmallModule],
}


def values_of(name):
    """Return the values to try for a parameter."""
    # a valid number of epochs must not be one to wait for
    odd = [value for value in ODD if name != "max_epochs" or value is not ENDLESS]
    return st.one_of(st.sampled_from(GOOD.get(name, [1, (4,)])), st.sampled_from(odd))


TRANSFORMERS = [getattr(preprocessing, name) for name in preprocessing.__all__ if name[0].isupper()]


@cache
def parameters_of(cls):
    return sorted(inspect.signature(cls).parameters)


def parameters(cls):
    """Return a strategy of a few parameters of a class, mostly as they should be."""
    names = st.lists(st.sampled_from(parameters_of(cls)), max_size=4, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({n: values_of(n) for n in chosen}))


CALLS = st.sampled_from([*NETWORKS, *TRANSFORMERS]).flatmap(
    lambda cls: st.tuples(st.just(cls), parameters(cls))
)
# the others are too slow to be trained thousands of times
TRAINED = [cls for cls in NETWORKS if cls.__name__ in ("SimpleDenseClassifier", "ImageClassifier")]
FITS = st.sampled_from(TRAINED).flatmap(lambda cls: st.tuples(st.just(cls), parameters(cls)))


def made(cls, given):
    return make_network(cls, **given) if cls in NETWORKS else cls(**given)


def check_parameters(case):
    """Parameters are stored as they are; whether they are valid is said at once, or never."""
    cls, given = case
    estimator = made(cls, given)
    stored = estimator.get_params(deep=False)
    assert all(stored[name] is value for name, value in given.items()), "not stored as given"
    repr(estimator)
    clone(estimator)
    estimator._validate_params()
    estimator.set_params(**given)


@cache
def small_images():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (24, 64), dtype=np.uint8), np.arange(24) % 3


def assert_answers(classifier, X, n):
    """Fail unless what a fitted classifier answers has the right form."""
    probabilities = classifier.predict_proba(X)
    assert probabilities.shape == (n, len(classifier.classes_)), "shape of probabilities"
    assert np.isfinite(probabilities).all(), "probabilities are not finite"
    assert (probabilities >= 0).all(), "negative probabilities"
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5, err_msg="sums")
    labels = classifier.predict(X)
    assert labels.shape == (n,), "shape of labels"
    assert np.isin(labels, classifier.classes_).all(), "labels that are not among the classes"


def check_fit(case):
    cls, given = case
    X, y = small_images()
    classifier = make_network(cls, **{"max_epochs": 1, **given})
    before = classifier.get_params(deep=False)
    classifier.fit(X, y)
    after = classifier.get_params(deep=False)
    assert all(after[name] is before[name] for name in before), "fit changed a parameter"
    assert np.isfinite(weights(classifier)).all(), "weights are not finite"
    assert 1 <= classifier.n_iter_ <= classifier.max_epochs, "number of epochs"
    assert_answers(classifier, X, len(X))


# Data

DTYPES = ["uint8", "int64", "float32", "float64", "bool", "float16", "complex64", "U3", "object"]
DTYPES += ["M8[s]", "int8", "uint16", ">f8"]
FORMS = ["array", "list", "DataFrame", "csr", "Fortran", "view", "None", "scalar", "text", "ragged"]
FORMS += ["masked", "memmap", "generator", "read-only"]
SPOILS = [None, None, None, "nan", "inf", "huge", "negative", "constant", "tiny", "none"]
SHAPES = st.one_of(
    st.sampled_from([(12, 64), (12, 64), (12, 8, 8), (12, 8, 8, 3), (6, 64), (1, 64), (0, 64)]),
    st.lists(st.integers(0, 12), max_size=5).map(tuple),
    st.sampled_from([(12, 3, 8, 8), (12, 60), (12, 1), (12, 0)]),
)
X_CASES = st.tuples(
    SHAPES, st.sampled_from(DTYPES), st.sampled_from(FORMS), st.sampled_from(SPOILS)
)
Y_CASES = st.tuples(
    st.one_of(st.sampled_from([12, 12, 12, 6, 1, 0]), st.integers(0, 13)),
    st.sampled_from(DTYPES),
    st.sampled_from(FORMS),
    st.sampled_from(SPOILS),
    st.integers(0, 5),
)
PLAIN = (st.just((12, 64)), st.just("uint8"), st.just("array"), st.just(None))
DATA = st.tuples(
    st.one_of(st.tuples(*PLAIN), X_CASES),
    st.one_of(st.just((12, "int64", "array", None, 3)), Y_CASES),
    st.one_of(st.none(), Y_CASES),
    st.one_of(st.none(), X_CASES),
    st.sampled_from(["fit", "partial_fit", "transform"]),
)


def spoiled(values, spoil):
    """Return float values, some of which are replaced by odd ones."""
    if spoil is None or not values.size:
        return values
    if spoil == "constant":
        return np.zeros_like(values)
    odd = {"nan": np.nan, "inf": np.inf, "huge": 1e300, "negative": -7, "tiny": 1e-310, "none": 0}
    values = values.copy()
    values.flat[values.size // 2] = odd[spoil]
    return values


def in_form(values, dtype, form, spoil):
    """Return values of a type in one of the `FORMS`."""
    with np.errstate(all="ignore"):
        array = spoiled(values, spoil).astype(dtype)
    if spoil == "none" and dtype == "object" and array.size:
        array.flat[0] = None
    simple = {"None": None, "scalar": 3, "text": "text"}
    if form in simple:
        return simple[form]
    if form == "ragged":
        return [[1, 2], [3]]
    if form == "generator":
        return iter(array.tolist() if array.ndim else [])
    if form in ("DataFrame", "csr") and array.ndim not in (1, 2):
        return array
    changes = {
        "array": lambda: array,
        "list": array.tolist,
        "DataFrame": lambda: pd.DataFrame(array) if array.ndim == 2 else pd.Series(array),
        "csr": lambda: (
            sparse.csr_array(np.atleast_2d(array)) if array.dtype.kind in "iuf" else array
        ),
        "Fortran": lambda: np.asfortranarray(array),
        "view": lambda: array[::-1] if array.ndim else array,
        "masked": lambda: np.ma.masked_array(
            array, mask=np.arange(array.size).reshape(array.shape) == 1
        ),
        "memmap": lambda: on_disk(array),
        "read-only": lambda: frozen(array),
    }
    try:
        return changes[form]()
    except (TypeError, ValueError):  # pandas and scipy have no such thing
        return array


def frozen(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def on_disk(array):
    if array.dtype == object or not array.size:
        return array
    # a file of its own: a file that is cut while it is mapped ends the process
    with tempfile.NamedTemporaryFile(suffix=".npy", dir=".") as file:
        np.save(file.name, array)
        return np.load(file.name, mmap_mode="r")  # stays mapped without a name


def images_of(case):
    shape, dtype, form, spoil = case
    rng = np.random.default_rng(0)
    values = rng.integers(0, 100, shape).astype(float)
    return in_form(values, dtype, form, spoil)


def labels_of(case):
    n, dtype, form, spoil, n_classes = case
    return in_form((np.arange(n) % max(1, n_classes)).astype(float), dtype, form, spoil)


def weights_of(case):
    return None if case is None else labels_of(case)


def check_data(case):
    X_case, y_case, weight_case, other_case, method = case
    X, y, weight = images_of(X_case), labels_of(y_case), weights_of(weight_case)
    if method == "transform":
        return check_transformers(X)
    classifier = SimpleDenseClassifier(max_epochs=1, random_state=0)
    if method == "partial_fit":
        classifier.partial_fit(X, y, classes=np.unique(y), sample_weight=weight)
    else:
        classifier.fit(X, y, sample_weight=weight)
    assert np.isfinite(weights(classifier)).all(), "weights are not finite"
    other = X if other_case is None else images_of(other_case)
    if hasattr(other, "__next__"):
        other = images_of((*X_case[:2], "array", None))
    assert_answers(classifier, other, next(iter(shape_of(other)), None))
    return None


def check_transformers(X):
    """Scaled and padded images are finite and have the right shape; scaling can be undone."""
    for transformer in (preprocessing.ImagePadder(), preprocessing.PixelScaler()):
        found = transformer.fit(X).transform(X)
        assert np.isfinite(np.asarray(found, dtype=float)).all(), "not finite"
        back = transformer.inverse_transform(found)
        given = X.toarray() if sparse.issparse(X) else np.asarray(X)
        assert np.shape(back) == given.shape, "another shape after the inverse"


# The command

WORDS = [
    *("compare", "report", "search", "inspect", "fetch", "show", "predict", "playground", "train"),
    *("--data", "--only", "--recipe", "--cv", "--seeds", "--jobs", "--out", "-o", "--quiet", "-q"),
    *("--no-networks", "--no-baselines", "--no-curves", "--class-weight", "--image-size", "--lr"),
    *("--max-epochs", "--network", "--top", "-n", "--columns", "--format", "-f", "--background"),
    *("--model", "--data-home", "--help", "-h", "--version", "--", "-", "--invert", "--nonsense"),
    *("small", "sample", "nothing", "pictures", "small/train-images-idx3-ubyte", "bad", "empty"),
    *("picture.png", "page.html", "table.csv", "images.svg", "runs", "bad.safetensors", "a/b/c"),
    *("dummy", "Gaussian naive Bayes", "simple-dense", "lenet-5", "LENET 5", "published", "tuned"),
    *("0", "1", "2", "-1", "3.5", "nan", "inf", "1e9", "99999999999999999999", "", " ", "é\ud800"),
    *("\0", "--data=", "--cv=2", "--seeds=0", "--jobs=0", "--only=", "json", "csv", "corner"),
]
COMMANDS = {
    "compare": [["--only", "dummy", "--data", "small"]],
    "report": [["runs"], ["bad"], []],
    "search": [
        ["simple-dense", "--data", "small", "--max-epochs", "1", "--lr", "0.1", "--cv", "2"]
    ],
    "inspect": [["--data", "empty"]],
    "fetch": [[], ["--data-home", "home"]],
    "show": [["--data", "small"], ["--data", "pictures"]],
    "predict": [["picture.png"], ["pictures"], ["bad"], ["-"]],
    "playground": [["--model", "bad.safetensors"], []],
}
SLOW = {"inspect", "search", "lenet-5", "LENET 5", "simple-dense"}  # unless something is wrong
ARGUMENTS = st.one_of(
    st.sampled_from(sorted(COMMANDS)).flatmap(
        lambda name: st.tuples(
            st.just([name]),
            st.sampled_from(COMMANDS[name]),
            st.lists(st.sampled_from(WORDS), max_size=4),
        ).map(lambda parts: [word for part in parts for word in part])
    ),
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=4)), max_size=5),
)


def is_quick(words):
    """Return whether arguments of the command open no browser and train no large network."""
    given = set(words)
    if "--open" in given or (SLOW & given and not {"small", "empty", "bad"} & given):
        return False
    return "compare" not in given or "dummy" in given


CODES = {0, 1, 2, 3}
# a sentence that begins with the name of an exception was written for nobody
UNEXPECTED = re.compile(r"skfashion: [A-Z]\w+(Error|Exception|Interrupt)\b")


def prepare_command():
    """Make the files that arguments name, and let nothing leave this machine or its own folder."""
    from PIL import Image

    for subset, prefix, n in (("train", "train", 60), ("test", "t10k", 20)):
        part = load_fashion_sample(subset=subset)
        write_idx(f"small/{prefix}-images-idx3-ubyte", part.images[:n])
        write_idx(f"small/{prefix}-labels-idx1-ubyte", part.target[:n].astype(np.uint8))
    for name in ("bad", "empty"):
        Path(name).mkdir()
    Path("bad/comparison.json").write_text("{")
    Path("bad/train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03")
    Path("bad.safetensors").write_bytes(b"\xff" * 40)
    for k in range(4):
        path = Path("pictures", "bag" if k % 2 else "coat", f"{k}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (12, 12), (60 * k, 0, 99)).save(path)
    Image.new("L", (30, 20), 200).save("picture.png")
    _fashion_mnist.DEBIAN_FOLDER = Path("none")
    _fashion_mnist.URLS = ("http://127.0.0.1:9/",)
    _fashion_mnist.download = no_network
    os.environ.update(COLUMNS="80", NO_COLOR="1", SCIKIT_LEARN_DATA=str(Path("home").absolute()))


def no_network(path, *_):
    raise ConnectionError(f"Cannot download {path.name}. {_fashion_mnist.advice(path.parent)}")


def check_command(words):
    """Run the command; it ends with one of its codes, and says why if it is not 0."""
    result = CliRunner().invoke(app, words, input=b"")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise AssertionError(f"{type(result.exception).__name__}: {result.exception}")
    assert result.exit_code in CODES, f"exit code {result.exit_code}"
    said = result.stderr.strip() or result.stdout.strip()
    assert "Traceback" not in result.output, "a traceback"
    assert result.exit_code == 0 or said, "an error that says nothing"
    unclear = UNEXPECTED.search(result.stderr)
    assert not (result.exit_code == 1 and unclear), f"unclear: {result.stderr[:120]}"


TARGETS = [
    Target("parameters", CALLS, check_parameters, share=0.15),
    Target("fits", FITS, check_fit, share=0.02),
    Target("data", DATA, check_data, share=0.06),
    Target("command", ARGUMENTS.filter(is_quick), check_command, 0.02, prepare_command),
]
assert set(GOOD) - {"module"} <= set(SHARED)
