"""Results on disk: every file whole or not there at all, results of other settings beside it.

::

    comparison.json         the data's name, fingerprint and sizes, classes, reference, recipes
    y_test.npy              labels of the test images
    X_test.npz              the test images, compressed; not there if `plain_data` has none
    test_index.npy          numbers of the test images; not there if none were given
    table.csv               one row per estimator
    defaults.json           hashes of the classes' default parameters, see `Fingerprints`
    environments/<id>.json  machine and versions; each result names its own
    estimators/<name>-<settings>/
        fit-seed-<s>.json   what was measured; fit.json for an estimator without random_state
        fit-seed-<s>.npz    predictions, probabilities and the classes of their columns
        cv-seed-<s>-<scheme>.json
        curves-seed-<s>.json
        confusion_matrix.csv, confused_pairs.txt, classification_report.txt, learning_curves.csv
"""

import json
import re
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from skfashion._files import atomic_write
from skfashion.comparison._fingerprints import fingerprint
from skfashion.comparison._unit import Result, Unit


def write_json(path, content):
    with atomic_write(path) as file:
        json.dump(content, file, indent=1)
        file.write("\n")


def read_json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not readable JSON; remove the file and run again.") from error


def slug(name):
    """Return a name fit for a file on any system; a fingerprint beside it tells like ones apart."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower())[:50].strip("-") or "estimator"


class ResultFolder:
    """The folder of one comparison: results of any estimators, all on the same data.

    Parameters
    ----------
    path : path-like
    """

    def __init__(self, path):
        self.path = Path(path)

    @property
    def _about(self):
        return self.path / "comparison.json"

    @property
    def _images(self):
        return self.path / "X_test.npz"

    @property
    def _test_index(self):
        return self.path / "test_index.npy"

    @property
    def _defaults(self):
        return self.path / "defaults.json"

    @property
    def table_path(self):
        return self.path / "table.csv"

    def prepare(self, about, y_test, *, X_test=None, test_index=None):
        """Make the folder, or check that it is one of the same data; keep what is known of it.

        `about` has the keys data, dataset (or None), n_train, n_test, classes, classes_dtype,
        target_names (or None), reference, recipes. X_test and test_index are arrays or None.
        """
        if self.path.exists() and not self.path.is_dir():
            raise NotADirectoryError(
                f"{self.path} is a file; out= takes the name of a folder, which is made."
            )
        if self._about.exists():
            known = self.about()
            if known["data"] != about["data"]:
                raise ValueError(
                    f"{self.path} holds results for other data ({known['n_train']:,} training and "
                    f"{known['n_test']:,} test images); choose another folder for out=, or "
                    f"remove this one."
                )
            about = {
                **about,
                "target_names": about["target_names"] or known["target_names"],
                "dataset": about["dataset"] or known.get("dataset"),
                "reference": {**known["reference"], **about["reference"]},
                "recipes": list(dict.fromkeys([*known.get("recipes", []), *about["recipes"]])),
            }
        write_array(self.path / "y_test.npy", y_test)
        if test_index is not None:
            write_array(self._test_index, test_index)
        if X_test is not None and not self._images.exists():
            with atomic_write(self._images, "wb") as file:
                np.savez_compressed(file, X_test=X_test)
        write_json(self._about, about)

    def about(self):
        """Return what comparison.json says; FileNotFoundError if this is no such folder."""
        if not self._about.exists():
            raise FileNotFoundError(
                f"There is no comparison in {self.path}: {self._about.name} is missing. "
                f"compare(..., out=folder) makes one."
            )
        return read_json(self._about)

    def y_test(self):
        return np.load(self.path / "y_test.npy", allow_pickle=False)

    def X_test(self):
        """Return the test images as they were given, or None if they were not kept."""
        return read_arrays(self._images)["X_test"] if self._images.exists() else None

    def test_index(self):
        """Return the numbers of the test images, or None if none were given."""
        path = self._test_index
        return np.load(path, allow_pickle=False) if path.exists() else None

    def defaults(self):
        """Return the defaults that are on record, as `Fingerprints` takes them."""
        return read_json(self._defaults) if self._defaults.exists() else {}

    def keep_defaults(self, defaults):
        """Add to the record; what is there stays, so that fingerprints stay what they are."""
        known = self.defaults()
        merged = {kind: {**hashes, **known.get(kind, {})} for kind, hashes in defaults.items()}
        merged = {**known, **merged}
        if merged != known:
            write_json(self._defaults, merged)

    def keep_environment(self, environment):
        """Write the machine's description unless it is there; return its identifier."""
        identifier = fingerprint(environment)
        path = self.path / "environments" / f"{identifier}.json"
        if not path.exists():
            write_json(path, environment)
        return identifier

    def environments(self):
        paths = sorted((self.path / "environments").glob("*.json"))
        return {path.stem: read_json(path) for path in paths}

    def estimator_path(self, unit):
        return self.path / "estimators" / f"{slug(unit.name)}-{unit.settings}"

    def unit_path(self, unit):
        """Return the JSON file of a unit, whether it is there or not."""
        seed = None if unit.random_state is None else f"seed-{unit.random_state}"
        parts = [unit.kind, seed, unit.scheme]
        return self.estimator_path(unit) / ("-".join(filter(None, parts)) + ".json")

    def write(self, result):
        """Keep a result: arrays first, so that the JSON file says that all of it is there."""
        path = self.unit_path(result.unit)
        if result.arrays:
            with atomic_write(path.with_suffix(".npz"), "wb") as file:
                np.savez_compressed(file, **result.arrays)
        write_json(path, result.to_json())

    def read(self, path, *, arrays=True):
        """Read one result, or None where its arrays are missing."""
        content = read_json(path)
        values = content.pop("values")
        result = Result(Unit(**content), values)
        archive = path.with_suffix(".npz")
        if result.unit.kind == "fit" and not result.error:
            if not archive.exists():
                return None
            if arrays:
                result.arrays = read_arrays(archive)
        return result

    def find(self, unit):
        """Return the kept result of a unit, an error included, or None."""
        path = self.unit_path(unit)
        return self.read(path) if path.exists() else None

    def read_all(self, *, arrays=True):
        """Return all results, sorted by name and random state."""
        paths = (self.path / "estimators").glob("*/*.json")
        results = (self.read(path, arrays=arrays) for path in paths)
        return in_order(result for result in results if result is not None)


def in_order(results):
    """Return results sorted by name and random state."""
    return sorted(results, key=_place)


def _place(result):
    unit = result.unit
    state = -1 if unit.random_state is None else unit.random_state
    return (unit.name.lower(), unit.settings, unit.kind, state, unit.scheme)


def write_array(path, array):
    with atomic_write(path, "wb") as file:
        np.save(file, array, allow_pickle=False)


def read_arrays(path):
    try:
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive)
    except (ValueError, OSError, BadZipFile) as error:
        raise ValueError(f"{path} is damaged; remove the file and run again.") from error
