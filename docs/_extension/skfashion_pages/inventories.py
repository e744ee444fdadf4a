"""The lists of what other projects document, which links to their pages are looked up in.

They are downloaded once, all at the same time. One that cannot be had is left out, so that the
documentation is built without a network too: there the names of other projects are not links.
"""

from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from urllib.request import urlopen

PROJECTS = {
    "python": "https://docs.python.org/3/",
    "numpy": "https://numpy.org/doc/stable/",
    "pandas": "https://pandas.pydata.org/docs/",
    "sklearn": "https://scikit-learn.org/stable/",
    "skorch": "https://skorch.readthedocs.io/en/stable/",
    "torch": "https://docs.pytorch.org/docs/stable/",
}
BEGINNING = b"# Sphinx inventory version 2"  # an answer without it is some other page
SECONDS = 10


def download(address):
    """Return the inventory of a project, or None if it cannot be had."""
    try:
        with urlopen(f"{address}objects.inv", timeout=SECONDS) as answer:
            content = answer.read()
    except (OSError, HTTPException):
        return None
    return content if content.startswith(BEGINNING) else None


def mapping(folder):
    """Return what ``intersphinx_mapping`` needs, of the inventories that are in a folder, or were
    brought there.
    """
    paths = {name: folder / f"{name}.inv" for name in PROJECTS}
    missing = [name for name, path in paths.items() if not path.exists()]
    with ThreadPoolExecutor(max_workers=len(PROJECTS)) as executor:
        contents = executor.map(download, [PROJECTS[name] for name in missing])
    for name, content in zip(missing, contents, strict=True):
        if content is not None:
            folder.mkdir(parents=True, exist_ok=True)
            paths[name].write_bytes(content)
    return {n: (PROJECTS[n], str(path)) for n, path in paths.items() if path.exists()}
