"""Reading and writing single files of a folder, with errors that say which file and what to do."""

import errno
import hashlib
import io
import json
from contextlib import contextmanager

import numpy as np

from skfashion._files import check_archive, no_room

CHECKSUM = "checksum"  # the key in a JSON file


class DamagedFile(ValueError):
    """A file of a comparison does not hold what was written into it."""

    def __init__(self, path, what):
        super().__init__(f"{path} is damaged: {what}; remove it and run again.")
        self.path = path
        self.what = what


# Not the file's fault: too many open files, no memory, a failing disk.
MACHINE_ERRORS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ESTALE)


@contextmanager
def damage_named(path):
    """Turn what reading or checking a file raises into a DamagedFile; its own errors pass.

    Whatever stands in a damaged file, numpy, zipfile and zlib raise many kinds of exceptions.
    """
    if not path.is_file():
        raise DamagedFile(path, "it is not a file" if path.exists() else "it is missing")
    try:
        yield
    except (DamagedFile, PermissionError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in MACHINE_ERRORS:
            raise
        words = " ".join(str(error).split()) or type(error).__name__
        raise DamagedFile(path, words) from error


def checksum_of(content):
    """Return 16 hex digits for bytes, or for what JSON can hold."""
    if not isinstance(content, bytes):
        content = json.dumps(json.loads(json.dumps(content)), sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()[:16]


def check_checksum(expected, content):
    """Raise ValueError if the content has another checksum."""
    if expected != checksum_of(content):
        raise ValueError("its checksum differs")


def read_json(path, check):
    """Return what a JSON file holds, passed through `check`."""
    with damage_named(path):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise ValueError("it is not readable JSON") from error
        if not isinstance(content, dict) or CHECKSUM not in content:
            raise ValueError("it has no checksum")
        check_checksum(content.pop(CHECKSUM), content)
        return check(content)


def read_array(path, check, *arguments, checksum):
    """Return the array of an npy file, passed through `check`."""
    with damage_named(path):
        content = path.read_bytes()
        check_checksum(checksum, content)
        array = np.load(io.BytesIO(content), allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise ValueError("it holds several arrays")
        return check(array, *arguments)


def read_arrays(path, check, *arguments):
    """Return the arrays of an npz file, passed through `check`."""
    with damage_named(path), open(path, "rb") as file:  # np.load leaves a damaged one open
        check_archive(file)
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            return check(dict(archive), *arguments)


def write_error(error, path, folder, n_results):
    """Return an OSError in writing `path` as one that says what is kept and how to go on."""
    if path.is_dir():
        why, remedy = f"{path} is a folder, not a file", "remove it"
    elif no_room(error):
        reason, remedy = no_room(error)
        why = f"{path} could not be written: {reason}"
    else:
        why, remedy = f"{path} could not be written ({error.strerror or error})", "fix that"
    results = "1 result is" if n_results == 1 else f"{n_results:,} results are"
    told = OSError(f"{why}. {results} kept in {folder}; {remedy} and run again to go on from them.")
    told.errno = error.errno
    return told
