"""A file is cut or changed, in every folder that skfashion reads: an error, or a repair.

Each case damages one file of a finished piece of `work`, or of data that is read, and does again
what reads it. Either the result is equal to that of intact files, or an error names the file; an
error is a fault where a repair is promised.

Formats without a checksum are left out, as nobody can tell: JPEG, GIF, BMP and WebP, and IDX files
that are not compressed.
"""

import random
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from skfashion.datasets import load_fashion_sample, load_idx, load_image_folder, write_idx
from skfashion.playground import Playground
from skfashion.pretrained import load_pretrained
from skfashion.pretrained._file import path_of
from tests.campaigns.children import scratch
from tests.campaigns.figures import Figures, kind_of
from tests.campaigns.fuzz import unclear
from tests.campaigns.work import COMPARE, FETCH, FIT, Mirror, digest, visible

SHARES = {FIT: 0.2, COMPARE: 0.1, FETCH: 0.2}
FOR_PEOPLE = (".csv", ".txt")  # never read

KINDS = ("bit", "byte", "cut", "empty", "zeros", "doubled", "head", "sector")


def damaged(content, kind, rng):
    """Return bytes with a damage of a kind at a random place."""
    at = rng.randrange(len(content))
    flipped = bytes([content[at] ^ 1 << rng.randrange(8)])
    return {
        "bit": lambda: content[:at] + flipped + content[at + 1 :],
        "byte": lambda: content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :],
        "cut": lambda: content[:at],
        "empty": lambda: b"",
        "zeros": lambda: bytes(len(content)),
        "doubled": lambda: content + content,
        "head": lambda: content[at:],
        "sector": lambda: content[:at] + bytes(min(512, len(content) - at)) + content[at + 512 :],
    }[kind]()


@dataclass(eq=False)
class Place:
    """A folder whose files are damaged.

    Attributes
    ----------
    name : str
    folder : pathlib.Path
    act : callable
        Reads the files, and returns what it found as text.
    expose : callable
        Called with a damaged file; makes `act` read it.
    is_repaired : bool
        Whether damage is repaired, and so never an error.
    """

    name: str
    folder: Path
    act: object
    expose: object = bool
    is_repaired: bool = False

    def files(self):
        """Return {path: bytes} of the files that are read."""
        paths = (path for path in visible(self.folder) if path.suffix not in FOR_PEOPLE)
        return {path: path.read_bytes() for path in paths}

    def restore(self, contents):
        """Give all files the contents that they had; files that were not there are removed."""
        for path in visible(self.folder):
            if path not in contents:
                path.unlink()
        for path, content in contents.items():
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)


def of_work(work, folder):
    """Return the place of a piece of work, which is done again."""

    def act():
        work.do(folder)
        return work.result(folder)

    if work is FIT:
        return Place(work.name, folder, act, remove_later_states, is_repaired=True)
    return Place(work.name, folder, act)


def remove_later_states(path):
    """Remove the states of later epochs, from which a fit would go on without reading this one."""
    for other in path.parent.glob(f"*{path.suffix}"):
        if other.name > path.name:
            other.unlink()


def pictures(folder):
    """Write PNG files of 12 images; return the place, and what reads it."""
    part = load_fashion_sample(subset="test")
    for k in range(12):
        path = folder / str(part.target[k]) / f"{k}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(part.images[k]).save(path)
    return Place("picture folders", folder, lambda: shown(load_image_folder(folder)))


def idx_files(folder):
    """Write compressed IDX files of 20 + 10 images; return the place."""
    for subset, prefix, n in (("train", "train", 20), ("test", "t10k", 10)):
        part = load_fashion_sample(subset=subset)
        write_idx(folder / f"{prefix}-images-idx3-ubyte.gz", part.images[:n])
        write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", part.target[:n].astype(np.uint8))
    return Place("IDX folders", folder, lambda: shown(load_idx(folder)))


def pretrained(folder):
    """Copy the package's weights; return the place. A Pipeline and the playground read them."""
    folder.mkdir()
    path = folder / "copy.safetensors"
    path.write_bytes(path_of("fast-resnet").read_bytes())
    X = load_fashion_sample(subset="test").data[:4]

    def act():
        page = Playground.from_pretrained(path).to_html()
        return digest(page.encode()) + repr(load_pretrained(path).predict_proba(X).tolist())

    return Place("pretrained weights", folder, act)


def shown(bunch):
    return digest(bunch.images.tobytes()) + repr([bunch.target.tolist(), bunch.images.shape])


def fault_of(place, path, expected):
    """Read the files, of which one is damaged; return what is wrong or None, and what happened."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = place.act()
    except Exception as error:
        if place.is_repaired:
            return f"an error where a repair is promised: {kind_of(error)}", "error"
        return unclear(error, path.name), "error"
    if found != expected:
        return f"a damaged {path.suffix} file gives another result", "wrong"
    return None, "repair"


def damages(place, n_cases, seed):
    """Return the figures of so many damages in a place."""
    figures, rng = Figures(f"damage in {place.name}"), random.Random(f"{place.name} {seed}")
    expected = place.act()
    contents = place.files()
    counts = {"error": 0, "repair": 0, "wrong": 0}
    for k in range(n_cases):
        path = rng.choice(sorted(contents))
        content = damaged(contents[path], KINDS[k % len(KINDS)], rng)
        path.write_bytes(content)
        place.expose(path)
        fault, outcome = fault_of(place, path, expected)
        counts[outcome] += 1
        figures.case(fault, f"{KINDS[k % len(KINDS)]} in {path.name}")
        place.restore(contents)
    figures.notes |= {"errors": counts["error"], "equal": counts["repair"]}
    return figures


def run(n_cases=1000, seed=0):
    """Yield the figures of each place."""
    with scratch("damage") as root, Mirror():
        places = {
            of_work(work, root / work.name.split()[0]): share for work, share in SHARES.items()
        }
        for make, share in ((pictures, 0.2), (idx_files, 0.2), (pretrained, 0.1)):
            places[make(root / make.__name__)] = share
        for place, share in places.items():
            place.folder.mkdir(exist_ok=True)
            yield damages(place, max(1, round(n_cases * share)), seed)
