"""The samples that are trained on, and their weights."""

import numpy as np
import pytest

from skfashion import SimpleDenseClassifier
from skfashion.neural_network._samples import class_weights, weighted_by_class

CLASSES = np.array([0, 1, 2])
LABELS = np.array([0, 1, 1, 2, 2, 2])


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({0: np.nan}, "class_weight has the weight nan for the class 0"),
        ({0: np.inf}, "class_weight has the weight inf"),
        ({0: -1}, "class_weight has the weight -1"),
        ({1: "heavy"}, "class_weight has the weight 'heavy'"),
        ({0: None}, "class_weight has the weight None"),
        (dict.fromkeys(range(3), 0), "class_weight=.* is zero for every class in y"),
        ({"shoe": 2}, "class_weight has keys that are not classes: .'shoe'"),
        ({0: 1, 9: 2}, r"class_weight has keys that are not classes: \[9\]"),
    ],
)
def test_unusable_class_weights_are_named(sample, class_weight, message):
    with pytest.raises(ValueError, match=message):
        class_weights(class_weight, CLASSES, LABELS, np.ones(6))
    few = np.flatnonzero(sample.target < 3)[:30]
    with pytest.raises(ValueError, match=message):
        SimpleDenseClassifier(class_weight=class_weight).fit(sample.data[few], sample.target[few])


def test_weights_of_classes():
    def found(class_weight, labels=LABELS):
        return class_weights(class_weight, CLASSES, labels, np.ones(len(labels))).tolist()

    assert found({1: 5}) == [1, 5, 1]
    assert found({0: 1, 1: 2, 2: 0, 3: 9}) == [1, 2, 0]  # as of a fold without class 3
    assert found("balanced") == [2, 1, pytest.approx(2 / 3)]
    assert found("balanced", np.array([0, 0, 1])) == [0.5, 1, 0]
    names = np.array(["bag", "coat"])
    assert class_weights({"coat": 3}, names, np.array([0, 1]), np.ones(2)).tolist() == [1, 3]


def test_class_weights_multiply_sample_weights():
    weight = np.arange(6.0)
    assert weighted_by_class(weight, None, CLASSES, LABELS) is weight
    assert weighted_by_class(weight, {2: 10}, CLASSES, LABELS).tolist() == [0, 1, 2, 30, 40, 50]
