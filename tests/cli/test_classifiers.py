"""Names that a user types, and recipes by name."""

import numpy as np
import pytest
import typer

from skfashion import neural_network, recipes
from skfashion.cli._classifiers import (
    CLASSIFIER_STEP,
    adapt,
    are_of_recipe,
    ending,
    find_name,
    named_network,
    network_recipes,
    recipe_names,
    select_classifiers,
)
from skfashion.cli._names import RECIPES
from skfashion.cli._options import ClassWeight

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
    assert find_name("lenet5", [f"{name} (tuned)" for name in NAMES], "tuned") == "LeNet-5 (tuned)"


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_the_function_of_its_name(recipe):
    expected = getattr(recipes, recipe)(random_state=0)
    networks = network_recipes(recipe)
    assert {name: repr(p) for name, p in networks.items()} == {
        name: repr(p) for name, p in expected.items()
    }


@pytest.fixture
def third_recipe(monkeypatch):
    """A recipe of one network, as a later version might have it."""

    def best(random_state=None):
        network = neural_network.LeNet5Classifier(max_epochs=77, random_state=random_state)
        return {"LeNet-5": recipes.pipeline(network)}

    monkeypatch.setattr(recipes, "best", best, raising=False)
    monkeypatch.setattr(recipes, "__all__", [*recipes.__all__, "best"])


@pytest.mark.usefixtures("third_recipe")
def test_a_third_recipe_runs_its_own_networks():
    assert recipe_names() == ["published", "tuned", "best"]
    compared, article = select_classifiers("best", True, False, ["lenet5"])
    assert list(compared) == ["LeNet-5 (best)"]
    assert compared["LeNet-5 (best)"][-1].max_epochs == 77
    assert article["LeNet-5 (best)"] == recipes.ARTICLE["LeNet-5"]
    assert named_network("best", "lenet-5")[1][-1].max_epochs == 77


@pytest.mark.parametrize("recipe", ["best", "ARTICLE", "pipeline", ""])
def test_an_unknown_recipe_is_refused(recipe):
    message = rf"There is no recipe '{recipe}'. There are: published, tuned."
    for networks in (True, False):
        with pytest.raises(typer.BadParameter, match=message):
            select_classifiers(recipe, networks, True, [])
    with pytest.raises(typer.BadParameter, match=message):
        named_network(recipe, "lenet5")


def test_results_have_the_name_of_the_recipe_that_made_them():
    assert are_of_recipe("tuned", ["k-NN", "LeNet-5 (tuned)"])
    assert are_of_recipe("published", ["LeNet-5"])
    assert not are_of_recipe("tuned", ["k-NN", "LeNet-5"])


def test_search_says_what_to_use_for_a_classic_classifier():
    message = r"'k-NN' is a classic classifier.*networks: Simple dense.*GridSearchCV.*\['k-NN'\]"
    with pytest.raises(typer.BadParameter, match=message):
        named_network("published", "knn")


def test_recipes_differ_in_name_and_share_the_figures_of_the_article():
    published, article = select_classifiers("published", True, False, ["lenet5"])
    tuned, same_article = select_classifiers("tuned", True, False, ["lenet5"])
    assert (list(published), list(tuned)) == (["LeNet-5"], ["LeNet-5 (tuned)"])
    assert article["LeNet-5"] == same_article["LeNet-5 (tuned)"]


def test_networks_without_a_recipe_can_be_named(monkeypatch):
    class OvalClassifier(neural_network.SimpleDenseClassifier):
        """A network that the article does not have."""

    monkeypatch.setattr(neural_network, "OvalClassifier", OvalClassifier, raising=False)
    monkeypatch.setattr(neural_network, "__all__", [*neural_network.__all__, "OvalClassifier"])
    for recipe in RECIPES:
        compared, article = select_classifiers(recipe, True, False, [])
        of_recipe = [f"{name}{ending(recipe)}" for name in recipes.ARTICLE]
        assert [*compared][: len(of_recipe)] == of_recipe
        assert [*compared][-1] == "Oval"
        assert "Oval" not in article
        name, pipeline = named_network(recipe, "oval")
        assert (name, type(pipeline[-1])) == ("Oval", OvalClassifier)
        assert list(pipeline.named_steps)[-1] == CLASSIFIER_STEP


def test_large_images_are_not_padded():
    pipelines, _ = select_classifiers("published", True, False, ["lenet5", "cnn1"])
    adapt(pipelines, np.zeros((1, 48, 24)), ClassWeight.none, quiet=True)
    assert pipelines["LeNet-5"][0].shape == (48, 32)
    assert pipelines["LeNet-5"][-1].class_weight is None
    adapt(pipelines, np.zeros((1, 20, 20)), ClassWeight.none, quiet=True)
    assert pipelines["LeNet-5"][0].shape == (48, 32)


def test_class_weights_where_there_are_any(capsys):
    pipelines, _ = select_classifiers("published", True, True, ["cnn1", "rbf svm", "k-nn", "mlp"])
    adapt(pipelines, np.zeros((1, 28, 28)), ClassWeight.balanced, quiet=False)
    assert pipelines["CNN 1"][-1].class_weight == "balanced"
    assert pipelines["RBF SVM"][-1].class_weight == "balanced"
    said = capsys.readouterr().err
    assert said == "Without class weights, because they have none: k-NN, MLP.\n"
