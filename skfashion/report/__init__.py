"""The interactive confusion matrix: one HTML file that works offline, without a server."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__, submod_attrs={"_confusion_report": ["ConfusionReport"]}
)
