"""Nothing in the package unpickles a file, which could run any code."""

import ast
from pathlib import Path

import pytest

import skfashion

pytestmark = pytest.mark.any_version

PACKAGE = Path(skfashion.__file__).parent
READERS = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}


def calls_of(path):
    """Yield the dotted name and the node of each call in a file, such as ("torch.load", call)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def names_imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias.name) for alias in node.names)


def is_given(call, name, value):
    return any(
        word.arg == name and isinstance(word.value, ast.Constant) and word.value.value is value
        for word in call.keywords
    )


SOURCES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_is_unpickled(path):
    for module, name in names_imported(path):
        assert not (module in READERS and name in {"load", "loads", "Unpickler"}), name
    for name, call in calls_of(path):
        *owner, function = name.split(".")
        if owner[-1:] and owner[-1] in READERS:
            assert function not in {"load", "loads", "Unpickler", "open"}, name
        if function in {"read_pickle", "Unpickler"}:
            raise AssertionError(name)
        if name == "torch.load":
            assert is_given(call, "weights_only", True), name
        if name in {"np.load", "numpy.load"}:
            assert is_given(call, "allow_pickle", False), name


@pytest.mark.parametrize(
    "source",
    [
        "import pickle\npickle.load(file)",
        "from joblib import load",
        "import torch\ntorch.load(file)",
        "import torch\ntorch.load(file, weights_only=False)",
        "import numpy as np\nnp.load(file)",
        "import numpy as np\nnp.load(file, allow_pickle=True)",
        "import pandas as pd\npd.read_pickle(file)",
    ],
)
def test_what_unpickles_is_found(source, tmp_path):
    (tmp_path / "source.py").write_text(source)
    with pytest.raises(AssertionError):
        test_nothing_is_unpickled(tmp_path / "source.py")
