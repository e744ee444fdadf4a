"""Where to compute, and how finely."""

from contextlib import contextmanager

import torch

from skfashion._compat import cpu_has_bfloat16

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def resolve_device(device):
    """Return the torch device that `device` names; "auto" is the fastest that there is."""
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
    """Return whether `device` computes in bfloat16, not merely emulates it."""
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


@contextmanager
def default_dtype(dtype):
    """Make tensors of `dtype` where none is said."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
