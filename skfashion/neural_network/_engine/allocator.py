"""What glibc does with the memory that the batches of a training free."""

import ctypes
import os
import threading
from contextlib import contextmanager
from functools import cache

# from malloc.h
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX = -1, -3, -4
KEPT = {M_MMAP_MAX: 0, M_TRIM_THRESHOLD: -1}  # blocks of any size from the heap, never trimmed
# as glibc sets them itself once a block of 32 MB has been freed
USUAL = {M_MMAP_MAX: 65536, M_MMAP_THRESHOLD: 2**25, M_TRIM_THRESHOLD: 2**26}
VARIABLES = ("MALLOC_MMAP_MAX_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")


@cache
def library():
    """Return glibc; None where there is another library, or the user has set its allocator."""
    is_set = any(name in os.environ for name in VARIABLES)
    if is_set or "glibc.malloc." in os.environ.get("GLIBC_TUNABLES", "") or os.name != "posix":
        return None
    found = ctypes.CDLL(None)
    return found if hasattr(found, "gnu_get_libc_version") else None


class KeptMemory:
    """Has glibc keep, for the next batch, what is freed while any training runs.

    Otherwise it returns large blocks to the system and each batch requests them again, for which
    the kernel must clear every page. After the last training it returns such blocks once more when
    they are freed. What it has kept until then stays, as the next call of `partial_fit` needs it.
    """

    def __init__(self):
        self.lock, self.n_users = threading.Lock(), 0

    @contextmanager
    def __call__(self):
        """Keep memory in the block."""
        self._count(1, KEPT)
        try:
            yield
        finally:
            self._count(-1, USUAL)

    def _count(self, change, settings):
        """Add to the number of trainings; apply settings at the first one and after the last."""
        with self.lock:
            is_first, self.n_users = self.n_users == 0, self.n_users + change
            if (is_first or self.n_users == 0) and (glibc := library()):
                for name, value in settings.items():
                    glibc.mallopt(name, value)


kept_memory = KeptMemory()
