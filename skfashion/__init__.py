"""Neural classifiers for small images that behave like scikit-learn estimators.

Map of the package
------------------
datasets
    Fashion-MNIST (`fetch_fashion_mnist`), a tenth of it that ships with the package
    (`load_fashion_sample`), any dataset in four files like MNIST's (`load_idx`), and picture
    files in a folder for each class (`load_image_folder`).
preprocessing
    `ImagePadder` and `PixelScaler`: transformers for images in rows or stacks; `PhotoConverter`:
    photographs become images like those of Fashion-MNIST.
neural_network
    The article's networks: `SimpleDenseClassifier`, `CNN1Classifier`, `CNN2Classifier`,
    `LeNet5Classifier`, `ModifiedLeNet5Classifier`; deeper ones, `VGGClassifier`,
    `ResNetClassifier`, `FastResNetClassifier`; and `ImageClassifier`, for any torch module.
memory
    `TrainingMemory`: the states of trainings, from which later ones go on.
recipes, baselines
    Complete Pipelines: the article's networks, as published and tuned, and better ones; classic
    classifiers.
comparison
    `compare`, which trains any of them and compares their scores and times.
cluster
    `on_dask`: searches and comparisons on the machines of a Dask cluster.
inspection
    Labels that may be wrong, outliers and duplicates: `find_label_issues`, `find_outliers`,
    `find_duplicates`.
pretrained
    `load_pretrained`: a trained network that comes with the package.
export
    `to_onnx`, `save_weights`, `trusted_types`, `model_card`: models in files that run no code.
playground
    `Playground`: a page to try it on pictures of your own.
plotting
    Displays like scikit-learn's: `ImageGridDisplay`, `LearningCurvesDisplay`, `ComparisonDisplay`,
    `MistakesDisplay`, `FiltersDisplay`, `ActivationMapDisplay`.
report
    `ConfusionReport`: an interactive confusion matrix, an HTML page that shows the images.
cli
    The `skfashion` command.

Everything is imported on first use: ``import skfashion`` alone loads neither torch nor
matplotlib.
"""

import lazy_loader as lazy

from skfashion import datasets, neural_network, plotting, preprocessing
from skfashion._version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submodules=[
        *("baselines", "cluster", "comparison", "export", "inspection", "memory", "playground"),
        *("pretrained", "recipes", "report"),
    ],
    submod_attrs={
        "comparison": ["compare"],
        "datasets": datasets.__all__,
        "neural_network": neural_network.__all__,
        "plotting": plotting.__all__,
        "pretrained": ["load_pretrained"],
        "preprocessing": preprocessing.__all__,
    },
)
__all__ = sorted([*__all__, "__version__"])
