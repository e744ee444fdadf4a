"""Inventories of other projects' documentation, in which Sphinx looks up links to their pages.

They are downloaded once, all at the same time. An inventory that cannot be downloaded is left out,
so that the documentation can be built offline; the names of that project are then not links.
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
BEGINNING = b"# Sphinx inventory version 2"  # any other answer is not an inventory
SECONDS = 10


def download(address):
    """Return the inventory of a project, or None if it cannot be downloaded."""
    try:
        with urlopen(f"{address}objects.inv", timeout=SECONDS) as answer:
            content = answer.read()
    except (OSError, HTTPException):
        return None
    return content if content.startswith(BEGINNING) else None


def mapping(folder):
    """Return the value of ``intersphinx_mapping``; download what is missing in the folder."""
    paths = {name: folder / f"{name}.inv" for name in PROJECTS}
    missing = [name for name, path in paths.items() if not path.exists()]
    with ThreadPoolExecutor(max_workers=len(PROJECTS)) as executor:
        contents = executor.map(download, [PROJECTS[name] for name in missing])
    for name, content in zip(missing, contents, strict=True):
        if content is not None:
            folder.mkdir(parents=True, exist_ok=True)
            paths[name].write_bytes(content)
    return {n: (PROJECTS[n], str(path)) for n, path in paths.items() if path.exists()}
