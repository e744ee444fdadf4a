import gzip
import os
import socket
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from skfashion.datasets import read_idx, write_idx

DTYPES = ["uint8", "int8", "int16", "int32", "float32", "float64"]


@pytest.mark.parametrize("name", ["array", "array.gz"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_written_is_read(tmp_path, dtype, name):
    array = np.arange(2 * 3 * 4).reshape(2, 3, 4).astype(dtype)
    write_idx(tmp_path / name, array)
    again = read_idx(tmp_path / name)
    np.testing.assert_array_equal(again, array)
    assert again.dtype == array.dtype
    assert again.dtype.isnative
    assert again.flags.writeable


def test_real_images_survive(tmp_path, sample):
    write_idx(tmp_path / "images.gz", sample.images[:500])
    np.testing.assert_array_equal(read_idx(tmp_path / "images.gz"), sample.images[:500])


def test_bytes_are_those_of_the_format(tmp_path):
    write_idx(tmp_path / "array", np.array([[1, -2]], dtype="int16"))
    assert (tmp_path / "array").read_bytes() == bytes.fromhex(
        "00000b02 00000001 00000002 0001 fffe"
    )


def test_big_endian_and_fortran_arrays(tmp_path):
    array = np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3))
    write_idx(tmp_path / "array", array)
    np.testing.assert_array_equal(read_idx(tmp_path / "array"), array)


def test_nullable_bytes_of_pandas(tmp_path):
    write_idx(tmp_path / "array", pd.DataFrame([[1, 2]]).astype("UInt8"))
    again = read_idx(tmp_path / "array")
    assert (again.tolist(), again.dtype) == ([[1, 2]], np.uint8)


def test_empty_array(tmp_path):
    write_idx(tmp_path / "array", np.empty((0, 28, 28), dtype=np.uint8))
    assert read_idx(tmp_path / "array").shape == (0, 28, 28)


def test_same_array_same_bytes(tmp_path):
    for name in ("a.gz", "b.gz"):
        write_idx(tmp_path / name, np.arange(5, dtype=np.uint8))
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert (tmp_path / "a.gz").read_bytes()[4:8] == bytes(4)  # the date of compression


def test_gzip_is_recognised_by_content_not_by_name(tmp_path):
    write_idx(tmp_path / "array.gz", np.arange(5, dtype=np.uint8))
    os.rename(tmp_path / "array.gz", tmp_path / "array")
    assert read_idx(tmp_path / "array").tolist() == [0, 1, 2, 3, 4]


def test_type_that_the_format_does_not_support(tmp_path):
    with pytest.raises(
        ValueError, match=r"not int64: convert the numbers, for example with np\.asarray"
    ):
        write_idx(tmp_path / "array", np.arange(5))
    assert list(tmp_path.iterdir()) == []


def test_suffix_in_capitals(tmp_path):
    write_idx(tmp_path / "array.GZ", np.arange(5, dtype=np.uint8))
    assert (tmp_path / "array.GZ").read_bytes()[:2] == b"\x1f\x8b"


def test_path_that_cannot_be_one():
    with pytest.raises(OSError, match="embedded null byte in the path"):
        read_idx("a\0b")
    with pytest.raises(TypeError):
        read_idx(0)  # a number is not taken for an open file


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_interrupted_writing_leaves_the_old_file(tmp_path, monkeypatch, error):
    path = tmp_path / "array"
    write_idx(path, np.zeros(5, dtype=np.uint8))

    def fail(source, target):
        raise error

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(type(error)):
        write_idx(path, np.ones(5, dtype=np.uint8))
    assert read_idx(path).tolist() == [0] * 5
    assert list(tmp_path.iterdir()) == [path]


def test_makes_the_folder(tmp_path):
    write_idx(tmp_path / "new" / "array", np.arange(5, dtype=np.uint8))
    assert read_idx(tmp_path / "new" / "array").tolist() == [0, 1, 2, 3, 4]


def test_others_may_read_what_is_written(tmp_path):
    old = os.umask(0o022)
    try:
        write_idx(tmp_path / "array", np.zeros(5, dtype=np.uint8))
    finally:
        os.umask(old)
    assert (tmp_path / "array").stat().st_mode & 0o777 == 0o644


GOOD = bytes.fromhex("00000801 00000003 010203")
PACKED = gzip.compress(GOOD, mtime=0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an IDX file: it starts with nothing"),
        (b"<html>", "not an IDX file: it starts with 3c 68 74 6d"),
        (bytes.fromhex("00000a01 00000003 010203"), "not an IDX file"),  # there is no such type
        (GOOD[:6], "ends within its header"),
        (GOOD[:-1], "should hold 3 bytes .* holds 2"),
        (GOOD + b"x", "should hold 3 bytes .* holds more"),
        (GOOD[:4], "ends within its header"),
        (bytes.fromhex("000008ff ffffffff"), "announces 255 axes, and an array has at most 64"),
        (bytes.fromhex("00000841") + 65 * bytes(4), "announces 65 axes"),
        (bytes.fromhex("00000802 ffffffff ffffffff"), "larger than any memory"),
        (bytes.fromhex("00000803 ffffffff ffffffff ffffffff"), "larger than any memory"),
        (bytes.fromhex("00000804 00000000 ffffffff ffffffff ffffffff"), "larger than any memory"),
        (bytes.fromhex("00000802 7fffffff ffffffff") + b"x", "should hold 9\\d+ bytes.* holds 1"),
        (PACKED[:-9], "damaged or cut short"),
        (PACKED[:12] + b"\xff" + PACKED[13:], "damaged or cut short"),
        (PACKED[:-8] + bytes(8), "damaged or cut short"),  # wrong checksum
        (gzip.compress(GOOD[:-1], mtime=0), "should hold 3 bytes"),
        (gzip.compress(GOOD + b"x", mtime=0), "should hold 3 bytes .* holds more"),
        (PACKED + b"x", "damaged or cut short"),
    ],
)
def test_damaged_file_is_named(tmp_path, content, message):
    path = tmp_path / "spoilt-file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)
    assert "Replace it with an intact copy" in str(caught.value)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("00000801 00000003", "should hold 3 bytes .* holds more"),
        ("00000000", "is not an IDX file"),
    ],
)
def test_gzip_bomb_is_not_unpacked(tmp_path, header, message):
    """A small file must not fill the memory: the header says how long the content is."""
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(bytes.fromhex(header))
        for _ in range(64):
            file.write(bytes(2**20))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message):
            read_idx(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**22


def test_bytes_are_read_without_a_copy(tmp_path):
    write_idx(tmp_path / "images.gz", np.zeros((8, 2**20), dtype=np.uint8))
    tracemalloc.start()
    try:
        array = read_idx(tmp_path / "images.gz")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * array.nbytes


def test_truncated_anywhere(tmp_path, sample):
    write_idx(tmp_path / "whole.gz", sample.images[:5])
    whole = (tmp_path / "whole.gz").read_bytes()
    for n_bytes in range(0, len(whole), 97):
        (tmp_path / "part.gz").write_bytes(whole[:n_bytes])
        with pytest.raises(ValueError, match=r"part\.gz"):
            read_idx(tmp_path / "part.gz")


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        read_idx(tmp_path / "absent")


def test_dangling_link(tmp_path):
    path = tmp_path / "link"
    path.symlink_to(tmp_path / "absent")
    with pytest.raises(
        FileNotFoundError,
        match=f"Cannot read {path}: it is a symbolic link to {tmp_path}/absent, which does not",
    ):
        read_idx(path)


def make_pipe(path):
    os.mkfifo(path)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (make_pipe, "a named pipe"),
        (make_socket, "a socket"),
        (lambda path: path.symlink_to("/dev/zero"), "a device"),
    ],
)
def test_what_is_not_a_regular_file_is_not_waited_for(tmp_path, monkeypatch, make, kind):
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    path = tmp_path / "images"
    make(path.relative_to(tmp_path))
    with pytest.raises(OSError, match=f"Cannot read {path}: it is {kind}, not a regular file"):
        read_idx(path)


def test_error_halfway_through_a_file(tmp_path):
    """A process's own memory can be opened, but not read at 0, like a file on a bad disk."""
    with pytest.raises(OSError, match=r"Cannot read /proc/self/mem: Input/output error"):
        read_idx("/proc/self/mem")


def test_directory(tmp_path):
    with pytest.raises(IsADirectoryError, match=f"Cannot read {tmp_path}.*file that you may read"):
        read_idx(tmp_path)


def test_forbidden_file(ordinary_user):
    path = ordinary_user / "array"
    write_idx(path, np.zeros(5, dtype=np.uint8))
    path.chmod(0)
    with pytest.raises(PermissionError, match=f"Cannot read {path}.*that you may read"):
        read_idx(path)
