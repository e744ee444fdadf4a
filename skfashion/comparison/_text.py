"""Texts that can be written anywhere."""

from skfashion._files import printable


def in_a_line(error):
    """Return an exception's type and the first line of its message."""
    try:
        lines = str(error).strip().splitlines() or [""]
    except Exception:  # a message is made by the exception's own code
        lines = ["its message cannot be read"]
    return printable(f"{type(error).__name__}: {lines[0]}")
