"""The public class: it makes a page of predictions, of an estimator or of a comparison."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

import numpy as np
from scipy.sparse import issparse

from skfashion._estimators import final_step_name, learning_curves, own_image_shape
from skfashion._files import atomic_write
from skfashion._images import as_images, looks_like_images, shape_of, to_bytes
from skfashion.report._activation_maps import maps_of
from skfashion.report._comparison_table import reference_note, shown_rows
from skfashion.report._image_lists import checked_lists, list_summary, positions_of
from skfashion.report._page import render
from skfashion.report._summary import (
    NORMALIZE,
    Answers,
    all_labels,
    check_proba,
    curves_summary,
    summarise,
    to_codes,
    to_labels,
)

MAX_BYTES = 5_000_000


class ConfusionReport:
    """An interactive confusion matrix: one HTML file that works offline.

    The page shows the confusion matrix of each classifier, the images behind every cell, the images
    that every classifier gets wrong, two classifiers side by side and, for a comparison, its table
    and the learning curves. Create one with `from_predictions`, `from_estimator` or
    `from_comparison`; then save it, or let a notebook display it.

    Parameters
    ----------
    summary : dict
        Everything that the page shows, as values that JSON can hold.

    Attributes
    ----------
    summary : dict
        As given.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : A confusion matrix as a picture.
    skfashion.compare : Train and compare classifiers.

    Notes
    -----
    The page is kept below `max_bytes`, by default 5 MB, enough for 10,000 images and 17
    classifiers. Images are stored losslessly if they fit. If not, they are compressed, then reduced
    in size, and finally left out, starting with those that most classifiers get right. The page
    says what was done.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from skfashion.report import ConfusionReport
    >>> X, y = load_digits(return_X_y=True)
    >>> bayes = GaussianNB().fit(X[:900], y[:900])
    >>> report = ConfusionReport.from_estimator(bayes, X[900:], y[900:])
    >>> report
    ConfusionReport(GaussianNB: 897 images, 10 classes, 1 classifier)
    >>> report.summary["classifiers"][0]["pairs"][0]  # true, predicted, how often
    [4, 7, 22]
    >>> report.save("digits.html")  # doctest: +SKIP
    """

    def __init__(self, summary):
        self.summary = summary

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_pred,
        *,
        proba=None,
        images=None,
        labels=None,
        target_names=None,
        normalize=None,
        name=None,
        title=None,
        index=None,
        provenance=None,
        inspection=None,
        max_bytes=MAX_BYTES,
    ):
        """Make a report from the predictions of one classifier or several.

        Parameters
        ----------
        y_true : array-like of shape (n,)
            True labels.
        y_pred : array-like of shape (n,) or dict of {str: array-like}
            Predicted labels; for several classifiers, a dict with the classifiers' names as keys.
        proba : array-like of shape (n, n_classes) or dict of {str: array-like}, default=None
            Class probabilities as ``predict_proba`` returns them, columns in the order of
            `labels`. If `y_pred` is a dict, so is this; classifiers may be missing in it. Without
            probabilities, images are sorted by their index and have no bars.
        images : array-like, default=None
            The images, of shape (n, height, width), (n, height, width, 1 or 3) or, if they are
            square, (n, n_features). uint8 means pixels from 0 to 255. Pixels of other types are
            shown as they are if all lie from 0 to 1; otherwise the lowest of all is black and the
            highest white.
        labels : array-like of shape (n_classes,), default=None
            All labels, in the order of rows and columns; None for the sorted labels that occur.
        target_names : sequence of str, default=None
            Names of the classes, in the order of `labels`; None for the labels.
        normalize : {"true", "pred", "all"}, default=None
            What the matrix shows at first: counts (None), or percentages of each row, of each
            column or of all images. It can be changed on the page.
        name : str, default=None
            Name of the classifier; None for "Classifier". Not used if `y_pred` is a dict.
        title : str, default=None
            Title of the page; None for the classifier's name.
        index : array-like of int of shape (n,), default=None
            Number of each image on the page, such as its position in a larger dataset; None for 0
            to n - 1.
        provenance : str, default=None
            One line that says where the figures come from (data, date, machine), shown with the
            table and at the foot of the page.
        inspection : dict of {str: DataFrame}, default=None
            Lists of images to show, each in a view of its own; the keys are the titles of the
            views. The values are what the functions of `skfashion.inspection` return for these
            images, or any DataFrame whose column ``index`` has positions of these images. At most
            the first 1,000 rows are shown.
        max_bytes : int, default=5_000_000
            Maximum size of the page. Images are compressed or left out to stay below it;
            predictions are always kept.

        Returns
        -------
        ConfusionReport
            The report.

        Raises
        ------
        ValueError
            If lengths, shapes, labels or names do not agree.
        """
        several = isinstance(y_pred, Mapping)
        y_pred = dict(y_pred) if several else {name or "Classifier": y_pred}
        proba = dict(proba or {}) if several else {name or "Classifier": proba}
        if not y_pred:
            raise ValueError("y_pred is empty; give the predictions of at least one classifier.")
        if unknown := set(map(str, proba)) - set(map(str, y_pred)):
            raise ValueError(f"proba has {sorted(unknown)}, but y_pred has no such predictions.")
        y_true = to_labels(y_true, "y_true")
        y_pred = {str(key): to_labels(y, f"y_pred of {key}") for key, y in y_pred.items()}
        for key, y in y_pred.items():
            if len(y) != len(y_true):
                raise ValueError(
                    f"{key} has {len(y):,} predictions for {len(y_true):,} labels; give one "
                    "prediction for each label."
                )
        labels = (
            to_labels(labels, "labels")
            if labels is not None
            else all_labels(y_true, *y_pred.values())
        )
        return cls(
            _summary_of(
                y_true,
                y_pred,
                {str(key): p for key, p in proba.items()},
                labels,
                target_names,
                images=images,
                normalize=normalize,
                title=title,
                index=index,
                provenance=provenance,
                inspection=inspection,
                max_bytes=max_bytes,
            )
        )

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        images=None,
        labels=None,
        target_names=None,
        normalize=None,
        name=None,
        title=None,
        index=None,
        provenance=None,
        inspection=None,
        max_bytes=MAX_BYTES,
    ):
        """Make a report on a fitted classifier and test data.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier, or a Pipeline that ends in one. ``predict_proba`` is used if
            available, and so are the learning curves that the classifier has recorded. For a
            network with convolutions, an enlarged mistake shows where the network looks.
        X : array-like of shape (n, n_features)
            Test data, as the classifier expects it.
        y : array-like of shape (n,)
            True labels.
        images : array-like or False, default=None
            The images, as in `from_predictions`. None for `X` itself if it looks like images: if it
            is a stack, if the estimator has an ``image_shape_``, or if the number of features is a
            square of at least 64. `X` is not shown if it is sparse, or has missing values or text.
            False for no images.
        labels : array-like of shape (n_classes,), default=None
            All labels, in the order of rows and columns; None for the sorted labels that occur.
        target_names : sequence of str, default=None
            Names of the classes, in the order of `labels`; None for the labels.
        normalize : {"true", "pred", "all"}, default=None
            What the matrix shows at first: counts (None), or percentages of each row, of each
            column or of all images. It can be changed on the page.
        name : str, default=None
            Name of the classifier; None for the name of its class.
        title : str, default=None
            Title of the page; None for the classifier's name.
        index : array-like of int of shape (n,), default=None
            Number of each image on the page, such as its position in a larger dataset; None for 0
            to n - 1.
        provenance : str, default=None
            One line that says where the figures come from (data, date, machine), shown with the
            table and at the foot of the page.
        inspection : dict of {str: DataFrame}, default=None
            Lists of images to show, each in a view of its own; the keys are the titles of the
            views. The values are what the functions of `skfashion.inspection` return for these
            images, or any DataFrame whose column ``index`` has positions of these images. At most
            the first 1,000 rows are shown.
        max_bytes : int, default=5_000_000
            Maximum size of the page. Images are compressed or left out to stay below it;
            predictions are always kept.

        Returns
        -------
        ConfusionReport
            The report.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If lengths, shapes, labels or names do not agree.
        """
        name = name or final_step_name(estimator)
        y_true = to_labels(y, "y")
        y_pred = to_labels(estimator.predict(X), "predict")
        known = to_labels(estimator.classes_, "classes_")
        labels = all_labels(y_true, known) if labels is None else to_labels(labels, "labels")
        proba = None
        if hasattr(estimator, "predict_proba"):
            columns = to_codes(known, labels, "the estimator")
            proba = np.zeros((len(y_true), len(labels)))
            proba[:, columns] = estimator.predict_proba(X)
        if images is None:
            images = _guessed_images(X, estimator)
        images = None if images is False else images
        maps = None
        if images is not None:
            shown = [
                positions_of(frame, len(y_true)) for frame in checked_lists(inspection).values()
            ]
            to_explain = np.unique(np.concatenate([np.flatnonzero(y_pred != y_true), *shown]))
            maps = maps_of(estimator, X, to_explain)
        recorded = learning_curves(estimator)
        return cls(
            _summary_of(
                y_true,
                {name: y_pred},
                {name: proba},
                labels,
                target_names,
                images=images,
                normalize=normalize,
                title=title,
                index=index,
                provenance=provenance,
                inspection=inspection,
                max_bytes=max_bytes,
                curves=[curves_summary(name, recorded)] if recorded else [],
                activation_maps=maps,
            )
        )

    @classmethod
    def from_comparison(
        cls,
        comparison,
        *,
        images=None,
        normalize=None,
        random_state=None,
        title=None,
        index=None,
        provenance=None,
        inspection=None,
        max_bytes=MAX_BYTES,
    ):
        """Make a report on all classifiers of a comparison.

        Parameters
        ----------
        comparison : Comparison
            What `skfashion.compare` or `skfashion.comparison.load_comparison` returned.
        images : array-like or False, default=None
            The test images, as in `from_predictions`. None for those that the comparison holds if
            they look like images; False for no images.
        normalize : {"true", "pred", "all"}, default=None
            What the matrix shows at first: counts (None), or percentages of each row, of each
            column or of all images. It can be changed on the page.
        random_state : int, default=None
            Random state of the fits that the matrices and images show. None for each classifier's
            first fit, which is also shown for classifiers that have no fit with this random state.
        title : str, default=None
            Title of the page; None for "Classifiers compared".
        index : array-like of int of shape (n,), default=None
            Number of each image on the page, such as its position in a larger dataset; None for 0
            to n - 1.
        provenance : str, default=None
            One line that says where the figures come from (data, date, machine), shown with the
            table and at the foot of the page.
        inspection : dict of {str: DataFrame}, default=None
            Lists of images to show, each in a view of its own; the keys are the titles of the
            views. The values are what the functions of `skfashion.inspection` return for these
            images, or any DataFrame whose column ``index`` has positions of these images. At most
            the first 1,000 rows are shown.
        max_bytes : int, default=5_000_000
            Maximum size of the page. Images are compressed or left out to stay below it;
            predictions are always kept.

        Returns
        -------
        ConfusionReport
            The report; the most accurate classifier comes first.

        Raises
        ------
        ValueError
            If no classifier of the comparison was fitted, or the images do not match it.
        """
        table = comparison.table.sort_values("accuracy_mean", ascending=False, na_position="last")
        chosen, several = _chosen_states(comparison, table.index, random_state)
        predictions = {n: comparison.predictions(n, random_state=s) for n, s in chosen.items()}
        proba = {n: comparison.probabilities(n, random_state=s) for n, s in chosen.items()}
        unusable = [n for n, p in proba.items() if p is not None and not np.isfinite(p).all()]
        if images is None:
            images = _guessed_images(comparison.X_test)
        if index is None:
            index = comparison.test_index
        if provenance is None:
            provenance = comparison.provenance
        n_train = comparison.n_train
        return cls(
            _summary_of(
                comparison.y_test,
                predictions,
                {n: p for n, p in proba.items() if n not in unusable},
                comparison.classes,
                comparison.target_names,
                images=None if images is False else images,
                normalize=normalize,
                title=title,
                index=index,
                provenance=provenance,
                inspection=inspection,
                max_bytes=max_bytes,
                table=shown_rows(table, n_train),
                reference_note=reference_note(table, n_train),
                random_states=chosen if several else {},
                curves=_curves_of(comparison, table.index),
                notes=_notes(chosen if several else {}, unusable),
            )
        )

    def to_html(self):
        """Return the page as HTML.

        Returns
        -------
        str
            A complete HTML document.
        """
        return render(self.summary)

    def save(self, path):
        """Write the page to a file.

        Parameters
        ----------
        path : path-like
            The file. Its folder is created if necessary; an existing file is replaced.

        Returns
        -------
        Path
            The file.
        """
        with atomic_write(path) as file:
            file.write(self.to_html())
        return Path(path)

    def _repr_html_(self):
        # In a frame, the styles and scripts of notebook and page cannot affect each other.
        return (
            '<iframe sandbox="allow-scripts allow-downloads" title="Confusion report" '
            'style="width: 100%; height: 800px; border: 0" '
            f'srcdoc="{escape(self.to_html())}"></iframe>'
        )

    def __repr__(self):
        n = len(self.summary["classifiers"])
        return (
            f"ConfusionReport({self.summary['title']}: {self.summary['n_images']:,} images, "
            f"{len(self.summary['classes'])} classes, {n} classifier{'s' if n > 1 else ''})"
        )


def _chosen_states(comparison, names, random_state):
    """Return {name: random state to show} of the fitted classifiers, and whether there are others.

    A classifier without a fit with `random_state` is shown with its first one.
    """
    states = {name: comparison.random_states(name) for name in names}
    chosen = {
        name: random_state if random_state in known else known[0]
        for name, known in states.items()
        if known
    }
    if not chosen:
        raise ValueError("No classifier of the comparison was fitted: nothing to report.")
    return chosen, any(len(known) > 1 for known in states.values())


def _curves_of(comparison, names):
    """Return the summaries of the learning curves that classifiers of a comparison have."""
    curves = {name: comparison.learning_curves(name) for name in names}
    return [
        curves_summary(name, frame.to_dict("list"))
        for name, frame in curves.items()
        if frame is not None
    ]


def _notes(chosen, unusable):
    """Return remarks on the random states, {name: state}, and on unusable probabilities."""
    notes = []
    states = {state for state in chosen.values() if state is not None}
    if states:
        which = f"random state {states.pop()}" if len(states) == 1 else "one random state each"
        notes.append(f"Matrices and images are of {which}; the table has the means over all.")
    if unusable:
        notes.append(
            f"The probabilities of {', '.join(unusable)} are not shown: some are NaN or infinite."
        )
    return notes


def _guessed_images(X, estimator=None):
    """Return `X` as images if it looks like images, else None.

    Nobody said that these are images: what cannot be drawn, such as sparse data, text and missing
    values, is not an error.
    """
    if X is None or issparse(X):
        return None
    shape = shape_of(X)
    image_shape = None
    if estimator is not None and len(shape) == 2:
        image_shape = own_image_shape(estimator, shape[1])
    if image_shape is None and not looks_like_images(X):
        return None
    try:
        return as_images(X, image_shape)
    except (TypeError, ValueError):
        return None


def _pixels_of(images, n_images):
    """Return images as bytes of shape (n, height, width) or (n, height, width, 3), checked."""
    if issparse(images):
        raise TypeError("images is sparse; give an array of pixels, such as images.toarray().")
    shape = shape_of(images)
    if shape[:1] != (n_images,):
        raise ValueError(
            f"images has the shape {shape}, but there are {n_images:,} labels; give one image for "
            "each label."
        )
    pixels = to_bytes(as_images(images))
    return pixels[..., 0] if pixels.shape[3] == 1 else pixels


def _checked_index(index, n_images):
    """Return the numbers of the images as an array of int, None if they are simply 0 to n - 1."""
    if index is None:
        return None
    index = np.asarray(index)
    if index.shape != (n_images,) or index.dtype.kind not in "iu":
        raise ValueError(
            f"index must have one integer for each of the {n_images:,} images, got the shape "
            f"{index.shape} of {index.dtype}."
        )
    return None if np.array_equal(index, np.arange(n_images)) else index


def _summary_of(
    y_true,
    y_pred,
    proba,
    labels,
    target_names,
    *,
    images,
    normalize,
    index,
    inspection,
    max_bytes,
    random_states=None,
    **rest,
):
    """Check what all ways to make a report have in common, and return the summary."""
    if not len(y_true):
        raise ValueError("There are no labels: a report needs at least one test image.")
    if normalize not in NORMALIZE:
        raise ValueError(f"normalize must be one of {NORMALIZE}, got {normalize!r}.")
    if len(np.unique(labels)) != len(labels):
        raise ValueError("labels has a label twice; give each label once.")
    names = [str(n) for n in (labels.tolist() if target_names is None else target_names)]
    if len(names) != len(labels):
        raise ValueError(
            f"There are {len(names)} target_names, but {len(labels)} labels: "
            f"{labels[:20].tolist()}. Give one name per label, or all labels with labels=."
        )
    answers = []
    for name, y in y_pred.items():
        p = proba.get(name)
        p = None if p is None else check_proba(p, len(y_true), len(labels), name)
        codes = to_codes(y, labels, f"The predictions of {name}")
        answers.append(Answers(name, codes, p, (random_states or {}).get(name)))
    return summarise(
        to_codes(y_true, labels, "y_true"),
        answers,
        names,
        pixels=None if images is None else _pixels_of(images, len(y_true)),
        index=_checked_index(index, len(y_true)),
        lists=[
            list_summary(str(title), frame, labels, len(y_true))
            for title, frame in checked_lists(inspection).items()
        ],
        normalize=normalize,
        max_bytes=max_bytes,
        **rest,
    )
