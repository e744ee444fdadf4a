import base64
import zlib

import numpy as np
import pytest

from skfashion.report._pack import pack, smallest_uint, unpack


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, ">u2"])
def test_what_is_packed_comes_out(dtype):
    numbers = np.random.default_rng(0).integers(0, 200, (3, 1000)).astype(dtype)
    packed = pack(numbers)
    assert packed["bytes"] == numbers.dtype.itemsize
    np.testing.assert_array_equal(unpack(packed), numbers.ravel())


def test_numbers_are_little_endian_and_deflated_without_a_header():
    inflated = zlib.decompress(base64.b64decode(pack(np.array([258], ">u2"))["data"]), wbits=-15)
    assert inflated == b"\x02\x01"


@pytest.mark.parametrize(("n", "dtype"), [(1, "u1"), (256, "u1"), (257, "u2"), (70000, "u4")])
def test_smallest_uint(n, dtype):
    assert smallest_uint(n) == np.dtype(dtype)
