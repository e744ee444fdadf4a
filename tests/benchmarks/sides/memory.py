"""How much memory this process has used, as Linux counts it. Needs the standard library alone."""

import re
from pathlib import Path

RESET_PEAK = "5"


def _status(field):
    """Return a size of this process in bytes."""
    if not Path("/proc/self/clear_refs").exists():
        raise OSError("memory is measured on Linux only")
    match = re.search(rf"^{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.M)
    return int(match[1]) * 1024


class MemoryMeter:
    """Measures the memory of this process from now on, in bytes.

    Attributes
    ----------
    before : int
        In memory now.
    """

    def __init__(self):
        self._earlier_peak = _status("VmHWM")
        Path("/proc/self/clear_refs").write_text(RESET_PEAK)
        self.before = _status("VmRSS")

    def read(self):
        """Return the peak since the process began, and by how much that from now on exceeds now."""
        peak = _status("VmHWM")
        return {
            "peak_bytes": max(peak, self._earlier_peak),
            "extra_bytes": max(0, peak - self.before),
        }
