"""A grid search with progress: the results of GridSearchCV, and a call after each fit."""

from itertools import product

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid, check_cv, cross_validate
from sklearn.utils.parallel import delayed

from skfashion._estimators import seconds_in_memory
from skfashion.cli._errors import in_words
from skfashion.comparison._parallel import KeepingParallel

MEASURED = ("fit_time", "score_time", "test_score")


def evaluate(pipeline, parameters, X, y, fold, place):
    """Fit on a fold's training part and score on its test part.

    Returns
    -------
    place : tuple of int
        As given.
    measured : dict of float
        Empty if the fit or the score failed.
    reason : str or None
        Why it failed.
    """
    pipeline = clone(pipeline).set_params(**parameters)
    try:
        scores = cross_validate(
            pipeline, X, y, cv=[fold], error_score="raise", return_estimator=True
        )
    except Exception as error:  # any error is this setting's own failure
        return place, {}, in_words(error)
    measured = {name: scores[name][0] for name in MEASURED}
    # as long as without memory
    measured["fit_time"] += seconds_in_memory(scores["estimator"][0])
    return place, measured, None


def grid_search(pipeline, grid, X, y, *, cv, n_jobs, on_progress):
    """Cross-validate a Pipeline with every setting of a grid.

    Parameters
    ----------
    on_progress : callable
        Called after each fit with the number of fits that are done, failed ones included.

    Returns
    -------
    results : DataFrame
        The columns of GridSearchCV's ``cv_results_``. A fit that failed has neither score nor
        times, and its setting no means.
    reasons : list of str
        Why fits failed, each once.

    Raises
    ------
    ValueError
        If every fit failed.
    """
    settings = list(ParameterGrid(grid))
    folds = list(check_cv(cv, y, classifier=True).split(X, y))
    places = list(product(range(len(settings)), range(len(folds))))
    done = KeepingParallel(n_jobs)(
        delayed(evaluate)(pipeline, settings[i], X, y, folds[j], (i, j)) for i, j in places
    )
    measured = {name: np.full((len(settings), len(folds)), np.nan) for name in MEASURED}
    reasons = {}
    for n_done, (place, values, reason) in enumerate(done, 1):
        for name, value in values.items():
            measured[name][place] = value
        if reason:
            reasons[place] = reason
        on_progress(n_done)
    reasons_once = list(dict.fromkeys(reasons[place] for place in sorted(reasons)))
    if len(reasons) == len(places):
        raise ValueError(" ".join(reasons_once))
    return table_of(settings, measured), reasons_once


def table_of(settings, measured):
    """Return figures of shape (n_settings, n_folds) as a table of GridSearchCV, one row each."""
    columns = {}
    for name in ("fit_time", "score_time"):
        columns[f"mean_{name}"] = measured[name].mean(axis=1)
        columns[f"std_{name}"] = measured[name].std(axis=1)
    columns |= {f"param_{name}": [s[name] for s in settings] for name in settings[0]}
    columns["params"] = settings
    scores = measured["test_score"]
    columns |= {f"split{j}_test_score": scores[:, j] for j in range(scores.shape[1])}
    columns |= {"mean_test_score": scores.mean(axis=1), "std_test_score": scores.std(axis=1)}
    table = pd.DataFrame(columns)
    ranks = table["mean_test_score"].rank(method="min", ascending=False, na_option="bottom")
    return table.assign(rank_test_score=ranks.astype(np.int32))
