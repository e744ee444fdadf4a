"""pyproject.toml agrees with the files that pin versions."""

import re
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_version

ROOT = Path(__file__).parents[1]
NOT_OLDEST = {
    "ruff",
    "skfashion",
    "torch",
}  # ruff is not used by tests; oldest.txt says why not torch
PRIVATE_NAMES_OF = {"scikit-learn", "skorch", "torch"}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(path):
    """Return {name: version} from a file of constraints."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {normal(name): version for name, version in pairs}


@pytest.fixture(scope="module")
def requirements():
    """Return {name: specifier} of what the package, its extra `hog` and its tests need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    texts = [*project["dependencies"], *extras["hog"], *extras["test"]]
    found = [re.match(r"([\w.-]+)(?:\[\w+\])?(.*)", text).groups() for text in texts]
    return {normal(name): specifier for name, specifier in found}


def test_oldest_versions_are_the_lower_bounds(requirements):
    bounds = {
        name: re.fullmatch(r">=([\d.]+)(,<[\d.]+)?", specifier).group(1)
        for name, specifier in requirements.items()
        if name not in NOT_OLDEST
    }
    oldest = pins(ROOT / "tests" / "oldest.txt")
    assert {name: oldest.get(name) for name in bounds} == bounds
    assert oldest["torch"] == pins(ROOT / "constraints.txt")["torch"]


def test_whose_private_names_are_used_has_an_upper_bound(requirements):
    assert all("<" in requirements[name] for name in PRIVATE_NAMES_OF)


def test_every_requirement_has_a_tested_version(requirements):
    assert set(requirements) - {"skfashion"} <= set(pins(ROOT / "constraints.txt"))
