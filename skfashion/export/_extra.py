"""What is said where a library of the extra is missing."""

from contextlib import contextmanager


@contextmanager
def needs_extra(function, libraries):
    """Explain that a module is missing: a function needs libraries of the extra "export"."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{function} needs {libraries}, but {error.name} is not installed: "
            'pip install "skfashion[export]"'
        ) from error
