"""The one function that does it all: `compare`."""

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
    """Train and measure classifiers on the same data; return a table and what lies behind it.

    Every estimator is cloned and fitted on all training data, once for each random state (each
    of its parameters named ``random_state``, nested ones too, is set to it; an estimator
    without one is fitted once), and judged on the test data. An estimator that raises an
    exception becomes a row with its error; the others go on. So does, with `n_jobs` above 1 on
    one machine, one whose process dies, for want of memory say. KeyboardInterrupt stops all, and
    what is done stays in `out`.

    Parameters
    ----------
    estimators : dict of {str: estimator}
        Classifiers by name; they are not changed.
    X_train : array-like of shape (n_train, n_features)
        Training images.
    y_train : array-like of shape (n_train,)
        Labels of the training images.
    X_test : array-like of shape (n_test, n_features)
        Test images.
    y_test : array-like of shape (n_test,)
        Labels of the test images.
    cv : int, splitter or iterable, default=None
        Folds for cross-validation on the training data, with the first random state, as
        `sklearn.model_selection.cross_val_score` takes them. None for no cross-validation.
    scoring : str or callable, default=None
        Score of the cross-validation; None for the estimator's own, the accuracy.
    n_jobs : int, default=None
        Number of fits or cross-validations that run at the same time, each in its own process;
        those with the most epochs start first. Each has its share of the cores. None is 1 unless
        a `joblib.parallel_config` is active, -1 is every core. Times are best measured with 1.
    random_states : int or sequence of int, default=(0,)
        Random states.
    out : path-like, default=None
        Folder in which everything is kept as it comes. Work whose result is there already is
        not done again, so that the same call finishes an interrupted run; errors are tried
        again. See Notes.
    learning_curves : bool, default=True
        Whether estimators with ``validation_fraction=None`` and no early stopping (at the end
        of a Pipeline, say) are fitted once more with a tenth of the training data held out, for
        the validation loss of each epoch in their ``validation_loss_curve_``. One that holds
        out a part by itself is not fitted again.
    reference : dict of {str: dict}, default=None
        Published figures by estimator name, to stand beside the measured ones. Keys:
        "accuracy" (in per cent), "seconds_per_epoch", "epochs", and "n_train", the number of
        training images that they are for; each may be missing.
    target_names : sequence of str, default=None
        Names of the classes in the order of the sorted labels; None for the labels.
    dataset : str, default=None
        Name of the data, such as "Fashion-MNIST". It is part of `Comparison.provenance`.
    recipe : str, default=None
        Name of the estimators' settings, such as "published". It is part of
        `Comparison.provenance`.
    test_index : array-like of int of shape (n_test,), default=None
        Number under which each test image is known, for instance its position in the full data
        set. Reports show it. None for the position in `X_test`.
    on_progress : callable, default=None
        Called with a `Progress` as the work goes on.

    Returns
    -------
    Comparison
        Shown as its `table`, a DataFrame indexed by the estimators' names. What is not known or
        does not apply is missing there. Its columns:

        - accuracy_mean, accuracy_std, macro_f1_mean, macro_f1_std: on the test data, over
          the random states; sample deviation, missing for a single fit.
        - n: number of fits that these are of.
        - cv_mean, cv_std, cv_folds, cv_scoring: of the cross-validation.
        - fit_seconds, seconds_per_epoch, epochs, images_per_second (predicted): means.
        - threads: number of torch threads with which a network was trained; missing for other
          estimators, and if the fits had different numbers. Sums of floating-point numbers depend
          on it: accuracies are bit for bit the same only with the same number of threads on the
          same machine.
        - overfit_epoch, overfit_begun: the epoch, from 1, with the lowest validation loss, and
          whether a later epoch has a higher one. If not, it is the last epoch, and more epochs
          might lower the loss further. They come from a single fit: one later rise may be chance.
        - n_parameters: of a network or a linear model.
        - model_bytes: size of the pickle.
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
        If `estimators` is empty, lengths do not agree, there is no such `scoring`, figures in
        `reference` or `test_index` are invalid, `out` holds results for other data, or joblib's
        backend is "multiprocessing", which keeps all results until the last.
    NotADirectoryError
        If `out` is a file.

    See Also
    --------
    load_comparison : Read what `out` has kept.
    skfashion.report.ConfusionReport : The confusion matrices, to click.

    Notes
    -----
    A folder belongs to one set of data: results for other data are an error, nothing is mixed
    or overwritten. Estimators may come in several calls. Results are kept by the estimator's
    name and a fingerprint of its class and parameters (the random states apart), of the folds
    and of the scoring; a changed parameter is a new estimator, and the former results stay.
    An estimator whose parameters cannot be pickled is an error and leaves nothing there.
    ``table.csv`` and `load_comparison` show all that is there, and tell estimators of one name
    apart by the fingerprint in brackets; what this function returns is about the estimators
    and random states of the call alone. The test images are kept too, compressed, if they are
    numbers and have at most 100 MB: reports show them.

    Only this process writes into the folder, each result as soon as it arrives: one that is
    killed loses the work that is under way, and nothing else.

    Only parameters that differ from their defaults are part of the fingerprint, in nested
    estimators too. If a new version of a class adds a parameter, results for its default, which is
    taken to be the former behaviour, are therefore found again. If a new version changes a default,
    they are not mistaken for one another: ``defaults.json`` in the folder records what the defaults
    were when the class was first used there, and that is what parameters are compared with.

    Fingerprints see parameters, not code: after a change to an estimator's source, use another
    folder or remove the estimator's own.

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
        # An iterator of splits becomes a list, which serves more than one estimator.
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
    folder = None if out is None else ResultFolder(out)
    if folder:
        folder.prepare(
            _about(data, comparison, target_names),
            truth,
            X_test=comparison.X_test,
            test_index=comparison.test_index,
        )
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


def _about(data, comparison, target_names):
    """Return what the folder says about itself, fit for JSON."""
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
