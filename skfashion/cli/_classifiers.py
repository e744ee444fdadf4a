"""The classifiers of the package, by the names that a user may type."""

import typer

from skfashion.cli._console import say
from skfashion.cli._names import BASELINES, simple
from skfashion.cli._options import ClassWeight

CLASSIFIER_STEP = "classifier"  # of every recipe
PUBLISHED = "published"


def ending(recipe):
    """Return what the names of a recipe's networks end in; nothing for the published ones."""
    return "" if recipe == PUBLISHED else f" ({recipe})"


def find_name(wanted, names, recipe=PUBLISHED, *, option="--only"):
    """Return the one of `names` that is meant; wrong usage of `option` if there is none."""
    from difflib import get_close_matches

    by_simple_name = {simple(name.removesuffix(ending(recipe))): name for name in names}
    by_simple_name |= {simple(name): name for name in names}
    if simple(wanted) in by_simple_name:
        return by_simple_name[simple(wanted)]
    nearest = get_close_matches(simple(wanted), by_simple_name, n=1, cutoff=0.5)
    guess = f" Did you mean {by_simple_name[nearest[0]]!r}?" if nearest else ""
    raise typer.BadParameter(
        f"There is no {wanted!r}.{guess} There are: {', '.join(names)}.", param_hint=f"'{option}'"
    )


def recipe_names():
    """Return the names of the recipes: the functions that `skfashion.recipes` makes public."""
    from skfashion import recipes

    return [name for name in recipes.__all__ if callable(getattr(recipes, name))]


def network_recipes(recipe):
    """Return the networks of a recipe by name; wrong usage if there is no such recipe."""
    from skfashion import recipes

    if recipe not in recipe_names():
        raise typer.BadParameter(
            f"There is no recipe {recipe!r}. There are: {', '.join(recipe_names())}.",
            param_hint="'--recipe'",
        )
    return getattr(recipes, recipe)(random_state=0)


def other_networks(recipe):
    """Return the networks that the recipe does not have, with their default parameters, by name.

    The article's networks are not among them: they have recipes of their own.
    """
    from inspect import Parameter, signature

    from skfashion import neural_network, recipes

    in_recipes = {
        type(pipeline[-1])
        for pipelines in (recipes.published(), network_recipes(recipe))
        for pipeline in pipelines.values()
    }
    classes = [getattr(neural_network, name) for name in neural_network.__all__]
    return {
        cls.__name__.removesuffix("Classifier"): recipes.pipeline(cls(random_state=0))
        for cls in classes
        if cls not in in_recipes
        and all(p.default is not Parameter.empty for p in signature(cls).parameters.values())
    }


def named_network(recipe, name):
    """Return name and Pipeline of the network that is meant; wrong usage if it is not a network."""
    pipelines = network_recipes(recipe) | other_networks(recipe)
    classic = {simple(name): name for name in BASELINES}.get(simple(name))
    if classic:
        raise typer.BadParameter(
            f"{classic!r} is a classic classifier, and search tries learning rates and epochs of "
            f"networks: {', '.join(pipelines)}. For the settings of other classifiers, use "
            "scikit-learn's GridSearchCV on "
            f"skfashion.baselines.classic_baselines()[{classic!r}].",
            param_hint="'NAME'",
        )
    name = find_name(name, list(pipelines), recipe, option="NAME")
    return name, pipelines[name]


def select_classifiers(recipe, networks, baselines, only):
    """Return the estimators by name, and the article's figures by the same names."""
    pipelines, reference = {}, {}
    of_recipe = network_recipes(recipe)  # an unknown recipe is wrong usage without networks too
    if networks:
        from skfashion.recipes import ARTICLE

        pipelines = {f"{name}{ending(recipe)}": p for name, p in of_recipe.items()}
        pipelines |= other_networks(recipe)
        reference = {f"{name}{ending(recipe)}": figures for name, figures in ARTICLE.items()}
    if baselines:
        from skfashion.baselines import classic_baselines

        pipelines |= classic_baselines(random_state=0)
    if not pipelines:
        raise typer.BadParameter("--no-networks and --no-baselines leave nothing to compare.")
    if only:
        # in the order of the pipelines, each once
        wanted = {find_name(name, list(pipelines), recipe) for name in only}
        pipelines = {name: pipeline for name, pipeline in pipelines.items() if name in wanted}
    return pipelines, {name: reference[name] for name in pipelines if name in reference}


def adapt(pipelines, images, class_weight, quiet):
    """Set what depends on the data in a dict of Pipelines.

    Images that are larger than what a Pipeline pads to are not padded. With the class weight
    "balanced", those that have no class weights are named.
    """
    from skfashion.preprocessing import ImagePadder

    for pipeline in pipelines.values():
        for _, step in pipeline.steps:
            if isinstance(step, ImagePadder):
                step.set_params(shape=tuple(map(max, step.shape, images.shape[1:3])))
    if class_weight == ClassWeight.none:
        return
    without = []
    for name, pipeline in pipelines.items():
        if "class_weight" in pipeline[-1].get_params(deep=False):
            pipeline[-1].set_params(class_weight=class_weight.value)
        else:
            without.append(name)
    if without:
        say(f"Without class weights, because they have none: {', '.join(without)}.", quiet)


def set_memory(pipelines, memory):
    """Set where the networks in a dict of Pipelines keep the states of their trainings."""
    for pipeline in pipelines.values():
        if {"memory", "max_epochs"} <= pipeline[-1].get_params(deep=False).keys():
            pipeline[-1].set_params(memory=memory)


def are_of_recipe(recipe, names):
    """Return whether any of the names of compared estimators is a network of the recipe."""
    return any(f"{name}{ending(recipe)}" in names for name in network_recipes(recipe))
