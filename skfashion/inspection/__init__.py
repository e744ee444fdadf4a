"""Inspect a dataset: labels that may be wrong, images unlike all others, and duplicates."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "_duplicates": ["find_duplicates"],
        "_label_issues": ["find_label_issues"],
        "_outliers": ["find_outliers"],
    },
)
