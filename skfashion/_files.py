"""Writing files so that nobody ever finds half of one."""

import os
import uuid
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path, mode="w"):
    """Open a hidden file beside `path` that takes its place once it is complete.

    If the block raises anything, an interrupt included, the hidden file is removed and what was at
    `path` stays.

    Parameters
    ----------
    path : str or path-like
        The file to write. Its folder is made if need be; what is there is replaced.
    mode : {"w", "wb"}, default="w"
        For text, in UTF-8 with line ends as they are given, or for bytes.

    Yields
    ------
    file : file object
        To write to.

    Raises
    ------
    OSError
        If the file cannot be written.

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
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # not tempfile: its files can be read by their owner only, and this one stays
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    options = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    try:
        with open(draft, mode, **options) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
