"""All that is generated for the documentation, written to one folder."""

import api
import command_line
import networks
import report


def write_if_new(path, text):
    """Write a file, unless it has this text: Sphinx builds anew what was written."""
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


def write_all(folder):
    """Write every generated page, part of a page and picture."""
    write_report(folder / "site" / "report.html")
    write_if_new(folder / "api.rst", api.page())
    write_if_new(folder / "parts" / "command_line.md", command_line.part())
    write_if_new(folder / "parts" / "benchmarks.md", benchmarks(folder.parent / "benchmarks"))
    for name, text in networks.parts().items():
        write_if_new(folder / "parts" / "networks" / name, text)
