import gzip
import os

import numpy as np
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


def test_empty_array(tmp_path):
    write_idx(tmp_path / "array", np.empty((0, 28, 28), dtype=np.uint8))
    assert read_idx(tmp_path / "array").shape == (0, 28, 28)


def test_same_array_same_bytes(tmp_path):
    for name in ("a.gz", "b.gz"):
        write_idx(tmp_path / name, np.arange(5, dtype=np.uint8))
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    assert (tmp_path / "a.gz").read_bytes()[4:8] == bytes(4)  # the date of packing


def test_gzip_is_told_by_content_not_name(tmp_path):
    write_idx(tmp_path / "array.gz", np.arange(5, dtype=np.uint8))
    os.rename(tmp_path / "array.gz", tmp_path / "array")
    assert read_idx(tmp_path / "array").tolist() == [0, 1, 2, 3, 4]


def test_no_such_numbers_in_the_format(tmp_path):
    with pytest.raises(ValueError, match="not int64: convert"):
        write_idx(tmp_path / "array", np.arange(5))
    assert list(tmp_path.iterdir()) == []


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
        (bytes.fromhex("00000a01 00000003 010203"), "not an IDX file"),  # no such type
        (GOOD[:6], "ends within its header"),
        (GOOD[:-1], "should hold 3 bytes .* holds 2"),
        (GOOD + b"x", "should hold 3 bytes .* holds 4"),
        (bytes.fromhex("00000803 ffffffff ffffffff ffffffff"), "should hold"),
        (PACKED[:-9], "damaged or cut short"),
        (PACKED[:12] + b"\xff" + PACKED[13:], "damaged or cut short"),
        (PACKED[:-8] + bytes(8), "damaged or cut short"),  # wrong check sum
        (gzip.compress(GOOD[:-1], mtime=0), "should hold 3 bytes"),
    ],
)
def test_damaged_file_is_named(tmp_path, content, message):
    path = tmp_path / "spoilt-file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)
    assert "fetch it again" in str(caught.value)


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


def test_directory(tmp_path):
    with pytest.raises(IsADirectoryError, match=f"Cannot read {tmp_path}.*file that you may read"):
        read_idx(tmp_path)


def test_forbidden_file(ordinary_user):
    path = ordinary_user / "array"
    write_idx(path, np.zeros(5, dtype=np.uint8))
    path.chmod(0)
    with pytest.raises(PermissionError, match=f"Cannot read {path}.*that you may read"):
        read_idx(path)
