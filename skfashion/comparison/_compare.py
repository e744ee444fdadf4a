"""The function `compare`."""

import joblib
import numpy as np
from sklearn.model_selection import check_cv
from sklearn.utils import check_consistent_length

from skfashion.comparison._arguments import (
    check_backend,
    check_estimators,
    check_labels,
    check_name,
    check_random_states,
    check_reference,
    check_scoring,
    check_target_names,
    check_test_index,
)
from skfashion.comparison._comparison import Comparison, names_of
from skfashion.comparison._fingerprints import Fingerprints, fingerprint_of_data
from skfashion.comparison._keeper import Keeper
from skfashion.comparison._machine import describe_machine
from skfashion.comparison._measure import plain_data
from skfashion.comparison._plan import plan
from skfashion.comparison._result_folder import ResultFolder
from skfashion.comparison._run import Run


def compare(
    estimators,
    X_train,
    y_train,
    X_test,
    y_test,
    *,
    cv=None,
    scoring=None,
    n_jobs=None,
    random_states=(0,),
    out=None,
    learning_curves=True,
    reference=None,
    target_names=None,
    dataset=None,
    recipe=None,
    test_index=None,
    on_progress=None,
):
    """Train and measure classifiers on the same data; return a table and the results behind it.

    Every estimator is cloned, fitted on all training data, and evaluated on the test data, once
    for each random state: all its parameters named ``random_state``, nested ones too, are set to
    it. An estimator without one is fitted once. An estimator that raises an exception becomes a
    row with its error, and the others continue. With `n_jobs` above 1, or on a Dask cluster, so
    does one whose process dies, for instance because memory runs out. KeyboardInterrupt stops the
    comparison; finished results stay in `out`.

    Parameters
    ----------
    estimators : dict of {str: estimator}
        Classifiers by name. They are not changed.
    X_train : array-like of shape (n_train, n_features)
        Training images.
    y_train : array-like of shape (n_train,)
        Labels of the training images.
    X_test : array-like of shape (n_test, n_features)
        Test images.
    y_test : array-like of shape (n_test,)
        Labels of the test images.
    cv : int, splitter or iterable, default=None
        Folds for a cross-validation on the training data, with the lowest random state, as in
        `sklearn.model_selection.cross_val_score`. None for no cross-validation.
    scoring : str or callable, default=None
        Score of the cross-validation; None for the estimator's ``score``, which is the accuracy.
    n_jobs : int, default=None
        Number of fits or cross-validations that run at the same time, each in its own process
        with its share of the cores. Those with the most epochs start first. None means 1 unless
        a `joblib.parallel_config` is active; -1 means all cores. Use 1 to measure times.
    random_states : int or sequence of int, default=(0,)
        Random states; each estimator that takes one is fitted once with each, in ascending order.
    out : path-like, default=None
        Folder to which each result is written as soon as it is available; it is created if it
        does not exist. Results that it already holds are not measured again, so the same call
        resumes an interrupted run; estimators that failed are retried. See Notes.
    learning_curves : bool, default=True
        Whether estimators with ``validation_fraction=None`` and no early stopping, also at the
        end of a Pipeline, are fitted once more with a tenth of the training data held out, to
        record the validation loss of each epoch (``validation_loss_curve_``). Estimators that
        already hold out a part are not fitted again.
    reference : dict of {str: dict}, default=None
        Published figures by estimator name, shown beside the measured ones. Keys:
        "accuracy" (in per cent), "seconds_per_epoch", "epochs", and "n_train" (number of
        training images). All are optional.
    target_names : sequence of str, default=None
        Names of the classes, in the order of the sorted labels; None for the labels.
    dataset : str, default=None
        Name of the data, such as "Fashion-MNIST". It is part of `Comparison.provenance`.
    recipe : str, default=None
        Name of the estimators' settings, such as "published". It is part of
        `Comparison.provenance`.
    test_index : array-like of int of shape (n_test,), default=None
        Number of each test image, for instance its position in the full dataset. Reports show
        it. None for the position in `X_test`.
    on_progress : callable, default=None
        Called with a `Progress` when a unit of work starts or finishes, and after each epoch of
        this package's networks.

    Returns
    -------
    Comparison
        Shown as its `table`, a DataFrame indexed by the estimators' names. A value that is not
        known or does not apply is missing. Its columns:

        - accuracy_mean, accuracy_std, macro_f1_mean, macro_f1_std: on the test data, over
          the random states; sample deviation, missing for a single fit.
        - n: number of successful fits.
        - cv_mean, cv_std, cv_folds, cv_scoring: mean and sample deviation over the folds, number
          of folds, and name of the score.
        - fit_seconds, seconds_per_epoch, epochs, images_per_second (predicted): means.
        - threads: number of torch threads with which a network was trained; missing for other
          estimators, and if it differed between fits. Floating-point sums depend on it: results
          are bit-for-bit reproducible only with the same number of threads on the same machine.
        - overfit_epoch, overfit_begun: the epoch, from 1, with the lowest validation loss, and
          whether a later epoch has a higher one. If not, it is the last epoch, and more epochs
          might lower the loss further. They come from a single fit: one later rise may be chance.
        - n_parameters: number of parameters of a network or a linear model.
        - model_bytes: size of the pickled estimator.
        - reference_accuracy (a share of 1), reference_seconds_per_epoch, reference_epochs,
          reference_n_train (number of training images).
        - error: what went wrong. A fit whose ``predict_proba`` raises an exception, or returns
          values that are not probabilities (NaN, outside of 0 to 1, rows that do not sum to 1),
          counts: its probabilities are not kept, its other figures are there. A predicted label
          that is in neither the training nor the test data is an error of the fit.
        - settings: fingerprint of the estimator's name and parameters; missing without `out`.

    Raises
    ------
    TypeError
        If `estimators` is not a dict of estimators, labels are bytes, or `dataset` or `recipe`
        is not a str.
    ValueError
        If `estimators` is empty, lengths differ, `scoring` is unknown, `reference` or
        `test_index` is invalid, `out` is empty or holds results for other data, a file in it
        other than a result is damaged, or joblib's backend is "multiprocessing", which returns
        results only when all are there.
    NotADirectoryError
        If `out` is a file.
    OSError
        If a file cannot be written, for instance because the disk is full. Earlier results stay,
        and the same call resumes from them.
    TimeoutError
        If another process keeps the file ``.lock`` in `out` locked for ten minutes.

    Warns
    -----
    UserWarning
        If the file of a result in `out` is damaged: the result is measured again if it is part
        of this call. If the file system of `out` has no locks.

    See Also
    --------
    load_comparison : Read the results in `out`.
    skfashion.report.ConfusionReport : The interactive confusion matrices.
    skfashion.cluster.on_dask : Compare on the machines of a cluster.

    Notes
    -----
    A folder holds results for one dataset; with other data, `compare` raises an error. Several
    calls may add estimators to it, even at the same time. Results are stored under the estimator's
    name and a fingerprint of its class and parameters (except random states), of the folds and of
    the scoring; an estimator with a changed parameter gets a row of its own, and the earlier
    results stay. An estimator whose parameters cannot be pickled is an error and is not
    stored. ``table.csv`` and `load_comparison` show everything in the folder; estimators with the
    same name have their fingerprints in brackets. This function returns only the estimators and
    random states of the call. The test images are kept too, compressed, if they are numbers and
    take at most 100 MB: reports show them.

    Only this process writes to the folder, each result as soon as it arrives. If it is killed,
    only the fits in progress are lost; its worker processes end within seconds.

    Only parameters that differ from their defaults are part of the fingerprint, in nested
    estimators too. So if a new version of a class adds a parameter, earlier results are found
    again: the new default is assumed to be the former behaviour. If a new version changes a
    default, earlier results are not mistaken for new ones: ``defaults.json`` in the folder records
    the defaults with which the class was first used there, and parameters are compared with those.

    Fingerprints depend on parameters, not on code: after a change to an estimator's source, use
    another folder or remove the estimator's folder.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skfashion import compare
    >>> X, y = load_digits(return_X_y=True)
    >>> comparison = compare(
    ...     {"Bayes": GaussianNB(), "Tree": DecisionTreeClassifier()},
    ...     X[:900], y[:900], X[900:], y[900:],
    ...     random_states=(0, 1, 2),
    ... )
    >>> comparison.table["n"].to_dict()
    {'Bayes': 1, 'Tree': 3}
    >>> round(float(comparison.table.loc["Bayes", "accuracy_mean"]), 2)
    0.81
    >>> comparison.predictions("Bayes").shape, comparison.probabilities("Bayes").shape
    ((897,), (897, 10))
    """
    check_estimators(estimators)
    check_consistent_length(X_train, y_train)
    check_consistent_length(X_test, y_test)
    labels, truth = check_labels(y_train, y_test)
    classes = np.unique(np.concatenate([labels, truth]))
    target_names = check_target_names(target_names, classes)
    random_states = check_random_states(random_states)
    check_scoring(scoring)
    check_backend(n_jobs)
    if cv is not None:
        # An iterator of splits becomes a list, so that every estimator gets all of them.
        cv = check_cv(cv, y_train, classifier=True)
    comparison = Comparison(
        y_test=truth,
        classes=classes,
        target_names=target_names or names_of(classes),
        reference=check_reference(reference),
        X_test=plain_data(X_test),
        n_train=len(labels),
        test_index=check_test_index(test_index, len(truth)),
        dataset=check_name(dataset, "dataset"),
        recipes=[recipe] if (recipe := check_name(recipe, "recipe")) else [],
    )
    data = (X_train, y_train, X_test, y_test)
    machine = describe_machine(joblib.effective_n_jobs(n_jobs))
    folder = None if out is None else _prepared_folder(out, data, comparison, target_names)
    environment = folder.keep_environment(machine) if folder else ""
    comparison.environments = {environment: machine}
    options = {"cv": cv, "scoring": scoring, "environment": environment}
    fingerprints = Fingerprints(folder.defaults()) if folder else None
    units, failures = plan(estimators, random_states, learning_curves, fingerprints, **options)
    if folder:
        folder.keep_defaults(fingerprints.defaults)
    run = Run(estimators, data, options, folder and Keeper(folder), n_jobs, on_progress)
    comparison.results = run.do(units, failures)
    if folder:
        folder.keep_defaults(fingerprints.defaults)  # if another call wrote its own meanwhile
    return comparison


def _prepared_folder(out, data, comparison, target_names):
    """Return the folder of the results, created or checked to be for the same data."""
    folder = ResultFolder(out)
    folder.prepare(
        _about(data, comparison, target_names),
        comparison.y_test,
        X_test=comparison.X_test,
        test_index=comparison.test_index,
    )
    return folder


def _about(data, comparison, target_names):
    """Return what is written to comparison.json."""
    return {
        "data": fingerprint_of_data(*data),
        "dataset": comparison.dataset,
        "n_train": comparison.n_train,
        "n_test": len(comparison.y_test),
        "classes": comparison.classes.tolist(),
        "classes_dtype": comparison.classes.dtype.str,  # JSON does not tell int from uint8
        "target_names": target_names,  # None if they are the labels
        "reference": comparison.reference,
        "recipes": comparison.recipes,
    }
