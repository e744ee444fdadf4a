"""States of trainings in a folder, from which a later training with the same settings goes on.

Each training has a folder, named by a hash of all that determines it, with one file per epoch. A
file is an ``.npz`` archive of two arrays: the bytes of all arrays of the state, and the rest as
JSON. Nothing is unpickled.
"""

import inspect
import json
import math
import os
import platform
import zipfile
from contextlib import contextmanager, suppress
from functools import cache, lru_cache, partial
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from pickle import PicklingError

import joblib
import numpy as np
import torch
from filelock import FileLock

from skfashion._files import atomic_write, make_folder, remove_stale_drafts
from skfashion._images import warn_caller
from skfashion._version import __version__
from skfashion.neural_network._engine.device import resolve_device
from skfashion.neural_network._engine.state import TrainingState
from skfashion.neural_network._engine.threads import n_threads_for

FOLDER = "skfashion-trainings"
FORMAT = 2
SUFFIX = ".npz"
STATE, ARRAYS = "state", "arrays"  # in the archive: the JSON, and the bytes of all arrays
PLAIN = (type(None), bool, int, float, str)


class UnknownSettingError(ValueError):
    """Nothing can stand for a setting, so trainings with it cannot be told apart."""


def packed(value, arrays):
    """Return a nested value as JSON takes it; arrays are appended to the list `arrays`."""
    if isinstance(value, np.ndarray | np.generic):
        value = np.asarray(value, order="C")
        if value.dtype.hasobject:
            raise TypeError("an array of objects cannot be kept")
        arrays.append(value)
        return {"array": [value.dtype.str, value.shape]}
    if isinstance(value, dict):  # whose keys may be numbers
        return {"dict": [[key, packed(item, arrays)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [packed(item, arrays) for item in value]}
    if isinstance(value, PLAIN):
        return value
    raise TypeError(f"a {type(value).__name__} cannot be kept")


def unpacked(value, content):
    """Return the nested value that `packed` was given, its arrays read from a file in turn."""
    if not isinstance(value, dict):
        return value
    ((kind, inside),) = value.items()
    if kind == "array":
        dtype, shape = np.dtype(inside[0]), tuple(inside[1])
        n_bytes = dtype.itemsize * math.prod(shape)
        return np.frombuffer(content.read(n_bytes), dtype).reshape(shape)
    if kind == "dict":
        return {key: unpacked(item, content) for key, item in inside}
    items = [unpacked(item, content) for item in inside]
    return items if kind == "list" else tuple(items)


def write_state(path, state):
    """Write a `TrainingState` to a file, completely or not at all.

    It is not forced to the disk at once, which would take as long as a short epoch: what a power
    failure damages is found by its checksum.
    """
    arrays = []
    text = json.dumps(packed(vars(state), arrays)).encode()
    parts = [array.data for array in arrays if array.size]
    with atomic_write(path, "wb", is_synced=False) as file, zipfile.ZipFile(file, "w") as archive:
        for name, content in ((STATE, [text]), (ARRAYS, parts)):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                write_bytes(member, content)


def write_bytes(file, parts):
    """Write parts as one array of bytes, as `np.save` would, without joining them first."""
    shape = (sum(memoryview(part).nbytes for part in parts),)
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    for part in parts:
        file.write(part)


def read_bytes(content):
    """Return a file from the content of one that `write_bytes` wrote, at its first byte."""
    file = BytesIO(content)
    np.lib.format.read_magic(file)
    np.lib.format.read_array_header_1_0(file)
    return file


def read_state(path):
    """Return the `TrainingState` in a file; the archive's checksums find what is damaged.

    Raises
    ------
    Exception
        Of many types, if it is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        # each as a whole, or its checksum would not be compared
        text, arrays = (read_bytes(archive.read(f"{name}.npy")) for name in (STATE, ARRAYS))
    return TrainingState(**unpacked(json.load(text), arrays))


@lru_cache(maxsize=64)
def source_of_class(value):
    """Return the source of a class, whose search takes as long as writing a small state."""
    return inspect.getsource(value)


@cache
def versions():
    """Return the versions on which the last digits of a training depend."""
    return [__version__, *map(version, ("torch", "numpy", "skorch"))]


def described(value):
    """Return what stands for a setting: equal for equal settings, also in other processes.

    A function or a class is known by its name and its source, but not by what it calls.

    Raises
    ------
    UnknownSettingError
        If the source of a function or a class is not available, or a value cannot be pickled.
    """
    if isinstance(value, partial):
        parts = (value.func, value.args, sorted(value.keywords.items()))
        return ("partial", described(parts))
    if type(value) in PLAIN:
        return value
    if isinstance(value, list | tuple):
        return [described(item) for item in value]
    if isinstance(value, dict):
        return [[str(key), described(item)] for key, item in value.items()]
    if inspect.isclass(value) or inspect.isroutine(value):
        try:
            source = (source_of_class if inspect.isclass(value) else inspect.getsource)(value)
        except (OSError, TypeError) as error:
            raise UnknownSettingError(f"the source of {value!r} is not available") from error
        cells = [cell.cell_contents for cell in getattr(value, "__closure__", None) or ()]
        return (value.__module__, value.__qualname__, source, described(cells))
    try:
        return joblib.hash(value)
    except (PicklingError, TypeError, AttributeError) as error:
        raise UnknownSettingError(f"{value!r} cannot be pickled") from error


def depends_on_length(settings):
    """Return whether the epochs of a training depend on how many there will be."""
    return (
        settings["lr_schedule"] != "constant"
        or bool(settings["warmup"])
        or settings["averaging"] == "lookahead"
        or settings["progressive_resizing"] is not None
    )


def surroundings(settings):
    """Return what the last digits of a training depend on, besides its settings."""
    processor = torch.backends.cpu.get_cpu_capability()
    device = str(resolve_device(settings["device"]))
    n_threads = n_threads_for(settings["batch_size"])
    return [FORMAT, *versions(), platform.machine(), processor, n_threads, device]


def key_of(classifier, settings, others, image_sets):
    """Return a hash of all that determines a training.

    Parameters
    ----------
    classifier : type
    settings : dict
        Its parameters with a part in the training. The random state is not among what is hashed, as
        `others` has what was drawn from it.
    others : list
        What else determines it.
    image_sets : list of ImageSet or None
        The images to train on, and those to validate on.
    """
    ignored = {"random_state", "verbose", "device"}
    if not depends_on_length(settings):
        ignored.add("max_epochs")
    used = {name: value for name, value in settings.items() if name not in ignored}
    data = [s and [s.rows, s.y, s.weight, s.index] for s in image_sets]
    parts = [classifier, used, others, surroundings(settings)]
    return joblib.hash([described(parts), joblib.hash(data, coerce_mmap=True)])


class TrainingMemory:
    """Keeps the states of trainings, one per epoch, in a folder.

    Several processes may use the same folder. A training with the same settings as one that runs
    waits until that one has ended, and goes on from its last epoch.

    Parameters
    ----------
    location : str or path-like
        The folder; it is created if it does not exist. Whoever can write there decides what a
        training goes on from, but nothing in it is executed.
    max_bytes : int, default=None
        Most that all states may need. After each epoch, states that were not used for the longest
        time are deleted, first those for which their training has a later one. None keeps all.

    See Also
    --------
    skfashion.SimpleDenseClassifier : Like all networks, it has the parameter `memory`.

    Examples
    --------
    >>> import tempfile
    >>> from skfashion import SimpleDenseClassifier, load_fashion_sample
    >>> from skfashion.memory import TrainingMemory
    >>> X, y = load_fashion_sample(subset="train", return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     memory = TrainingMemory(folder, max_bytes=10**9)
    ...     network = SimpleDenseClassifier(memory=memory, max_epochs=1, random_state=0)
    ...     network = network.fit(X[:100], y[:100])
    ...     network = network.set_params(max_epochs=2).fit(X[:100], y[:100])  # trains one epoch
    >>> network.n_iter_
    2
    """

    def __init__(self, location, max_bytes=None):
        self.location, self.max_bytes = location, max_bytes

    def __repr__(self):
        limit = "" if self.max_bytes is None else f", max_bytes={self.max_bytes}"
        return f"TrainingMemory({str(self.location)!r}{limit})"

    @property
    def folder(self):
        """The folder of the states."""
        return Path(self.location) / FOLDER

    @classmethod
    def of(cls, memory):
        """Return the memory that a parameter names: a folder, or a joblib.Memory; None for none."""
        if memory is None or isinstance(memory, cls):
            return memory
        location = memory.location if isinstance(memory, joblib.Memory) else memory
        return None if location is None else cls(location)

    def size(self):
        """Return how much all states take.

        Returns
        -------
        n_bytes : int
            Of all trainings together.
        """
        return sum(path.stat().st_size for path in self.folder.glob(f"*/*{SUFFIX}"))

    def clear(self):
        """Delete all states."""
        for path in self.folder.glob(f"*/*{SUFFIX}"):
            path.unlink(missing_ok=True)

    def reduce(self):
        """Delete states until the others need no more than `max_bytes`.

        The first to go are those from which no longer training would go on, as there is a later
        one; among equals, those that were not used for the longest time.
        """
        if self.max_bytes is None:
            return
        found, latest = [], {}
        for path in sorted(self.folder.glob(f"*/*{SUFFIX}")):
            with suppress(FileNotFoundError):  # another process deletes too
                found.append((path, path.stat()))
                latest[path.parent] = path
        total = sum(status.st_size for _, status in found)
        found.sort(key=lambda pair: (latest[pair[0].parent] == pair[0], pair[1].st_mtime_ns))
        for path, status in found:
            if total <= self.max_bytes:
                return
            path.unlink(missing_ok=True)
            total -= status.st_size

    @contextmanager
    def training(self, key):
        """Have the training of a key to oneself.

        Parameters
        ----------
        key : str
            A hash of what determines the training.

        Yields
        ------
        kept : KeptTraining
            Its states.
        """
        folder = self.folder / key
        make_folder(folder)
        with FileLock(folder / ".lock"):
            remove_stale_drafts(folder)
            yield KeptTraining(folder, self.reduce)


class KeptTraining:
    """The states of a training, one per epoch.

    Parameters
    ----------
    folder : pathlib.Path
    reduce : callable
        Called after each state that was written.
    """

    def __init__(self, folder, reduce):
        self.folder, self.reduce = folder, reduce
        self.is_kept = True  # until a state could not be written

    def path(self, n_epochs):
        """Return the file of the state after a number of epochs."""
        return self.folder / f"epoch-{n_epochs:05d}{SUFFIX}"

    def latest(self, n_epochs):
        """Return the state after the most epochs up to a number, or None."""
        last = self.path(n_epochs).name
        for path in sorted(self.folder.glob(f"epoch-*{SUFFIX}"), reverse=True):
            state = self._read(path) if path.name <= last else None
            if state is not None:
                return state
        return None

    def after(self, n_epochs):
        """Return the state after a number of epochs, or None."""
        return self._read(self.path(n_epochs))

    def _read(self, path):
        """Return the state in a file, or None; a damaged one is deleted, with a warning."""
        try:
            state = read_state(path)
            os.utime(path)  # it has been used
        except FileNotFoundError:  # deleted to make room
            return None
        except Exception as error:  # numpy, zipfile and zlib raise many at damaged files
            warn_caller(
                f"{path} is damaged ({type(error).__name__}: {error}), so its epoch is trained "
                "again."
            )
            path.unlink(missing_ok=True)
            return None
        return state

    def keep(self, state):
        """Write the state after an epoch; if that fails, warn once and go on without."""
        path = self.path(len(state.history))
        if not self.is_kept or path.exists():
            return
        try:
            write_state(path, state)
            self.reduce()
        except (OSError, TypeError) as error:
            self.is_kept = False
            warn_caller(f"The training goes on, but its states are no longer kept: {error}")
