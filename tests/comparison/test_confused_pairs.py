import numpy as np
import pytest

from skfashion.comparison import ConfusedPair, confused_pairs


def test_confused_pairs_in_words():
    matrix = [[880, 20, 100], [104, 896, 0], [100, 0, 900]]
    pairs = confused_pairs(matrix, ["T-shirt/top", "Shirt", "Coat"], n=None)
    assert pairs[0] == ConfusedPair("Shirt", "T-shirt/top", 104, 1000)
    assert str(pairs[0]) == "Shirt taken for T-shirt/top: 104 of 1,000 (10.4 %)"
    assert [(p.true, p.predicted, p.count) for p in pairs[1:]] == [
        ("T-shirt/top", "Coat", 100),
        ("Coat", "T-shirt/top", 100),
        ("T-shirt/top", "Shirt", 20),
    ]
    assert confused_pairs(matrix, ["T-shirt/top", "Shirt", "Coat"], n=1) == pairs[:1]
    assert confused_pairs(np.diag([3, 4]), ["a", "b"]) == []


def test_confused_pairs_wants_a_name_for_each_class():
    with pytest.raises(ValueError, match="3 class names"):
        confused_pairs([[1, 2], [3, 4]], ["a", "b", "c"])
