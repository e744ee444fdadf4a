"""Load Fashion-MNIST, a tenth of it, other datasets in its format, and folders of pictures."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "_class_names": ["CLASS_NAMES"],
        "_fashion_mnist": ["fetch_fashion_mnist"],
        "_fashion_sample": ["load_fashion_sample"],
        "_idx": ["read_idx", "write_idx"],
        "_idx_folder": ["load_idx"],
        "_image_folder": ["load_image_folder"],
    },
)
