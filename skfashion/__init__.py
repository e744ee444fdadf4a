"""Small-image neural classifiers that behave in every respect like scikit-learn estimators.

Map of the package
------------------
datasets
    Fashion-MNIST whole (`fetch_fashion_mnist`) or a tenth that ships with the package
    (`load_fashion_sample`); any dataset in the same four IDX files (`load_idx`).
preprocessing
    `ImagePadder` and `PixelScaler`, transformers for images in rows or stacks.
neural_network
    The article's networks: `SimpleDenseClassifier`, `CNN1Classifier`, `CNN2Classifier`,
    `LeNet5Classifier`, `ModifiedLeNet5Classifier`; and `ImageClassifier`, for any torch module.
recipes, baselines
    Ready Pipelines: the article's networks as published and tuned; the classic classifiers.
comparison
    `compare`, which trains and measures any of them side by side.
plotting
    Displays, as scikit-learn's: `ImageGridDisplay`, `LearningCurvesDisplay`, `ComparisonDisplay`,
    `MistakesDisplay`, `FiltersDisplay`.
report
    `ConfusionReport`, the confusion matrix to click: a page of predictions and their images.
cli
    The `skfashion` command.

Everything is loaded when it is first used: ``import skfashion`` loads neither torch nor
matplotlib.
"""

import lazy_loader as lazy

from skfashion import datasets, neural_network, plotting, preprocessing
from skfashion._version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submodules=["baselines", "comparison", "recipes", "report"],
    submod_attrs={
        "comparison": ["compare"],
        "datasets": datasets.__all__,
        "neural_network": neural_network.__all__,
        "plotting": plotting.__all__,
        "preprocessing": preprocessing.__all__,
    },
)
__all__ = sorted([*__all__, "__version__"])
