"""Names that a user types, and recipes by name."""

import pytest
import typer

from skfashion import neural_network, recipes
from skfashion.cli._classifiers import (
    CLASSIFIER_STEP,
    ending,
    find_name,
    named_network,
    network_recipes,
    select_classifiers,
)
from skfashion.cli._options import Recipe

NAMES = ["Simple dense", "CNN 1", "LeNet-5", "Modified LeNet-5", "k-NN", "HOG + SVM"]


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("lenet5", "LeNet-5"),
        ("LENET 5", "LeNet-5"),
        ("cnn-1", "CNN 1"),
        ("hog+svm", "HOG + SVM"),
        ("modifiedlenet5", "Modified LeNet-5"),
    ],
)
def test_find_name(wanted, name):
    assert find_name(wanted, NAMES) == name


def test_find_name_guesses():
    with pytest.raises(typer.BadParameter, match=r"no 'lenet6'. Did you mean 'LeNet-5'\? There"):
        find_name("lenet6", NAMES)
    assert find_name("lenet5", [f"{name} (tuned)" for name in NAMES]) == "LeNet-5 (tuned)"


def test_every_recipe_can_be_named():
    assert {str(recipe) for recipe in Recipe} == set(recipes.__all__) - {"ARTICLE"}


@pytest.mark.parametrize("recipe", Recipe)
def test_a_recipe_is_the_function_of_its_name(recipe):
    expected = getattr(recipes, recipe.value)(random_state=0)
    networks = network_recipes(recipe)
    assert {name: repr(p) for name, p in networks.items()} == {
        name: repr(p) for name, p in expected.items()
    }


def test_a_recipe_without_a_function_does_not_run_another(monkeypatch):
    monkeypatch.delattr(recipes, "tuned")
    with pytest.raises(AttributeError, match="tuned"):
        network_recipes(Recipe.tuned)


def test_recipes_differ_in_name_and_share_the_figures_of_the_article():
    published, article = select_classifiers(Recipe.published, True, False, ["lenet5"])
    tuned, same_article = select_classifiers(Recipe.tuned, True, False, ["lenet5"])
    assert (list(published), list(tuned)) == (["LeNet-5"], ["LeNet-5 (tuned)"])
    assert article["LeNet-5"] == same_article["LeNet-5 (tuned)"]


def test_networks_without_a_recipe_can_be_named(monkeypatch):
    class OvalClassifier(neural_network.SimpleDenseClassifier):
        """A network that the article does not have."""

    monkeypatch.setattr(neural_network, "OvalClassifier", OvalClassifier, raising=False)
    monkeypatch.setattr(neural_network, "__all__", [*neural_network.__all__, "OvalClassifier"])
    for recipe in Recipe:
        compared, article = select_classifiers(recipe, True, False, [])
        of_recipe = [f"{name}{ending(recipe)}" for name in recipes.ARTICLE]
        assert [*compared][: len(of_recipe)] == of_recipe
        assert [*compared][-1] == "Oval"
        assert "Oval" not in article
        name, pipeline = named_network(recipe, "oval")
        assert (name, type(pipeline[-1])) == ("Oval", OvalClassifier)
        assert list(pipeline.named_steps)[-1] == CLASSIFIER_STEP
