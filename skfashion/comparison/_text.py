"""Texts that can be written anywhere."""


def printable(text):
    """Return a text that UTF-8 can encode: a lone surrogate becomes its escape, such as \\ud800.

    Exceptions quote what they were given, and names of files may hold bytes of any encoding.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def in_a_line(error):
    """Return an exception's type and the first line of its message."""
    try:
        lines = str(error).strip().splitlines() or [""]
    except Exception:  # a message is made by the exception's own code
        lines = ["its message cannot be read"]
    return printable(f"{type(error).__name__}: {lines[0]}")
