"""What Sphinx is told about docstrings that are scikit-learn's."""

import re

REFERENCE = re.compile(r":ref:`([^`<]*?)(?:\s*<[^`]*>)?`")  # the text, and a label or none


def skip_member(app, what, name, obj, skip, options):
    """Leave out the methods that scikit-learn generates for metadata routing and set_output."""
    is_generated = name.startswith("set_") and name.endswith("_request")
    return True if is_generated or name in ("get_metadata_routing", "set_output") else None


def unlink(app, what, name, obj, options, lines):
    """Make plain text of references to sections, which are of scikit-learn's documentation."""
    lines[:] = [REFERENCE.sub(r"\1", line) for line in lines]
