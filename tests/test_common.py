"""scikit-learn's own checks, for every public estimator; none is excused."""

from itertools import cycle

import pytest
import torch
from sklearn.utils.estimator_checks import check_class_weight_classifiers, parametrize_with_checks

import skfashion
from skfashion import (
    CNN1Classifier,
    FastResNetClassifier,
    ImageClassifier,
    LeNet5Classifier,
    ModifiedLeNet5Classifier,
    ResNetClassifier,
    SimpleDenseClassifier,
    VGGClassifier,
)
from skfashion.neural_network._engine.device import has_bfloat16
from tests.networks import NETWORKS, SmallModule, make_network

TRANSFORMERS = [skfashion.ImagePadder, skfashion.PhotoConverter, skfashion.PixelScaler]
# The checks of these are slow tests: three are deep, and two are built like others.
DEEP = [ResNetClassifier, VGGClassifier]
SLOW = [*DEEP, FastResNetClassifier, CNN1Classifier, ModifiedLeNet5Classifier]
QUICK = [make_network(Classifier) for Classifier in NETWORKS if Classifier not in SLOW]
VARIANTS = [
    {"early_stopping": True, "max_epochs": 10},
    {"class_weight": "balanced", "lr_schedule": "linear", "warmup": 0.2},
]
if has_bfloat16(torch.device("cpu")):
    VARIANTS.append({"precision": "bfloat16"})
# One check fits twice and compares the predictions. A warm start goes on with the training, so
# the first fit has to be long enough that the second one changes no prediction.
WARM_START = {
    **{"warm_start": True, "optimizer": "adamw", "weight_decay": 0.01},
    **{"lr": 0.02, "max_epochs": 50, "batch_size": 300},
}
LENET5_OF_1998 = {
    "activation": "scaled_tanh",
    "output": "fixed_rbf",
    "padding": "valid",
    "subsampling": "trainable",
    "c3": "partial",
    "initializer": "lecun_1998",
}


@parametrize_with_checks([*QUICK, *(T() for T in TRANSFORMERS)])
def test_default_parameters(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([Classifier() for Classifier in SLOW])
def test_default_parameters_of_the_other_networks(estimator, check):
    check(estimator)


MANY_OPTIONS = {
    **{"lr_schedule": "one_cycle", "label_smoothing": 0.1, "norm_bias_lr_factor": 8},
    **{"augmentation": "alternating_flip+shift+erase", "test_time_augmentation": "flip+shift"},
    "data_pruning": 0.3,
}


class AugmentedDense(SimpleDenseClassifier):
    """The images of the checks are random points, which have no use for being mirrored."""

    _poor_score = True


class AugmentedModule(ImageClassifier):
    """As above, for a module that takes images of any size."""

    _poor_score = True


@parametrize_with_checks(
    [
        *(SimpleDenseClassifier(**v) for v in [*VARIANTS, WARM_START]),
        SimpleDenseClassifier(averaging="ema", label_smoothing=0.1, lr_schedule="one_cycle"),
        AugmentedDense(averaging="ema", **MANY_OPTIONS),
        AugmentedModule(
            module=SmallModule, averaging="lookahead", progressive_resizing=0.5, **MANY_OPTIONS
        ),
    ]
)
def test_other_parameters(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore:.*are not a square image:UserWarning")
@pytest.mark.parametrize("Classifier", [C for C in NETWORKS if C._poor_score])
def test_the_tag_of_a_poor_score_is_earned(Classifier):
    """The published settings fail a check of accuracy, and longer training passes it."""

    class WithoutTag(Classifier):
        _poor_score = False

    with pytest.raises(AssertionError):
        check_class_weight_classifiers(Classifier.__name__, WithoutTag())
    check_class_weight_classifiers(Classifier.__name__, WithoutTag(max_epochs=50))


# The base class has these parameters, and SimpleDenseClassifier is checked with each of them above:
# here every other network is checked with some of them, and each of them with several networks.
OTHERS = [C for C in NETWORKS if C not in (*DEEP, SimpleDenseClassifier)]
OWN = {LeNet5Classifier: LENET5_OF_1998}


@pytest.mark.slow
@parametrize_with_checks(
    [make_network(C, **OWN.get(C, {}), **v) for C, v in zip(OTHERS, cycle(VARIANTS))]
)
def test_other_parameters_of_the_networks(estimator, check):
    check(estimator)
