"""Predictions to a summary: all that the page shows, as a dict fit for JSON."""

import json
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import confusion_matrix

from skfashion._estimators import overfitting, plain_labels
from skfashion.report._metrics import (
    accuracy_interval,
    calibration,
    class_figures,
    compared_pairs,
    macro_f1_interval,
)
from skfashion.report._pack import pack, smallest_uint
from skfashion.report._sprites import build_images

N_LIKELIEST = 3
N_SAMPLES = 16  # of each class
LARGEST_SHARE = 65535  # what a probability of 1 is as uint16
ROOM_FOR_THE_PAGE = 90_000  # bytes: style, scripts, remarks
SMALLEST_FOR_IMAGES = 50_000  # bytes; for less than that no picture is drawn
NORMALIZE = (None, "true", "pred", "all")


@dataclass
class Answers:
    """What one classifier says about the test images.

    Attributes
    ----------
    name : str
    predicted : ndarray of shape (n,)
        Codes of the classes, 0 to n_classes - 1.
    proba : ndarray of shape (n, n_classes) or None
    """

    name: str
    predicted: np.ndarray
    proba: np.ndarray | None = None


def all_labels(*labels):
    """Return the sorted labels that occur in any of some arrays."""
    kinds = {"text" if part.dtype.kind in "US" else "number" for part in labels}
    if len(kinds) > 1:
        raise ValueError("Some labels are text and others are numbers; give all of one type.")
    return np.unique(np.concatenate(labels))


def to_labels(y, name):
    """Return labels as a 1-D array; `name` is the argument's, for the error."""
    labels = plain_labels(y)
    if labels.ndim != 1:
        raise ValueError(f"{name} must have one label an image, got the shape {labels.shape}.")
    return labels


def to_codes(labels, classes, name):
    """Return the place of each label in `classes`; `name` says whose labels, for the error."""
    if (labels.dtype.kind in "US") != (classes.dtype.kind in "US"):
        raise ValueError(
            f"{name}: labels are {labels.dtype.type.__name__}, but labels= or other labels "
            f"{classes.dtype.type.__name__}; give all of one type."
        )
    order = np.argsort(classes, kind="stable")
    places = np.searchsorted(classes, labels, sorter=order).clip(max=len(classes) - 1)
    codes = order[places]
    unknown = np.unique(labels[classes[codes] != labels])
    if len(unknown):
        raise ValueError(
            f"{name}: labels= leaves out {unknown[:5].tolist()}; give every label that occurs, in "
            f"the order in which the page is to show them."
        )
    return codes.astype(smallest_uint(len(classes)))


def check_proba(proba, n_images, n_classes, name):
    """Return probabilities as a float array, checked."""
    proba = np.asarray(proba, dtype=float)
    if proba.shape != (n_images, n_classes):
        raise ValueError(
            f"proba of {name} has the shape {proba.shape}; {n_images:,} images and {n_classes} "
            f"classes need ({n_images}, {n_classes}). Columns are in the order of labels=, or of "
            f"the sorted labels that occur."
        )
    if not ((proba >= 0) & (proba <= 1 + 1e-6)).all():
        raise ValueError(f"proba of {name} must have probabilities, from 0 to 1, and no NaN.")
    return proba


def likeliest(proba):
    """Return the likeliest classes and their probabilities as shares of 65535.

    Returns
    -------
    classes : ndarray of shape (n, k)
        The likeliest first, of equal ones the first class; k is 3, or the number of classes.
    shares : ndarray of uint16 of shape (n, k)
    """
    k = min(N_LIKELIEST, proba.shape[1])
    classes = np.argsort(-proba, axis=1, kind="stable")[:, :k]
    shares = np.rint(np.take_along_axis(proba, classes, axis=1).clip(0, 1) * LARGEST_SHARE)
    return classes.astype(smallest_uint(proba.shape[1])), shares.astype(np.uint16)


def macro_f1(matrix):
    """Return the mean F1 of the classes, of which one without images and predictions has 0."""
    total = matrix.sum(axis=0) + matrix.sum(axis=1)
    f1 = np.divide(2 * np.diag(matrix), total, out=np.zeros(len(matrix)), where=total > 0)
    return float(f1.mean())


def pairs_of(matrix):
    """Return [true, predicted, count] of each pair that is confused, the most frequent first."""
    errors = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-errors, axis=None, kind="stable")[: np.count_nonzero(errors)]
    return [
        [int(true), int(predicted), int(errors[true, predicted])]
        for true, predicted in zip(*np.unravel_index(order, errors.shape), strict=True)
    ]


def classifier_summary(answers, truth, n_classes):
    """Return what the page shows of one classifier."""
    matrix = confusion_matrix(truth, answers.predicted, labels=np.arange(n_classes))
    summary = {
        "name": answers.name,
        "accuracy": float(np.diag(matrix).sum() / matrix.sum()),
        "accuracy_interval": accuracy_interval(matrix),
        "macro_f1": macro_f1(matrix),
        "macro_f1_interval": macro_f1_interval(matrix),
        "by_class": class_figures(matrix),
        "matrix": matrix.tolist(),
        "pairs": pairs_of(matrix),
        "predicted": pack(answers.predicted),
        "likeliest": None,
        "shares": None,
        "calibration": None,
    }
    if answers.proba is not None:
        classes, shares = likeliest(answers.proba)
        # Of an image, all classes stand a column apart: like numbers together deflate better.
        summary |= {"likeliest": pack(classes.T), "shares": pack(shares.T)}
        summary["calibration"] = calibration(truth, answers.predicted, answers.proba)
    return summary


def everyone_wrong(truth, all_answers, n_classes):
    """Return the images that every classifier gets wrong, the likeliest wrong labels first.

    A classifier that gives all images the same class says nothing about any of them, and is left
    out, unless there are only such.

    Returns
    -------
    dict
        images: list of [index, class that most say, how many say so]; first those about which
        most agree, then those with the highest mean probability for that class. n_classifiers:
        how many were asked. left_out: names of those that were not.
    """
    constant = {a.name for a in all_answers if len(truth) > 1 and np.ptp(a.predicted) == 0}
    asked = [a for a in all_answers if a.name not in constant] or all_answers
    wrong = np.flatnonzero(np.all([a.predicted != truth for a in asked], axis=0))
    votes = np.zeros((len(wrong), n_classes), dtype=int)
    belief = np.zeros((len(wrong), n_classes))
    for a in asked:
        votes[np.arange(len(wrong)), a.predicted[wrong]] += 1
        if a.proba is not None:
            belief += a.proba[wrong]
    # of classes with as many votes, the one that is believed in more
    said = np.lexsort((belief, votes), axis=1)[:, -1] if len(wrong) else np.zeros(0, dtype=int)
    rows = np.arange(len(wrong))
    order = np.lexsort((wrong, -belief[rows, said], -votes[rows, said]))
    return {
        "images": [[int(wrong[k]), int(said[k]), int(votes[k, said[k]])] for k in order],
        "n_classifiers": len(asked),
        "left_out": [a.name for a in all_answers if a not in asked],
    }


def samples_of(truth, n_classes, n=N_SAMPLES):
    """Return the indices of the first images of each class."""
    return [np.flatnonzero(truth == code)[:n].tolist() for code in range(n_classes)]


def priority_of(truth, all_answers, samples):
    """Return all indices, what one would look at first: samples, then what most get wrong."""
    n_wrong = np.sum([a.predicted != truth for a in all_answers], axis=0)
    n_wrong[[index for indices in samples for index in indices[: N_SAMPLES // 2]]] += len(
        all_answers
    )
    return np.argsort(-n_wrong, kind="stable")


def curves_summary(name, curves):
    """Return the learning curves of a classifier, the epoch of the lowest validation loss added.

    `curves` has some of train_loss, train_accuracy, validation_loss, validation_accuracy.
    """
    kept = {key: plain_numbers(values) for key, values in curves.items()}
    losses = [v for v in kept.get("validation_loss", []) if v is not None]
    if losses and len(losses) == len(kept["validation_loss"]):
        kept["overfit_epoch"], kept["overfit_begun"] = overfitting(losses)
    return {"name": name, **kept}


def plain_numbers(values):
    """Return numbers as floats, None in place of NaN and infinity, which JSON does not know."""
    return [float(v) if np.isfinite(v) else None for v in values]


def images_summary(pixels, max_bytes, priority):
    """Return the images as the page reads them, and what there is to say of them."""
    images = None
    if max_bytes >= SMALLEST_FOR_IMAGES:
        images = build_images(pixels, max_bytes, priority)
    if images is None:
        return None, ["There was no room for the images: the answers alone fill the page."]
    kept, n = images["kept"], len(pixels)
    images["kept"] = None if kept is None else pack(kept.astype(np.uint32))
    notes = []
    if kept is not None and len(kept) < n:
        notes.append(
            f"The page has {len(kept):,} of the {n:,} images, those first that most classifiers "
            f"get wrong; {n - len(kept):,} were left out to keep it small."
        )
    original = (images["original_height"], images["original_width"])
    shown = (images["height"], images["width"])
    if shown != original:
        notes.append(
            f"Images are reduced from {original[1]} x {original[0]} to "
            f"{shown[1]} x {shown[0]} pixels."
        )
    if images["quality"] is not None:
        notes.append(
            f"Images are compressed (WebP, quality {images['quality']}): near to the originals, "
            f"not equal to them."
        )
    return images, notes


def summarise(
    truth,
    all_answers,
    class_names,
    *,
    pixels=None,
    normalize=None,
    title=None,
    notes=(),
    table=None,
    curves=(),
    max_bytes=5_000_000,
):
    """Return all that the page shows, as a dict fit for JSON.

    Parameters
    ----------
    truth : ndarray of shape (n,)
        Codes of the true classes.
    all_answers : list of Answers
    class_names : list of str
    pixels : ndarray of uint8 of shape (n, height, width) or (n, height, width, 3), default=None
    normalize : {None, "true", "pred", "all"}, default=None
        How the matrix is shown at first.
    title : str, default=None
    notes : sequence of str, default=()
        Remarks for the foot of the page.
    table : list of dict, default=None
        Rows of the comparison, each with a "name".
    curves : list of dict, default=()
        Of `curves_summary`.
    max_bytes : int, default=5_000_000
        How large the page may be. Images make way for it, predictions do not.

    Returns
    -------
    dict
    """
    n_classes = len(class_names)
    samples = samples_of(truth, n_classes)
    summary = {
        "title": title
        or (all_answers[0].name if len(all_answers) == 1 else "Classifiers compared"),
        "classes": list(class_names),
        "n_images": len(truth),
        "normalize": normalize,
        "truth": pack(truth),
        "classifiers": [classifier_summary(a, truth, n_classes) for a in all_answers],
        "compared_pairs": compared_pairs(
            truth, [a.name for a in all_answers], [a.predicted for a in all_answers]
        ),
        "everyone_wrong": everyone_wrong(truth, all_answers, n_classes),
        "samples": samples,
        "table": table,
        "curves": list(curves),
        "images": None,
        "notes": list(notes),
    }
    if pixels is not None:
        priority = priority_of(truth, all_answers, samples)
        room = max_bytes - ROOM_FOR_THE_PAGE - len(json.dumps(summary))
        summary["images"], remarks = images_summary(pixels, room, priority)
        summary["notes"] += remarks
    return summary
