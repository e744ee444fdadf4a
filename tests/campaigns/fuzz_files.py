"""Fuzzing of files: what is read of damaged, strange and hostile ones.

A file is either read as it was written, or an error names it.
"""

import gzip
import io
import json
import shutil
import struct
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from PIL import Image
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline

from skfashion import SimpleDenseClassifier
from skfashion._pictures import read_rgb
from skfashion.comparison import compare, load_comparison
from skfashion.datasets import load_idx, load_image_folder, read_idx, write_idx
from skfashion.datasets._idx import IDX_DTYPES, encode_idx
from skfashion.preprocessing import PixelScaler
from skfashion.pretrained import load_pretrained
from skfashion.pretrained._file import write
from skfashion.pretrained._load import packed_steps
from tests.campaigns.figures import kind_of
from tests.campaigns.fuzz import Target
from tests.networks import weights

KINDS = ("set", "flip", "insert", "delete", "repeat", "cut")
# Five bytes per edit: kind, place, byte. hypothesis prefers small integers, but not small bytes.
EDITS = st.binary(min_size=5, max_size=20).map(bytearray)
PIXEL_LIMIT = 100_000


def edited(content, edits):
    """Return bytes with `EDITS`."""
    content = bytearray(content)
    for k in range(0, len(edits) - 4, 5):
        kind, byte = KINDS[edits[k] % len(KINDS)], edits[k + 4]
        at = int.from_bytes(edits[k + 1 : k + 4]) * len(content) >> 24
        if kind == "cut" or not content:
            del content[at:]
        elif kind == "set":
            content[at] = byte
        elif kind == "flip":
            content[at] ^= 1 << byte % 8
        elif kind == "insert":
            content[at:at] = bytes([byte])
        elif kind == "delete":
            del content[at : at + 1 + byte % 16]
        else:
            content[at:at] = content[at : at + 1 + byte]
    return bytes(content)


def assert_named(path, function, *arguments):
    """Return what a function returns; an error must name the file."""
    try:
        return function(*arguments)
    except (ValueError, OSError) as error:
        named = path.name in str(error) or path.name in str(getattr(error, "filename", ""))
        if named:
            raise
        raise AssertionError(f"an error does not name the file: {kind_of(error)}") from error


# IDX files


@cache
def idx_files():
    """Return the bytes of some intact IDX files."""
    rng = np.random.default_rng(0)
    shapes = [(), (3,), (0,), (2, 3, 4), (1, 2, 2, 3), (5, 1)]
    plain = [
        encode_idx(rng.integers(0, 100, shape).astype(dtype.newbyteorder("=")))
        for dtype, shape in zip(IDX_DTYPES.values(), shapes, strict=True)
    ]
    return [*plain, *(gzip.compress(content, 1, mtime=0) for content in plain)]


LENGTHS = st.one_of(st.integers(0, 5), st.integers(0, 2**32 - 1), st.just(10**6))
HEADERS = st.tuples(
    st.one_of(st.sampled_from(sorted(IDX_DTYPES)), st.integers(0, 255)),
    st.lists(LENGTHS, max_size=6),
    st.integers(-1, 1),
    st.binary(max_size=40),
    st.booleans(),
)


def idx_bytes(case):
    """Return the bytes of a case: an intact file that was edited, a header, or bytes."""
    if isinstance(case, bytes):
        return case
    if len(case) == 2:
        return edited(idx_files()[case[0]], case[1])
    code, lengths, error, content, is_packed = case
    header = struct.pack(
        f">BBBB{len(lengths)}I", 0, 0, code, max(0, len(lengths) + error), *lengths
    )
    return gzip.compress(header + content, 1) if is_packed else header + content


def check_idx(case):
    content = idx_bytes(case)
    path = Path("numbers.idx")
    path.write_bytes(content)
    array = assert_named(path, read_idx, path)
    plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    assert encode_idx(array) == plain, "another array than the file holds"


FILES_OF_IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte")
IDX_FOLDERS = st.tuples(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(IDX_DTYPES)),
            st.lists(st.integers(0, 4), min_size=0, max_size=4),
        ),
        min_size=4,
        max_size=4,
    ),
    st.sampled_from(["train", "test", "all"]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 5),
)


def check_idx_folder(case):
    """Load four files of arrays of any kind; mostly, labels and images belong together."""
    parts, subset, as_frame, is_good, n = case
    folder = Path("idx").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    written = {}
    for (code, shape), part in zip(parts, ("train", "t10k", "train", "t10k"), strict=True):
        kind = "labels" if f"{part}-images" in written else "images"
        if is_good:
            shape = (n, 2, 3) if kind == "images" else (n,)
        array = (np.arange(np.prod(shape, dtype=int)) % 7).reshape(shape)
        array = array.astype(IDX_DTYPES[code].newbyteorder("="))
        write_idx(folder / f"{part}-{kind}-idx{3 if kind == 'images' else 1}-ubyte", array)
        written[f"{part}-{kind}"] = array
    bunch = load_idx(folder, subset=subset, as_frame=as_frame)
    names = {"train": ["train"], "test": ["t10k"], "all": ["train", "t10k"]}[subset]
    for kind, found in (("images", bunch.images), ("labels", bunch.target)):
        expected = np.concatenate([written[f"{name}-{kind}"] for name in names])
        assert np.array_equal(np.asarray(found), expected), f"other {kind} than the files hold"
    assert bunch.data.shape == (len(bunch.images), np.prod(bunch.images.shape[1:])), "shape"


# Pictures


@cache
def pictures():
    """Return the bytes of small intact pictures of all formats and many modes."""
    rng = np.random.default_rng(0)
    rgba = Image.fromarray(rng.integers(0, 256, (7, 9, 4), dtype=np.uint8))
    deep = Image.fromarray(rng.integers(0, 2**16, (7, 9)).astype(np.uint16))
    found = []
    for mode, form in (
        *((mode, "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA")),
        *(("L", "JPEG"), ("RGB", "JPEG"), ("CMYK", "JPEG"), ("P", "GIF"), ("RGB", "BMP")),
        *(("P", "BMP"), ("RGB", "WEBP"), ("RGBA", "WEBP")),
    ):
        file = io.BytesIO()
        picture = rgba.convert("RGB").convert(mode) if mode in ("CMYK", "P") else rgba.convert(mode)
        picture.save(file, form)
        found.append(file.getvalue())
    for picture, options in ((deep, {}), (rgba, {"save_all": True, "append_images": [rgba]})):
        file = io.BytesIO()
        picture.save(file, "PNG", **options)
        found.append(file.getvalue())
    return found


PICTURES = st.one_of(
    st.tuples(st.integers(0, 15), EDITS),
    st.tuples(st.integers(0, 15), st.just(bytearray())),
    st.binary(max_size=64),
)


def picture_bytes(case):
    return case if isinstance(case, bytes) else edited(pictures()[case[0]], case[1])


def check_picture(case):
    path = Path("picture.png")
    path.write_bytes(picture_bytes(case))
    picture = assert_named(path, lambda: read_rgb(path, max_pixels=PIXEL_LIMIT))
    assert picture.mode == "RGB", "not RGB"
    assert picture.width * picture.height <= PIXEL_LIMIT, "too large"
    assert np.asarray(picture).shape == (picture.height, picture.width, 3), "shape"


NAMES = st.one_of(
    st.sampled_from(["bag", "coat", "train", "test", ".hidden", "é", "Thumbs.db", "a b"]),
    st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=8).filter(
        lambda name: name not in (".", "..")
    ),
)
FILE_NAMES = st.tuples(NAMES, st.sampled_from([".png", ".PNG", ".jpg", ".txt", ""])).map("".join)
INTACT = st.tuples(st.integers(0, 15), st.just(bytearray()))
FILES = st.lists(st.tuples(st.lists(NAMES, max_size=2), FILE_NAMES, PICTURES), max_size=4)
TIDY_FILES = st.lists(
    st.tuples(
        st.sampled_from(["bag", "coat", "é", "train"]).map(lambda name: [name]),
        st.sampled_from(["a.png", "b.JPG", "c.gif", "d.bmp"]),
        INTACT,
    ),
    min_size=1,
    max_size=4,
)
FOLDER_OPTIONS = {
    "image_size": st.sampled_from([None, 1, 5, (3, 4), 0, (0, 1), (1, 2, 3), 10**9, "8"]),
    "color": st.sampled_from(["auto", "grey", "rgb", "blue"]),
    "fill": st.integers(-1, 256),
    "subset": st.sampled_from(["all", "train", "test"]),
    "on_error": st.sampled_from(["raise", "skip"]),
    "max_bytes": st.sampled_from([1, 100, 10**6]),
    "as_frame": st.booleans(),
}
TIDY_OPTIONS = {
    "image_size": st.sampled_from([None, 1, 5, (3, 4)]),
    "color": st.sampled_from(["auto", "grey", "rgb"]),
    "on_error": st.just("skip"),
}
IMAGE_FOLDERS = st.one_of(
    st.tuples(FILES, st.fixed_dictionaries({}, optional=FOLDER_OPTIONS)),
    st.tuples(TIDY_FILES, st.fixed_dictionaries({}, optional=FOLDER_OPTIONS)),
    st.tuples(st.one_of(FILES, TIDY_FILES), st.fixed_dictionaries(TIDY_OPTIONS)),
    st.tuples(TIDY_FILES, st.fixed_dictionaries(TIDY_OPTIONS)),
)


def check_image_folder(case):
    files, options = case
    folder = Path("pictures").absolute()  # errors name paths with a slash
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for names, name, content in files:
        path = folder.joinpath(*names, name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture_bytes(content))
        except OSError:  # a file where a folder should be
            continue
    bunch = load_image_folder(folder, **{"max_pixels": PIXEL_LIMIT, **options})
    n = len(bunch.images)
    assert n == len(bunch.target) == len(bunch.filenames) == len(bunch.data), "lengths"
    assert bunch.images.dtype == np.uint8, "not uint8"
    assert set(bunch.target) <= set(range(len(bunch.target_names))), "unknown class"
    for name, label in zip(bunch.filenames, bunch.target, strict=True):
        assert Path(name).parent.name.encode("utf-8", "backslashreplace") == (
            str(bunch.target_names[label]).encode()
        ), "another class than that of the folder"


# Files of skfashion's own


@cache
def images():
    """Return 40 random images, which are not constant, with labels."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (40, 64), dtype=np.uint8), np.arange(40) % 4


@cache
def small_pipeline():
    X, y = images()
    network = SimpleDenseClassifier(max_epochs=1, random_state=0)
    return Pipeline([("scale", PixelScaler()), ("classifier", network)]).fit(X, y)


@cache
def weights_file():
    """Return the bytes of a file of pretrained weights, and what it predicts."""
    arrays = {}
    steps = packed_steps(small_pipeline(), arrays)
    path = Path("intact.safetensors")
    write(path, {"steps": steps}, arrays)
    return path.read_bytes(), load_pretrained(path).predict_proba(images()[0])


def check_weights(case):
    content, expected = weights_file()
    path = Path("weights.safetensors")
    path.write_bytes(case if isinstance(case, bytes) else edited(content, case))
    pipeline = assert_named(path, load_pretrained, path)
    assert np.array_equal(pipeline.predict_proba(images()[0]), expected), "other probabilities"


@cache
def kept_state():
    """Return the path and bytes of a state in a memory, and the weights after one epoch more."""
    network = SimpleDenseClassifier(max_epochs=1, random_state=0, memory="memory")
    network.fit(*images())
    (path,) = Path("memory").rglob("*.npz")
    content = path.read_bytes()
    network.set_params(max_epochs=2, memory=None).fit(*images())
    return path, content, network.set_params(memory="memory"), weights(network)


def check_state(case):
    path, content, network, expected = kept_state()
    for other in path.parent.glob("epoch-*"):
        other.unlink()
    path.write_bytes(case if isinstance(case, bytes) else edited(content, case))
    try:
        network.fit(*images())
    except Exception as error:
        raise AssertionError(f"a damaged state is not repaired: {kind_of(error)}") from error
    assert np.array_equal(weights(network), expected), "other weights"


def shown(comparison):
    """Return all that a comparison says, comparable by ==."""
    arrays = [comparison.y_test, comparison.X_test, comparison.test_index]
    arrays += [comparison.predictions(name) for name in comparison.names]
    return (
        comparison.table.to_csv(),
        [None if array is None else (str(array.dtype), array.tobytes()) for array in arrays],
        comparison.target_names,
        comparison.dataset,
    )


@cache
def run_folder():
    """Return the folder of a comparison, {path: bytes} of its files that are read, what it says."""
    X, y = images()
    out = Path("run")
    estimators = {"Bayes": GaussianNB(), "Dummy": DummyClassifier(strategy="stratified")}
    compare(estimators, X, y, X[:20], y[:20], cv=2, out=out, test_index=np.arange(20))
    paths = sorted(path for path in out.rglob("*") if path.suffix in (".json", ".npz", ".npy"))
    # what no reader of a folder looks into
    paths = [path for path in paths if path.name != "defaults.json"]
    return {path: path.read_bytes() for path in paths}, shown(load_comparison(out))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda children: st.one_of(
        st.lists(children, max_size=3), st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=4,
)
RUN_FOLDERS = st.tuples(
    st.integers(0, 100),
    st.one_of(EDITS, st.tuples(st.integers(0, 50), JSON), st.binary(max_size=30)),
)


def replaced(value, number, other):
    """Return JSON with one of its values, counted in depth, replaced by another."""
    places = []

    def visit(item):
        for key in item if isinstance(item, dict) else range(len(item)):
            places.append((item, key))
            if isinstance(item[key], dict | list):
                visit(item[key])

    value = json.loads(value)
    visit(value)
    item, key = places[number % len(places)]
    item[key] = other
    return json.dumps(value).encode()


def check_run_folder(case):
    number, change = case
    contents, expected = run_folder()
    paths = [p for p in contents if p.suffix == ".json" or not isinstance(change, tuple)]
    path = paths[number % len(paths)]
    intact = contents[path]
    if isinstance(change, bytes):
        content = change
    elif isinstance(change, bytearray):
        content = edited(intact, change)
    else:
        content = replaced(intact, *change)
    path.write_bytes(content)
    try:
        comparison = assert_named(path, load_comparison, path.parents[-2])
        found = assert_named(path, shown, comparison)
    finally:
        path.write_bytes(intact)
    assert found == expected, f"a changed {path.suffix} file is taken for an intact one"
    pd.testing.assert_frame_equal(comparison.table, comparison.table)


TARGETS = [
    Target(
        "IDX files",
        st.one_of(st.tuples(st.integers(0, 11), EDITS), HEADERS, st.binary(max_size=40)),
        check_idx,
        share=0.4,  # all of them add up to one
    ),
    Target("IDX folders", IDX_FOLDERS, check_idx_folder, share=0.05),
    Target("pictures", PICTURES, check_picture, share=0.15),
    Target("picture folders", IMAGE_FOLDERS, check_image_folder, share=0.05),
    Target("weights", st.one_of(EDITS, st.binary(max_size=100)), check_weights, 0.04, weights_file),
    Target(
        "states of trainings",
        st.one_of(EDITS, st.binary(max_size=60)),
        check_state,
        0.02,
        kept_state,
    ),
    Target("run folders", RUN_FOLDERS, check_run_folder, 0.04, run_folder),
]
