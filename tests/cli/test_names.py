"""Names that are known without what they name: they must be the same."""

import pytest

from skfashion import recipes
from skfashion.baselines import classic_baselines
from skfashion.cli._classifiers import find_name, select_classifiers
from skfashion.cli._names import (
    BASELINES,
    RECIPE_NETWORKS,
    RECIPES,
    complete_data,
    completing,
    network_names,
    simple,
    typed,
)


def test_recipes():
    assert set(RECIPES) == set(recipes.__all__) - {"ARTICLE"}


def test_classifiers():
    assert list(BASELINES) == list(classic_baselines(random_state=0))
    assert set(RECIPE_NETWORKS) == set(recipes.published())
    compared, _ = select_classifiers("published", True, True, [])
    assert list(compared) == [*network_names(), *BASELINES]


@pytest.mark.parametrize("name", [*RECIPE_NETWORKS, *BASELINES])
def test_a_typed_name_needs_no_quotes_and_is_found(name):
    assert typed(name).replace("-", "").isalnum()
    assert simple(typed(name)) == simple(name)
    assert find_name(typed(name), [*RECIPE_NETWORKS, *BASELINES]) == name


def test_completion_of_names():
    assert completing(RECIPES)("") == ["published", "tuned", "best"]
    assert completing(network_names)("LE") == ["lenet-5"]
    assert completing(BASELINES)("r") == ["random-forest", "rbf-svm"]


def test_completion_of_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sandals" / "small").mkdir(parents=True)
    (tmp_path / "file").touch()
    assert complete_data("") == ["sample", "full", "sandals/"]
    assert complete_data("sa") == ["sample", "sandals/"]
    assert complete_data("sandals/") == ["sandals/small/"]
    assert complete_data("nowhere/") == []
