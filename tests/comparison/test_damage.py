"""Every file of a folder, damaged in many ways: an error names it, or the result is redone."""

import io
import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB

from skfashion.comparison import compare, load_comparison
from tests.comparison.estimators import VARYING, Epochs
from tests.comparison.json_files import content_of, write_content

ESTIMATORS = {"Bayes": GaussianNB(), "Dummy": DummyClassifier(), "Net": Epochs()}
RESULTS = ["fit.json", "fit-seed-0.json", "cv.json", "curves.json", "fit.npz", "fit-seed-0.npz"]
ABOUT_ALL = ["comparison.json", "defaults.json", "environment.json"]
ARRAYS = ["y_test.npy", "test_index.npy", "X_test.npz"]
FOR_PEOPLE = [
    "table.csv",
    "confusion_matrix.csv",
    "confused_pairs.txt",
    "classification_report.txt",
    "learning_curves.csv",
]


def in_bytes(change):
    return lambda path: path.write_bytes(change(path.read_bytes()))


def a_folder(path):
    path.unlink()
    path.mkdir()


def a_pickle(path):
    np.save(path.with_suffix(".npy"), np.array([{}, None], dtype=object), allow_pickle=True)
    path.with_suffix(".npy").replace(path)


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


IN_ANY_FILE = {
    "empty": in_bytes(lambda content: b""),
    "cut": in_bytes(lambda content: content[: len(content) // 2]),
    "cut by a byte": in_bytes(lambda content: content.rstrip()[:-1]),
    "another file": in_bytes(lambda content: b"PK\x03\x04 or not"),
    "bytes of no encoding": in_bytes(lambda content: bytes(range(128, 256))),
    "zeros": in_bytes(lambda content: bytes(len(content))),
    "a folder": a_folder,
    "a pickle": a_pickle,
}


def json_change(change):
    def damage(path):
        write_content(path, change(content_of(path)))

    return damage


def without_first(content):
    return dict(list(content.items())[1:])


def with_wrong_type(content):
    key = next(iter(content))
    return {**content, key: [content[key]]}


def with_wrong_values(content):
    """Of results, a value; of others, the first key of all."""
    if "values" not in content:
        return with_wrong_type(content)
    values = content["values"]
    key = "accuracy" if "accuracy" in values else next(iter(values))
    return {**content, "values": {**values, key: "0.9"}}


def with_another_digit(content):
    number = re.search(rb"[0-9]", content).start()
    return content[:number] + bytes([content[number] ^ 1]) + content[number + 1 :]


IN_JSON = {
    "a digit changed": in_bytes(with_another_digit),
    "{}": json_change(lambda content: {}),
    "null": json_change(lambda content: None),
    "[]": json_change(lambda content: []),
    "a number": json_change(lambda content: 7),
    "nested too deep": lambda path: path.write_text(100_000 * "["),
    "without a checksum": lambda path: path.write_text(json.dumps(content_of(path))),
    "without a key": json_change(without_first),
    "wrong type": json_change(with_wrong_type),
    "wrong values": json_change(with_wrong_values),
}
HARMLESS = {("defaults.json", "{}"), ("defaults.json", "without a key")}  # it is empty at first


def npz_change(change):
    def damage(path):
        with np.load(path) as archive:
            arrays = change(dict(archive))
        np.savez_compressed(path, **arrays)

    return damage


def with_one(key, change):
    return npz_change(lambda arrays: {**arrays, key: change(arrays[key])} if arrays else arrays)


IN_FIT_NPZ = {
    "no arrays": npz_change(lambda arrays: {}),
    "no predictions": npz_change(lambda a: {k: v for k, v in a.items() if k != "predictions"}),
    "one prediction less": with_one("predictions", lambda y: y[1:]),
    "predictions of another shape": with_one("predictions", lambda y: y[:, None]),
    "unknown labels": with_one("predictions", lambda y: y + 100),
    "labels of another type": with_one("predictions", lambda y: y.astype(str)),
    "a row less": with_one("probabilities", lambda p: p[1:]),
    "a column less": with_one("probabilities", lambda p: p[:, 1:]),
    "one axis": with_one("probabilities", lambda p: p.ravel()),
    "probabilities in words": with_one("probabilities", lambda p: p.astype(str)),
    "unknown columns": with_one("probability_classes", lambda c: c + 1),
    "a column twice": with_one("probability_classes", lambda c: c * 0),
    "columns without classes": npz_change(
        lambda a: {k: v for k, v in a.items() if k != "probability_classes"}
    ),
    "an array alone": lambda path: path.write_bytes(npy(np.zeros(3))),
    "a byte flipped": in_bytes(flipped),
}


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


IN_NPY = {
    "another number": in_bytes(
        lambda content: content[:-8] + bytes([content[-8] ^ 1]) + content[-7:]
    ),
    "too short": in_bytes(lambda content: npy(np.zeros(199, int))),
    "too long": in_bytes(lambda content: npy(np.zeros(201, int))),
    "another shape": in_bytes(lambda content: npy(np.zeros((200, 1), int))),
    "another type": in_bytes(lambda content: npy(np.full(200, 0.5))),
    "words": in_bytes(lambda content: npy(np.full(200, "Bag"))),
    "several arrays": lambda path: path.write_bytes(npz(a=np.zeros(200))),
    "a huge array": in_bytes(lambda content: content.replace(b"(200,)", b"(9999999999999,)")),
}


def narrower(path):
    """Damage the shape in the archive: numpy then reads less of it, and compares no checksum."""
    with np.load(path) as archive:
        path.write_bytes(npz(**archive).replace(b"(200, 784)", b"(200, 184)"))


IN_X_TEST = {
    "a digit of the shape": narrower,
    "no arrays": lambda path: path.write_bytes(npz()),
    "another name": lambda path: path.write_bytes(npz(X=np.zeros((200, 784)))),
    "too few": lambda path: path.write_bytes(npz(X_test=np.zeros((199, 784)))),
    "words": lambda path: path.write_bytes(npz(X_test=np.full((200, 784), "a"))),
    "a byte flipped": in_bytes(flipped),
}


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


CASES = [
    (name, damage)
    for names, damages in [
        (RESULTS + ABOUT_ALL + ARRAYS, IN_ANY_FILE),
        (RESULTS[:4] + ABOUT_ALL, IN_JSON),
        (RESULTS[4:], IN_FIT_NPZ),
        (ARRAYS[:2], IN_NPY),
        (ARRAYS[2:], IN_X_TEST),
    ]
    for name in names
    for damage in damages.items()
]
IDS = [f"{name}-{title}" for name, (title, _) in CASES]


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    """A folder with every kind of file."""
    out = tmp_path_factory.mktemp("whole") / "out"
    compare(ESTIMATORS, *data, cv=2, out=out, test_index=np.arange(200))
    return out


@pytest.fixture
def folder(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "out")


@pytest.fixture
def again(folder, data):
    """A function that makes the call of `whole` again."""
    return lambda: compare(ESTIMATORS, *data, cv=2, out=folder)


def file_called(name, folder):
    """Return a file of the folder; of a cross-validation or of several, the first."""
    name = {"cv.json": "cv-*.json", "environment.json": "environments/*.json"}.get(name, name)
    name = {"curves.json": "curves*.json"}.get(name, name)
    return min(folder.rglob(name))


@pytest.mark.parametrize(("name", "damage"), CASES, ids=IDS)
def test_a_damaged_file_is_named(name, damage, folder, again):
    title, do = damage
    path = file_called(name, folder)
    do(path)
    if (name, title) in HARMLESS:
        load_comparison(folder)
        return
    if name == "defaults.json":  # only compare reads it
        load_comparison(folder)
        with pytest.raises(ValueError, match=f"{path.name} is damaged: ") as caught:
            again()
    else:
        with pytest.raises(ValueError, match=f"{path.name} is damaged: ") as caught:
            load_comparison(folder)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("title", ["cut", "a folder", "wrong values", "one prediction less"])
@pytest.mark.parametrize("name", RESULTS)
def test_compare_measures_a_damaged_result_again(name, title, whole, folder, again):
    damages = IN_ANY_FILE | (IN_FIT_NPZ if name.endswith(".npz") else IN_JSON)
    if title not in damages:
        return
    path = file_called(name, folder)
    damages[title](path)
    if title == "a folder":  # nothing can be written in its place
        with pytest.raises(ValueError, match=f"{path.name} is damaged: it is not a file"):
            again()
        return
    with pytest.warns(UserWarning, match=f"{path.name} is damaged: .* measured again") as caught:
        table = again().table
    assert len(caught) == 1, [str(w.message) for w in caught]
    assert table["error"].isna().all()
    before, after = load_comparison(whole), load_comparison(folder)
    drop = {"columns": VARYING}
    pd.testing.assert_frame_equal(before.table.drop(**drop), after.table.drop(**drop))
    for estimator in ESTIMATORS:
        np.testing.assert_array_equal(before.predictions(estimator), after.predictions(estimator))


def test_what_is_damaged_and_not_part_of_the_call_is_left_out(data, folder):
    path = file_called("fit-seed-0.json", folder)
    path.write_text("{")
    with pytest.warns(UserWarning, match=r"fit-seed-0\.json is damaged"):
        compare({"Bayes": GaussianNB()}, *data, out=folder)
    table = pd.read_csv(folder / "table.csv", index_col="estimator")
    assert "Bayes" in table.index
    with pytest.raises(ValueError, match=r"fit-seed-0\.json is damaged"):
        load_comparison(folder)


@pytest.mark.parametrize("copy", ["fit-copy.json", "../bayes-copy/fit.json", "fit-seed-1.json"])
def test_a_copied_result_does_not_count_twice(copy, folder, again):
    path = file_called("fit.json", folder)
    other = path.parent / copy
    other.parent.mkdir(exist_ok=True)
    shutil.copy(path, other)
    shutil.copy(path.with_suffix(".npz"), other.with_suffix(".npz"))
    belongs = rf"is damaged: it was copied or renamed, .*/{path.parent.name}/fit\.json"
    with pytest.warns(UserWarning, match=belongs) as caught:
        table = again().table
    assert other.name in str(caught[0].message)
    assert len(caught) == 1
    assert table["n"].tolist() == [1, 1, 1]
    table = pd.read_csv(folder / "table.csv", index_col="estimator")
    assert table["n"].to_dict() == dict.fromkeys(ESTIMATORS, 1)
    with pytest.raises(ValueError, match=belongs):
        load_comparison(folder)


@pytest.mark.parametrize("name", ["y_test.npy", "test_index.npy", *FOR_PEOPLE])
def test_compare_writes_again_what_follows_from_results(data, name, folder):
    path = file_called(name, folder)
    path.write_bytes(b"PK")
    shutil.rmtree(path.parent if path.parent.parent.name == "estimators" else folder / "estimators")
    compare(ESTIMATORS, *data, cv=2, out=folder, test_index=np.arange(200))
    assert path.read_bytes() != b"PK"
    assert load_comparison(folder).table["error"].isna().all()


def test_a_folder_in_the_place_of_a_file_for_people_is_named(folder, again):
    a_folder(folder / "table.csv")
    with pytest.raises(OSError, match=r"table\.csv is a folder, not a file\. 7 results are kept"):
        again()
    (folder / "table.csv").rmdir()
    assert again().table["error"].isna().all()


def test_missing_labels_are_named_and_missing_results_are_left_out(folder):
    file_called("fit.json", folder).unlink()
    file_called("fit-seed-0.npz", folder).unlink()
    assert load_comparison(folder).table["n"].sum() == 1
    (folder / "y_test.npy").unlink()
    with pytest.raises(ValueError, match=r"y_test\.npy is damaged: it is missing; .*run again"):
        load_comparison(folder)


def test_keys_of_a_later_version_do_no_harm(folder):
    for path in [folder / "comparison.json", *(folder / "environments").iterdir()]:
        write_content(path, content_of(path) | {"of a later version": 1})
    assert load_comparison(folder).names == list(ESTIMATORS)
    path = file_called("fit.json", folder)
    content = content_of(path)
    content["values"]["of a later version"] = 1
    write_content(path, content)
    assert load_comparison(folder).names == list(ESTIMATORS)
    write_content(path, content | {"extra": 1})
    with pytest.raises(ValueError, match=r"fit\.json is damaged: it has the unknown key 'extra'"):
        load_comparison(folder)
