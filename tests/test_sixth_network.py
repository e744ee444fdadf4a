"""A sixth network is one file and one line: the page that says so is taken at its word.

The network of docs/adding_a_network.md is added to a copy of the repository, and the tests of the
copy, its documentation, its benchmark and its command line have to know it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # each question is a process that imports torch

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "adding_a_network.md"
FOLDERS = ["skfashion", "tests", "docs", "examples"]
GENERATED = shutil.ignore_patterns("_build", "generated", "gallery", "__pycache__", "node_modules")
NAME = "AverageClassifier"

# Prints what the documentation, the benchmark and the command line say of the networks.
QUESTIONS = f"""
import inspect, json, sys
from pathlib import Path
sys.path.insert(0, str(Path("docs/_extension").resolve()))
import skfashion
from skfashion.cli._classifiers import named_network, select_classifiers
from skfashion.cli._names import RECIPES, network_names
from skfashion_pages import api, networks
from tests.benchmarks.__main__ import read_settings

drawn = networks.drawn()
networks.drawn = lambda: {{"{NAME}": drawn["{NAME}"]}}
compared = [list(select_classifiers(recipe, True, True, [])[0]) for recipe in RECIPES]
answers = {{
    "package": str(Path(skfashion.__file__).parent),
    "signature": str(inspect.signature(skfashion.{NAME})),
    "API": api.page(),
    "drawings": networks.parts(Path("docs/networks.md").read_text(encoding="utf-8")),
    "measured": read_settings([]).networks,
    "compared": compared,
    "searched": repr(named_network("published", "average")[1][-1]),
    "in the help": network_names(),
}}
print(json.dumps(answers))
"""


def blocks(language):
    pattern = rf"^```{language}\n(.*?)^```$"
    return re.findall(pattern, PAGE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A copy of the repository, with the file and the line of the page."""
    copy = tmp_path_factory.mktemp("repository")
    for path in ROOT.iterdir():
        if path.name in FOLDERS:
            shutil.copytree(path, copy / path.name, ignore=GENERATED)
        elif path.is_file() and not path.name.startswith("."):
            shutil.copy(path, copy)
    networks = copy / "skfashion" / "neural_network"
    (networks / "_average.py").write_text(blocks("python")[0], encoding="utf-8")
    init = networks / "__init__.py"
    before, bracket, after = init.read_text(encoding="utf-8").rpartition("    },\n")
    (line,) = blocks("text")
    init.write_text(f"{before}        {line}{bracket}{after}", encoding="utf-8")
    return copy


def run(repository, *arguments):
    """Return what Python prints in the copy, whose package comes first there."""
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def passed(repository, *arguments):
    """Return the names of the tests of the copy that passed; none may fail."""
    said = run(repository, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", *arguments)
    return re.findall(r"^PASSED (?:tests/)?(.*)$", said, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def answers(repository):
    """What the copy's documentation, benchmark and command line say of the networks."""
    answers = json.loads(run(repository, "-c", QUESTIONS).splitlines()[-1])
    assert answers["package"] == str(repository / "skfashion")
    return answers


def test_signature(answers):
    assert answers["signature"].startswith("(*, lr=0.003, max_epochs=10, ")
    assert answers["signature"].endswith(", n_maps=32)")


def test_documentation(answers):
    assert f"\n   {NAME}\n" in answers["API"]
    section = answers["drawings"]["others.md"]
    assert f"## Average\n\n{{class}}`~skfashion.neural_network.{NAME}`: Two convolutions" in section
    assert "<svg" in section
    assert "| **Total** | | **19,466** |" in section


def test_benchmark(answers):
    assert "Average" in answers["measured"]


def test_command_line(answers):
    assert all("Average" in names for names in answers["compared"])
    assert "Average" in answers["in the help"]
    assert answers["searched"] == f"{NAME}(random_state=0)"


def test_tests_find_it(repository):
    files = ["test_docstrings", "test_docs", "test_imports", "test_compat"]
    paths = [f"tests/{name}.py" for name in files]
    module, example = "skfashion.neural_network._average", "skfashion/neural_network/_average.py"
    found = passed(repository, *paths, example, "-k", "average or same_parameter")
    assert {
        f"{example}::{module}.{NAME}",
        f"test_docstrings.py::test_classes_and_functions[{module}.{NAME}]",
        f"test_docstrings.py::test_documented_defaults_are_the_defaults[{NAME}]",
        "test_docstrings.py::test_same_parameter_in_the_same_words[networks]",
        f"test_docs.py::test_drawing_shows_the_network[{NAME}]",
        f"test_imports.py::test_parts_import_only_what_they_may[{module}]",
        f"test_imports.py::test_networks_stand_on_the_base_and_the_layers[{module}]",
        f"test_imports.py::test_public_names_resolve[{NAME}]",
        "test_compat.py::test_private_names_are_in_one_file[neural_network/_average.py]",
    } <= set(found)


def test_scikit_learn_checks(repository):
    arguments = ("tests/test_common.py", "tests/neural_network", "-k", NAME)
    found = passed(repository, *arguments)
    assert sum(name.startswith("test_common.py::test_default_parameters") for name in found) > 50
    assert any("test_any_image_shape_colour" in name for name in found)
    assert any(name.startswith("neural_network/test_parameters.py") for name in found)


def test_no_other_test_asks_for_more(repository):
    files = ["docs", "docstrings", "imports", "compat", "readme", "recipes"]
    commands = ["classifiers", "main", "names", "search", "tables"]  # these list the networks
    tests = [
        *("benchmarks", *(f"cli/test_{name}.py" for name in commands)),
        *(f"test_{name}.py" for name in files),
    ]
    assert passed(repository, *(f"tests/{name}" for name in tests))
