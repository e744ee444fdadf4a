"""Read and write the IDX format, in which MNIST and its successors are published.

An IDX file is a header and an array in C order, both big-endian: two zero bytes, one byte for the
type of the numbers, one byte for the number of axes, then the length of each axis as an unsigned
32-bit integer. It is usually compressed with gzip.

The header says how long the file must be. No more than that is ever read or decompressed, so that
a damaged or malicious file cannot fill the memory.
"""

import gzip
import io
import math
import struct
import sys
import zlib
from pathlib import Path

import numpy as np

from skfashion._files import DanglingLinkError, atomic_write, open_regular
from skfashion._images import with_numpy_dtypes

GZIP_MAGIC = b"\x1f\x8b"
PIECE = 2**20  # bytes read at a time
MAX_AXES = 64  # numpy's limit

# the third byte of a file -> the type of the numbers in it
IDX_DTYPES = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}


def read_pieces(stream, content, n_bytes):
    """Append up to `n_bytes` of a stream to the bytearray `content`.

    In pieces, because a header may announce more than there is, and more than fits into memory.
    """
    end = len(content) + n_bytes
    while len(content) < end and (piece := stream.read(min(end - len(content), PIECE))):
        content += piece


def parse_header(content, path):
    """Return dtype, shape and length in bytes of a header; raise ValueError if it is not valid."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in IDX_DTYPES:
        raise ValueError(
            f"{path} is not an IDX file: it starts with {content[:4].hex(' ') or 'nothing'}."
        )
    dtype, n_axes = IDX_DTYPES[content[2]], content[3]
    if n_axes > MAX_AXES:
        raise ValueError(
            f"{path} is damaged or not an IDX file: its header announces {n_axes} axes, and an "
            f"array has at most {MAX_AXES}."
        )
    n_header = 4 + 4 * n_axes
    if len(content) < n_header:
        raise ValueError(f"{path} ends within its header.")
    shape = struct.unpack(f">{n_axes}I", content[4:n_header])
    # axes of length 0 do not count: numpy refuses such an array too if the others are too long
    if math.prod(n or 1 for n in shape) * dtype.itemsize > sys.maxsize:
        raise ValueError(
            f"{path} is damaged or not an IDX file: its header announces an array of shape "
            f"{shape}, which is larger than any memory."
        )
    return dtype, shape, n_header


def read_stream(stream, path, max_bytes=math.inf):
    """Return the bytes of the IDX file in a decompressed stream, once they are known to be valid.

    `path` is for the error messages. No more than `max_bytes` are read.
    """
    content = bytearray()
    read_pieces(stream, content, 4)
    if len(content) == 4:
        read_pieces(stream, content, 4 * content[3])
    dtype, shape, n_header = parse_header(content, path)
    n_bytes = math.prod(shape) * dtype.itemsize
    if n_header + n_bytes > max_bytes:
        raise ValueError(
            f"{path} announces an array of shape {shape} and {n_bytes} bytes; expected at most "
            f"{max_bytes - n_header}."
        )
    read_pieces(stream, content, n_bytes + 1)  # the end of a gzip stream has the checksum
    n_read = len(content) - n_header
    if n_read != n_bytes:
        raise ValueError(
            f"{path} should hold {n_bytes} bytes for an array of shape {shape}, but holds "
            f"{'more' if n_read > n_bytes else n_read}."
        )
    return content


def read_packed(stream, path, max_bytes=math.inf):
    """Return the same as `read_stream`, decompressed if the stream is gzip."""
    is_gzip = stream.read(2) == GZIP_MAGIC
    stream.seek(0)
    if not is_gzip:
        return read_stream(stream, path, max_bytes)
    try:
        with gzip.GzipFile(fileobj=stream) as decompressed:
            return read_stream(decompressed, path, max_bytes)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged or cut short ({error}).") from error


def unpack(content, path):
    """Return the bytes of an IDX file, decompressed if `content` is gzip."""
    return read_packed(io.BytesIO(content), path)


def read_file(path, max_bytes=math.inf):
    """Return the bytes of an IDX file, decompressed if they are gzip (whatever the file's name is).

    Errors say what is wrong, not what to do about it. An OSError always has a `filename`.
    """
    try:
        with open_regular(path) as file:
            return read_packed(file, path, max_bytes)
    except OSError as error:
        error.filename = error.filename or str(path)  # there is none if reading failed halfway
        raise


def read_content(path):
    """Return the same as `read_file`; but errors say what to do, except for a file not found."""
    try:
        return read_file(path)
    except ValueError as error:
        raise ValueError(f"{error} Replace it with an intact copy.") from error
    except DanglingLinkError as error:
        raise DanglingLinkError(
            f"Cannot read {path}: {error.strerror}. Put that file back, or replace the link."
        ) from error
    except FileNotFoundError:
        raise
    except OSError as error:
        raise OSError(
            error.errno,
            f"Cannot read {path}: {error.strerror}. It must be a file that you may read: fix "
            "that, or give another path.",
        ) from error


def decode_idx(content, path):
    """Return the array in the bytes of a valid IDX file, as `read_content` returns them."""
    dtype, shape, n_header = parse_header(content, path)
    array = np.frombuffer(content, dtype, offset=n_header).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)  # bytes have no order: not copied


def encode_idx(array):
    """Return the bytes of the IDX file that holds `array`."""
    array = np.asarray(with_numpy_dtypes(array))
    codes = {dtype.newbyteorder("="): code for code, dtype in IDX_DTYPES.items()}
    code = codes.get(array.dtype.newbyteorder("="))
    if code is None:
        names = ", ".join(str(dtype) for dtype in codes)
        raise ValueError(
            f"IDX holds {names}, not {array.dtype}: convert the numbers, for example with "
            'np.asarray(array, dtype="uint8").'
        )
    if array.ndim > 255 or any(length >= 2**32 for length in array.shape):
        raise ValueError(f"An array of shape {array.shape} is too large for an IDX file.")
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(IDX_DTYPES[code]).tobytes()


def read_idx(path):
    """Read an array from an IDX file.

    Parameters
    ----------
    path : str or path-like
        The file, plain or compressed with gzip, whatever its name.

    Returns
    -------
    array : ndarray
        The numbers in the machine's byte order: uint8, int8, int16, int32, float32 or float64.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If it cannot be read, or is not a regular file.
    ValueError
        If it is damaged, truncated or not an IDX file. No more is decompressed than its header
        announces.

    See Also
    --------
    write_idx : The reverse.
    load_idx : Load images and labels of a dataset in four such files.

    References
    ----------
    .. [1] Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits",
       section "The IDX file format", http://yann.lecun.com/exdb/mnist/

    Examples
    --------
    >>> from importlib.resources import files
    >>> from skfashion.datasets import read_idx
    >>> folder = files("skfashion.datasets") / "data"
    >>> read_idx(folder / "t10k-images-idx3-ubyte.gz").shape
    (1000, 28, 28)
    """
    path = Path(path)
    return decode_idx(read_content(path), path)


def write_idx(path, array):
    """Write an array to an IDX file, completely or not at all.

    The array is written to a temporary file in the same folder, which then replaces `path` in one
    step, so that the file is never incomplete. The same array always gives the same bytes.

    Parameters
    ----------
    path : str or path-like
        The file to write. It is compressed if its name ends in ``.gz``. Its folder is created if it
        does not exist; an existing file is replaced.
    array : array-like
        Numbers of type uint8, int8, int16, int32, float32 or float64.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If the format does not support the type of the numbers, such as int64.

    See Also
    --------
    read_idx : The reverse.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from skfashion.datasets import read_idx, write_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_idx(f"{folder}/labels.gz", np.array([9, 0, 3], dtype=np.uint8))
    ...     read_idx(f"{folder}/labels.gz")
    array([9, 0, 3], dtype=uint8)
    """
    path = Path(path)
    content = encode_idx(array)
    if path.suffix.lower() == ".gz":
        content = gzip.compress(content, mtime=0)  # without a date: same array, same bytes
    with atomic_write(path, "wb") as file:
        file.write(content)
