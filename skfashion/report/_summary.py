"""From predictions to a summary: everything that the page shows, as a dict for JSON."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import confusion_matrix

from skfashion._estimators import best_epoch, plain_labels, validation_in_words
from skfashion.report._activation_maps import maps_summary
from skfashion.report._image_lists import listed
from skfashion.report._metrics import (
    accuracy_interval,
    calibration,
    class_figures,
    compared_pairs,
    macro_f1_interval,
)
from skfashion.report._pack import pack, smallest_uint
from skfashion.report._page import render
from skfashion.report._sprites import build_images

N_LIKELIEST = 3
N_SAMPLES = 16  # of each class
LARGEST_SHARE = 65535  # a probability of 1 as uint16
ROOM_FOR_REMARKS = 2_000  # bytes, for what is said about the images
ROOM_PER_IMAGE = 4  # bytes, for the list of those that are kept
SMALLEST_FOR_IMAGES = 50_000  # bytes; with less room than this, no images are encoded
NORMALIZE = (None, "true", "pred", "all")


@dataclass
class Answers:
    """The answers of one classifier for the test images.

    Attributes
    ----------
    name : str
    predicted : ndarray of shape (n,)
        Codes of the classes, 0 to n_classes - 1.
    proba : ndarray of shape (n, n_classes) or None
    random_state : int or None
        The fit's, if there are fits with several.
    """

    name: str
    predicted: np.ndarray
    proba: np.ndarray | None = None
    random_state: int | None = None


def all_labels(*labels):
    """Return the sorted labels that occur in any of the arrays."""
    kinds = {"text" if part.dtype.kind in "US" else "number" for part in labels}
    if len(kinds) > 1:
        raise ValueError("Some labels are text and others are numbers; give all of one type.")
    return np.unique(np.concatenate(labels))


def to_labels(y, name):
    """Return labels as a 1-D array; `name` is the name of the argument, for the error."""
    labels = plain_labels(y)
    if labels.ndim != 1:
        raise ValueError(f"{name} must have one label per image, got the shape {labels.shape}.")
    return labels


def to_codes(labels, classes, name):
    """Return the position of each label in `classes`; `name` says whose labels, for the error."""
    if (labels.dtype.kind in "US") != (classes.dtype.kind in "US"):
        raise ValueError(
            f"{name}: the labels are {labels.dtype.type.__name__}, but other labels, or those in "
            f"labels=, are {classes.dtype.type.__name__}; give all of one type."
        )
    order = np.argsort(classes, kind="stable")
    positions = np.searchsorted(classes, labels, sorter=order).clip(max=len(classes) - 1)
    codes = order[positions]
    unknown = np.unique(labels[classes[codes] != labels])
    if len(unknown):
        raise ValueError(
            f"{name}: labels= leaves out {unknown[:5].tolist()}; give all labels that occur, in "
            f"the order in which the page should show them."
        )
    return codes.astype(smallest_uint(len(classes)))


def check_proba(proba, n_images, n_classes, name):
    """Return probabilities as a float array, checked."""
    proba = np.asarray(proba, dtype=float)
    if proba.shape != (n_images, n_classes):
        raise ValueError(
            f"proba of {name} has the shape {proba.shape}; with {n_images:,} images and "
            f"{n_classes} classes it must be ({n_images}, {n_classes}). The columns are in the "
            f"order of labels=, or of the sorted labels that occur."
        )
    if not ((proba >= 0) & (proba <= 1 + 1e-6)).all():
        raise ValueError(f"proba of {name} must be probabilities, from 0 to 1, without NaN.")
    return proba


def likeliest(proba):
    """Return the most likely classes and their probabilities as shares of 65535.

    Returns
    -------
    classes : ndarray of shape (n, k)
        Most likely first; of equally likely ones, the first class. k is 3, or the number of
        classes if there are fewer.
    shares : ndarray of uint16 of shape (n, k)
    """
    k = min(N_LIKELIEST, proba.shape[1])
    classes = np.argsort(-proba, axis=1, kind="stable")[:, :k]
    shares = as_shares(np.take_along_axis(proba, classes, axis=1))
    return classes.astype(smallest_uint(proba.shape[1])), shares


def as_shares(proba):
    """Return probabilities as shares of 65535, uint16."""
    return np.rint(proba.clip(0, 1) * LARGEST_SHARE).astype(np.uint16)


def unlikely_shares(proba, predicted, classes):
    """Return the probabilities of predicted classes that are not among the most likely ones.

    Some classifiers, such as SVC, do not predict the class with the highest probability.

    Parameters
    ----------
    proba : ndarray of shape (n, n_classes)
    predicted : ndarray of shape (n,)
    classes : ndarray of shape (n, k)
        As `likeliest` returns them.

    Returns
    -------
    ndarray of uint16 of shape (n,), or None
        Shares of 65535, 0 for images whose predicted class is among the most likely. None if
        that holds for all images.
    """
    unlikely = (classes != predicted[:, None]).all(axis=1)
    shares = as_shares(proba[np.arange(len(predicted)), predicted])
    return np.where(unlikely, shares, 0).astype(np.uint16) if unlikely.any() else None


def macro_f1(matrix):
    """Return the mean F1 of the classes that occur, as `sklearn.metrics.f1_score` counts them.

    A class with neither images nor predictions does not count.
    """
    total = matrix.sum(axis=0) + matrix.sum(axis=1)
    return float(np.mean((2 * np.diag(matrix))[total > 0] / total[total > 0]))


def pairs_of(matrix):
    """Return [true, predicted, count] of all confused pairs, the most frequent first."""
    errors = matrix - np.diag(np.diag(matrix))
    order = np.argsort(-errors, axis=None, kind="stable")[: np.count_nonzero(errors)]
    return [
        [int(true), int(predicted), int(errors[true, predicted])]
        for true, predicted in zip(*np.unravel_index(order, errors.shape), strict=True)
    ]


def classifier_summary(answers, truth, n_classes):
    """Return what the page shows about one classifier."""
    matrix = confusion_matrix(truth, answers.predicted, labels=np.arange(n_classes))
    summary = {
        "name": answers.name,
        "random_state": answers.random_state,
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
        "unlikely_shares": None,
        "calibration": None,
    }
    if answers.proba is not None:
        classes, shares = likeliest(answers.proba)
        # First the most likely class of all images, then the second: it compresses better.
        summary |= {"likeliest": pack(classes.T), "shares": pack(shares.T)}
        unlikely = unlikely_shares(answers.proba, answers.predicted, classes)
        summary["unlikely_shares"] = None if unlikely is None else pack(unlikely)
        summary["calibration"] = calibration(truth, answers.predicted, answers.proba)
    return summary


def everyone_wrong(truth, all_answers, n_classes):
    """Return the images that every classifier gets wrong, the most likely label errors first.

    A classifier that gives all images the same class says nothing about any of them. It is left
    out, unless all classifiers are like that.

    Returns
    -------
    dict
        images: list of [position, class that most predict, how many predict it]; sorted by that
        number, then by the mean probability of that class, then by position. n_classifiers: how
        many classifiers were counted. left_out: names of those that were not.
    """
    constant = {a.name for a in all_answers if len(truth) > 1 and np.ptp(a.predicted) == 0}
    counted = [a for a in all_answers if a.name not in constant] or all_answers
    wrong = np.flatnonzero(np.all([a.predicted != truth for a in counted], axis=0))
    rows = np.arange(len(wrong))
    votes = np.zeros((len(wrong), n_classes), dtype=int)
    total_proba = np.zeros((len(wrong), n_classes))
    for a in counted:
        votes[rows, a.predicted[wrong]] += 1
        if a.proba is not None:
            total_proba += a.proba[wrong]
    # of classes with equally many votes, the one with the higher probability
    said = np.lexsort((total_proba, votes), axis=1)[:, -1] if len(wrong) else rows
    order = np.lexsort((wrong, -total_proba[rows, said], -votes[rows, said]))
    return {
        "images": [[int(wrong[k]), int(said[k]), int(votes[k, said[k]])] for k in order],
        "n_classifiers": len(counted),
        "left_out": [a.name for a in all_answers if a not in counted],
    }


def samples_of(truth, n_classes, n=N_SAMPLES):
    """Return the positions of the first images of each class."""
    return [np.flatnonzero(truth == code)[:n].tolist() for code in range(n_classes)]


def priority_of(truth, all_answers, samples, lists=()):
    """Return all positions, those to keep first.

    The images in `lists` come before the samples, and then what most classifiers get wrong.
    """
    n_wrong = np.sum([a.predicted != truth for a in all_answers], axis=0)
    n_wrong[[index for indices in samples for index in indices[: N_SAMPLES // 2]]] += len(
        all_answers
    )
    for one in lists:
        n_wrong[listed(one)] += 2 * len(all_answers) + 1
    return np.argsort(-n_wrong, kind="stable")


def curves_summary(name, curves):
    """Return the learning curves of a classifier as the page shows them.

    Parameters
    ----------
    name : str
    curves : dict
        Some of train_loss, train_accuracy, validation_loss and validation_accuracy.

    Returns
    -------
    dict
        name, the curves, best_epoch, from 1, and validation, the same in words; without a
        validation curve None and "".
    """
    shown = {key: plain_numbers(values) for key, values in curves.items()}
    best = best_epoch(shown.get("validation_loss"), shown.get("validation_accuracy"))
    return {"name": name, **shown, "best_epoch": best, "validation": validation_in_words(shown)}


def plain_numbers(values):
    """Return numbers as floats, with None for NaN and infinity, which JSON does not have."""
    return [float(v) if np.isfinite(v) else None for v in values]


def images_summary(pixels, max_bytes, priority):
    """Return the images as the page reads them, and remarks on how they were reduced."""
    images = None
    if max_bytes >= SMALLEST_FOR_IMAGES:
        images = build_images(pixels, max_bytes, priority)
    if images is None:
        return None, ["There was no room for the images: the predictions alone fill the page."]
    kept, n = images["kept"], len(pixels)
    images["kept"] = None if kept is None else pack(kept.astype(np.uint32))
    notes = []
    if kept is not None and len(kept) < n:
        notes.append(
            f"The page has {len(kept):,} of the {n:,} images, above all those that most "
            f"classifiers get wrong; {n - len(kept):,} were left out to keep it small."
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
            f"Images are compressed (WebP, quality {images['quality']}): close to the originals, "
            f"but not identical."
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
    reference_note=None,
    curves=(),
    lists=(),
    activation_maps=None,
    index=None,
    provenance=None,
    max_bytes=5_000_000,
):
    """Return everything that the page shows, as a dict for JSON.

    Parameters
    ----------
    truth : ndarray of shape (n,)
        Codes of the true classes.
    all_answers : list of Answers
    class_names : list of str
    pixels : ndarray of uint8 of shape (n, height, width) or (n, height, width, 3), default=None
    normalize : {None, "true", "pred", "all"}, default=None
        What the matrix shows first.
    title : str, default=None
    notes : sequence of str, default=()
        Remarks for the foot of the page.
    table : list of dict, default=None
        Rows of the comparison, from `shown_rows`.
    reference_note : str, default=None
        Says which published figures the table leaves out.
    curves : list of dict, default=()
        From `curves_summary`.
    lists : list of dict, default=()
        From `list_summary`.
    activation_maps : tuple of (ndarray, ndarray), default=None
        Positions of images and their maps, as `maps_of` returns them.
    index : ndarray of int of shape (n,), default=None
        Number under which each image is named; None for its position.
    provenance : str, default=None
        One line that says what the figures are based on.
    max_bytes : int, default=5_000_000
        Maximum size of the page. Images are reduced to keep it; predictions are not.

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
        "index": None if index is None else index.tolist(),
        "provenance": provenance,
        "table": table,
        "reference_note": reference_note,
        "curves": list(curves),
        "lists": list(lists),
        "activation_maps": None,
        "images": None,
        "notes": list(notes),
    }
    if pixels is not None:
        if activation_maps is not None:
            summary["activation_maps"] = maps_summary(*activation_maps, pixels, max_bytes)
        priority = priority_of(truth, all_answers, samples, lists)
        room = max_bytes - len(render(summary).encode())
        room -= ROOM_FOR_REMARKS + ROOM_PER_IMAGE * len(pixels)
        summary["images"], remarks = images_summary(pixels, room, priority)
        summary["notes"] += remarks
    return summary
