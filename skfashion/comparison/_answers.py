"""What a fitted classifier says about the test images, checked."""

import numpy as np

from skfashion._estimators import plain_labels
from skfashion.comparison._schema import check_columns

ROUNDING = 1e-3  # of a probability and of their sum: float16 has three digits


def check_predictions(predictions, classes):
    """Raise ValueError if a predicted label is not one of the data's, so that no matrix has it."""
    unknown = np.unique(predictions[~np.isin(predictions, classes)])
    if unknown.size:
        raise ValueError(
            f"predict gave labels that are in neither the training nor the test data: "
            f"{', '.join(map(str, unknown[:5].tolist()))}."
        )


def probabilities(fitted, X, n_images, classes):
    """Return an estimator's probabilities and the classes of their columns, {} if it has none.

    Parameters
    ----------
    fitted : estimator
    X : array-like of shape (n_images, n_features)
        May be sparse, and then has no length.
    n_images : int
    classes : ndarray
        All labels of the data.

    Raises
    ------
    ValueError
        If there are not a row per image and a column per class, or the rows are not probabilities.
    """
    if not hasattr(fitted, "predict_proba"):
        return {}
    values = np.asarray(fitted.predict_proba(X))
    columns = plain_labels(fitted.classes_)
    check_columns(values, columns, n_images, classes)
    check_probabilities(values)
    return {"probabilities": values, "probability_classes": columns}


def check_probabilities(values):
    """Raise ValueError unless every row has finite numbers from 0 to 1 whose sum is 1."""
    values = values.astype(float)
    for what, fits in (
        ("are not finite", np.isfinite(values)),
        ("are below 0", values >= 0),
        ("are above 1", values <= 1 + ROUNDING),
        ("do not sum to 1", abs(values.sum(axis=1, keepdims=True) - 1) <= ROUNDING),
    ):
        if n_rows := np.count_nonzero(~fits.all(axis=1)):
            raise ValueError(
                f"predict_proba gave values that {what}, for {n_rows:,} of {len(values):,} images."
            )
