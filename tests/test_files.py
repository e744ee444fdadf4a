import errno
import os
import signal
import subprocess
import sys
import time
from threading import Barrier, Thread

import numpy as np
import pytest

from skfashion import _files
from skfashion._files import atomic_write, check_archive, check_writable, remove_stale_drafts


def test_text_is_written_as_it_is(tmp_path):
    path = tmp_path / "new" / "names.txt"
    with atomic_write(path) as file:
        file.write("Trägerkleid\r\nBag\n")
        assert not path.exists()
    assert path.read_bytes() == "Trägerkleid\r\nBag\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_bytes_replace_what_is_there(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old and longer")
    with atomic_write(str(path), "wb") as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_failure_leaves_the_old_file(tmp_path, monkeypatch, error):
    path = tmp_path / "file"
    path.write_text("old")

    def fail(descriptor):
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)), atomic_write(path) as file:
        file.write("new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_only_what_is_wanted_on_the_disk_waits_for_it(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    for is_synced in (True, False):
        with atomic_write(tmp_path / "file", is_synced=is_synced) as file:
            file.write("text")
        assert (tmp_path / "file").read_text() == "text"
        assert len(synced) == 1


def test_threads_write_the_same_file(tmp_path):
    path = tmp_path / "file"
    both_open = Barrier(2, timeout=60)

    def write(letter):
        with atomic_write(path) as file:
            both_open.wait()
            file.write(1000 * letter)

    threads = [Thread(target=write, args=(letter,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() in (1000 * "a", 1000 * "b")
    assert list(tmp_path.iterdir()) == [path]


# ------------------------------------------------------------------------------ a full disk


@pytest.fixture
def full_disk(tmp_path, monkeypatch):
    """Drafts are written to /dev/full, where every byte is an error of a full disk."""

    def draft_of(path):
        draft = path.with_name("draft")
        draft.symlink_to("/dev/full")
        return draft

    monkeypatch.setattr(_files, "draft_of", draft_of)


@pytest.mark.parametrize(
    "write",
    [
        lambda file: file.write("new"),  # fails when it is flushed
        lambda file: file.write(2**20 * "new"),  # fails at once
    ],
)
def test_full_disk_is_named(full_disk, tmp_path, write):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with (
        pytest.raises(OSError, match=f"Cannot write {path}: the disk is full. Free some") as caught,
        atomic_write(path) as file,
    ):
        write(file)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_text() == "old"
    assert list(path.parent.iterdir()) == [path]


def test_full_disk_is_named_where_the_error_has_no_number(tmp_path):
    said = r"array.npy \(8192 requested and 0 written\): the disk may be full\. Free some space"
    with pytest.raises(OSError, match=said), atomic_write(tmp_path / "array.npy", "wb"):
        raise OSError("8192 requested and 0 written")  # numpy writes arrays through C
    assert list(tmp_path.iterdir()) == []


def test_full_disk_does_not_hide_an_interrupt(full_disk, tmp_path):
    def interrupted():
        with atomic_write(tmp_path / "file") as file:
            file.write("new")  # closing the file fails
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_limit_of_the_file_size_and_an_array(tmp_path):
    """A real limit, for Python and for numpy."""
    code = f"""if True:
        import resource, numpy
        from skfashion._files import atomic_write
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        for write in (lambda file: file.write(bytes(8192)),
                      lambda file: numpy.save(file, numpy.zeros(8192))):
            try:
                with atomic_write({str(tmp_path / "array.npy")!r}, "wb") as file:
                    write(file)
            except OSError as error:
                print(error)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    by_python, by_numpy = done.stdout.splitlines()
    limit = "array.npy: it would exceed the file size limit of this process. Raise it (ulimit -f)"
    assert limit in by_python
    assert limit in by_numpy
    assert list(tmp_path.iterdir()) == []


def test_other_errors_name_the_file_not_the_draft(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError) as caught, atomic_write(tmp_path / "folder") as file:
        file.write("new")
    assert caught.value.filename == str(tmp_path / "folder")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


@pytest.mark.parametrize("link", [False, True])
def test_folder_that_is_not_one(tmp_path, link):
    path = tmp_path / "file"
    path.symlink_to("absent") if link else path.write_text("old")
    with (
        pytest.raises(NotADirectoryError, match=r"Not a directory.*: '.*/file'"),
        atomic_write(path / "new"),
    ):
        pass


@pytest.mark.parametrize("is_there", [False, True])
def test_links_stay_and_lead_to_what_is_written(tmp_path, is_there):
    target = tmp_path / "elsewhere" / "table.csv"
    target.parent.mkdir()
    if is_there:
        target.write_text("old")
    (tmp_path / "middle").symlink_to(target)
    (tmp_path / "link").symlink_to("middle")
    check_writable(tmp_path / "link")
    with atomic_write(tmp_path / "link") as file:
        file.write("new")
    assert target.read_text() == (tmp_path / "link").read_text() == "new"
    assert (tmp_path / "link").is_symlink()
    assert list(target.parent.iterdir()) == [target]
    with atomic_write(tmp_path / "link", is_own=True) as file:
        file.write("newer")
    assert not (tmp_path / "link").is_symlink()
    assert target.read_text() == "new"


@pytest.mark.parametrize(("kind", "is_linked"), [("pipe", False), ("pipe", True), ("null", True)])
def test_pipes_and_devices_are_refused(tmp_path, kind, is_linked):
    path = tmp_path / "table.csv"
    if kind == "pipe":
        os.mkfifo(path)
    if is_linked:
        (tmp_path / "link").symlink_to(path if kind == "pipe" else os.devnull)
        path = tmp_path / "link"
    before = os.stat(path)
    for write in (check_writable, lambda path: atomic_write(path).__enter__()):
        with pytest.raises(OSError, match=r"it is a (named pipe|device), not a reg") as caught:
            write(path)
        assert caught.value.filename == str(path)
    assert os.path.samestat(before, os.stat(path))


def test_errors_of_the_block_are_left_alone(tmp_path):
    error = FileNotFoundError(errno.ENOENT, "No such file", "another")

    def fail():
        with atomic_write(tmp_path / "file"):
            raise error

    with pytest.raises(FileNotFoundError) as caught:
        fail()
    assert caught.value is error
    assert caught.value.__cause__ is None


def test_name_as_long_as_the_system_allows(tmp_path):
    path = tmp_path / (250 * "n")
    with atomic_write(path) as file:
        file.write("new")
    assert path.read_text() == "new"


# ------------------------------------------------------------------------------ killed processes

WRITE_AND_WAIT = """if True:
    import sys
    from skfashion._files import atomic_write
    with atomic_write(sys.argv[1]) as file:
        print("open", flush=True)
        sys.stdin.read()
"""


def start_writing(path):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE_AND_WAIT, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "open\n"
    return process


def test_draft_of_a_killed_process_is_removed(tmp_path):
    path = tmp_path / "fits" / "CNN 1" / "0.json"
    process = start_writing(path)
    (draft,) = path.parent.iterdir()
    assert remove_stale_drafts(tmp_path) == []  # it is alive
    assert draft.exists()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert remove_stale_drafts(tmp_path) == [draft]
    assert list(path.parent.iterdir()) == []


def test_drafts_of_this_process_and_of_other_machines_stay_for_a_day(tmp_path, monkeypatch):
    path = tmp_path / "table.csv"
    with atomic_write(path) as file:
        assert remove_stale_drafts(tmp_path) == []
        file.write("new")
    assert path.read_text() == "new"

    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    monkeypatch.setattr(_files.os, "getpid", lambda: gone.pid)
    here = _files.draft_of(path)
    monkeypatch.setattr(_files.platform, "node", lambda: "elsewhere")
    elsewhere = _files.draft_of(path)
    monkeypatch.undo()
    former_version = tmp_path / f".table.csv.{'0' * 32}.tmp"
    for draft in (here, elsewhere, former_version):
        draft.write_text("half")
    assert remove_stale_drafts(str(tmp_path)) == [here]
    a_day_ago = time.time() - 25 * 60 * 60
    for draft in (elsewhere, former_version):
        os.utime(draft, (a_day_ago, a_day_ago))
    assert sorted(remove_stale_drafts(tmp_path)) == sorted([elsewhere, former_version])
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "name", ["notes.tmp", ".notes.tmp", f".{'0' * 32}.tmp", f"a.{'0' * 32}.tmp", f".a.{'0' * 32}"]
)
def test_files_of_others_are_never_removed(tmp_path, name):
    path = tmp_path / name
    path.write_text("mine")
    os.utime(path, (0, 0))
    (tmp_path / f".a.{'1' * 32}.tmp").mkdir()
    (tmp_path / f".a.{'2' * 32}.tmp").symlink_to(path)
    assert remove_stale_drafts(tmp_path) == []
    assert path.read_text() == "mine"


def test_no_folder_to_clean(tmp_path):
    assert remove_stale_drafts(tmp_path / "absent") == []


def test_an_archive_is_whole_or_an_error(tmp_path):
    path = tmp_path / "numbers.npz"
    np.savez(path, a=np.arange(10_000))
    check_archive(path)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"<i8", b"<i4"))
    assert len(np.load(path)["a"]) == 10_000  # of half the bytes: numpy finds nothing wrong
    with pytest.raises(ValueError, match=r"the checksum of a\.npy in it differs"):
        check_archive(path)
