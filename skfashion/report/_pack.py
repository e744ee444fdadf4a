"""Arrays as compact text for JSON, which the page can read without parsing numbers."""

import base64
import zlib

import numpy as np


def smallest_uint(n):
    """Return the smallest unsigned dtype that holds the numbers 0 to n - 1."""
    return np.min_scalar_type(max(n - 1, 0))


def pack(array):
    """Return an array of unsigned integers as a dict for JSON.

    Parameters
    ----------
    array : ndarray of uint8, uint16 or uint32

    Returns
    -------
    dict
        bytes: size of one number, 1, 2 or 4. data: the numbers in C order, little-endian, deflated
        without a header (for ``DecompressionStream("deflate-raw")``), in base64.
    """
    array = np.asarray(array)
    numbers = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    compressor = zlib.compressobj(level=9, wbits=-zlib.MAX_WBITS)
    data = compressor.compress(numbers) + compressor.flush()
    return {"bytes": array.dtype.itemsize, "data": base64.b64encode(data).decode("ascii")}


def unpack(packed):
    """Return the array that `pack` was given, flattened."""
    numbers = zlib.decompress(base64.b64decode(packed["data"]), wbits=-zlib.MAX_WBITS)
    return np.frombuffer(numbers, dtype=f"<u{packed['bytes']}")
