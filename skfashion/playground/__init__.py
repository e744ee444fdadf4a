"""A page in which a trained network says what a picture shows, offline."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__, submod_attrs={"_playground": ["Playground"]})
