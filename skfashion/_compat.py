"""All names of scikit-learn, joblib and torch that are private or that some versions do not have.

Other libraries may rename what is private in any release; pyproject.toml has the versions for which
these names are known. Importing this module does not load torch: its names are looked up when a
function here is called.
"""

import functools
import multiprocessing
import platform

import numpy as np
from joblib._parallel_backends import LokyBackend
from joblib.parallel import TASK_DONE
from sklearn.base import _fit_context as fit_context
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # before scikit-learn 1.9

    class CallbackSupportMixin:
        """Without callbacks."""


__all__ = [
    "CallbackSupportMixin",
    "Interval",
    "StrOptions",
    "as_one_task",
    "call_in_workers",
    "check_feature_names_in",
    "check_partial_fit_first_call",
    "check_sample_weight",
    "cpu_has_bfloat16",
    "dask_backend",
    "finished_calls",
    "fit_context",
    "foreach_copy",
    "has_callbacks",
    "is_worker_of_loky",
    "results_of",
    "returns_arrays",
    "validate_params",
]


def returns_arrays(transformer):
    """Return whether a transformer returns arrays, the default of `set_output`."""
    return _get_output_config("transform", transformer)["dense"] == "default"


def check_partial_fit_first_call(classifier, classes):
    """Set `classes_` in the first call of partial_fit, or compare `classes` in a later one.

    scikit-learn's private function of this name, written out.

    Parameters
    ----------
    classifier : estimator
    classes : array-like of shape (n_classes,) or None
        All labels that can occur; None is allowed once `classes_` is set.

    Returns
    -------
    is_first : bool

    Raises
    ------
    ValueError
        If the first call has no `classes`, or a later one has different ones.
    """
    known = getattr(classifier, "classes_", None)
    if classes is None:
        if known is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        return False
    classes = unique_labels(classes)
    if known is None:
        classifier.classes_ = classes
        return True
    if not np.array_equal(known, classes):
        raise ValueError(f"classes={classes} differs from the classes so far: {known}.")
    return False


def has_callbacks(estimator):
    """Return whether an estimator has callbacks of scikit-learn, its own or those of a Pipeline."""
    return bool(getattr(estimator, "_skl_callbacks", ()))


def as_one_task(fit):
    """Return the `fit` of a transformer, changed so that callbacks are told of its start and end.

    `fit_context` has to be applied to it.
    """

    @functools.wraps(fit)
    def told(estimator, X, y=None):
        if not has_callbacks(estimator):
            return fit(estimator, X, y)
        about = {"estimator": estimator, "X": X, "y": y}
        context = estimator._init_callback_context().call_on_fit_task_begin(**about)
        fit(estimator, X, y)
        context.call_on_fit_task_end(**about, reconstruction_attributes={})
        return estimator

    return told


def finished_calls(parallel):
    """Return the queue of a running joblib.Parallel: calls that are finished and not handed out.

    It is filled as results arrive if they are returned as "generator_unordered". A Parallel that
    is stopped by an error forgets its queue; this reference keeps it.
    """
    return getattr(parallel, "_jobs", ())  # without other processes or threads there is none


def results_of(calls):
    """Empty a queue of `finished_calls`; return the results of those that have not failed."""
    results = []
    while calls:
        call = calls.popleft()
        if call.status == TASK_DONE:
            results += call.get_result(None)
    return results


def is_worker_of_loky():
    """Return whether this process is a worker of joblib's loky, by the name that loky gives it."""
    return multiprocessing.current_process().name.startswith("LokyProcess")


def call_in_workers(parallel, function, *arguments):
    """Make the worker processes of a `joblib.Parallel` call a function when they start.

    Parallel has public arguments for this only since joblib 1.5. Backends other than loky are left
    as they are, and so is a function that the caller chose with `joblib.parallel_config`.
    """
    backend = parallel._backend
    if not isinstance(backend, LokyBackend):
        return
    if "initializer" in getattr(backend, "backend_kwargs", ()):
        return
    name = "_backend_kwargs" if hasattr(parallel, "_backend_kwargs") else "_backend_args"
    getattr(parallel, name).update(initializer=function, initargs=arguments)


def dask_backend(client):
    """Return joblib's backend for a Dask cluster, changed in two respects.

    An error of Dask itself, such as a call whose workers die, is raised; joblib would wait for its
    result forever. And calls go to the cluster even if that has a single worker.
    """
    from joblib._dask import DaskDistributedBackend

    class RaisingBackend(DaskDistributedBackend):
        def submit(self, func, callback=None):
            return self._watched(super().submit(func, callback), callback)

        def apply_async(self, func, callback=None):  # its name before joblib 1.5
            return self._watched(super().apply_async(func, callback), callback)

        def _watched(self, future, callback):
            future.add_done_callback(lambda done: done.exception() and callback(done.exception()))
            return future

        def retrieve_result_callback(self, out):
            if isinstance(out, BaseException):
                raise out
            return super().retrieve_result_callback(out)

        def effective_n_jobs(self, n_jobs):
            return max(2, super().effective_n_jobs(n_jobs))  # with one, joblib would compute here

    return RaisingBackend(client=client)


def cpu_has_bfloat16():
    """Return whether the processor computes in bfloat16 rather than emulating it."""
    import torch

    if platform.machine().lower() in ("x86_64", "amd64"):
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


def foreach_copy(targets, sources):
    """Copy each of a list of tensors into the target at the same place, all in one call."""
    import torch

    torch._foreach_copy_(targets, sources)
