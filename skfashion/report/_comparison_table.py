"""The table of a comparison, as the page shows it."""

import re

NUMBERS = (
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
TEXTS = ("cv_scoring", "error")
# Names of scikit-learn's scores that lie between 0 and 1, the higher the better.
SHARES = re.compile(
    r"accuracy|balanced_accuracy|top_k_accuracy|average_precision"
    r"|(f1|precision|recall|jaccard)(_(micro|macro|weighted|samples))?"
    r"|roc_auc(_(ovr|ovo)(_weighted)?)?"
)


def is_share(scoring):
    """Return whether a score of this name is a share of 1, so that it can be shown in per cent."""
    return SHARES.fullmatch(scoring) is not None


def has_other_training_set(row, n_train):
    """Return whether a row's published figures are for another number of training images."""
    published = row.get("reference_n_train")
    return None not in (published, n_train) and published != n_train


def known_rows(table):
    """Return the table as a dict of rows, {name: {column: value}}, without missing values."""
    return {str(name): row.dropna().to_dict() for name, row in table.iterrows()}


def shown_rows(table, n_train=None):
    """Return the table as a list of rows fit for JSON.

    Parameters
    ----------
    table : DataFrame
        The table of a Comparison.
    n_train : int, default=None
        Number of training images. Published figures for another number are left out.

    Returns
    -------
    list of dict
        One for each classifier: its name, NUMBERS, TEXTS, overfit_begun and cv_is_share (bool);
        None for what is missing.
    """
    rows = []
    for name, known in known_rows(table).items():
        row = {"name": name}
        row |= {key: float(known[key]) if key in known else None for key in NUMBERS}
        row |= {key: str(known[key]) if key in known else None for key in TEXTS}
        row["overfit_begun"] = bool(known["overfit_begun"]) if "overfit_begun" in known else None
        row["cv_is_share"] = is_share(known["cv_scoring"]) if "cv_scoring" in known else None
        if has_other_training_set(known, n_train):
            row["reference_accuracy"] = None
        rows.append(row)
    return rows


def reference_note(table, n_train=None):
    """Return a sentence that says which published figures `shown_rows` leaves out, or None."""
    published = {
        int(row["reference_n_train"])
        for row in known_rows(table).values()
        if "reference_accuracy" in row and has_other_training_set(row, n_train)
    }
    if not published:
        return None
    numbers = " or ".join(f"{n:,}" for n in sorted(published))
    return f"The article's figures are not shown: they are for {numbers} training images."
