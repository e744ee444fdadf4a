"""Transformers for images in rows or stacks and for photographs, and the functions they use."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "_image_padder": ["ImagePadder", "crop_images", "pad_images"],
        "_photo_converter": ["PhotoConverter", "convert_photo"],
        "_pixel_scaler": ["PixelScaler", "scale_pixels"],
    },
)
