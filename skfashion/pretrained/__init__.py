"""Trained networks that come with the package; torch is only imported by `load_pretrained`."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "_load": ["load_pretrained", "pretrained_info"],
        "_picture_classifier": ["Answer", "PictureClassifier"],
    },
)
