"""The classifiers of the package, by the names that a user may type."""

import typer

from skfashion.cli._options import Recipe

CLASSIFIER_STEP = "classifier"  # of every recipe


def ending(recipe):
    """Return what tells a recipe's networks from the published ones, in a folder of both."""
    return "" if recipe is Recipe.published else f" ({recipe})"


def simple(name):
    """Return a name without case, spaces, hyphens and other signs."""
    return "".join(c for c in name.lower() if c.isalnum())


def find_name(wanted, names):
    """Return the one of `names` that is meant; wrong usage if there is none."""
    from difflib import get_close_matches

    by_simple_name = {simple(name): name for name in names}
    for recipe in Recipe:
        by_simple_name |= {simple(name.removesuffix(ending(recipe))): name for name in names}
    if simple(wanted) in by_simple_name:
        return by_simple_name[simple(wanted)]
    nearest = get_close_matches(simple(wanted), by_simple_name, n=1, cutoff=0.5)
    guess = f" Did you mean {by_simple_name[nearest[0]]!r}?" if nearest else ""
    raise typer.BadParameter(f"There is no {wanted!r}.{guess} There are: {', '.join(names)}.")


def network_recipes(recipe):
    """Return the networks of a recipe by name."""
    from skfashion import recipes

    return getattr(recipes, recipe)(random_state=0)


def other_networks():
    """Return the networks that no recipe has, as they are by default, by name."""
    from inspect import Parameter, signature

    from skfashion import neural_network, recipes

    in_recipes = {type(pipeline[-1]) for pipeline in recipes.published().values()}
    classes = [getattr(neural_network, name) for name in neural_network.__all__]
    return {
        cls.__name__.removesuffix("Classifier"): recipes.pipeline(cls(random_state=0))
        for cls in classes
        if cls not in in_recipes
        and all(p.default is not Parameter.empty for p in signature(cls).parameters.values())
    }


def named_network(recipe, name):
    """Return name and Pipeline of the network that is meant."""
    pipelines = network_recipes(recipe) | other_networks()
    name = find_name(name, list(pipelines))
    return name, pipelines[name]


def select_classifiers(recipe, networks, baselines, only):
    """Return the estimators by name, and the article's figures by the same names."""
    pipelines, reference = {}, {}
    if networks:
        from skfashion.recipes import ARTICLE

        pipelines = {f"{name}{ending(recipe)}": p for name, p in network_recipes(recipe).items()}
        pipelines |= other_networks()
        reference = {f"{name}{ending(recipe)}": figures for name, figures in ARTICLE.items()}
    if baselines:
        from skfashion.baselines import classic_baselines

        pipelines |= classic_baselines(random_state=0)
    if not pipelines:
        raise typer.BadParameter("--no-networks and --no-baselines leave nothing to compare.")
    if only:
        # in the order of the pipelines, each once
        wanted = {find_name(name, list(pipelines)) for name in only}
        pipelines = {name: pipeline for name, pipeline in pipelines.items() if name in wanted}
    return pipelines, {name: reference[name] for name in pipelines if name in reference}
