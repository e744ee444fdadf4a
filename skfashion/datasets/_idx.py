"""The IDX format, in which MNIST and its successors are published: reading and writing.

A file is a header and an array in C order, both big-endian: two zero bytes, a byte for the type of
the numbers, a byte for the number of axes, then the length of each axis as an unsigned 32-bit
integer. It is usually compressed with gzip.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from skfashion._files import atomic_write

GZIP_MAGIC = b"\x1f\x8b"

# the third byte of a file -> the numbers in it
IDX_DTYPES = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}


def unpack(content, path):
    """Return these bytes, unpacked when they are gzip; `path` is for the error message."""
    if not content.startswith(GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged or cut short ({error}).") from error


def read_content(path):
    """Return the bytes of a file, unpacked when they are gzip (whatever the file is called).

    Raises FileNotFoundError as it comes; any other OSError and a damaged file with advice.
    """
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise OSError(
            error.errno,
            f"Cannot read {path}: {error.strerror}. It must be a file that you may read: put that "
            "right, or give another folder.",
        ) from error
    try:
        return unpack(content, path)
    except ValueError as error:
        raise ValueError(f"{error} Delete it and fetch it again.") from error


def decode_idx(content, path):
    """Return the array in the bytes of an IDX file; `path` is for the error messages."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in IDX_DTYPES:
        raise ValueError(
            f"{path} is not an IDX file: it starts with {content[:4].hex(' ') or 'nothing'}. "
            "Delete it and fetch it again."
        )
    dtype, n_axes = IDX_DTYPES[content[2]], content[3]
    start = 4 + 4 * n_axes
    if len(content) < start:
        raise ValueError(f"{path} ends within its header. Delete it and fetch it again.")
    shape = struct.unpack(f">{n_axes}I", content[4:start])
    n_bytes = math.prod(shape) * dtype.itemsize
    if len(content) - start != n_bytes:
        raise ValueError(
            f"{path} should hold {n_bytes} bytes for an array of shape {shape}, and holds "
            f"{len(content) - start}. Delete it and fetch it again."
        )
    # astype copies: an array of one's own, writeable and in the machine's byte order
    array = np.frombuffer(content, dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="))


def encode_idx(array):
    """Return the bytes of the IDX file that holds `array`."""
    array = np.asarray(array)
    codes = {dtype.newbyteorder("="): code for code, dtype in IDX_DTYPES.items()}
    code = codes.get(array.dtype.newbyteorder("="))
    if code is None:
        names = ", ".join(str(dtype) for dtype in codes)
        raise ValueError(f"IDX holds {names}, not {array.dtype}: convert the array with astype.")
    if array.ndim > 255 or any(length >= 2**32 for length in array.shape):
        raise ValueError(f"An array of shape {array.shape} is too large for an IDX file.")
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    return header + array.astype(IDX_DTYPES[code]).tobytes()


def read_idx(path):
    """Read an array from an IDX file.

    Parameters
    ----------
    path : str or path-like
        The file, as it is or compressed with gzip; its first bytes tell which, not its name.

    Returns
    -------
    array : ndarray
        The numbers in the machine's byte order: uint8, int8, int16, int32, float32 or float64.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    OSError
        If it cannot be read.
    ValueError
        If it is damaged, cut short or no IDX file.

    See Also
    --------
    write_idx : The reverse.
    load_idx : Images and labels of a dataset in four such files.

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
    return decode_idx(read_content(path), path)


def write_idx(path, array):
    """Write an array to an IDX file, all of it or nothing.

    The numbers go to a file of another name in the same folder, which then takes the place of
    `path` in one step: nobody ever finds half a file. The same array gives the same bytes.

    Parameters
    ----------
    path : str or path-like
        The file to write. It is compressed if its name ends in ``.gz``. Its folder is made if need
        be; what is there is replaced.
    array : array-like
        Of uint8, int8, int16, int32, float32 or float64.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If the format has no such numbers, such as int64.

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
    if path.suffix == ".gz":
        content = gzip.compress(content, mtime=0)  # no date: the same array, the same bytes
    with atomic_write(path, "wb") as file:
        file.write(content)
