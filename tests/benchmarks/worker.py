"""A process of its own for each side, so that thread pools and allocators do not mix.

A request is a line of JSON on the standard input, ``{"method": ..., "arguments": {...}}``, and so
is the answer on the standard output, ``{"result": ...}`` or ``{"error": ...}``. Between two
requests the process waits for a line, which costs the one that is measured nothing.

Imports the standard library alone, for Keras's environment need not have anything of ours.
"""

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS_TO_END = 10
LOG_LINES = 3


class SideError(Exception):
    """A side could not do what it was asked; the message is its own."""


def serve(side):
    """Answer the requests on the standard input by the methods of `side`, until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not get in between
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"result": getattr(side, request["method"])(**request["arguments"])}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


def environment(threads):
    """Return the environment of a worker: on the CPU, with that many threads in any library."""
    count = dict.fromkeys(
        (
            *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
            *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
        ),
        str(threads),
    )
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    return {**os.environ, **count, **quiet, "CUDA_VISIBLE_DEVICES": ""}


class Worker:
    """A side in a process of its own.

    Parameters
    ----------
    module : str
        Its file, as a name with dots.
    data : path-like
        The folder that `sides.images.save_images` has filled.
    threads : int
    python : str, optional
        The interpreter, if it is another than this one.
    """

    def __init__(self, module, data, threads, python=sys.executable):
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed by close()
        self.process = subprocess.Popen(
            [python, "-m", module, str(data)],
            cwd=ROOT,
            env=environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )

    def ask(self, method, **arguments):
        """Send a request and do not wait."""
        line = json.dumps({"method": method, "arguments": arguments})
        try:
            print(line, file=self.process.stdin, flush=True)
        except OSError:
            raise SideError(self._why_it_ended()) from None

    def answer(self):
        """Wait for the answer to the request and return it."""
        line = self.process.stdout.readline()
        if not line:
            raise SideError(self._why_it_ended())
        answer = json.loads(line)
        if "error" in answer:
            raise SideError(answer["error"])
        return answer["result"]

    def call(self, method, **arguments):
        """Send a request and return the answer to it."""
        self.ask(method, **arguments)
        return self.answer()

    def _why_it_ended(self):
        code = self.process.wait()
        self.log.seek(0)
        last_lines = [line.strip() for line in self.log if line.strip()][-LOG_LINES:]
        return f"the process ended with code {code}: {' | '.join(last_lines)}"

    def close(self):
        """End the process: it does so by itself when its input ends."""
        with suppress(OSError):  # it has ended, with a request in the pipe
            self.process.stdin.close()
        try:
            self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
