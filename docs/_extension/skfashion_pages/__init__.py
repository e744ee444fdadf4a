"""A Sphinx extension that generates from the package what its documentation says of it.

Before each build the list of the API is made from the public names, the drawings from fitted
networks, the options of the command line and a live report. All of it goes to ``generated``, in the
folder of the sources. Nothing here knows a classifier or a command by name.
"""

from pathlib import Path

from skfashion_pages import api, command_line, docstrings, networks, report

FOLDER = "generated"
PARTS, SITE = f"{FOLDER}/parts", f"{FOLDER}/site"  # included in pages; copied beside the pages


def write_if_new(path, text):
    """Write a file, unless it has this text: Sphinx rebuilds the pages of what was written."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def benchmarks(folder):
    """Return what leads to the measured speeds, if there are any."""
    if not (folder / "index.md").exists():
        return "Speeds have not been measured in this copy of the repository.\n"
    return "```{toctree}\n\nbenchmarks/index\n```\n"


def write_report(path):
    """Write the live report, unless one is there that is as new as the package."""
    if not report.is_up_to_date(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(report.page(), encoding="utf-8")


def write_all(sources):
    """Write every generated page and part of a page into the folder of the sources."""
    parts = sources / PARTS
    write_report(sources / SITE / "report.html")
    write_if_new(sources / FOLDER / "api.rst", api.page())
    write_if_new(parts / "command_line.md", command_line.part())
    write_if_new(parts / "benchmarks.md", benchmarks(sources / "benchmarks"))
    page = (sources / "networks.md").read_text(encoding="utf-8")
    for name, text in networks.parts(page).items():
        write_if_new(parts / "networks" / name, text)


def generate(app, config):
    """Write all before Sphinx looks for sources, and say which of it are not pages."""
    write_all(Path(app.srcdir))
    config.exclude_patterns += [PARTS, SITE]
    config.html_extra_path += [SITE]


def setup(app):
    """Register the extension, as Sphinx asks of it."""
    app.connect("config-inited", generate)
    app.connect("autodoc-skip-member", docstrings.skip_member)
    app.connect("autodoc-process-docstring", docstrings.unlink, priority=400)  # before numpydoc
    return {"parallel_read_safe": True, "parallel_write_safe": True}
