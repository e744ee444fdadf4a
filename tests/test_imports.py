"""Imports point one way, the heavy libraries stay where they belong, and names are loaded late."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import skfashion

pytestmark = pytest.mark.any_version

PACKAGE = Path(skfashion.__file__).parent
ANYTHING = None

# What a part of the package may import of the others. A new part says here what it stands on.
PART_MAY_IMPORT = {
    "__main__": ANYTHING,
    "cli": ANYTHING,
    "__init__": {"_version", "datasets", "neural_network", "plotting", "preprocessing"},
    "cluster": {"_compat", "_dask"},
    "memory": {"neural_network"},
    "recipes": {"neural_network", "preprocessing"},
    "baselines": {"_images", "preprocessing"},
    # They take arrays and fitted estimators as arguments, and know no classifier by name.
    "comparison": {
        *("_compat", "_dask", "_epochs", "_estimators", "_files", "plotting", "report"),
    },
    "datasets": {"_compat", "_files", "_images", "_pictures"},
    "inspection": {"_estimators", "_images"},
    "plotting": {"_estimators", "_images"},
    "preprocessing": {"_compat", "_images", "_pictures"},
    "report": {"_estimators", "_files", "_images", "_page"},
    "pretrained": {
        *("_estimators", "_files", "_plain_network", "_version", "datasets", "neural_network"),
        *("preprocessing", "recipes", "report"),
    },
    "export": {
        *("_estimators", "_files", "_version", "memory", "neural_network", "preprocessing"),
        "pretrained",
    },
    "playground": {"_files", "_page", "datasets", "pretrained"},
    "neural_network": {"_compat", "_epochs", "_files", "_images", "_version"},
    # the ground floor
    "_images": {"_compat"},
    "_pictures": {"_files"},
    "_dask": set(),
    "_epochs": set(),
    "_estimators": set(),
    "_compat": set(),
    "_files": set(),
    "_page": {"_version"},
    "_plain_network": set(),
    "_version": set(),
}

# The same within neural_network, where every module that is not listed is a network.
NETWORK_PART_MAY_IMPORT = {
    "__init__": set(),
    "_base": {
        *("_callbacks", "_engine", "_input", "_inside", "_layers", "_parameters", "_plain_state"),
        "_rollback",
        *("_samples", "_size"),
    },
    "_callbacks": {"_engine"},
    "_input": set(),
    "_inside": {"_engine", "_input", "_summary"},
    "_parameters": {"_engine", "_layers"},
    "_plain_state": {"_engine", "_parameters"},
    "_rollback": set(),
    "_samples": set(),
    "_size": {"_engine"},
    "_summary": set(),
    "_layers": set(),
    "_plain_layers": {"_layers"},
    "_engine": set(),
}
NOT_FOR_NETWORKS = {
    *("__init__", "_callbacks", "_engine", "_input", "_inside", "_plain_state", "_rollback"),
    *("_samples", "_size", "_summary"),
}

# The same within the engine.
ENGINE_PART_MAY_IMPORT = {
    "__init__": set(),
    "allocator": set(),
    "augmentation": set(),
    "batches": set(),
    "course": set(),
    "device": set(),
    "muon": set(),
    "optimizers": {"muon"},
    "pruning": set(),
    "resizing": set(),
    "schedules": set(),
    "state": set(),
    "generators": {"device"},
    "threads": set(),
    # predicting needs neither skorch nor an optimiser
    "fitted": {"augmentation", "batches", "device", "threads"},
    "averaging": {"fitted"},
    "memory": {"device", "state", "threads"},
    "records": {"fitted"},
    "net": {
        *("augmentation", "batches", "fitted", "optimizers", "records", "resizing", "schedules"),
        "threads",
    },
    "trainer": ANYTHING,
}

# Who may import a library, at the top or inside a function: modules by the start of their name.
LIBRARY_IS_FOR = {
    "skorch": [
        "skfashion.neural_network._engine.net",
        "skfashion.neural_network._engine.trainer",
    ],
    "torch": [  # in _compat inside functions
        *("skfashion.neural_network.", "skfashion._compat", "skfashion.export._onnx"),
    ],
    "onnx": ["skfashion.export._onnx"],
    "onnxscript": ["skfashion.export._onnx"],
    "skops": ["skfashion.export."],
    "matplotlib": ["skfashion.plotting", "skfashion.cli._show"],
    "skimage": ["skfashion.baselines"],
    "distributed": ["skfashion._dask", "skfashion.cluster"],
    "cleanlab": ["skfashion.inspection."],
    "jinja2": ["skfashion._page"],
    "safetensors": ["skfashion.pretrained._file"],
    "PIL": ["skfashion.report.", "skfashion._pictures"],
    "rich": ["skfashion.cli."],
    "typer": ["skfashion.cli."],
}


def module_name(path):
    return ".".join(["skfashion", *path.relative_to(PACKAGE).with_suffix("").parts])


def imports_of(path):
    """Return the dotted names that a file imports, functions included: `a.b.c` for each name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; write it out"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


IMPORTS = {module_name(path): list(imports_of(path)) for path in sorted(PACKAGE.rglob("*.py"))}


def owner(name):
    """Return the module of the package in which an imported name stands."""
    parts = name.split(".")
    candidates = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    for candidate in candidates:
        if candidate in IMPORTS:
            return candidate
        if f"{candidate}.__init__" in IMPORTS:
            return f"{candidate}.__init__"
    raise AssertionError(f"{name} is not in the package")


def own_imports(module):
    names = (name for name in IMPORTS[module] if name.split(".")[0] == "skfashion")
    return {owner(name) for name in names} - {module}


def part(module):
    return module.split(".")[1]


@pytest.mark.parametrize("module", IMPORTS)
def test_parts_import_only_what_they_may(module):
    assert part(module) in PART_MAY_IMPORT, "say in PART_MAY_IMPORT what this part may import"
    allowed = PART_MAY_IMPORT[part(module)]
    imported = {part(other) for other in own_imports(module)} - {part(module)}
    assert allowed is ANYTHING or imported <= allowed


NETWORK_MODULES = [module for module in IMPORTS if part(module) == "neural_network"]


@pytest.mark.parametrize("module", NETWORK_MODULES)
def test_networks_stand_on_the_base_and_the_layers(module):
    name = module.split(".")[2]
    imported = {other.split(".")[2] for other in own_imports(module) & set(NETWORK_MODULES)}
    imported -= {name}
    if name in NETWORK_PART_MAY_IMPORT:
        assert imported <= NETWORK_PART_MAY_IMPORT[name]
    else:
        assert not imported & NOT_FOR_NETWORKS


@pytest.mark.parametrize("module", [m for m in NETWORK_MODULES if "._engine." in m])
def test_the_parts_of_the_engine_stand_on_each_other_in_order(module):
    others = (other.split(".") for other in own_imports(module) if "._engine." in other)
    imported = {other[3] for other in others}
    allowed = ENGINE_PART_MAY_IMPORT[module.split(".")[3]]
    assert allowed is ANYTHING or imported <= allowed


def test_no_module_imports_itself_by_a_detour():
    TopologicalSorter({module: own_imports(module) for module in IMPORTS}).prepare()


@pytest.mark.parametrize("library", LIBRARY_IS_FOR)
def test_libraries_stay_where_they_belong(library):
    importers = {
        module for module, names in IMPORTS.items() if library in {n.split(".")[0] for n in names}
    }
    strangers = {name for name in importers if not name.startswith(tuple(LIBRARY_IS_FOR[library]))}
    assert not strangers


def test_layers_import_torch_and_numpy_alone():
    libraries = {name.split(".")[0] for name in IMPORTS["skfashion.neural_network._layers"]}
    assert libraries - sys.stdlib_module_names == {"numpy", "torch"}


ACTIONS = [
    "import skfashion; dir(skfashion)",
    "import skfashion._compat",
    "from skfashion import fetch_fashion_mnist, load_fashion_sample",
    "from skfashion import ImagePadder, PhotoConverter, PixelScaler, baselines, compare",
    "from skfashion.inspection import find_duplicates, find_label_issues, find_outliers",
    "from skfashion import ComparisonDisplay, FiltersDisplay, MistakesDisplay",
    "sys.argv = ['skfashion', '--help']; from skfashion.cli import main; main()",
]


def test_neither_torch_nor_matplotlib_is_loaded():
    """One process does it all, and says the first action after which something is loaded."""
    code = (
        "import atexit, sys\n"
        "def tell():\n"
        "    heavy = {'torch', 'skorch', 'matplotlib'} & set(sys.modules)\n"
        "    print('heavy:', sorted(heavy), 'after', action)\n"
        "    return heavy\n"
        "atexit.register(tell)  # the last action ends the process\n"
        f"for action in {ACTIONS}:\n"
        "    exec(action)\n"
        "    if tell():\n"
        "        break\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith("heavy:")]
    assert told == [f"heavy: [] after {action}" for action in ACTIONS]


@pytest.mark.parametrize("name", skfashion.__all__)
def test_public_names_resolve(name):
    assert getattr(skfashion, name) is not None


@pytest.mark.parametrize("part_name", ["datasets", "neural_network", "plotting", "preprocessing"])
def test_public_names_are_those_of_the_parts(part_name):
    public_part = getattr(skfashion, part_name)
    assert set(public_part.__all__) <= set(skfashion.__all__)
    for name in public_part.__all__:
        assert getattr(skfashion, name) is getattr(public_part, name)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="LeNet6Classifier"):
        skfashion.LeNet6Classifier  # noqa: B018
