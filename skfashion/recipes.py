"""Networks as Pipelines: the article's, with its own and with tuned settings, and deeper ones.

Each takes images in rows or stacks, uint8 or float, and ends in a step named "classifier".

References
----------
.. [1] "Classifying the Fashion-MNIST dataset", the article that describes these networks.
"""

from sklearn.pipeline import Pipeline

from skfashion.neural_network import (
    CNN1Classifier,
    CNN2Classifier,
    FastResNetClassifier,
    LeNet5Classifier,
    ModifiedLeNet5Classifier,
    SimpleDenseClassifier,
)
from skfashion.neural_network._engine.device import has_bfloat16, resolve_device
from skfashion.preprocessing import ImagePadder, PixelScaler

__all__ = ["ARTICLE", "best", "published", "tuned"]

ON_ALL = {"n_train": 60_000}  # training images
# The article's own figures: accuracy on the test images in per cent, time per epoch, epochs.
ARTICLE = {
    "Simple dense": {"accuracy": 83.86, "seconds_per_epoch": "< 10", "epochs": 5, **ON_ALL},
    "CNN 1": {"accuracy": 91.6, "seconds_per_epoch": "~ 60", "epochs": 8, **ON_ALL},
    "CNN 2": {"accuracy": 92.93, "seconds_per_epoch": "85-90", "epochs": 8, **ON_ALL},
    "LeNet-5": {"accuracy": 88.89, "seconds_per_epoch": "~ 45", "epochs": 3, **ON_ALL},
    "Modified LeNet-5": {"accuracy": 90.55, "seconds_per_epoch": "~ 45", "epochs": 3, **ON_ALL},
}


FALLING = {"lr_schedule": "linear", "warmup": 0.1}
SGD = {"optimizer": "sgd", "momentum": 0.9, **FALLING}
TUNED = {
    "Simple dense": {"optimizer": "adam", "lr": 0.001, **FALLING},
    "CNN 1": {"lr": 0.003, **FALLING},
    "CNN 2": {"batch_size": 64, "lr": 0.003, **FALLING},
    "LeNet-5": {"batch_size": 16, "lr": 0.012, **SGD},
    "Modified LeNet-5": {"batch_size": 16, "optimizer": "nadam", "lr": 0.0015, **FALLING},
}

MOVED = {"augmentation": "alternating_flip+shift", "test_time_augmentation": "flip+shift"}
SMOOTHED = {"label_smoothing": 0.1, **MOVED}
BEST = {
    "Fast ResNet S": {"depths": (1, 1, 2), "max_epochs": 9, "data_pruning": 0.56, **SMOOTHED},
    "Fast ResNet M": {"max_epochs": 12, "data_pruning": 0.42, **SMOOTHED},
    "Fast ResNet L": {
        "widths": (48, 96, 192),
        "max_epochs": 18,
        "data_pruning": 0.42,
        **SMOOTHED,
    },
    "Fast ResNet XL": {
        "widths": (64, 128, 256),
        "max_epochs": 36,
        **SMOOTHED,
        "augmentation": "alternating_flip+shift+erase",
    },
}


def pipeline(classifier, *, feature_range=(0, 1), pad=False):
    """Return a Pipeline that pads to 32 x 32 pixels if `pad`, scales, and classifies."""
    steps = [("scale", PixelScaler(feature_range=feature_range)), ("classifier", classifier)]
    return Pipeline([("pad", ImagePadder()), *steps] if pad else steps)


def published(random_state=None):
    """Return the five networks with the article's settings.

    Pixels are scaled to the range from 0 to 1, and images padded to 32 x 32 pixels for the two
    LeNets. All other settings are the defaults of the classifiers.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Passed to each classifier.

    Returns
    -------
    estimators : dict of str to sklearn.pipeline.Pipeline
        "Simple dense", "CNN 1", "CNN 2", "LeNet-5", "Modified LeNet-5".

    See Also
    --------
    tuned : Return the same architectures with better settings.

    Examples
    --------
    >>> from skfashion.recipes import published
    >>> published(random_state=0)["CNN 1"].named_steps["classifier"]
    CNN1Classifier(random_state=0)
    """
    return {
        "Simple dense": pipeline(SimpleDenseClassifier(random_state=random_state)),
        "CNN 1": pipeline(CNN1Classifier(random_state=random_state)),
        "CNN 2": pipeline(CNN2Classifier(random_state=random_state)),
        "LeNet-5": pipeline(LeNet5Classifier(random_state=random_state), pad=True),
        "Modified LeNet-5": pipeline(ModifiedLeNet5Classifier(random_state=random_state), pad=True),
    }


def tuned(random_state=None):
    """Return the five networks with settings that were chosen on the training images alone.

    The architectures and the numbers of epochs are the article's. Pixels are scaled to zero mean
    and unit variance; the learning rate rises at first and then falls to zero. The script
    ``examples/search_tuned_settings.py`` reruns the search.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Passed to each classifier.

    Returns
    -------
    estimators : dict of str to sklearn.pipeline.Pipeline
        "Simple dense", "CNN 1", "CNN 2", "LeNet-5", "Modified LeNet-5".

    See Also
    --------
    published : Return them with the article's settings.

    Examples
    --------
    >>> from skfashion.recipes import tuned
    >>> tuned(random_state=0)["CNN 1"].named_steps["classifier"].max_epochs
    8
    """
    estimators = published(random_state)
    for name, settings in TUNED.items():
        estimators[name].set_params(scale__feature_range=None)
        estimators[name].named_steps["classifier"].set_params(**settings)
    return estimators


def best(random_state=None):
    """Return residual networks in four sizes, for high accuracy in little training time.

    The larger ones are more accurate and take longer to train. The training images are mirrored
    and shifted at random; predictions are averaged over such images. Most epochs of S, M and L
    leave out images that the network has learnt. If the device supports bfloat16, it is used. The
    settings were chosen on the training images alone; the script
    ``examples/search_best_settings.py`` measures how much each of them gains.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Passed to each classifier.

    Returns
    -------
    estimators : dict of str to sklearn.pipeline.Pipeline
        "Fast ResNet S", "Fast ResNet M", "Fast ResNet L", "Fast ResNet XL".

    See Also
    --------
    tuned : Return the article's networks with better settings.

    Examples
    --------
    >>> from skfashion.recipes import best
    >>> best(random_state=0)["Fast ResNet M"].named_steps["classifier"].max_epochs
    12
    """
    device = resolve_device("auto")
    precision = "bfloat16" if has_bfloat16(device) else "float32"
    return {
        name: pipeline(
            FastResNetClassifier(
                weight_decay=0.02, precision=precision, random_state=random_state, **settings
            ),
            feature_range=None,
        )
        for name, settings in BEST.items()
    }
