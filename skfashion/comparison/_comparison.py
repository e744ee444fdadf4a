"""All results of a comparison, in memory or read from a folder."""

import warnings
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.metrics import classification_report, confusion_matrix

from skfashion.comparison._confused_pairs import confused_pairs
from skfashion.comparison._provenance import provenance_of
from skfashion.comparison._result_folder import ResultFolder
from skfashion.comparison._schema import classes_of
from skfashion.comparison._table import group, tabulate
from skfashion.comparison._text import printable


@dataclass(repr=False, eq=False)
class Comparison:
    """Results of a comparison: the table, predictions, confusion matrices, learning curves.

    Returned by `compare` and `load_comparison`, and shown as its table. If an estimator was fitted
    with several random states, `table` has the means over all of them; predictions, and what is
    computed from them, are those of the lowest random state unless `random_state` is given.

    Attributes
    ----------
    y_test : ndarray of shape (n_test,)
        True labels of the test data.
    classes : ndarray of shape (n_classes,)
        The labels in sorted order: rows and columns of the confusion matrices.
    target_names : list of str of length n_classes
        Names of the classes, in the order of `classes`.
    reference : dict of {str: dict}
        Published figures by estimator name, see `compare`.
    environments : dict of {str: dict}
        Descriptions of the machines, with versions, by the identifiers in the results.
    results : list
        The individual results.
    X_test : ndarray of shape (n_test, ...) or None
        The test images as they were given; a DataFrame becomes an array. None if they are not
        numbers or take more than 100 MB.
    n_train : int or None
        Number of training images; None if it is not known.
    test_index : ndarray of int of shape (n_test,) or None
        Number of each test image; None for its position in `X_test`.
    dataset : str or None
        Name of the data.
    recipes : list of str
        Names of the estimators' settings, one for each call of `compare` that gave one.

    See Also
    --------
    compare : Train and measure classifiers.
    load_comparison : Read a comparison from a folder.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skfashion import compare
    >>> X, y = load_digits(return_X_y=True)
    >>> comparison = compare({"Bayes": GaussianNB()}, X[:900], y[:900], X[900:], y[900:])
    >>> comparison.confusion_matrix("Bayes").shape
    (10, 10)
    >>> print(comparison.confused_pairs("Bayes", n=1)[0])
    4 taken for 7: 22 of 92 (23.9 %)
    """

    y_test: np.ndarray
    classes: np.ndarray
    target_names: list
    results: list = field(default_factory=list)
    reference: dict = field(default_factory=dict)
    environments: dict = field(default_factory=dict)
    X_test: np.ndarray | None = None
    n_train: int | None = None
    test_index: np.ndarray | None = None
    dataset: str | None = None
    recipes: list = field(default_factory=list)

    @property
    def names(self):
        """Names of the estimators, in the order of the table's rows (list of str)."""
        return list(group(self.results))

    @property
    def table(self):
        """One row per estimator (DataFrame), with the columns that `compare` describes."""
        return tabulate(group(self.results), self.reference)

    @property
    def provenance(self):
        """Data, recipes, dates (UTC), machines and versions in one line (str).

        Parts that are not known are left out.
        """
        results = [result.values for result in self.results]
        used = dict.fromkeys(values["environment"] for values in results)
        return provenance_of(
            dataset=self.dataset,
            n_train=self.n_train,
            n_test=len(self.y_test),
            recipes=self.recipes,
            dates=[values["finished"] for values in results],
            environments=[self.environments[key] for key in used if key in self.environments],
        )

    def random_states(self, name):
        """Return the random states of an estimator's successful fits.

        Parameters
        ----------
        name : str
            One of `names`.

        Returns
        -------
        list of int
            In ascending order; ``[None]`` for an estimator without a random_state.
        """
        return [r.unit.random_state for r in self._of(name, "fit")]

    def predictions(self, name, *, random_state=None):
        """Return an estimator's predictions of the test data.

        Parameters
        ----------
        name : str
            One of `names`.
        random_state : int, default=None
            One of ``random_states(name)``; None for the lowest.

        Returns
        -------
        ndarray of shape (n_test,)
            Labels, of the type of `y_test`.

        Raises
        ------
        KeyError
            If there is no such estimator, or no successful fit of it.
        """
        return self._fit(name, random_state).arrays["predictions"]

    def probabilities(self, name, *, random_state=None):
        """Return an estimator's class probabilities for the test data.

        Parameters
        ----------
        name : str
            One of `names`.
        random_state : int, default=None
            One of ``random_states(name)``; None for the lowest.

        Returns
        -------
        ndarray of shape (n_test, n_classes) or None
            Columns in the order of `classes`, zero for a class without training images. None if
            the estimator has no predict_proba, or it failed.

        Raises
        ------
        KeyError
            If there is no such estimator, or no successful fit of it.
        """
        arrays = self._fit(name, random_state).arrays
        if "probabilities" not in arrays:
            return None
        probabilities = arrays["probabilities"]
        columns = np.searchsorted(self.classes, arrays["probability_classes"])
        ordered = np.zeros((len(probabilities), len(self.classes)), dtype=probabilities.dtype)
        ordered[:, columns] = probabilities
        return ordered

    def learning_curves(self, name):
        """Return the loss and accuracy that an estimator recorded in each epoch.

        Parameters
        ----------
        name : str
            One of `names`.

        Returns
        -------
        DataFrame or None
            Indexed by epoch, from 1. Columns, if recorded: train_loss, train_accuracy,
            validation_loss, validation_accuracy; NaN for an epoch without a value. They are those
            of the fit with a validation part if there is one, else of the first fit on all
            training data. None for an estimator that records no curves.
        """
        for result in [*self._of(name, "curves"), *self._of(name, "fit")]:
            if curves := result.values["curves"]:
                columns = {key: pd.Series(v, dtype=float) for key, v in curves.items()}
                frame = pd.DataFrame(columns)
                frame.index = pd.RangeIndex(1, len(frame) + 1, name="epoch")
                return frame
        return None

    def confusion_matrix(self, name, *, random_state=None):
        """Return an estimator's confusion matrix.

        Parameters
        ----------
        name : str
            One of `names`.
        random_state : int, default=None
            One of ``random_states(name)``; None for the lowest.

        Returns
        -------
        ndarray of shape (n_classes, n_classes)
            Counts; rows are true classes, columns predicted ones.

        Raises
        ------
        KeyError
            If there is no such estimator, or no successful fit of it.
        """
        predictions = self.predictions(name, random_state=random_state)
        return confusion_matrix(self.y_test, predictions, labels=self.classes)

    def classification_report(self, name, *, random_state=None, output_dict=False):
        """Return precision, recall and F1 of each class.

        Parameters
        ----------
        name : str
            One of `names`.
        random_state : int, default=None
            One of ``random_states(name)``; None for the lowest.
        output_dict : bool, default=False
            Whether to return a dict instead of a text.

        Returns
        -------
        str or dict
            As `sklearn.metrics.classification_report` makes it. A class that is neither in the
            test data nor predicted is left out, so that "macro avg" is the macro F1 of `table`.

        Raises
        ------
        KeyError
            If there is no such estimator, or no successful fit of it.
        """
        predictions = self.predictions(name, random_state=random_state)
        occurs = np.isin(self.classes, np.concatenate([self.y_test, predictions]))
        return classification_report(
            self.y_test,
            predictions,
            labels=self.classes[occurs],
            target_names=np.array(self.target_names)[occurs],
            digits=4,
            output_dict=output_dict,
            zero_division=0,
        )

    def confused_pairs(self, name, *, n=5, random_state=None):
        """Return the pairs of classes that an estimator confuses most often, the worst first.

        Parameters
        ----------
        name : str
            One of `names`.
        n : int or None, default=5
            Maximum number of pairs; None for all.
        random_state : int, default=None
            One of ``random_states(name)``; None for the lowest.

        Returns
        -------
        list of ConfusedPair
            ``str`` describes a pair in words.

        Raises
        ------
        KeyError
            If there is no such estimator, or no successful fit of it.
        """
        matrix = self.confusion_matrix(name, random_state=random_state)
        return confused_pairs(matrix, self.target_names, n=n)

    def report(self, **options):
        """Return the interactive confusion matrix of all classifiers.

        Parameters
        ----------
        **options : dict
            Keyword arguments of `skfashion.report.ConfusionReport.from_comparison`.

        Returns
        -------
        ConfusionReport
            The report; its method ``save`` writes the page.

        Raises
        ------
        ValueError
            If no classifier was fitted, or there is not one image per test label.
        """
        from skfashion.report import ConfusionReport

        return ConfusionReport.from_comparison(self, **options)

    def plot(self, *, ax=None, text_kw=None):
        """Plot accuracy against fit time; the area of a marker is the size of the model.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to plot on; None for a new figure.
        text_kw : dict, default=None
            Further keywords for `matplotlib.axes.Axes.annotate`, for the labels.

        Returns
        -------
        ComparisonDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If no estimator has an accuracy and a time.
        """
        from skfashion.plotting import ComparisonDisplay

        return ComparisonDisplay.from_comparison(self, ax=ax, text_kw=text_kw)

    def __repr__(self):
        return repr(self.table)

    def _repr_html_(self):
        return self.table._repr_html_()

    def _of(self, name, kind):
        """Return the successful results of one kind."""
        groups = group(self.results)
        if name not in groups:
            raise KeyError(f"No estimator {name!r} in this comparison; there are {list(groups)}.")
        return [r for r in groups[name] if r.unit.kind == kind and not r.error]

    def _fit(self, name, random_state):
        fits = self._of(name, "fit")
        for result in fits:
            if random_state is None or result.unit.random_state == random_state:
                return result
        states = [r.unit.random_state for r in fits]
        which = "" if random_state is None else f" with random_state={random_state}"
        raise KeyError(f"No successful fit of {name!r}{which}; there are fits with {states}.")


def load_comparison(out):
    """Read all results that `compare` has written to a folder.

    Parameters
    ----------
    out : path-like
        The folder that `compare` was given as `out`.

    Returns
    -------
    Comparison
        All results in the folder, of finished and unfinished runs, sorted by name.

    Raises
    ------
    FileNotFoundError
        If there is no comparison in the folder.
    ValueError
        If a file is damaged, which the message names, or `out` is empty.

    See Also
    --------
    compare : Write results to a folder.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skfashion.comparison import compare, load_comparison
    >>> X, y = load_digits(return_X_y=True)
    >>> with TemporaryDirectory() as out:
    ...     made = compare({"Bayes": GaussianNB()}, X[:900], y[:900], X[900:], y[900:], out=out)
    ...     comparison = load_comparison(out)
    >>> comparison.names
    ['Bayes']
    """
    folder = ResultFolder(out)
    comparison = comparison_of(folder, folder.read_all())
    comparison.X_test = folder.X_test()
    return comparison


def load_readable(out):
    """Return all results in a folder but the damaged ones, of which it warns; no test images."""
    folder = ResultFolder(out)
    return comparison_of(folder, folder.read_all(on_damage=_warn_of))


def _warn_of(error):
    """Warn of a damaged result."""
    warnings.warn(f"{error.path} is damaged: {error.what}. It is not shown.", stacklevel=2)


def comparison_of(folder, results):
    """Return results that were read from a folder as a Comparison."""
    about = folder.about()
    classes = classes_of(about)
    return Comparison(
        y_test=folder.y_test(),
        classes=classes,
        target_names=about["target_names"] or names_of(classes),
        results=results,
        reference=about["reference"],
        environments=folder.environments(),
        n_train=about["n_train"],
        test_index=folder.test_index(),
        dataset=about["dataset"],
        recipes=about["recipes"],
    )


def names_of(classes):
    return [printable(str(label)) for label in classes.tolist()]
