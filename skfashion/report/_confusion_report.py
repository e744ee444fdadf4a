"""The report's public face: predictions, an estimator or a comparison in, a page out."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

import numpy as np

from skfashion._estimators import final_step_name, learning_curves, own_image_shape
from skfashion._files import atomic_write
from skfashion._images import as_images, looks_like_images, shape_of, to_bytes
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
# What the page shows of a comparison's table.
TABLE_COLUMNS = (
    "accuracy_mean",
    "accuracy_std",
    "macro_f1_mean",
    "n",
    "cv_mean",
    "cv_std",
    "fit_seconds",
    "seconds_per_epoch",
    "epochs",
    "overfit_epoch",
    "images_per_second",
    "n_parameters",
    "model_bytes",
    "reference_accuracy",
)


class ConfusionReport:
    """The interactive confusion matrix: a page to click, in one file that needs no network.

    It has the confusion matrix of each classifier, the images behind every cell, the images that
    every classifier gets wrong, two classifiers side by side and, of a comparison, its table and
    the learning curves. Make one with `from_predictions`, `from_estimator` or `from_comparison`;
    save it, or let a notebook show it.

    Parameters
    ----------
    summary : dict
        All that the page shows, fit for JSON.

    Attributes
    ----------
    summary : dict
        As given.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : A confusion matrix as a picture.
    skfashion.compare : Makes the folder of which ``skfashion report`` makes a page.

    Notes
    -----
    The page is made to take at most 5 MB for 10,000 images and 17 classifiers. Images are stored
    without loss where they fit; else compressed, made smaller, and at last left out, those that
    most classifiers get right first. The page says what was done.

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
        max_bytes=MAX_BYTES,
    ):
        """Make a report of predictions, of one classifier or of several.

        Parameters
        ----------
        y_true : array-like of shape (n,)
            True labels.
        y_pred : array-like of shape (n,) or dict of {str: array-like}
            Predicted labels; for several classifiers a dict, by their names.
        proba : array-like of shape (n, n_classes) or dict of {str: array-like}, default=None
            Probabilities of the classes as ``predict_proba`` gives them, columns in the order of
            `labels`; a dict where `y_pred` is one, which may leave classifiers out. Without them,
            images stand in the order of their index and have no bars.
        images : array-like, default=None
            The images of shape (n, height, width), (n, height, width, 1 or 3) or, for square ones,
            (n, n_features). uint8 means pixels from 0 to 255; of other types, pixels from 0 to 1,
            or else from the lowest of all to the highest.
        labels : array-like of shape (n_classes,), default=None
            Every label that occurs, in the order of rows and columns; None for the sorted ones.
        target_names : sequence of str, default=None
            Names of the classes, in the order of `labels`; None for the labels.
        normalize : {"true", "pred", "all"}, default=None
            Whether the matrix is shown at first as counts (None) or as per cent of its row, of its
            column or of all images; the page can change it.
        name : str, default=None
            Name of the classifier; None for "Classifier".
        title : str, default=None
            Title of the page; None for the classifier's name.
        max_bytes : int, default=5_000_000
            How large the page may be. Images make way for it, predictions do not.

        Returns
        -------
        ConfusionReport
            The report.

        Raises
        ------
        ValueError
            If lengths, shapes, labels or names do not go together.
        """
        several = isinstance(y_pred, Mapping)
        y_pred = dict(y_pred) if several else {name or "Classifier": y_pred}
        proba = dict(proba or {}) if several else {name or "Classifier": proba}
        if not y_pred:
            raise ValueError("y_pred is empty; give the predictions of at least one classifier.")
        if strangers := set(proba) - set(y_pred):
            raise ValueError(f"proba has {sorted(strangers)} of which y_pred has no predictions.")
        y_true = to_labels(y_true, "y_true")
        y_pred = {str(key): to_labels(y, f"y_pred of {key}") for key, y in y_pred.items()}
        for key, y in y_pred.items():
            if len(y) != len(y_true):
                raise ValueError(
                    f"{key} has {len(y):,} predictions for {len(y_true):,} labels; give one each."
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
        max_bytes=MAX_BYTES,
    ):
        """Make a report of a fitted classifier on test data.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier, or a Pipeline that ends in one. ``predict_proba`` is used if there
            is one, and the learning curves that it has kept.
        X : array-like of shape (n, n_features)
            Test data, as the classifier takes it.
        y : array-like of shape (n,)
            True labels.
        images : array-like or False, default=None
            The images, as in `from_predictions`. None for `X` itself if it is a stack of images, or
            if the estimator has an ``image_shape_`` for its rows, or if these have square images of
            at least 8 x 8 pixels; False for no images.
        labels : array-like of shape (n_classes,), default=None
            Every label that occurs, in the order of rows and columns; None for the sorted ones.
        target_names : sequence of str, default=None
            Names of the classes, in the order of `labels`; None for the labels.
        normalize : {"true", "pred", "all"}, default=None
            Whether the matrix is shown at first as counts (None) or as per cent of its row, of its
            column or of all images; the page can change it.
        name : str, default=None
            Name of the classifier; None for that of its class.
        title : str, default=None
            Title of the page; None for the classifier's name.
        max_bytes : int, default=5_000_000
            How large the page may be. Images make way for it, predictions do not.

        Returns
        -------
        ConfusionReport
            The report.

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If lengths, shapes, labels or names do not go together.
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
            images = _images_for(estimator, X)
        kept = learning_curves(estimator)
        return cls(
            _summary_of(
                y_true,
                {name: y_pred},
                {name: proba},
                labels,
                target_names,
                images=None if images is False else images,
                normalize=normalize,
                title=title,
                max_bytes=max_bytes,
                curves=[curves_summary(name, kept)] if kept else [],
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
        max_bytes=MAX_BYTES,
    ):
        """Make a report of all classifiers of a comparison.

        Parameters
        ----------
        comparison : Comparison
            Of `skfashion.compare` or `skfashion.comparison.load_comparison`.
        images : array-like or False, default=None
            The test images, as in `from_predictions`. None for those that the comparison has kept;
            False for no images.
        normalize : {"true", "pred", "all"}, default=None
            Whether the matrix is shown at first as counts (None) or as per cent of its row, of its
            column or of all images; the page can change it.
        random_state : int, default=None
            Of which fit the matrices and images are, where there are several; None, and where there
            is no such fit, for the first.
        title : str, default=None
            Title of the page; None for "Classifiers compared".
        max_bytes : int, default=5_000_000
            How large the page may be. Images make way for it, predictions do not.

        Returns
        -------
        ConfusionReport
            The report; the most accurate classifier comes first.

        Raises
        ------
        ValueError
            If not one classifier of the comparison was fitted, or the images do not go with it.
        """
        table = comparison.table.sort_values("accuracy_mean", ascending=False, na_position="last")
        states = {name: comparison.random_states(name) for name in table.index}
        chosen = {
            name: random_state if random_state in known else known[0]
            for name, known in states.items()
            if known
        }
        if not chosen:
            raise ValueError("Not one classifier of the comparison was fitted: nothing to report.")
        predictions = {n: comparison.predictions(n, random_state=s) for n, s in chosen.items()}
        proba = {n: comparison.probabilities(n, random_state=s) for n, s in chosen.items()}
        unusable = [n for n, p in proba.items() if p is not None and not np.isfinite(p).all()]
        curves = {name: comparison.learning_curves(name) for name in table.index}
        if images is None:
            kept = comparison.X_test
            images = kept if kept is not None and looks_like_images(kept) else None
        several = any(len(known) > 1 for known in states.values())
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
                max_bytes=max_bytes,
                table=table_rows(table),
                curves=[
                    curves_summary(name, frame.to_dict("list"))
                    for name, frame in curves.items()
                    if frame is not None
                ],
                notes=_notes(chosen if several else {}, unusable),
            )
        )

    def to_html(self):
        """Return the page.

        Returns
        -------
        str
            A whole HTML document.
        """
        return render(self.summary)

    def save(self, path):
        """Write the page to a file.

        Parameters
        ----------
        path : path-like
            The file; its folder is made if need be, and what is there is replaced.

        Returns
        -------
        Path
            The file.
        """
        with atomic_write(path) as file:
            file.write(self.to_html())
        return Path(path)

    def _repr_html_(self):
        # A frame of its own: neither the notebook's style nor its scripts meet the page's.
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


def table_rows(table):
    """Return the comparison's table as rows fit for JSON: numbers, None for what is missing."""
    rows = []
    for name, row in table.iterrows():
        known = row.dropna()
        numbers = {key: float(known[key]) if key in known else None for key in TABLE_COLUMNS}
        begun = bool(known["overfit_begun"]) if "overfit_begun" in known else None
        error = str(known["error"]) if "error" in known else None
        rows.append({"name": str(name), **numbers, "overfit_begun": begun, "error": error})
    return rows


def _notes(chosen, unusable):
    """Return remarks on the random states, {name: state}, and on probabilities that are none."""
    notes = []
    states = {state for state in chosen.values() if state is not None}
    if states:
        which = f"random state {states.pop()}" if len(states) == 1 else "one random state each"
        notes.append(f"Matrices and images are of {which}; the table has the means over all.")
    if unusable:
        notes.append(
            f"The probabilities of {', '.join(unusable)} are not all numbers, and are not shown."
        )
    return notes


def _images_for(estimator, X):
    """Return `X` as the images that the estimator sees in it, or None if it has none."""
    shape = shape_of(X)
    image_shape = own_image_shape(estimator, shape[1]) if len(shape) == 2 else None
    if image_shape is not None and image_shape[2] in (1, 3):
        return as_images(X, image_shape)
    return X if looks_like_images(X) else None


def _pixels_of(images, n_images):
    """Return images as bytes of shape (n, height, width) or (n, height, width, 3), checked."""
    shape = shape_of(images)
    if shape[:1] != (n_images,):
        raise ValueError(
            f"images has the shape {shape}, but there are {n_images:,} labels; give one image each."
        )
    pixels = to_bytes(as_images(images))
    return pixels[..., 0] if pixels.shape[3] == 1 else pixels


def _summary_of(
    y_true, y_pred, proba, labels, target_names, *, images, normalize, max_bytes, **rest
):
    """Check what the ways to make a report have in common, and return the summary."""
    if not len(y_true):
        raise ValueError("There are no labels: a report needs at least one test image.")
    if normalize not in NORMALIZE:
        raise ValueError(f"normalize must be one of {NORMALIZE}, got {normalize!r}.")
    if len(np.unique(labels)) != len(labels):
        raise ValueError("labels has a label twice; give each once.")
    names = [str(n) for n in (labels.tolist() if target_names is None else target_names)]
    if len(names) != len(labels):
        raise ValueError(
            f"{len(names)} target_names do not go with the {len(labels)} labels "
            f"{labels[:20].tolist()}; give a name for each, or all labels with labels=."
        )
    answers = []
    for name, y in y_pred.items():
        p = proba.get(name)
        p = None if p is None else check_proba(p, len(y_true), len(labels), name)
        answers.append(Answers(name, to_codes(y, labels, f"The predictions of {name}"), p))
    return summarise(
        to_codes(y_true, labels, "y_true"),
        answers,
        names,
        pixels=None if images is None else _pixels_of(images, len(y_true)),
        normalize=normalize,
        max_bytes=max_bytes,
        **rest,
    )
