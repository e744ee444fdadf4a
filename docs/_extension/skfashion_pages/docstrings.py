"""Adapt docstrings and methods that are inherited from scikit-learn."""

import re

REFERENCE = re.compile(r":ref:`([^`<]*?)(?:\s*<[^`]*>)?`")  # the text, optionally a label


def skip_member(app, what, name, obj, skip, options):
    """Leave out the methods that scikit-learn generates for metadata routing and set_output."""
    is_generated = name.startswith("set_") and name.endswith("_request")
    return True if is_generated or name in ("get_metadata_routing", "set_output") else None


def unlink(app, what, name, obj, options, lines):
    """Replace references to sections of scikit-learn's documentation by plain text."""
    lines[:] = [REFERENCE.sub(r"\1", line) for line in lines]
