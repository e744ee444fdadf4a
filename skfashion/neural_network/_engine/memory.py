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
import sys
import zipfile
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, lru_cache, partial
from importlib.metadata import version
from io import BytesIO
from numbers import Real
from pathlib import Path

import joblib
import numpy as np
import torch
from filelock import FileLock

from skfashion._files import atomic_write, make_folder, no_room, remove_stale_drafts
from skfashion._images import warn_caller
from skfashion._version import __version__
from skfashion.neural_network._engine.device import resolve_device
from skfashion.neural_network._engine.state import TrainingState
from skfashion.neural_network._engine.threads import n_threads_for

FOLDER = "skfashion-trainings"
FORMAT = 4
SUFFIX = ".npz"
STATE, ARRAYS = "state", "arrays"  # in the archive: the JSON, and the bytes of all arrays
PLAIN = (type(None), bool, int, float, str)
# whose classes do not change while their version, or that of what uses them, stays the same
PACKAGES = {"skfashion", "torch", "numpy", "skorch", "sklearn", *sys.stdlib_module_names}


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
    if isinstance(value, dict):  # whose keys may be numbers or tuples
        return {"dict": [[packed(part, arrays) for part in pair] for pair in value.items()]}
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
        return {unpacked(key, content): unpacked(item, content) for key, item in inside}
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
    with (
        atomic_write(path, "wb", is_synced=False, is_own=True) as file,
        zipfile.ZipFile(file, "w") as archive,
    ):
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
    OSError
        If it cannot be read.
    Exception
        Of many other types, if it is damaged.
    """
    with zipfile.ZipFile(BytesIO(Path(path).read_bytes())) as archive:
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


def described(value, around=()):
    """Return what stands for a setting: equal for equal settings, also in other processes.

    A function or a class is known by its code, by the plain values that it finds outside and by the
    version of its package, but not by what it calls.

    Parameters
    ----------
    value : object
    around : tuple
        The settings that this one is a part of.

    Raises
    ------
    UnknownSettingError
        If the code of a function or a class is not available, or a value cannot be pickled.
    """
    if type(value) in PLAIN:
        return value
    if any(value is other for other in around):
        return "itself"  # as in a function that calls itself
    inside = partial(described, around=(*around, value))
    if isinstance(value, partial):
        return ("partial", inside([value.func, value.args, sorted(value.keywords.items())]))
    if isinstance(value, list | tuple):
        return [inside(item) for item in value]
    if isinstance(value, dict):
        return [[str(key), inside(item)] for key, item in value.items()]
    if inspect.ismethod(value):
        return ("method", inside([value.__func__, value.__self__]))
    if inspect.isclass(value):
        return parts_of_class(value, inside)
    if inspect.isroutine(value):
        return parts_of_function(value, inside)
    try:
        pickled = joblib.hash(value)
    except Exception as error:  # pickling runs the value's own code
        raise UnknownSettingError(f"{value!r} cannot be pickled") from error
    return [pickled, *([] if is_of_packages(type(value)) else inside([type(value)]))]


def is_of_packages(cls):
    """Return whether a class is one of `PACKAGES`."""
    return cls.__module__.partition(".")[0] in PACKAGES


def names_of(value):
    """Return the names of a function or a class and of its module, and its package's version."""
    package = sys.modules.get((value.__module__ or "").partition(".")[0])
    return [value.__qualname__, value.__module__, str(getattr(package, "__version__", None))]


def parts_of_class(cls, inside):
    """Return what stands for a class: name, source, functions and bases; see `described`.

    The source alone would not do: it is that of the file now, which may have changed since the
    class was made.
    """
    try:
        source = source_of_class(cls)
    except (OSError, TypeError) as error:
        raise UnknownSettingError(f"the source of {cls!r} is not available") from error
    parts = [*names_of(cls), source]
    if is_of_packages(cls):
        return parts
    functions = [value for value in vars(cls).values() if inspect.isfunction(value)]
    # without what Python 3.14 makes of annotations, which holds the whole class
    functions = [f for f in functions if f.__name__ != "__annotate__"]
    return [*parts, inside(functions), inside([b for b in cls.__bases__ if not is_of_packages(b)])]


def parts_of_function(function, inside):
    """Return what stands for a function: name, code, and the values it has; see `described`."""
    if not inspect.isfunction(function):
        raise UnknownSettingError(f"the code of {function!r} is not available")
    code, names = parts_of_code(function.__code__)
    known = function.__globals__
    values = [
        function.__defaults__,
        function.__kwdefaults__,
        [cell.cell_contents for cell in function.__closure__ or ()],
        {name: known[name] for name in names if type(known.get(name, ...)) in PLAIN},
    ]
    return [*names_of(function), code, inside(values)]


def parts_of_code(code):
    """Return what code does, as bytes and text, and the names that it looks up."""
    parts, names = [code.co_code, list(code.co_names)], list(code.co_names)
    for constant in code.co_consts:
        if inspect.iscode(constant):
            inner, inner_names = parts_of_code(constant)
            parts.append(inner)
            names += inner_names
        else:  # the order of a set differs between processes
            is_set = isinstance(constant, frozenset)
            parts.append(sorted(map(repr, constant)) if is_set else repr(constant))
    return parts, names


def depends_on_length(settings):
    """Return whether the epochs of a training depend on how many there will be."""
    return (
        settings["lr_schedule"] != "constant"
        or bool(settings["warmup"])
        or settings["averaging"] == "lookahead"
        or settings["progressive_resizing"] is not None
        or settings["data_pruning"] is not None
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

    Raises
    ------
    ValueError
        If `max_bytes` is not a number, or is negative.

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
        if max_bytes is not None and not (isinstance(max_bytes, Real) and max_bytes >= 0):
            raise ValueError(
                f"max_bytes must be a number of bytes, such as 10**9, or None; got {max_bytes!r}."
            )
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
        return sum(status.st_size for _, status in self._states())

    def _states(self):
        """Return the files of all states, sorted, each with its status."""
        found = []
        for path in sorted(self.folder.glob(f"*/*{SUFFIX}")):
            with suppress(FileNotFoundError):  # another process deletes too
                found.append((path, path.stat()))
        return found

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
        found = self._states()
        latest = {path.parent: path for path, _ in found}
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
        kept : KeptTraining or None
            Its states; None, with a warning, if there is no room for them.
        """
        folder = self.folder / key
        with ExitStack() as stack:
            try:
                make_folder(folder)
                stack.enter_context(FileLock(folder / ".lock"))
            except OSError as error:
                if no_room(error) is None:
                    raise
                warn_caller(f"memory is not used, as there is no room for it: {error}")
                yield None
                return
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
        numbers = (path.stem.partition("-")[2] for path in self.folder.glob(f"epoch-*{SUFFIX}"))
        kept = {int(number) for number in numbers if number.isdecimal()}
        for number in sorted((n for n in kept if n <= n_epochs), reverse=True):
            state = self.after(number)
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
        except FileNotFoundError:  # deleted to make room
            return None
        except MemoryError:  # it may be intact
            raise
        except OSError as error:  # too
            warn_caller(f"{path} cannot be read, so its epoch is trained again: {error}")
            return None
        except Exception as error:  # numpy, zipfile and zlib raise many at damaged files
            warn_caller(
                f"{path} is damaged ({type(error).__name__}: {error}), so its epoch is trained "
                "again."
            )
            path.unlink(missing_ok=True)
            return None
        with suppress(OSError):
            os.utime(path)  # it has been used
        return state

    def keep(self, trainer):
        """Write the state after an epoch; if that fails, warn once and go on without."""
        path = self.path(len(trainer.net.history))
        if not self.is_kept or path.exists():
            return
        try:
            write_state(path, trainer.state())
            self.reduce()
        except (OSError, TypeError) as error:
            self.is_kept = False
            warn_caller(f"The training goes on, but its states are no longer kept: {error}")
