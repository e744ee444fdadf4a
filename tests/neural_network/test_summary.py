"""The summary of a network: its layers, their shapes and parameters."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from torch import nn

from skfashion import CNN1Classifier, ImageClassifier
from tests.networks import NETWORKS, make_network


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[:40], sample.target[:40]


def summary_of(module, data):
    classifier = ImageClassifier(module=module, max_epochs=1, random_state=0).fit(*data)
    layers = classifier.summary()
    assert layers["n_parameters"].sum() == classifier.n_parameters_
    return layers


def test_layers_of_cnn1(data):
    classifier = CNN1Classifier(max_epochs=1, random_state=0).fit(*data)
    before = classifier.predict_proba(data[0])
    layers = classifier.summary()
    assert list(layers.columns) == ["layer", "output_shape", "n_parameters"]
    assert layers["output_shape"].iloc[0] == (32, 26, 26)
    assert layers["layer"].iloc[0] == "Conv2d (features.0)"
    assert layers["n_parameters"].iloc[0] == 320
    assert layers["output_shape"].iloc[-1] == (len(classifier.classes_),)
    np.testing.assert_array_equal(classifier.predict_proba(data[0]), before)
    assert not any(m._forward_hooks for m in classifier.net_.module_.modules())


@pytest.mark.parametrize("Classifier", NETWORKS)
def test_parameters_add_up(data, Classifier):
    classifier = make_network(Classifier, max_epochs=1, random_state=0).fit(*data)
    layers = classifier.summary()
    assert layers["n_parameters"].sum() == classifier.n_parameters_
    assert layers["output_shape"].notna().all()


class Shares(nn.Module):
    """Calls a layer twice, shares weights, has its own, and has a layer that is never called."""

    def __init__(self, image_shape, n_classes):
        super().__init__()
        self.first = nn.Linear(int(np.prod(image_shape)), 6)
        self.twice = nn.Linear(6, 6)
        self.tied = nn.Linear(6, 6)
        self.tied.weight = self.twice.weight
        self.shift = nn.Parameter(self.first.bias.detach().clone())
        self.unused = nn.Linear(2, 2)
        self.out = nn.Linear(6, n_classes)

    def forward(self, x):
        x = self.first(x.flatten(1)) + self.shift
        return self.out(self.tied(self.twice(self.twice(x))))


def test_shared_reused_and_unused_layers_are_counted_once(data):
    layers = summary_of(Shares, data).set_index("layer")
    assert layers["n_parameters"].to_dict() == {
        "Linear (first)": 784 * 6 + 6,
        "Linear (twice)": 42,
        "Linear (tied)": 6,
        "Linear (out)": 70,
        "Shares": 6,
        "Linear (unused)": 6,
    }
    assert layers.loc["Linear (unused)", "output_shape"] is None
    assert layers.loc["Linear (twice)", "output_shape"] == (6,)


def test_a_summary_needs_a_fit():
    with pytest.raises(NotFittedError):
        CNN1Classifier().summary()
