"""Pictures of images, trainings, comparisons, mistakes and filters, as scikit-learn's Displays.

Matplotlib is loaded when something is plotted. For confusion matrices there is
`sklearn.metrics.ConfusionMatrixDisplay`.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "_comparison": ["ComparisonDisplay"],
        "_filters": ["FiltersDisplay"],
        "_image_grid": ["ImageGridDisplay"],
        "_learning_curves": ["LearningCurvesDisplay"],
        "_mistakes": ["MistakesDisplay"],
    },
)
