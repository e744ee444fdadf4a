"""Training and predicting in bfloat16."""

import numpy as np
import pytest
import torch

from skfashion import CNN1Classifier, SimpleDenseClassifier
from skfashion.neural_network._engine import device as _device


@pytest.fixture
def emulated(monkeypatch):
    """Let any CPU compute in bfloat16: torch does so everywhere, if slowly."""
    monkeypatch.setattr(_device, "has_bfloat16", lambda device: True)


@pytest.mark.usefixtures("emulated")
def test_bfloat16_learns_what_float32_learns(data):
    exact = CNN1Classifier(max_epochs=2, random_state=0).fit(*data)
    coarse = CNN1Classifier(max_epochs=2, random_state=0, precision="bfloat16").fit(*data)
    assert coarse.loss_curve_ != exact.loss_curve_
    assert coarse.loss_curve_ == pytest.approx(exact.loss_curve_, rel=0.02)
    probabilities = coarse.predict_proba(data[0])
    np.testing.assert_allclose(probabilities, exact.predict_proba(data[0]), atol=0.1)
    assert {p.dtype for p in coarse.net_.module_.parameters()} == {torch.float32}


@pytest.mark.usefixtures("emulated")
def test_bfloat16_predicts_the_same_however_the_rows_are_split(data):
    X, y = data
    classifier = CNN1Classifier(max_epochs=1, random_state=0, precision="bfloat16").fit(X, y)
    together = classifier.predict_proba(X[:60])
    in_sevens = [classifier.predict_proba(X[start : start + 7]) for start in range(0, 60, 7)]
    np.testing.assert_allclose(np.concatenate(in_sevens)[:60], together, rtol=0, atol=1e-6)
    np.testing.assert_allclose(classifier.predict_proba(X[:1]), together[:1], rtol=0, atol=1e-6)


def test_bfloat16_where_there_is_none_is_a_clear_error(data, monkeypatch):
    monkeypatch.setattr(_device, "has_bfloat16", lambda device: False)
    with pytest.raises(ValueError, match=r"does not compute in bfloat16. Set precision='float32'"):
        SimpleDenseClassifier(precision="bfloat16").fit(*data)
