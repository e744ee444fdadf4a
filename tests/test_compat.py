"""Private names of other libraries are used in one file only."""

import ast
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier

import skfashion
from skfashion._compat import check_partial_fit_first_call, returns_arrays

PACKAGE = Path(skfashion.__file__).parent
LIBRARIES = {"numpy", "scipy", "pandas", "sklearn", "skorch", "torch", "joblib", "matplotlib"}
LIBRARIES |= {"pooch", "lazy_loader", "typer", "rich", "jinja2", "PIL", "skimage"}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "_compat.py")


def is_private(dotted_name):
    names = dotted_name.split(".")[1:]
    return any(name.startswith("_") and not name.startswith("__") for name in names)


def private_names(source):
    """Return the private names of LIBRARIES that a file imports, or reaches by their attributes."""
    tree, known, used = ast.parse(source), {}, []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                used.append(alias.name)
                root = alias.name.split(".")[0]
                known[alias.asname or root] = alias.name if alias.asname else root
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                used.append(f"{node.module}.{alias.name}")
                known[alias.asname or alias.name] = used[-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            root, _, rest = ast.unparse(node).partition(".")
            used.append(f"{known.get(root, '')}.{rest}")
    return sorted({name for name in used if name.split(".")[0] in LIBRARIES and is_private(name)})


def test_what_is_found():
    source = (
        "import torch, numpy.linalg\n"
        "import sklearn.utils._tags as tags\n"
        "from sklearn.base import _fit_context, clone\n"
        "from skfashion import _images\n"
        "def f(self):\n"
        "    from torch import nn\n"
        "    nn.Module._call_impl(self._x, torch.__version__)\n"
        "    torch.cpu._is_amx_tile_supported()\n"
    )
    assert private_names(source) == [
        "sklearn.base._fit_context",
        "sklearn.utils._tags",
        "torch.cpu._is_amx_tile_supported",
        "torch.nn.Module._call_impl",
    ]


@pytest.mark.parametrize("name", [path.relative_to(PACKAGE).as_posix() for path in FILES])
def test_private_names_are_in_one_file(name):
    found = private_names((PACKAGE / name).read_text(encoding="utf-8"))
    assert found == []


def test_returns_arrays():
    assert returns_arrays(PCA())
    assert not returns_arrays(PCA().set_output(transform="pandas"))


def test_classes_of_partial_fit():
    classifier = DummyClassifier()
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        check_partial_fit_first_call(classifier, None)
    assert check_partial_fit_first_call(classifier, ["b", "a", "b"])
    assert classifier.classes_.tolist() == ["a", "b"]
    assert not check_partial_fit_first_call(classifier, None)
    assert not check_partial_fit_first_call(classifier, np.array(["a", "b"]))
    with pytest.raises(ValueError, match="differs from the classes so far"):
        check_partial_fit_first_call(classifier, ["a", "c"])
