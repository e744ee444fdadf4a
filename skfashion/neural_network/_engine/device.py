"""Device and precision of the computations."""

import re
from contextlib import contextmanager

import torch

from skfashion._compat import cpu_has_bfloat16

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def resolve_device(device):
    """Return the torch device that `device` names; "auto" is the fastest available."""
    if device != "auto":
        try:
            torch.zeros(1, device=device).item()
        except (AssertionError, RuntimeError) as error:  # what torch raises, at length
            raise ValueError(
                f"device={device!r} cannot be used here: {str(error).partition('. ')[0]}. Set "
                'device="auto" for the fastest device that there is, or device="cpu".'
            ) from error
        return torch.device(device)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def has_bfloat16(device):
    """Return whether `device` computes in bfloat16 rather than emulating it."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    return cpu_has_bfloat16()


def check_precision(precision, device):
    """Raise a ValueError if `device` does not compute in that precision."""
    if precision == "bfloat16" and not has_bfloat16(device):
        raise ValueError(
            f"precision={precision!r}, but this {device.type} does not compute in bfloat16. "
            "Set precision='float32'."
        )


OUT_OF_MEMORY = re.compile("out of memory|can't allocate memory|not enough memory", re.IGNORECASE)
REQUESTED = re.compile(r"tried to allocate ([\d.]+) ?(\w+)", re.IGNORECASE)


@contextmanager
def explained_allocation_errors(advice):
    """Raise a MemoryError that says what to do where torch cannot allocate memory.

    Parameters
    ----------
    advice : str
        A sentence that says what to do.

    Raises
    ------
    MemoryError
        In place of torch's RuntimeError about memory. Its other errors are left as they are.
    """
    try:
        yield
    except RuntimeError as error:
        if not OUT_OF_MEMORY.search(str(error)):
            raise
        requested = REQUESTED.search(str(error))
        size = (
            f": torch tried to allocate {readable_size(*requested.groups())}" if requested else ""
        )
        raise MemoryError(f"There is not enough memory{size}. {advice}") from error


def readable_size(number, unit):
    """Return a size as torch gives it, with bytes as GiB."""
    return f"{int(number) / 2**30:,.1f} GiB" if unit == "bytes" else f"{number} {unit}"


@contextmanager
def default_dtype(dtype):
    """Make `dtype` the default type of new tensors."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
