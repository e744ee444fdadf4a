"""Makes torchvision importable beside a torch for CPUs."""

import importlib

import torch

# Operators that torchvision describes when it is imported, whether its compiled part loads or not.
SCHEMAS = [
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
]
_libraries = []  # kept, as a definition ends with its library


def import_torchvision():
    """Import torchvision, also where its compiled part does not fit torch.

    The wheels of torchvision on the package index are built for CUDA. Beside a torch for CPUs their
    compiled part does not load, and ``import torchvision`` fails as an operator for detection does
    not exist. No classifier uses it, so declaring it is enough. Where torchvision works, nothing is
    declared.
    """
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "operator torchvision::" not in str(error):
            raise
    library = torch.library.Library("torchvision", "DEF")
    for schema in SCHEMAS:
        library.define(schema)
    _libraries.append(library)
    return importlib.import_module("torchvision")
