"""A process for each side, so that thread pools and allocators do not mix.

A request is a line of JSON on the standard input, and so is the answer on the standard output.
Imports the standard library alone, as the environment of another side need not have ours.
"""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
# How many threads, and how they wait, is for each library to decide, whatever we inherited.
THREAD_SETTINGS = ("OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "TF_NUM_")
COUNTS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


def serve(side):
    """Answer the requests on the standard input by the methods of `side`, until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not get in between
    for line in sys.stdin:
        method, arguments = json.loads(line)
        try:
            answer = {"result": getattr(side, method)(**arguments)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


def environment(threads):
    """Return the environment of a worker: on the CPU, with that many threads if not None."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(THREAD_SETTINGS)}
    count = {} if threads is None else dict.fromkeys(COUNTS, str(threads))
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    return {**kept, **count, **quiet, "CUDA_VISIBLE_DEVICES": ""}


class Worker:
    """A side, ``"file:Class"`` of this folder, in a process of its own; `data` has the images.

    After a failure `error` says why, and all answers are None.
    """

    def __init__(self, side, data, threads=None, python=sys.executable):
        self.error = None
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed by __exit__
        self.process = subprocess.Popen(
            [python, __file__, side, str(data)],
            env=environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )

    def ask(self, method, **arguments):
        """Send a request and do not wait; after a failure, none, or it would disturb the others."""
        if self.error:
            return
        with suppress(OSError):  # it has ended: `answer` says why
            print(json.dumps([method, arguments]), file=self.process.stdin, flush=True)

    def answer(self):
        """Wait for the answer to the request and return it."""
        line = None if self.error else self.process.stdout.readline()
        if line == "":
            code = self.process.wait()
            self.log.seek(0)
            self.error = f"ended with code {code}: {' '.join(self.log.read().split()[-30:])}"
        answer = json.loads(line) if line else {}
        self.error = self.error or answer.get("error")
        return answer.get("result")

    def call(self, method, **arguments):
        """Send a request and return the answer to it."""
        self.ask(method, **arguments)
        return self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        self.log.close()


def main(side, data):
    """Be the worker of a side."""
    del sys.path[0]  # this folder
    if side.startswith("skfashion"):
        # Before our checkout is on the path: that of another interpreter may be what is measured.
        import skfashion  # noqa: F401, into sys.modules
    sys.path.insert(0, str(ROOT))
    module, name = side.split(":")
    serve(getattr(import_module(f"tests.benchmarks.{module}"), name)(data))


if __name__ == "__main__":
    main(*sys.argv[1:])
