"""Write files completely or not at all, remove what killed processes leave; open regular files."""

import errno
import hashlib
import os
import platform
import re
import stat
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path

A_DAY = 24 * 60 * 60  # seconds
DRAFT = re.compile(r"\..+\.(?:(?P<machine>[0-9a-f]{8})-(?P<pid>\d+)-)?[0-9a-f]{32}\.tmp", re.DOTALL)
# Why there is no room for a file and what to do about it, by the number of the error. None: numpy
# writes arrays through C, and its error has no number.
NO_ROOM = {
    errno.ENOSPC: ("the disk is full", "free some space"),
    errno.EDQUOT: ("your disk quota is used up", "delete some files"),
    errno.EFBIG: ("it would exceed the file size limit of this process", "raise it (ulimit -f)"),
    None: ("the disk may be full", "free some space"),
}
FILE_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class DanglingLinkError(FileNotFoundError):
    """A symbolic link points to a file that does not exist."""


def printable(text):
    """Return a text that UTF-8 can encode: a lone surrogate becomes its escape, such as \\ud800.

    Exceptions quote what they were given, and names of files may hold bytes of any encoding.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def open_regular(path):
    """Open a file for reading; raise an OSError with its name if it is anything but a file.

    Reading from a named pipe or a device could block forever.
    """
    try:
        check_kind(path)
    except FileNotFoundError as error:
        if os.path.islink(path):
            raise DanglingLinkError(
                errno.ENOENT,
                f"it is a symbolic link to {os.readlink(path)}, which does not exist",
                str(path),
            ) from error
        raise
    except ValueError as error:
        raise OSError(errno.EINVAL, f"{error} in the path", str(path)) from error
    return open(path, "rb")


def check_kind(path):
    """Raise an OSError if there is a pipe, a socket or a device, or nothing."""
    kind = stat.S_IFMT(os.stat(path).st_mode)
    if kind in FILE_KINDS:
        raise OSError(errno.EINVAL, f"it is {FILE_KINDS[kind]}, not a regular file", str(path))


def target_of(path):
    """Return where to write a file: where links lead; raise an OSError for a pipe or a device."""
    with suppress(FileNotFoundError, NotADirectoryError):
        check_kind(path)
    return Path(os.path.realpath(path)) if os.path.islink(path) else Path(path)


def check_archive(file):
    """Raise an exception unless all that a zip archive holds, such as an .npz, has its checksum.

    numpy reads no more of an array than its header announces, and compares the checksum at the end
    of the array alone: with a damaged header, it could return other numbers.

    Raises
    ------
    ValueError
        If a checksum differs.
    Exception
        Of many other types, if the archive is damaged in other ways.
    """
    from zipfile import ZipFile  # most commands of skfashion read no archive

    with ZipFile(file) as archive:
        name = archive.testzip()
    if name is not None:
        raise ValueError(f"the checksum of {name} in it differs")


def this_machine():
    """Return eight hexadecimal digits for the machine, or the container, that the process is in."""
    try:
        process_ids = os.stat("/proc/self/ns/pid").st_ino  # two containers may share a host name
    except OSError:
        process_ids = ""
    name = f"{platform.node()} {process_ids}"
    return hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:8]


def draft_of(path):
    """Return the path of a new hidden file beside `path`, whose name tells who writes it."""
    owner = f"{this_machine()}-{os.getpid()}"
    # shortened: a longer name than that of `path` could be too long
    return path.with_name(f".{path.name[:40]}.{owner}-{uuid.uuid4().hex}.tmp")


def no_room(error):
    """Return why there was no room for a file, and what to do; None for other OSErrors."""
    if error.errno is None and "written" not in str(error):  # as numpy says it
        return None
    return NO_ROOM.get(error.errno)


def is_at_size_limit(path):
    """Return whether a file is as large as this process may write files."""
    try:
        import resource  # not on Windows
    except ImportError:
        return False
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return limit != resource.RLIM_INFINITY and path.stat().st_size >= limit


def explained(error, path, draft):
    """Return an OSError in writing `draft` as one about `path`; errors of other files unchanged."""
    if error.filename not in (None, str(draft)):
        return error
    if why := no_room(error):
        number = error.errno
        if number is None and is_at_size_limit(draft):
            number, why = errno.EFBIG, NO_ROOM[errno.EFBIG]
        reason, remedy = why
        detail = f" ({error})" if number is None else ""
        told = OSError(
            f"Cannot write {path}{detail}: {reason}. {remedy.capitalize()} or write to another "
            "disk. Nothing was changed."
        )
        told.errno = number
        return told
    if error.filename is None:
        return error
    return OSError(error.errno, error.strerror, str(path))


def make_folder(folder):
    """Create a folder unless it exists; raise NotADirectoryError if there is something else."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        reason = (
            "Not a directory, but a link to nothing" if folder.is_symlink() else "Not a directory"
        )
        raise NotADirectoryError(errno.ENOTDIR, reason, error.filename) from error


def check_writable(path):
    """Raise the OSError of `atomic_write` now if it cannot write; the folder of `path` is made."""
    path = target_of(path)
    make_folder(path.parent)
    draft = draft_of(path)
    try:
        draft.touch()
    except OSError as error:
        raise explained(error, path, draft) from error
    draft.unlink()


@contextmanager
def atomic_write(path, mode="w", *, is_synced=True, is_own=False):
    """Open a hidden file beside `path` that replaces it once it is complete.

    If the block raises anything, including an interrupt, the hidden file is removed and `path`
    stays as it was. `remove_stale_drafts` removes the hidden files of processes that were killed.

    Parameters
    ----------
    path : str or path-like
        The file to write. Its folder is created if it does not exist; an existing file is
        replaced. Of a symbolic link, the file to which it leads.
    mode : {"w", "wb"}, default="w"
        "w" for text, written as UTF-8 with line ends unchanged; "wb" for bytes.
    is_synced : bool, default=True
        Whether the file is on the disk before it gets its name. Otherwise it may be incomplete
        after a power failure: only for files whose damage is found when they are read.
    is_own : bool, default=False
        Whether the file is in a folder that the package keeps. Links, pipes and devices do not
        belong there, and are replaced themselves.

    Yields
    ------
    file : file object
        The file to write to.

    Raises
    ------
    OSError
        If the file cannot be written, or if there is a pipe, a socket or a device at `path`. If
        the disk is full, the message says so.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skfashion._files import atomic_write
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_write(f"{folder}/new/names.txt") as file:
    ...         _ = file.write("Bag")
    ...     Path(folder, "new/names.txt").read_text()
    'Bag'
    """
    path = Path(path) if is_own else target_of(path)
    make_folder(path.parent)
    draft = draft_of(path)
    options = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    try:
        # not tempfile: its files can be read by their owner only, and this one stays
        with open(draft, mode, **options) as file:
            try:
                yield file
                file.flush()
                if is_synced:
                    os.fsync(file.fileno())
            except BaseException:
                with suppress(OSError):  # a full disk fails again; it must not hide an interrupt
                    file.close()
                raise
        os.replace(draft, path)
    except OSError as error:
        told = explained(error, path, draft)
        if told is error:
            raise
        raise told from error
    finally:
        draft.unlink(missing_ok=True)


def is_running(pid):
    """Return whether a process of this machine is alive; True if that cannot be known."""
    if os.name != "posix":
        return True  # elsewhere os.kill ends the process
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # it belongs to somebody else
    return True


def is_stale(path):
    """Return whether a file is a draft of `atomic_write` that nobody is writing any more."""
    match = DRAFT.fullmatch(path.name)
    if match is None or path.is_symlink() or not path.is_file():
        return False
    if match["machine"] == this_machine() and not is_running(int(match["pid"])):
        return True
    return time.time() - path.stat().st_mtime > A_DAY


def remove_stale_drafts(folder):
    """Remove the hidden files that `atomic_write` left because its process was killed.

    A draft is stale if its process was on this machine and is gone, or if it is older than a day.
    All other files stay.

    Parameters
    ----------
    folder : str or path-like
        The folder to clean, with all folders in it. It need not exist.

    Returns
    -------
    removed : list of Path
        The files that were removed.

    Examples
    --------
    >>> import tempfile
    >>> from skfashion._files import remove_stale_drafts
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     remove_stale_drafts(folder)
    []
    """
    removed = []
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            with suppress(OSError):  # finished meanwhile, or not ours to remove
                if is_stale(path):
                    path.unlink()
                    removed.append(path)
    return removed
