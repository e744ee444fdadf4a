"""What skops may be told to trust."""

import inspect

from skfashion import memory, neural_network, preprocessing


def trusted_types():
    """Return the names of the classes of this package that a skops file may contain.

    A skops file is loaded only if every class in it is trusted. The state of a network is plain
    (arrays, numbers and strings), so the networks and the transformers themselves are all that a
    Pipeline of this package needs beside what skops trusts anyway.

    Returns
    -------
    names : list of str
        Full names of all networks and transformers, and of
        :class:`~skfashion.memory.TrainingMemory`.

    See Also
    --------
    to_onnx : Write a file that needs no trust, and can only predict.

    Notes
    -----
    To trust :class:`~skfashion.ImageClassifier` is not to trust the `module` that a file names:
    that is a class or a function of its own, which has to be trusted too. So has a callable that
    was given as `optimizer` or `augmentation`.

    Examples
    --------
    >>> from skfashion.export import trusted_types
    >>> "skfashion.preprocessing._pixel_scaler.PixelScaler" in trusted_types()
    True
    """
    parts = (memory, neural_network, preprocessing)
    values = [getattr(part, name) for part in parts for name in part.__all__]
    classes = [value for value in values if inspect.isclass(value)]
    return sorted(f"{cls.__module__}.{cls.__qualname__}" for cls in classes)
