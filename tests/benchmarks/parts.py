"""What is measured: the parts of the benchmark.

A part is a function of the settings that yields the rows of its table: dicts whose keys are the
heads of the columns. Its docstring goes above the table.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path

import numpy as np

from tests.benchmarks.networks import ARTICLE, IMAGES_A_RUN, N_TEST, N_TRAIN, varied
from tests.benchmarks.side import FILE
from tests.benchmarks.worker import ROOT, Worker

AGAINST = "other version"
SKFASHION = "skfashion_side:Skfashion"
SIDES = {  # each by its class; a bfloat16 at the end of the name is its precision
    "skfashion": SKFASHION,
    "skfashion, bfloat16": SKFASHION,
    AGAINST: SKFASHION,
    f"{AGAINST}, bfloat16": SKFASHION,
    "Keras": "keras_side:Keras",
    "Keras, bfloat16": "keras_side:Keras",
    "skorch": "torch_sides:Skorch",
    "PyTorch, plain": "torch_sides:PlainTorch",
    "PyTorch, tuned": "torch_sides:TunedTorch",
    "PyTorch, tuned, bfloat16": "torch_sides:TunedTorch",
}
OURS = ("skfashion", "skfashion, bfloat16")
SEARCHED = "CNN2"
YARDSTICK = "Keras, CNN 2"  # whose time is one
SIZES = ("S", "M", "L", "XL")  # of the recipe
FRONT_IMAGES = 6_400
BYTES_PER_IMAGE = 28 * 28
MAPPED = {"SimpleDense": None, "CNN1": 60}  # the seconds after which the training is stopped
SHARING_NETWORK, SHARING_IMAGES = "LeNet5", 6_000
WAYS = {  # processes that train, and others that keep a core busy
    "alone": (1, 0),
    "two at once": (2, 0),
    "beside a busy process": (1, 1),
    "two beside a busy process": (2, 1),
}


class Settings:
    """The command's options, the folder `data` of the images, and the errors of a part."""

    @contextmanager
    def start(self, side, threads=None):
        """Start a worker of the side, with the Python that has it; record its error, if any."""
        python = self.pythons.get(side.removesuffix(", bfloat16"), sys.executable)
        with Worker(SIDES[side], self.data, threads or self.threads, python) as worker:
            yield worker
        if worker.error:
            self.errors.append(f"{side}: {worker.error}")


def in_turn(members, n_rounds):
    """Yield all members `n_rounds` times, alternately forwards and backwards, to favour none."""
    for k in range(n_rounds):
        yield from members if k % 2 == 0 else reversed(members)


def rounded(value):
    """Return the number with four significant digits, as the page shows it."""
    return float(f"{value:.4g}")


def summarize(values):
    """Return the median and quartiles, fit for JSON."""
    found = map(rounded, np.quantile(values, [0.5, 0.25, 0.75]))
    return dict(zip(("median", "q1", "q3"), found, strict=True))


def ratios(seconds, side):
    """Return the ratios of skfashion's times to the side's, run by run, as they took turns."""
    return {
        f"{ours} / it": "" if ours == side else summarize(np.divide(seconds[ours], seconds[side]))
        for ours in OURS
        if ours in seconds
    }


def has(side, network):
    """Return whether the side has the network: new ones are only in the package."""
    return network in ARTICLE or SIDES[side] == SKFASHION


def crews(settings, networks, sides, n_train=None):
    """Yield each network, and {side: worker} of those that have it ready."""
    with ExitStack() as stack:
        workers = {side: stack.enter_context(settings.start(side)) for side in sides}
        for network in networks:
            print(network, file=sys.stderr)
            crew = {side: worker for side, worker in workers.items() if has(side, network)}
            n_run = n_train or IMAGES_A_RUN * (4 if network == "SimpleDense" else 1)
            n_images = [min(n, settings.images) for n in (n_run, N_TEST)]
            for side, worker in crew.items():
                worker.call("prepare", network=network, side=side, n_images=n_images)
            yield network, crew


def rounds(crew, n_rounds, method, **arguments):
    """Call each side `n_rounds` times, in turn; return {side: its answers} of those that worked."""
    answers = defaultdict(list)
    for side in in_turn(tuple(crew), n_rounds):
        answers[side].append(crew[side].call(method, **arguments))
    return {side: answers[side] for side in crew if not crew[side].error}


def training(settings):
    """Seconds per epoch of 60,000 images, from short runs after a warm-up, in batches of 32.

    *p90 / median* is the 90th percentile of the runs divided by their median: how steady they are.
    skfashion and Keras record the loss and the accuracy of the epoch, skorch the loss, the PyTorch
    loops nothing. The accuracy on the test images at the end shows that all sides learnt.
    """
    for network, crew in crews(settings, settings.networks, settings.sides):
        seconds = rounds(crew, settings.runs, "time_training")
        finished = rounds(crew, 1, "state")
        for side, ((accuracy, n_threads),) in finished.items():
            yield {
                **{"network": network, "side": side, "seconds": summarize(seconds[side])},
                "p90 / median": rounded(np.quantile(seconds[side], 0.9) / np.median(seconds[side])),
                **ratios({name: seconds[name] for name in finished}, side),
                **{"accuracy": rounded(accuracy), "threads": n_threads, "n": len(seconds[side])},
            }


def prediction(settings):
    """Seconds for the labels of 10,000 images in one call, and milliseconds for a single image.

    skfashion scales and pads the pixels in that time, for the others this is done before. The batch
    size is each side's default, 256 in the PyTorch loops; for a single image Keras uses
    predict_on_batch, its fastest call. The ratios are those of the seconds.
    """
    for network, crew in crews(settings, settings.networks, settings.sides):
        seconds = rounds(crew, settings.repeats, "time_prediction")
        single = rounds(crew, settings.repeats, "time_single")
        for side, calls in single.items():
            yield {
                **{"network": network, "side": side, "seconds": summarize(seconds[side])},
                **ratios({name: seconds[name] for name in single}, side),
                **{"one image, ms": summarize(1000 * np.ravel(calls)), "n": len(seconds[side])},
            }


def exported(settings):
    """Milliseconds for the probabilities of a single image: predict_proba, and a file of ONNX.

    onnxruntime runs the file that `skfashion.export.to_onnx` writes, with its default settings.
    Both scale and pad the pixels in that time. *difference* is the largest one between their
    probabilities.
    """
    for network, crew in crews(settings, settings.networks, ["skfashion"]):
        for found in rounds(crew, settings.repeats, "time_exported").values():
            apart = max(difference for _, difference in found)
            times = {side: np.concatenate([run[side] for run, _ in found]) for side in found[0][0]}
            for side, seconds in times.items():
                yield {
                    **{"network": network, "side": side},
                    "one image, ms": summarize(1000 * seconds),
                    "/ skfashion": rounded(np.median(seconds) / np.median(times["skfashion"])),
                    **{"difference": rounded(apart), "n": len(seconds)},
                }


def fit_in_new_process(settings, side, network, n_images):
    """Return seconds and MB of an epoch in a process of its own, or None if it fails."""
    print(f"{network}, {side}: {n_images:,} images in a new process", file=sys.stderr)
    with settings.start(side) as worker:
        return worker.call("fit_once", network=network, n_images=n_images)


def memory(settings):
    """MB that a new process uses to load all images and train on them for one epoch.

    *At most* includes the libraries and the images, which are float32 for Keras, as in the
    article's code; *added* is what the training itself adds. One run each.
    """
    for network, side in product(settings.networks, ("skfashion", "Keras")):
        if side in settings.sides and has(side, network):
            found = fit_in_new_process(settings, side, network, min(N_TRAIN, settings.images))
            if found is not None:
                _, peak, added = map(rounded, found)
                yield {"network": network, "side": side, "at most": peak, "added": added}


def scaling(settings):
    """Microseconds per image, and MB that a training adds to those of the images, by their number.

    One epoch of the dense network, in float32, in a new process. The images, of 784 bytes each, are
    repeated to have more of them.
    """
    whole, runs = min(N_TRAIN, settings.images), defaultdict(list)
    for n_images in in_turn((whole // 10, whole, 10 * whole), min(3, settings.repeats)):
        found = fit_in_new_process(settings, "skfashion", "SimpleDense", n_images)
        if found is not None:
            runs[n_images].append((1e6 * found[0] / n_images, found[2]))
    for n_images, found in runs.items():
        times, sizes = map(summarize, zip(*found, strict=True))
        yield {"images": f"{n_images:,}", "microseconds": times, "MB": sizes, "n": len(found)}


def starting(settings):
    """Seconds from the start of a new process to its end."""
    arguments = {
        "import skfashion": ("-c", "import skfashion"),
        "skfashion --help": ("-m", "skfashion", "--help"),
        "python -c pass": ("-c", "pass"),
    }
    seconds = defaultdict(list)
    for what in in_turn(tuple(arguments), 1 + 2 * settings.repeats):
        start = time.perf_counter()
        command = [sys.executable, *arguments[what]]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        seconds[what].append(time.perf_counter() - start)
    for what, values in seconds.items():  # the first run filled the cache of the system
        yield {"what": what, "seconds": summarize(values[1:]), "n": len(values) - 1}


def sharing(settings):
    """Seconds per epoch of 6,000 images, with other processes on the machine.

    Processes that train start together, and continue until all have measured. A busy process is an
    empty loop in Python.
    """
    networks = {SHARING_NETWORK} & set(settings.networks) or settings.networks
    sides = [s for s in ("skfashion", "Keras", "PyTorch, plain") if s in settings.sides]
    pair = [crews(settings, networks, sides, SHARING_IMAGES) for _ in range(2)]
    for (network, first), (_, second) in zip(*pair, strict=True):
        seconds = defaultdict(list)
        for side, way in in_turn(tuple(product(first, WAYS)), settings.repeats):
            seconds[side, way].append(train_together((first[side], second[side]), *WAYS[way]))
        for side, way in seconds:
            if not (first[side].error or second[side].error):
                runs, alone = np.array(seconds[side, way]), seconds[side, "alone"]
                row = {"network": network, "side": side, "processes": way}
                times = {"seconds": summarize(runs * SHARING_IMAGES)}
                yield row | times | {"/ alone": summarize(runs / alone), "n": len(runs)}


def train_together(workers, n_training, n_busy):
    """Return the seconds per image of each process that trains."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n_busy)]
    with tempfile.TemporaryDirectory() as folder:
        for worker in workers[:n_training]:
            worker.ask("train_together", folder=folder, n_processes=n_training)
        found = [worker.answer() for worker in workers[:n_training]]
    for process in busy:
        process.kill()
        process.wait()
    return found


def front(settings):
    """Time and accuracy of the Pipelines of `skfashion.recipes.best`, beside CNN 2 in Keras.

    *seconds* are those of all epochs on 60,000 images: 8 of Keras in batches of 32, as in the
    article. They are scaled from one epoch of few images, for which the sides take turns: a machine
    may change its speed during whole trainings. *accuracy* is the mean in per cent on the 10,000
    test images after whole trainings, *wrong* the share of them that is classified wrongly, and
    *sd* the standard deviation over the random states 0, 1, and so on, of which there are *n*.
    """
    n_images = min(FRONT_IMAGES, settings.images)
    with ExitStack() as stack:
        sides = [side for side in ("Keras", "skfashion") if side in settings.sides]
        workers = {side: stack.enter_context(settings.start(side)) for side in sides}
        names = {"Keras": [YARDSTICK], "skfashion": [f"Fast ResNet {size}" for size in SIZES]}
        members = [(side, name) for side in workers for name in names[side]]
        seconds, epochs = defaultdict(list), {}
        for side, name in in_turn(members, 2 * min(4, settings.repeats)):
            answer = workers[side].call("time_part", name=name, n_images=n_images)
            if answer is not None:
                epochs[name], whole = answer
                seconds[name].append(whole)
        found = defaultdict(list)
        for k, (side, name) in product(range(settings.repeats), members):
            if name[-2:].strip() in settings.sizes:
                arguments = {"name": name, "random_state": k, "n_images": settings.images}
                found[name].append(workers[side].call("whole_training", **arguments))
                print(f"{name}, random state {k}: {found[name][-1]}", file=sys.stderr)
        for side, name in members:
            if workers[side].error:
                continue
            row = {"Pipeline": name, "epochs": epochs[name], "seconds": summarize(seconds[name])}
            if YARDSTICK in seconds:
                row["/ Keras"] = summarize(np.divide(seconds[name], seconds[YARDSTICK]))
            accuracy = np.array(found[name])
            if len(accuracy):
                row |= {"accuracy": rounded(accuracy.mean()), "n": len(accuracy)}
                row["wrong"] = rounded(100 - accuracy.mean())
                row["sd"] = rounded(accuracy.std(ddof=1)) if len(accuracy) > 1 else ""
            yield row


def searching(settings):
    """Seconds of a GridSearchCV over 4 learning rates and 2, 4, 6 and 8 epochs, in 2 folds.

    With `memory`, in an empty folder, and without, in turn, on 6,000 images in batches of 32. *same
    scores* says whether all scores of the two searches are equal, to the last digit.
    """
    networks = {SEARCHED} & set(settings.networks) or settings.networks
    with settings.start("skfashion") as worker:
        for network in networks:
            n_images = min(SHARING_IMAGES, settings.images)
            found = defaultdict(list)
            for has_memory in in_turn((False, True), min(3, settings.repeats)):
                arguments = {"network": network, "n_images": n_images, "has_memory": has_memory}
                found[has_memory].append(worker.call("search", **arguments))
            if worker.error:
                continue
            seconds = {key: np.array([run[0] for run in runs]) for key, runs in found.items()}
            scores = [run[1] for runs in found.values() for run in runs]
            for has_memory, words in ((False, "without"), (True, "with")):
                yield {
                    **{"network": network, "memory": words},
                    "seconds": summarize(seconds[has_memory]),
                    "/ without": summarize(seconds[has_memory] / seconds[False]),
                    **{"same scores": str(all(s == scores[0] for s in scores)).lower()},
                    **{"n": len(seconds[has_memory])},
                }


def beyond_memory(settings):
    """Images per second, and MB, of a training on a file of images that is mapped into memory.

    The images are the real ones, moved by up to two pixels and with noise, so that none is the same
    again. The dense network is trained for one epoch, CNN 1 for at most a minute of it, each in a
    new process. *anonymous* is the most memory of the process that is not a part of a file, the
    libraries' included, and *added* what the training added to it. *file* is the size of the file.
    One run each.
    """
    sizes = (min(N_TRAIN, settings.images), settings.mapped_images)
    with tempfile.TemporaryDirectory() as folder:
        path, n_bytes = Path(folder, "images"), max(sizes) * BYTES_PER_IMAGE
        if shutil.disk_usage(folder).free < 1.1 * n_bytes:
            settings.errors.append(f"The disk has no place for {n_bytes / 1e9:.1f} GB.")
            return
        write_varied(path, settings.data, max(sizes))
        for (network, seconds), n_images in product(MAPPED.items(), sizes):
            if network not in settings.networks:
                continue
            with settings.start("skfashion") as worker:
                arguments = {"network": network, "n_images": n_images, "seconds": seconds}
                found = worker.call("fit_mapped", path=str(path), **arguments)
            if found is not None:
                names = ("images per second", "anonymous", "added")
                measured = dict(zip(names, map(rounded, found), strict=True))
                size = rounded(n_images * BYTES_PER_IMAGE / 1e6)
                yield {"network": network, "images": f"{n_images:,}", **measured, "file": size}


def write_varied(path, data, n_images):
    """Write a file of as many different images as asked for, made from those of the folder."""
    with np.load(Path(data, FILE)) as arrays:
        images = arrays["X_train"]
    rng = np.random.default_rng(0)
    with open(path, "wb") as file:
        for n_left in range(n_images, 0, -len(images)):
            varied(images[:n_left], rng).tofile(file)


def cluster(settings):
    """Seconds of a GridSearchCV over 6 learning rates in 2 folds, on a Dask cluster.

    The workers are processes of this machine, with one thread each, and there are 6,000 images. A
    search on few images comes before, which loads the libraries. *moved* are the MB that all
    programs on the machine have sent in that time, by any network device; *images* are the MB of
    the images. *same scores* says whether all scores are those of a search without a cluster, to
    the last digit.
    """
    from tests.dask_cluster import dask_cluster

    networks = {SHARING_NETWORK} & set(settings.networks) or settings.networks
    n_images = min(SHARING_IMAGES, settings.images)
    for network in networks:
        arguments = {"network": network, "n_images": n_images}
        found = defaultdict(list)
        with settings.start("skfashion", threads=1) as worker:
            here = worker.call("search_on_cluster", address=None, **arguments)
            for n_workers in in_turn((1, 2), min(3, settings.repeats)):
                with (
                    tempfile.TemporaryDirectory() as folder,
                    dask_cluster(Path(folder), n_workers) as address,
                ):
                    answer = worker.call("search_on_cluster", address=address, **arguments)
                found[n_workers].append(answer)
            if worker.error:
                continue
        alone = np.array([run[0] for run in found[1]])
        for n_workers, runs in found.items():
            seconds, moved, scores = zip(*runs, strict=True)
            yield {
                **{"network": network, "workers": n_workers, "tasks": len(here[2])},
                **{"images": rounded(n_images * BYTES_PER_IMAGE / 1e6)},
                **{"moved": summarize(np.divide(moved, 1e6)), "seconds": summarize(seconds)},
                "/ 1 worker": summarize(np.array(seconds) / alone),
                **{"same scores": str(all(s == here[2] for s in scores)).lower(), "n": len(runs)},
            }


PARTS = {
    part.__name__: part
    for part in (
        *(training, prediction, exported, memory, starting, scaling, beyond_memory),
        *(sharing, searching, cluster, front),
    )
}
