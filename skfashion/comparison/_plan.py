"""The units of work of a comparison, and the order in which they start."""

from skfashion._estimators import parameters_called
from skfashion.comparison._measure import max_epochs, validation_parameter
from skfashion.comparison._unit import Unit, failure


def plan(
    estimators,
    random_states,
    learning_curves=True,
    fingerprints=None,
    *,
    cv=None,
    scoring=None,
    environment="",
):
    """Return the units of work.

    Parameters
    ----------
    estimators : dict of {str: estimator}
    random_states : list of int
    learning_curves : bool, default=True
    fingerprints : Fingerprints, default=None
        Makes the fingerprints under which results are kept; None if they are not kept.
    cv, scoring, environment
        As in `do_unit`.

    Returns
    -------
    units : list of Unit
    failures : list of Result
        One for each estimator whose parameters cannot be read.
    """
    scheme = fingerprints.of(cv, scoring) if fingerprints and cv is not None else ""
    units, failures = [], []
    for name, estimator in estimators.items():
        try:
            settings = fingerprints.of(name, estimator) if fingerprints else ""
            has_state = parameters_called("random_state", estimator)
            has_curves = learning_curves and validation_parameter(estimator)
        except Exception as error:  # of any kind: it belongs in the row of this estimator
            failures.append(failure(Unit("fit", name), error, environment))
            units.append(failures[-1].unit)
            continue
        states = random_states if has_state else [None]
        units += [Unit("fit", name, settings, state) for state in states]
        if cv is not None:
            units.append(Unit("cv", name, settings, states[0], scheme))
        if has_curves:
            units.append(Unit("curves", name, settings, states[0]))
    return units, failures


def longest_first(units, estimators):
    """Return the units, the longest first, so that cores do not idle at the end.

    The time is estimated: more epochs take longer, and so does a cross-validation.
    """

    def length(unit):
        return max_epochs(estimators[unit.name]), unit.kind == "cv"

    return sorted(units, key=length, reverse=True)
