import os
from threading import Barrier, Thread

import pytest

from skfashion._files import atomic_write


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
