"""A page about a model, to be kept beside its file."""

import json
import platform
from importlib.metadata import version

from skfashion._version import __version__
from skfashion.export._extra import needs_extra
from skfashion.export._network import network_of

LIBRARIES = ("scikit-learn", "torch", "numpy", "skops")
FIGURES = {  # columns of a comparison's table, and what they are called
    "n": "fits",
    "accuracy_mean": "accuracy",
    "accuracy_std": "sd",
    "macro_f1_mean": "macro F1",
    "macro_f1_std": "sd of macro F1",
    "cv_mean": "cross-validated",
    "cv_std": "sd of it",
}
NOT_STATED = "Not stated."
RESULTS = (
    "On the test images: mean and standard deviation (sd) over fits from several random states."
)


def in_words(number):
    """Return a figure as the card shows it: integers as they are, others with four decimals."""
    if number is None or number != number:  # NaN
        return ""
    return f"{number:.4f}" if isinstance(number, float) else str(number)


def counted(n, one, several=None):
    """Return a number and the word for what it counts, in the singular or the plural."""
    return f"{n} {one}" if n == 1 else f"{n} {several or one + 's'}"


def results_of(comparison):
    """Return the figures of a comparison as {head of a column: texts}; empty columns left out."""
    table = comparison.table
    table = table[table["n"] > 0]
    columns = {"model": list(table.index)}
    for column, head in FIGURES.items():
        values = table[column]
        if not values.isna().all():
            columns[head] = [in_words(None if value is None else value) for value in values]
    return columns


def what_it_is(network):
    """Return a paragraph about a fitted network."""
    height, width, n_channels = network.image_shape_
    versions = [f"skfashion {__version__}", *(f"{name} {version(name)}" for name in LIBRARIES)]
    classes = ", ".join(map(str, network.classes_))
    return (
        f"{type(network).__name__} of skfashion, with {network.n_parameters_:,} parameters, "
        f"trained for {counted(network.n_iter_, 'epoch')}. It takes images of {height} x {width} "
        f"pixels with {counted(n_channels, 'channel')} and returns the probabilities of "
        f"{counted(len(network.classes_), 'class', 'classes')}: {classes}.\n\n"
        f"Versions: {', '.join(versions)}, Python {platform.python_version()}."
    )


def how_to_load(file, trusted):
    """Return a paragraph with the code that loads a file of skops."""
    names = "".join(f'    "{name}",\n' for name in trusted)
    path = json.dumps(str(file), ensure_ascii=False)  # a name may have quotes or backslashes
    return (
        f"The file `{file}` is loaded without pickle. Every class in it has to be trusted by its "
        "name; these are all of them that skops does not trust anyway:\n\n"
        f"```python\nimport skops.io\n\ntrusted = [\n{names}]\n"
        f"model = skops.io.load({path}, trusted=trusted)\nmodel.predict_proba(X)\n```"
    )


def model_card(
    estimator, comparison=None, *, title=None, intended_use=None, data=None, file="model.skops"
):
    """Return a page about a fitted model: what it is and is for, its results, how to load it.

    Parameters
    ----------
    estimator : estimator instance
        Fitted network of this package, or a Pipeline or a search that ends in one.
    comparison : Comparison, default=None
        Results of :func:`~skfashion.compare`, whose figures are shown: the number of fits, and mean
        and standard deviation of their scores.
    title : str, default=None
        The heading; None for the name of the network's class.
    intended_use : str, default=None
        What the model is for, and what it is not for.
    data : str, default=None
        What it was trained on; None for what the comparison says of its data.
    file : str, default="model.skops"
        Name of the file that ``skops.io.dump`` writes the model to.

    Returns
    -------
    card : skops.card.Card
        The card. ``card.save("README.md")`` writes it, ``card.add`` adds sections.

    Raises
    ------
    ImportError
        If skops is not installed: ``pip install "skfashion[export]"``.
    ValueError
        If it is not a network of this package.

    See Also
    --------
    trusted_types : What a file of skops may contain.
    skfashion.compare : Train and measure classifiers.

    Examples
    --------
    >>> from skfashion import load_pretrained
    >>> from skfashion.export import model_card
    >>> card = model_card(load_pretrained(), title="Clothes", intended_use="To try skfashion.")
    >>> [line for line in card.render().splitlines() if line.startswith("#")][:3]
    ['# Clothes', '## Intended use', '## Data']
    """
    with needs_extra("model_card", "skops"):
        import skops.io
        from skops.card import Card
    network = network_of(estimator)
    title = title or type(network).__name__
    top = title.replace("/", "\\/")  # which else begins the name of a subsection
    trusted = skops.io.get_untrusted_types(data=skops.io.dumps(estimator))
    if data is None and comparison is not None:
        data = comparison.provenance
    card = Card(
        estimator,
        model_diagram=False,
        template={
            top: what_it_is(network),
            f"{top}/Intended use": intended_use or NOT_STATED,
            f"{top}/Data": data or NOT_STATED,
            f"{top}/Results": NOT_STATED,
            f"{top}/Load the model": how_to_load(file, trusted),
            f"{top}/Parameters": f"```python\n{estimator!r}\n```",
        },
    )
    if comparison is not None and comparison.table["n"].any():
        card.add_table(description=RESULTS, **{f"{top}/Results": results_of(comparison)})
        card.select(f"{top}/Results").title = "Results"  # not with all that is above it
    return card
