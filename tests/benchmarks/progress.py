"""What is seen of the benchmark while it runs."""

import sys
import time

START = time.monotonic()


def say(text):
    """Print a line with the time since the start to the standard error."""
    minutes, seconds = divmod(int(time.monotonic() - START), 60)
    print(f"[{minutes:2}:{seconds:02}] {text}", file=sys.stderr, flush=True)
