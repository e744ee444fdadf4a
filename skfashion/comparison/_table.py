"""The table of results, one row per estimator."""

import numpy as np
import pandas as pd

from skfashion._estimators import overfitting
from skfashion.comparison._text import printable

INTEGERS = (
    "n",
    "cv_folds",
    "overfit_epoch",
    "threads",
    "n_parameters",
    "model_bytes",
    "reference_n_train",
)
COLUMNS = (
    "accuracy_mean",
    "accuracy_std",
    "macro_f1_mean",
    "macro_f1_std",
    "n",
    "cv_mean",
    "cv_std",
    "cv_folds",
    "cv_scoring",
    "fit_seconds",
    "seconds_per_epoch",
    "epochs",
    "threads",
    "overfit_epoch",
    "overfit_begun",
    "n_parameters",
    "model_bytes",
    "images_per_second",
    "reference_accuracy",
    "reference_seconds_per_epoch",
    "reference_epochs",
    "reference_n_train",
    "error",
    "settings",
)


def mean_and_std(values):
    """Return mean and sample deviation; the deviation of a single value is None."""
    if not values:
        return None, None
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None


def mean_of(results, key):
    """Return the mean of a value over the results that have it, or None."""
    values = [r.values[key] for r in results if r.values.get(key) is not None]
    return float(np.mean(values)) if values else None


def the_same_of(results, key):
    """Return the value that all results have in common, or None."""
    values = {r.values.get(key) for r in results}
    return values.pop() if len(values) == 1 else None


def errors_in_words(results):
    """Return the errors of one estimator as one line, or None."""
    errors = []
    for result in results:
        if trouble := result.error or result.values.get("probabilities_error"):
            _, comma, what = str(result.unit).partition(f"{result.unit.name}, ")
            errors.append(f"{what}: {trouble}" if comma else trouble)
    return printable("; ".join(errors)) or None


def overfitting_of(results):
    """Return the epoch of the lowest validation loss, and whether a later one was higher.

    Of the fit for the learning curves or, without one, of the first fit that held out a part.
    Returns None, None if no fit has a validation loss.
    """
    for result in sorted(results, key=lambda result: result.unit.kind != "curves"):
        losses = result.values.get("curves", {}).get("validation_loss")
        if losses and (found := overfitting(losses)) != (None, None):
            return found
    return None, None


def row(results, reference):
    """Return one estimator's row of the table, as a dict."""
    good = [r for r in results if not r.error]
    fits = [r for r in good if r.unit.kind == "fit"]
    first = fits[0].values if fits else {}
    latest_cv = max(
        (r.values for r in good if r.unit.kind == "cv"), key=lambda v: v["finished"], default={}
    )
    overfit_epoch, overfit_begun = overfitting_of(good)
    accuracy, accuracy_std = mean_and_std([r.values["accuracy"] for r in fits])
    macro_f1, macro_f1_std = mean_and_std([r.values["macro_f1"] for r in fits])
    cv_mean, cv_std = mean_and_std(latest_cv.get("scores"))
    percent = reference.get("accuracy")
    values = {
        "accuracy_mean": accuracy,
        "accuracy_std": accuracy_std,
        "macro_f1_mean": macro_f1,
        "macro_f1_std": macro_f1_std,
        "n": len(fits),
        "cv_mean": cv_mean,
        "cv_std": cv_std,
        "cv_folds": len(latest_cv["scores"]) if latest_cv else None,
        "cv_scoring": latest_cv.get("scoring"),
        **{
            key: mean_of(fits, key)
            for key in ("fit_seconds", "seconds_per_epoch", "epochs", "images_per_second")
        },
        "threads": the_same_of(fits, "n_threads"),
        "overfit_epoch": overfit_epoch,
        "overfit_begun": overfit_begun,
        "n_parameters": first.get("n_parameters"),
        "model_bytes": first.get("model_bytes"),
        "reference_accuracy": None if percent is None else round(percent / 100, 6),
        "reference_seconds_per_epoch": reference.get("seconds_per_epoch"),
        "reference_epochs": reference.get("epochs"),
        "reference_n_train": reference.get("n_train"),
        "error": errors_in_words(results),
        "settings": results[0].unit.settings or None,
    }
    return {column: values[column] for column in COLUMNS}


def group(results):
    """Return {label: results of one estimator}, in the order of first appearance.

    The label is the estimator's name; if several settings have the same name, their fingerprints
    are added to it.
    """
    groups = {}
    for result in results:
        groups.setdefault((result.unit.name, result.unit.settings), []).append(result)
    names = [name for name, _ in groups]
    return {
        name if names.count(name) == 1 else f"{name} [{settings}]": group
        for (name, settings), group in groups.items()
    }


def tabulate(groups, reference):
    """Return the table of grouped results.

    Parameters
    ----------
    groups : dict of {str: list of Result}
    reference : dict of {str: dict}
        By the estimators' names.

    Returns
    -------
    DataFrame
    """
    rows = [row(results, reference.get(results[0].unit.name, {})) for results in groups.values()]
    table = pd.DataFrame(rows, index=pd.Index(list(groups), name="estimator"), columns=COLUMNS)
    table = table.astype(dict.fromkeys(INTEGERS, "Int64") | {"overfit_begun": "boolean"})
    texts = {"cv_scoring", "error", "settings", "reference_seconds_per_epoch", "reference_epochs"}
    numbers = [c for c in COLUMNS if c not in texts | {*INTEGERS, "overfit_begun"}]
    return table.astype(dict.fromkeys(numbers, float))
