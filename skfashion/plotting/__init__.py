"""Displays like scikit-learn's: images, training, comparisons, mistakes, what a network sees.

Matplotlib is imported when something is plotted. In grey images zero
is black, and ``cmap="gray_r"`` inverts them. For confusion matrices, use
`sklearn.metrics.ConfusionMatrixDisplay`.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "_activation_maps": ["ActivationMapDisplay"],
        "_comparison": ["ComparisonDisplay"],
        "_filters": ["FiltersDisplay"],
        "_image_grid": ["ImageGridDisplay"],
        "_learning_curves": ["LearningCurvesDisplay"],
        "_mistakes": ["MistakesDisplay"],
    },
)
