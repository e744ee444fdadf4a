"""All that is generated for the documentation, written to one folder."""

import api
import command_line
import networks


def write_if_new(path, text):
    """Write a file, unless it has this text: Sphinx builds anew what was written."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_all(folder):
    """Write every generated page, part of a page and picture."""
    write_if_new(folder / "api.rst", api.page())
    write_if_new(folder / "parts" / "command_line.md", command_line.part())
    for name, text in networks.parts().items():
        write_if_new(folder / "parts" / "networks" / name, text)


def skip_member(app, what, name, obj, skip, options):
    """Leave out the methods that scikit-learn generates for metadata routing and set_output."""
    is_generated = name.startswith("set_") and name.endswith("_request")
    return True if is_generated or name in ("get_metadata_routing", "set_output") else None
