"""The machine and the versions that a part was measured with."""

import platform
import sys
from datetime import UTC, datetime

import torch

from skfashion.comparison._machine import describe_machine
from skfashion.neural_network import _device
from tests.benchmarks.worker import SideError

PATHS = {"--keras", "--out"}


def has_bfloat16():
    """Return whether the processor computes in bfloat16, by skfashion's own judgement."""
    return _device.has_bfloat16(torch.device("cpu"))


def command_line(arguments):
    """Return the command without the paths, which are of this machine alone."""
    shown, hide_next = [], False
    for word in arguments:
        option, equals, _ = word.partition("=")
        if hide_next:
            shown.append("PATH")
        else:
            shown.append(f"{option}=PATH" if option in PATHS and equals else word)
        hide_next = word in PATHS
    return " ".join(["python -m tests.benchmarks", *shown])


def circumstances(settings):
    """Return a dict, fit for JSON, of what the times depend on."""
    machine = describe_machine(n_jobs=1)
    for name in ("n_jobs", "thread_variables"):  # the workers have their own
        del machine[name]
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command_line(sys.argv[1:]),
        "repeats": settings.repeats,
        "threads": settings.threads,
        "images": settings.images,
        "bfloat16": has_bfloat16(),
        **machine,
        "platform": f"{platform.system()} {platform.machine()}",  # no build of a kernel
    }


def keras_versions(settings):
    """Return {package: version} of the environment that has Keras."""
    if settings.keras is None:
        return {}
    try:
        with settings.start("Keras") as worker:
            return worker.call("versions")
    except SideError:  # each part that needs it says so
        return {}
