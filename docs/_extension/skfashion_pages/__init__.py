"""A Sphinx extension that generates parts of the documentation from the package.

Before each build it writes the list of the API, drawings of the networks, the options of the
command line, a live report and a playground, all to the folder ``generated`` among the sources.
No classifier and no command is named here. After the build, every internal link is checked, and
what the examples of the gallery have made.
"""

from pathlib import Path

from sphinx.util.logging import getLogger

from skfashion.playground import Playground
from skfashion_pages import api, command_line, docstrings, examples, links, networks, report

FOLDER = "generated"
PARTS, SITE = f"{FOLDER}/parts", f"{FOLDER}/site"  # included in pages; copied beside the pages

logger = getLogger(__name__)


def write_if_new(path, text):
    """Write a file unless it already has this text: Sphinx rebuilds pages whose files change."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def benchmarks(folder):
    """Return a link to the page of the benchmarks, or a sentence if there is no such page."""
    if not (folder / "index.md").exists():
        return "Speeds have not been measured in this copy of the repository.\n"
    return "```{toctree}\n\nbenchmarks/index\n```\n"


def write_report(path):
    """Write the live report unless it exists and is newer than the package."""
    if not report.is_up_to_date(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(report.page(), encoding="utf-8")


def write_all(sources):
    """Write every generated page and part of a page into the folder of the sources."""
    parts = sources / PARTS
    write_report(sources / SITE / "report.html")
    write_if_new(sources / SITE / "playground.html", Playground.from_pretrained().to_html())
    write_if_new(sources / FOLDER / "api.rst", api.page())
    write_if_new(parts / "command_line.md", command_line.part())
    write_if_new(parts / "benchmarks.md", benchmarks(sources / "benchmarks"))
    page = (sources / "networks.md").read_text(encoding="utf-8")
    for name, text in networks.parts(page).items():
        write_if_new(parts / "networks" / name, text)


def generate(app, config):
    """Write everything before Sphinx looks for sources, and exclude what is not a page."""
    write_all(Path(app.srcdir))
    config.exclude_patterns += [PARTS, SITE]
    config.html_extra_path += [SITE]


def built_pages(app):
    """Return the pages of this build; the folder may also have pages of earlier builds."""
    folder = Path(app.outdir)
    pages = {folder / app.builder.get_target_uri(name) for name in app.env.found_docs}
    pages |= {folder / f"{name}.html" for name in ("genindex", "py-modindex", "search")}
    return sorted(pages | set(folder.glob("_modules/**/*.html")))


def check_links(app, exception):
    """Warn of every broken internal link; `make docs` then fails."""
    if exception is None and app.builder.name == "html":
        for page, target in links.broken_links(built_pages(app)):
            logger.warning("%s: broken link: %s", page.relative_to(Path(app.outdir)), target)


def check_examples(app, exception):
    """Warn of examples without a picture and of files left behind; `make docs` then fails."""
    if exception is None and app.builder.name == "html":
        sources = Path(app.srcdir)
        for problem in examples.problems(sources.parent / "examples", sources / "gallery"):
            logger.warning("%s", problem)


def setup(app):
    """Connect the functions to the events of Sphinx."""
    app.connect("config-inited", generate)
    app.connect("build-finished", check_links)
    app.connect("build-finished", check_examples)
    app.connect("autodoc-skip-member", docstrings.skip_member)
    app.connect("autodoc-process-docstring", docstrings.unlink, priority=400)  # before numpydoc
    return {"parallel_read_safe": True, "parallel_write_safe": True}
