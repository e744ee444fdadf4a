"""Results on disk. Every file is complete or missing; results of other settings stay.

::

    comparison.json         the data's name, fingerprint and sizes, classes, reference, recipes,
                            checksums of the .npy files
    y_test.npy              labels of the test images
    X_test.npz              the test images, compressed; not there if `plain_data` has none
    test_index.npy          numbers of the test images; not there if none were given
    .lock                   empty; locked by the call that writes comparison.json or defaults.json
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

import errno
import json
import os
import re
import warnings
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from skfashion._files import atomic_write, make_folder, remove_stale_drafts
from skfashion.comparison._fingerprints import fingerprint
from skfashion.comparison._schema import (
    check_about,
    check_defaults,
    check_environment,
    check_fit_arrays,
    check_images,
    check_labels_of,
    check_result,
    check_test_index_of,
    classes_of,
)
from skfashion.comparison._storage import (
    CHECKSUM,
    DamagedFile,
    checksum_of,
    read_array,
    read_arrays,
    read_json,
    write_error,
)
from skfashion.comparison._text import printable
from skfashion.comparison._unit import Result, Unit

LOCK_TIMEOUT = 10 * 60  # seconds; to compress the largest images takes a fraction of it
# The file system has none; filelock's own error for it has no number.
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, None)


def slug(name):
    """Return a name for a file on any system; not unique, so a fingerprint is added to it."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower())[:50].strip("-") or "estimator"


class ResultFolder:
    """The folder of one comparison: results of any estimators, all on the same data.

    Parameters
    ----------
    path : path-like
    """

    def __init__(self, path):
        if not os.fspath(path):
            raise ValueError('out= is empty; name a folder, "." for the current one.')
        self.path = Path(path)

    @property
    def _about(self):
        return self.path / "comparison.json"

    @property
    def _images(self):
        return self.path / "X_test.npz"

    @property
    def _y_test(self):
        return self.path / "y_test.npy"

    @property
    def _test_index(self):
        return self.path / "test_index.npy"

    @property
    def _defaults(self):
        return self.path / "defaults.json"

    @property
    def _lock(self):
        return self.path / ".lock"

    @property
    def table_path(self):
        return self.path / "table.csv"

    def prepare(self, about, y_test, *, X_test=None, test_index=None):
        """Create the folder, or check that it is for the same data, and update what it knows.

        `about` has the keys data, dataset (or None), n_train, n_test, classes, classes_dtype,
        target_names (or None), reference, recipes. X_test and test_index are arrays or None.
        """
        if self.path.exists() and not self.path.is_dir():
            raise NotADirectoryError(
                f"{self.path} is a file; out= takes the name of a folder, which is created."
            )
        if self._about.exists():
            self._merged(about)  # other data are refused before anything is written
        with self._locked():
            remove_stale_drafts(self.path)  # of runs that were killed
            self._write_about(about, y_test, X_test, test_index)

    @contextmanager
    def _locked(self):
        """Keep other calls from writing what all results share; create the folder."""
        try:
            make_folder(self.path)
            # who may write to the folder may lock it
            mode = self.path.stat().st_mode & 0o666 | 0o600
            lock = FileLock(self._lock, LOCK_TIMEOUT, mode=mode).acquire()
        except Timeout as error:
            raise TimeoutError(
                f"{self._lock} was locked by another process for {LOCK_TIMEOUT / 60:g} minutes. If "
                "there is none, remove the file; then run again."
            ) from error
        except (OSError, NotImplementedError) as error:
            if getattr(error, "errno", None) not in NO_LOCKS:
                raise write_error(error, self._lock, self.path, len(self.result_paths())) from error
            warnings.warn(
                f"The file system of {self.path} has no locks: calls that begin there at the same "
                "time can damage the files that they share.",
                stacklevel=2,
            )
            lock = nullcontext()
        with lock:
            yield

    def _write_about(self, about, y_test, X_test, test_index):
        """Write comparison.json and the arrays; the folder is locked."""
        is_new = not self._about.exists()
        if not is_new:
            about = self._merged(about)
        checksums = dict(about.get("checksums", {}))
        for path, array in ((self._y_test, y_test), (self._test_index, test_index)):
            if array is not None:
                self._write_array(path, array)
                checksums[path.name] = checksum_of(path.read_bytes())
        # a run with other data may have been killed when it had written its images
        if X_test is not None and (is_new or not self._images.exists()):
            self._write_arrays(self._images, {"X_test": X_test})
        elif is_new:
            self._images.unlink(missing_ok=True)
        self._write_json(self._about, {**about, "checksums": checksums})

    def _merged(self, about):
        """Return `about`, completed from the folder; raise ValueError for other data."""
        known = self.about()
        if known["data"] != about["data"]:
            raise ValueError(
                f"{self.path} holds results for other data ({known['n_train']:,} training and "
                f"{known['n_test']:,} test images); choose another folder for out=, or remove "
                f"this one."
            )
        return {
            **about,
            "target_names": about["target_names"] or known["target_names"],
            "dataset": about["dataset"] or known["dataset"],
            "reference": {**known["reference"], **about["reference"]},
            "checksums": known["checksums"],
            "recipes": list(dict.fromkeys([*known["recipes"], *about["recipes"]])),
        }

    def about(self):
        """Return the contents of comparison.json; raise FileNotFoundError if it is missing."""
        if not self._about.exists():
            raise FileNotFoundError(
                f"There is no comparison in {self.path}: {self._about.name} is missing. "
                f"compare(..., out=folder) makes one."
            )
        return read_json(self._about, check_about)

    def y_test(self):
        """Return the labels of the test images."""
        return self._read_array(self._y_test, check_labels_of, *self._test_set())

    def X_test(self):
        """Return the test images as they were given, or None if they were not kept."""
        if not self._images.exists():
            return None
        return read_arrays(self._images, check_images, self.about()["n_test"])

    def test_index(self):
        """Return the numbers of the test images, or None if none were given."""
        if not self._test_index.exists():
            return None
        return self._read_array(self._test_index, check_test_index_of, self.about()["n_test"])

    def _read_array(self, path, check, *arguments):
        checksum = self.about()["checksums"].get(path.name)
        return read_array(path, check, *arguments, checksum=checksum)

    def _test_set(self):
        """Return the number of test images and the classes."""
        about = self.about()
        return about["n_test"], classes_of(about)

    def defaults(self):
        """Return the recorded defaults, as `Fingerprints` takes them."""
        return read_json(self._defaults, check_defaults) if self._defaults.exists() else {}

    def keep_defaults(self, defaults):
        """Add to the recorded defaults; earlier ones stay, so that fingerprints do not change."""
        with self._locked():
            known = self.defaults()
            merged = {kind: {**hashes, **known.get(kind, {})} for kind, hashes in defaults.items()}
            merged = {**known, **merged}
            if merged != known:
                self._write_json(self._defaults, merged)

    def keep_environment(self, environment):
        """Write the description of a machine unless it is there; return its identifier."""
        identifier = fingerprint(environment)
        path = self.path / "environments" / f"{identifier}.json"
        if not path.exists():
            self._write_json(path, environment)
        return identifier

    def environments(self):
        """Return {identifier: description} of all machines on which results were measured."""
        paths = sorted((self.path / "environments").glob("*.json"))
        return {path.stem: read_json(path, check_environment) for path in paths}

    def estimator_path(self, unit):
        return self.path / "estimators" / f"{slug(unit.name)}-{unit.settings}"

    def unit_path(self, unit):
        """Return the path of a unit's JSON file, which need not exist."""
        seed = None if unit.random_state is None else f"seed-{unit.random_state}"
        parts = [unit.kind, seed, unit.scheme]
        return self.estimator_path(unit) / ("-".join(filter(None, parts)) + ".json")

    def write(self, result):
        """Write a result: arrays first, so that a JSON file means that both are there."""
        path = self.unit_path(result.unit)
        if result.arrays:
            self._write_arrays(path.with_suffix(".npz"), result.arrays)
        self._write_json(path, result.to_json())

    def read(self, path, *, arrays=True):
        """Return one result, or None if its arrays are missing.

        A file in another place than its unit's is damaged: a copy would count twice.
        """
        content = read_json(path, check_result)
        values = content.pop("values")
        result = Result(Unit(**content), values)
        place = self.unit_path(result.unit)
        if path != place:
            raise DamagedFile(
                path, f"it was copied or renamed, for it belongs in {place.relative_to(self.path)}"
            )
        archive = path.with_suffix(".npz")
        if result.unit.kind == "fit" and not result.error:
            if not archive.exists():
                return None
            if arrays:
                result.arrays = read_arrays(archive, check_fit_arrays, *self._test_set())
        return result

    def find(self, unit):
        """Return the kept result of a unit, an error included, or None."""
        path = self.unit_path(unit)
        return self.read(path) if path.exists() else None

    def result_paths(self):
        """Return the JSON files of all results."""
        return sorted((self.path / "estimators").glob("*/*.json"))

    def state(self):
        """Return what changes when a result is written: the files and their times."""
        times = {}
        for path in self.result_paths():
            with suppress(FileNotFoundError):
                times[path] = path.stat().st_mtime_ns
        return times

    def read_all(self, *, arrays=True, on_damage=None):
        """Return all results, sorted by name and random state.

        `on_damage` is called with the DamagedFile of a result, which is left out; None raises it.
        """
        results = []
        for path in self.result_paths():
            try:
                results.append(self.read(path, arrays=arrays))
            except DamagedFile as error:
                if on_damage is None:
                    raise
                on_damage(error)
        return in_order(result for result in results if result is not None)

    def write_text(self, path, text):
        """Write a file for people."""
        with self._writing(path) as file:
            file.write(printable(text))

    def _write_json(self, path, content):
        with self._writing(path) as file:
            json.dump({**content, CHECKSUM: checksum_of(content)}, file, indent=1)
            file.write("\n")

    def _write_array(self, path, array):
        with self._writing(path, "wb") as file:
            np.save(file, array, allow_pickle=False)

    def _write_arrays(self, path, arrays):
        with self._writing(path, "wb") as file:
            np.savez_compressed(file, **arrays)

    @contextmanager
    def _writing(self, path, mode="w"):
        """Open a file that will be complete or missing; an error says what is kept."""
        try:
            with atomic_write(path, mode, is_own=True) as file:
                yield file
        except OSError as error:
            n_results = len(self.result_paths())
            raise write_error(error, path, self.path, n_results) from error


def in_order(results):
    """Return results sorted by name and random state."""
    return sorted(results, key=_place)


def _place(result):
    unit = result.unit
    state = -1 if unit.random_state is None else unit.random_state
    return (unit.name.lower(), unit.settings, unit.kind, state, unit.scheme)
