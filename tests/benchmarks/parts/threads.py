"""One process with all cores, or a process a core: which trains more images a second."""

from contextlib import ExitStack

from tests.benchmarks.networks import N_TRAIN
from tests.benchmarks.progress import say
from tests.benchmarks.results import rows_of, why_absent
from tests.benchmarks.summary import in_turn, shown
from tests.benchmarks.table import Table
from tests.benchmarks.worker import SideError

NETWORKS = ("Simple dense", "LeNet-5", "CNN 2")


def measure(settings):
    """Yield a row for each network and way to share the cores."""
    if settings.threads == 1:
        yield {"what": "threads", "skipped": "one core, or --threads 1: nothing to share"}
        return
    alone = settings.with_threads(1)
    with ExitStack() as stack:
        shared = stack.enter_context(settings.start("skfashion"))
        single = [stack.enter_context(alone.start("skfashion")) for _ in range(settings.threads)]
        ways = {
            (1, 1): single[:1],
            (1, settings.threads): [shared],
            (settings.threads, 1): single,
        }
        for network in settings.networks:
            if network in NETWORKS:
                say(f"threads: {network}")
                yield from rows_of_network(network, ways, settings)


def rows_of_network(network, ways, settings):
    """Yield the rows of a network; `ways` is {(processes, threads): workers}."""
    request = {
        "network": network,
        "precision": "float32",
        "n_images": settings.images_of(network),
    }
    rates = {way: [] for way in ways}
    try:
        for worker in {id(w): w for workers in ways.values() for w in workers}.values():
            worker.call("prepare", **request)
        for way in in_turn(tuple(ways), settings.repeats):
            rates[way].append(images_a_second(ways[way]))
    except SideError as error:
        yield {"what": "threads", "network": network, "error": str(error)}
        return
    for (processes, threads), values in rates.items():
        yield {"network": network, "processes": processes, "threads": threads, "rates": values}


def images_a_second(workers):
    """Return what all workers together train in a second, all at the same time."""
    for worker in workers:
        worker.ask("time_training")
    return sum(N_TRAIN / worker.answer()["seconds"] for worker in workers)


def tables(results):
    """Return the table."""
    rows, notes = [], ["Median ± half the interquartile range, of skfashion, float32."]
    for row in rows_of(results, "threads"):
        if why_absent(row):
            notes.append(f"{row.get('network', 'Threads')}: {why_absent(row)}.")
            continue
        name = f"{row['network']}: {row['processes']} x {row['threads']}"
        rows.append([name, shown(row["rates"], "{:,.0f}")])
    headers = ["processes x threads", "images a second"]
    return [Table("Training: all cores for one process, or one each", headers, rows, notes)]
