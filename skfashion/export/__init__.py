"""Fitted models in files that other programs can load, and that run no code: ONNX, skops."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "_model_card": ["model_card"],
        "_onnx": ["to_onnx"],
        "_trusted_types": ["trusted_types"],
        "_weights": ["load_weights", "save_weights"],
    },
)
