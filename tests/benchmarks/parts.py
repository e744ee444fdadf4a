"""What is measured: the parts of the benchmark.

A part is a function of the settings that yields a row for each thing measured: a dict, fit for
JSON.
"""

import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path

import numpy as np

from tests.benchmarks.networks import N_TRAIN, images_a_run
from tests.benchmarks.worker import ROOT, Worker

AGAINST = "skfashion, other version"
SIDES = {
    "skfashion": "skfashion_side:Skfashion",
    AGAINST: "skfashion_side:Skfashion",
    "Keras": "keras_side:Keras",
    "skorch": "torch_sides:Skorch",
    "PyTorch, plain": "torch_sides:PlainTorch",
    "PyTorch, tuned": "torch_sides:TunedTorch",
}
IN_BFLOAT16 = ("skfashion", AGAINST, "Keras", "PyTorch, tuned")
RUNS_A_REPEAT = 4  # short ones, as the speed of the machine changes within seconds
SINGLE_CALLS = 200  # predictions of one image, a repeat
SHARING_NETWORK = "LeNet-5"
SHARING_IMAGES = 1_600  # an epoch, of which a process trains as many as fit in the seconds
SHARING_SECONDS = 4
ONE_THREAD = "skfashion, one thread"
SHARING = {"skfashion": None, "Keras": None, "PyTorch, plain": None, ONE_THREAD: 1}  # threads
WAYS = {  # processes that train, and others that keep a core busy
    "alone": (1, 0),
    "two at once": (2, 0),
    "beside a busy process": (1, 1),
    "two beside a busy process": (2, 1),
}
CLOCKED_IMPORT = (
    "import time; start = time.perf_counter(); import skfashion; print(time.perf_counter() - start)"
)
START = time.monotonic()


class Settings:
    """The command's options, and the folder `data` that holds the images.

    `pythons` has the interpreters of the sides that have one of their own.
    """

    def at_most(self, n_images):
        """Return the number of images, or less if the option says so."""
        return n_images if self.images is None else min(n_images, self.images)

    def start(self, side, threads=None):
        """Return a new worker of the side."""
        python = self.pythons.get(side, sys.executable)
        return Worker(SIDES[side], self.data, threads or self.threads, python)


def say(text):
    """Print a line with the time since the start to the standard error."""
    minutes, seconds = divmod(int(time.monotonic() - START), 60)
    print(f"[{minutes:2}:{seconds:02}] {text}", file=sys.stderr, flush=True)


def in_turn(members, n_rounds):
    """Yield all members, `n_rounds` times, every other time backwards, so that none is favoured."""
    for k in range(n_rounds):
        yield from members if k % 2 == 0 else reversed(members)


def rounded(value):
    """Return the number with four significant digits."""
    return float(f"{value:.4g}")


def summarize(values):
    """Return the number of values, their median and quartiles, fit for JSON."""
    found = map(rounded, np.quantile(values, [0.5, 0.25, 0.75]))
    return {"n": np.size(values)} | dict(zip(("median", "q1", "q3"), found, strict=True))


def steadiness(values):
    """Return the 90th percentile divided by the median."""
    return rounded(np.quantile(values, 0.9) / np.median(values))


def ratio_rows(network, seconds):
    """Yield the ratios of skfashion's times to the others', run by run, as they took turns."""
    ours = ("skfashion", "skfashion, bfloat16")
    for one, other in product(ours, [variant for variant in seconds if variant not in ours]):
        if one in seconds and ("bfloat16" in one or "bfloat16" not in other):
            ratio = summarize(np.divide(seconds[one], seconds[other]))
            yield {"network": network, "variant": f"{one} / {other}", "ratio": ratio}


class Crew:
    """A worker for each variant, asked in turn.

    A variant is a side in a precision: "Keras", or "Keras, bfloat16" where the processor computes
    in it. Sides that do not have a network are left out while it is measured.
    """

    def __init__(self, settings, stack):
        with settings.start("skfashion") as worker:
            has_bfloat16 = worker.call("has_bfloat16")
        self.settings, self.workers = settings, {}
        for side in settings.sides:
            for precision in ("float32", "bfloat16"):
                if precision == "float32" or (side in IN_BFLOAT16 and has_bfloat16):
                    name = side if precision == "float32" else f"{side}, {precision}"
                    self.workers[name] = precision, stack.enter_context(settings.start(side))

    def prepare(self, network):
        """Have each side that has the network make it ready; return {variant: its threads}."""
        n_images, threads = self.settings.at_most(images_a_run(network)), {}
        for variant, (precision, worker) in self.workers.items():
            if network in worker.call("networks"):
                request = {"network": network, "precision": precision, "n_images": n_images}
                threads[variant] = worker.call("prepare", **request)
        self.ready = tuple(threads)
        return threads

    def rounds(self, n_rounds, method, **arguments):
        """Ask each ready variant `n_rounds` times, in turn; return {variant: its answers}."""
        answers = {variant: [] for variant in self.ready}
        for variant in in_turn(self.ready, n_rounds):
            answers[variant].append(self.workers[variant][1].call(method, **arguments))
        return answers


def training(settings):
    """Seconds an epoch, and the ratios of skfashion's to the others'."""
    with ExitStack() as stack:
        crew = Crew(settings, stack)
        for network in settings.networks:
            say(f"training: {network}")
            threads = crew.prepare(network)
            seconds = crew.rounds(RUNS_A_REPEAT * settings.repeats, "time_training")
            for variant, (accuracy,) in crew.rounds(1, "accuracy").items():
                yield {
                    "network": network,
                    "variant": variant,
                    "threads": threads[variant],
                    "seconds": summarize(seconds[variant]),
                    "steadiness": steadiness(seconds[variant]),
                    "accuracy": 100 * accuracy,
                }
            yield from ratio_rows(network, seconds)


def prediction(settings):
    """Seconds for the test images, and for one image."""
    with ExitStack() as stack:
        crew = Crew(settings, stack)
        for network in settings.networks:
            say(f"prediction: {network}")
            crew.prepare(network)
            seconds = crew.rounds(settings.repeats, "time_prediction")
            single = crew.rounds(settings.repeats, "time_single", n_calls=SINGLE_CALLS)
            for variant, calls in single.items():
                times = {"seconds": seconds[variant], "single": 1000 * np.ravel(calls)}
                row = {name: summarize(values) for name, values in times.items()}
                yield {"network": network, "variant": variant} | row
            yield from ratio_rows(network, seconds)


def fit_in_new_process(settings, side, network, n_images):
    """Return what an epoch in a process that does nothing else needs; {} without that network."""
    say(f"{network}, {side}: {n_images:,} images in a new process")
    with settings.start(side) as worker:
        has_it = network in worker.call("networks")
        return worker.call("fit_once", network=network, n_images=n_images) if has_it else {}


def memory(settings):
    """Memory of a process that trains for an epoch."""
    sides = [side for side in ("skfashion", "Keras") if side in settings.sides]
    for network, side in product(settings.networks, sides):
        found = fit_in_new_process(settings, side, network, settings.at_most(N_TRAIN))
        row = {key: rounded(found[key]) for key in found if key != "seconds"}
        yield {"network": network, "variant": side} | row


def scaling(settings):
    """Whether time and memory grow in step with the images: the set is repeated to make more."""
    whole, network = settings.at_most(N_TRAIN), "Simple dense"
    runs = defaultdict(list)
    for n_images in in_turn((whole // 10, whole, 10 * whole), min(3, settings.repeats)):
        runs[n_images].append(fit_in_new_process(settings, "skfashion", network, n_images))
    for n_images, found in runs.items():
        yield {
            "network": network,
            "variant": f"{n_images:,} images",
            "microseconds": summarize([1e6 * run["seconds"] / n_images for run in found]),
            "added_mb": summarize([run["added_mb"] for run in found]),
        }


def run_python(*arguments):
    """Run a new Python; return the seconds from its start to its end, and what it prints."""
    start = time.perf_counter()
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return time.perf_counter() - start, done.stdout


def starting(settings):
    """How long it takes until skfashion is there."""
    say("starting: import and help")
    script = Path(sys.executable).with_name("skfashion")
    command = [str(script)] if script.exists() else ["-m", "skfashion"]  # Windows has an .exe
    measured = {
        "import skfashion": lambda: float(run_python("-c", CLOCKED_IMPORT)[1]),
        "skfashion --help": lambda: run_python(*command, "--help")[0],
        "python -c pass": lambda: run_python("-c", "pass")[0],
    }
    seconds = {what: [] for what in measured}
    for what in in_turn(tuple(measured), 1 + 2 * settings.repeats):
        seconds[what].append(measured[what]())
    for what, values in seconds.items():  # the first run brought the files into the system's cache
        yield {"variant": what, "seconds": summarize(values[1:])}


def sharing(settings):
    """Seconds an epoch of 6,000 images with other processes on the machine."""
    is_chosen = SHARING_NETWORK in settings.networks
    for network in (SHARING_NETWORK,) if is_chosen else settings.networks:
        say(f"sharing: {network}")
        seconds = defaultdict(list)
        with ExitStack() as stack:
            workers = sharing_workers(settings, network, stack)
            for side, way in in_turn(tuple(product(workers, WAYS)), settings.repeats):
                seconds[side, way].append(train_together(workers[side], *WAYS[way]))
        for (side, way), runs in seconds.items():
            yield {
                **{"variant": f"{network}, {side}", "side": side, "way": way},
                "seconds": summarize(6_000 * np.array(runs)),
                "ratio": summarize(np.divide(runs, seconds[side, "alone"])),
            }


def sharing_workers(settings, network, stack):
    """Return {side: two workers that have the network ready}; `stack` closes them."""
    request = {"network": network, "precision": "float32"}
    n_images, workers = settings.at_most(SHARING_IMAGES), {}
    for name, threads in SHARING.items():
        side = "skfashion" if name == ONE_THREAD else name
        if side in settings.sides:
            pair = [stack.enter_context(settings.start(side, threads)) for _ in range(2)]
            if network in pair[0].call("networks"):
                workers[name] = pair
                for worker in pair:
                    worker.call("prepare", n_images=n_images, **request)
    return workers


def train_together(workers, n_training, n_busy):
    """Return [seconds an image] of each process that trains."""
    with busy_processes(n_busy), tempfile.TemporaryDirectory() as folder:
        request = {"folder": folder, "n_processes": n_training, "seconds": SHARING_SECONDS}
        for worker in workers[:n_training]:
            worker.ask("train_together", **request)
        return [worker.answer() for worker in workers[:n_training]]


@contextmanager
def busy_processes(n):
    """Keep `n` cores busy, as far as the system gives them to a process that never waits."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


PARTS = {part.__name__: part for part in (training, prediction, memory, starting, scaling, sharing)}
