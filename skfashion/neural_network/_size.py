"""How large a network is, and whether the device has the memory to train it."""

from pathlib import Path

import torch

from skfashion._images import warn_caller
from skfashion.neural_network._engine.device import default_dtype, resolve_device

MANY_PARAMETERS = 50_000_000
BYTES_PER_NUMBER = 4
WHAT_TO_DO = (
    "Most of them are usually in the dense layer after the last convolution, whose size grows with "
    "that of the images: use smaller images."
)
# Limits of a container, in the two versions of Linux's control groups: (limit, used, statistics).
CONTAINER_FILES = (
    (
        "/sys/fs/cgroup/memory.max",
        "/sys/fs/cgroup/memory.current",
        "/sys/fs/cgroup/memory.stat",
    ),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat",
    ),
)
PAGE_CACHE = (  # lines of the statistics; in version 1 "total_" includes groups within
    ("active_file", "inactive_file"),
    ("total_active_file", "total_inactive_file"),
)


def count_parameters(make_module):
    """Return the number of parameters of the module that a function makes, without its memory.

    None if the module cannot be made on torch's device "meta".
    """
    try:
        with torch.device("meta"), default_dtype(torch.float32):
            module = make_module()
    except (RuntimeError, NotImplementedError, TypeError, ValueError):
        return None
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def numbers_per_parameter(optimizer, momentum, averaging=None):
    """Return how many numbers a training keeps for each parameter.

    They are the weight, the gradient, the optimiser's moments and the averages. For an optimiser of
    the user's own, the least that there can be.
    """
    n_averages = {None: 0, "ema": 1, "lookahead": 2}[averaging]
    if optimizer in ("adam", "adamw", "nadam"):
        return 4 + n_averages
    has_momentum = optimizer == "muon" or (optimizer == "sgd" and momentum)
    return n_averages + (3 if has_momentum else 2)


def check_size(n_parameters, numbers_each, device="cpu", n_present=0):
    """Warn of a very large network, and raise an error if it cannot fit into memory.

    Parameters
    ----------
    n_parameters : int
    numbers_each : int
        As `numbers_per_parameter` returns it.
    device : str or torch.device, default="cpu"
        Where the network will be trained, as the parameter `device` of a network says it.
    n_present : int, default=0
        How many of the numbers are in the memory of this process already.

    Raises
    ------
    MemoryError
        If the weights, gradients and the optimiser's moments need more than the device has.
    """
    device = resolve_device(device)
    needed = n_parameters * BYTES_PER_NUMBER * numbers_each
    message = (
        f"The network has {n_parameters:,} parameters, and training it takes at least "
        f"{gigabytes(needed)} of memory"
    )
    available = available_memory(device)
    present = n_parameters * BYTES_PER_NUMBER * n_present if device.type == "cpu" else 0
    if available is not None and needed - present > available:
        where = "" if device.type == "cpu" else f" on {device}"
        raise MemoryError(
            f"{message}, but only {gigabytes(available)} are available{where}. {WHAT_TO_DO}"
        )
    if n_parameters > MANY_PARAMETERS:
        warn_caller(f"{message}. {WHAT_TO_DO}")


def gigabytes(n_bytes):
    """Return a number of bytes in words."""
    return f"{n_bytes / 1e9:,.1f} GB"


def available_memory(device):
    """Return the bytes of memory that this process may still take on a device, or None if unknown.

    Parameters
    ----------
    device : torch.device
    """
    if device.type == "cpu":
        return available_memory_of_host()
    return available_memory_of_gpu(device) if device.type == "cuda" else None


def available_memory_of_gpu(device):
    """Return the free bytes of a CUDA device and those that torch reserved and does not use."""
    free, _ = torch.cuda.mem_get_info(device)
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def available_memory_of_host():
    """Return the bytes of memory that this process may still take, or None if unknown.

    The limit of a container counts where it is lower than what the machine has left.
    """
    left = [free_memory_of_machine()]
    for limit, used, statistics in CONTAINER_FILES:
        try:
            free = int(Path(limit).read_text()) - int(Path(used).read_text())
        except (OSError, ValueError):  # no such file, or "max"
            continue
        left.append(free + page_cache(statistics))
    return min((n_bytes for n_bytes in left if n_bytes is not None), default=None)


def page_cache(statistics):
    """Return the bytes of files that a container's usage includes; they make room when needed."""
    try:
        lines = [line.split() for line in Path(statistics).read_text().splitlines()]
        n_bytes = {name: int(number) for name, number in lines}
    except (OSError, ValueError):
        return 0
    return max(sum(n_bytes.get(name, 0) for name in names) for names in PAGE_CACHE)


def free_memory_of_machine():
    """Return the bytes of memory that the machine has left, or None where Linux's file is not."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    kilobytes = [int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return 1024 * kilobytes[0] if kilobytes else None
