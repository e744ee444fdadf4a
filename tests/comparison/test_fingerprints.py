import inspect
import json
import os
import subprocess
import sys
import textwrap

import joblib
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from skfashion.comparison import compare, load_comparison
from skfashion.comparison._fingerprints import Fingerprints, fingerprint, fingerprint_of_data
from tests.comparison.estimators import lines


def test_fingerprint_sees_parameters_and_nothing_else(data):
    tree = make_pipeline(DecisionTreeClassifier(max_depth=3))
    same = fingerprint(tree)
    assert fingerprint(clone(tree).fit(*data[:2])) == same
    assert fingerprint(clone(tree).set_params(decisiontreeclassifier__random_state=7)) == same
    assert fingerprint(clone(tree).set_params(decisiontreeclassifier__max_depth=4)) != same
    assert fingerprint(DecisionTreeClassifier(max_depth=3)) != same
    # The same object twice, or two equal ones, say the same.
    pair = (1000, 2000)
    assert fingerprint({"a": pair, "b": pair}) == fingerprint(
        {"a": (1000, 2000), "b": tuple([1000, 2000])}  # noqa: C409
    )
    assert fingerprint(data[0]) == fingerprint(np.asfortranarray(data[0]))
    assert fingerprint(data[0]) != fingerprint(data[0].astype(float))


def test_fingerprint_of_data_sees_values_and_nothing_else(data):
    X, y = data[0][:50], data[1][:50]
    assert fingerprint_of_data(X, y) == fingerprint(X, y)
    assert fingerprint_of_data(X.tolist(), y.tolist()) == fingerprint_of_data(X.astype(int), y)
    frame = pd.DataFrame(X)
    columns = pd.concat([frame[[column]] for column in frame], axis=1)  # the pixels one by one
    assert fingerprint_of_data(columns) == fingerprint_of_data(frame)
    assert fingerprint_of_data(frame.rename(columns={0: "first"})) != fingerprint_of_data(frame)
    sparse = csr_array(X)
    same = fingerprint_of_data(sparse)
    assert sparse.has_canonical_format  # looking at it leaves a mark in it
    assert fingerprint_of_data(sparse) == same != fingerprint_of_data(csr_array(X[::-1]))


def test_lists_are_hashed_at_once(data, monkeypatch):
    calls = []
    original = joblib.hash
    monkeypatch.setattr(joblib, "hash", lambda *a, **k: calls.append(a) or original(*a, **k))
    fingerprint_of_data(data[0].tolist(), data[1].tolist())
    assert len(calls) == 3  # images, labels, and the two together


def test_fingerprint_is_the_same_in_another_process():
    code = """
        from sklearn.pipeline import make_pipeline
        from sklearn.tree import DecisionTreeClassifier
        from skfashion.comparison._fingerprints import fingerprint
        print(fingerprint("Tree", make_pipeline(DecisionTreeClassifier(max_depth=3))))
    """
    printed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONHASHSEED": "5"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    here = fingerprint("Tree", make_pipeline(DecisionTreeClassifier(max_depth=3)))
    assert printed.strip() == here


def net(default=0.1, **later):
    """Return a class of one name, as it was in some version: its defaults, in this order."""

    class Net(GaussianNB):
        def get_params(self, deep=True):
            return {name: getattr(self, name) for name in signature}

        def fit(self, X, y):
            with open(self.log, "a") as file:
                file.write(f"{self.lr}\n")
            return super().fit(X, y)

    signature = {"lr": default, "log": None, **later}

    def __init__(self, *, priors=None, var_smoothing=1e-9, **parameters):
        GaussianNB.__init__(self)
        vars(self).update({**signature, **parameters})

    keyword = inspect.Parameter.KEYWORD_ONLY
    Net.__init__ = __init__
    Net.__signature__ = inspect.Signature(
        [inspect.Parameter(name, keyword, default=value) for name, value in signature.items()]
    )
    return Net


def test_only_what_differs_from_the_default_counts():
    Old, New = net(), net(momentum=0.0, nesterov=False)
    assert fingerprint(New()) == fingerprint(Old())
    assert fingerprint(New(lr=0.2)) == fingerprint(Old(lr=0.2)) != fingerprint(Old())
    assert fingerprint(New(momentum=0.9)) != fingerprint(Old())
    assert fingerprint(make_pipeline(New())) == fingerprint(make_pipeline(Old()))
    assert fingerprint(make_pipeline(New(momentum=0.9))) != fingerprint(make_pipeline(Old()))


class Required(ClassifierMixin, BaseEstimator):
    def __init__(self, depth, width=None):
        self.depth = depth
        self.width = width


def test_a_parameter_without_default_always_counts():
    assert fingerprint(Required(None)) != fingerprint(Required(1))
    assert fingerprint(Required(1, None)) == fingerprint(Required(1))
    assert Fingerprints().of(Required(1)) == fingerprint(Required(1, width=None))
    record = Fingerprints()
    record.of(Required(1))
    assert [list(known) for known in record.defaults.values()] == [["width"]]


def test_a_changed_default_is_another_estimator():
    first = Fingerprints()
    before = first.of(net(0.1)())
    later = Fingerprints(json.loads(json.dumps(first.defaults)))
    assert later.of(net(0.5)()) != before  # what it is now, and was not then
    assert later.of(net(0.5)(lr=0.1)) == before  # the same as then
    # The same of a parameter that came in between
    assert later.of(net(0.1, momentum=0.0)()) == before
    assert later.of(net(0.1, momentum=0.9)()) != before
    assert later.of(net(0.1, momentum=0.9)(momentum=0.0)) == before


def test_a_new_parameter_does_not_orphan_a_folder(data, tmp_path):
    log = tmp_path / "log"
    out = tmp_path / "out"
    compare({"Net": make_pipeline(net()(log=log))}, *data, out=out)
    assert lines(log) == ["0.1"]
    compare({"Net": make_pipeline(net(momentum=0.0)(log=log))}, *data, out=out)
    assert lines(log) == ["0.1"]
    assert load_comparison(out).names == ["Net"]
    # A default that changes is trained, once.
    for _ in range(2):
        compare({"Net": make_pipeline(net(0.5, momentum=0.0)(log=log))}, *data, out=out)
    assert lines(log) == ["0.1", "0.5"]
    assert len(load_comparison(out).names) == 2
