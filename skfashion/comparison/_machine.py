"""The machine and the versions with which results were measured."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import joblib

PACKAGES = (
    "skfashion",
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "scikit-image",
    "joblib",
    "torch",
    "skorch",
)
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def cpu_model():
    """Return the processor's name as its vendor gives it, or the architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def package_versions():
    """Return {package: installed version}, without importing the packages."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # an optional one
            continue
    return versions


def describe_machine(n_jobs):
    """Return what timings depend on, as a dict that JSON can hold.

    Parameters
    ----------
    n_jobs : int
        How many estimators are fitted at the same time.
    """
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "usable_cores": joblib.cpu_count(),
        "n_jobs": n_jobs,
        "thread_variables": {
            name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ
        },
        "platform": platform.platform(),
        "python": platform.python_version(),
        "packages": package_versions(),
    }
