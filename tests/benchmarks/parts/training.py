"""Seconds an epoch, all sides in turn, and the part of the machine's arithmetic that is."""

from tests.benchmarks.crew import Crew
from tests.benchmarks.flops import training_flops
from tests.benchmarks.machine import has_bfloat16
from tests.benchmarks.networks import N_TRAIN, NETWORKS
from tests.benchmarks.parts.side_by_side import absences, comparison_table, label
from tests.benchmarks.progress import say
from tests.benchmarks.results import find_row
from tests.benchmarks.sides import VARIANTS
from tests.benchmarks.summary import median, shown
from tests.benchmarks.table import Table

PRECISIONS = ("float32", "bfloat16")
RUNS_A_REPEAT = 4  # short ones, as the speed of the machine changes within seconds
RATES = ("convolution", "matrix")


def measure(settings):
    """Yield a row for each network and variant, then one for each of the machine's rates."""
    rates = {precision: [] for precision in PRECISIONS if precision != "bfloat16" or has_bfloat16()}
    with Crew(settings) as crew, settings.start("machine_side") as machine:
        for network in settings.networks:
            say(f"training: {network}")
            crew.prepare(network)
            for precision, measured in rates.items():
                measured.append(machine.call("rates", precision=precision))
            yield from rows_of_network(crew, network)
            for precision, measured in rates.items():
                measured.append(machine.call("rates", precision=precision))
    for precision, measured in rates.items():
        yield {"what": "rates", "precision": precision} | {
            name: [each[name] for each in measured] for name in RATES
        }


def rows_of_network(crew, network):
    """Yield the rows of a network that the crew has made ready."""
    times = crew.rounds(RUNS_A_REPEAT * crew.settings.repeats, "time_training")
    accuracies = crew.rounds(1, "accuracy")
    for variant, (accuracy,) in accuracies.items():
        yield label(network, variant) | {
            "images": crew.settings.images_of(network),
            "seconds": [each["seconds"] for each in times[variant]],
            "around": [each["around"] for each in times[variant]],
            "accuracy": accuracy,
        }
    for variant, why in crew.absent():
        yield label(network, variant) | why


def tables(results):
    """Return the table of the seconds, those that show they are fair, and the rates."""
    images = {row["images"] for row in results["training"]["rows"] if "images" in row}
    return [
        comparison_table(
            results,
            "training",
            "Training: seconds an epoch of 60,000 images",
            lambda row: shown(row["seconds"]),
            [
                "Median ± half the interquartile range. All sides train in batches of 32, with the "
                "same number of updates, each in a process of its own, in turn, "
                f"{RUNS_A_REPEAT} times a repeat. A run trains on "
                f"{' or '.join(f'{n:,}' for n in sorted(images))} images, after a "
                "warm-up, and its epoch is scaled to 60,000. skfashion and Keras keep the loss and "
                "accuracy of the epoch, skorch the loss, the PyTorch loops nothing.",
                *absences(results, "training"),
            ],
        ),
        comparison_table(
            results,
            "training",
            "Training: milliseconds of a call besides its epoch",
            lambda row: f"{1000 * median(row['around']):.0f}",
            ["Median. Checks, set-up and the like, once a call of fit, not in the seconds above."],
        ),
        comparison_table(
            results,
            "training",
            "Training: accuracy at the end in per cent",
            lambda row: f"{100 * row['accuracy']:.1f}",
            ["On 2,000 test images, after the runs above, to show that all sides did learn."],
        ),
        *arithmetic_tables(results),
    ]


def arithmetic_tables(results):
    """Return the machine's rates, and the part of them that each variant reaches."""
    rates = {
        p: row
        for p in PRECISIONS
        if (row := find_row(results, "training", what="rates", precision=p))
    }
    if not rates:
        return []
    headers = ["", *(f"{rate}, GFLOP/s" for rate in RATES)]
    rows = [
        [precision, *(shown([each / 1e9 for each in row[rate]], "{:.0f}") for rate in RATES)]
        for precision, row in rates.items()
    ]
    notes = [
        "The best of some 3 x 3 convolutions (32 images, 28 x 28, 64 and 128 channels, forward), "
        "and the product of two matrices of 4096 x 4096; before and after the runs of a network."
    ]
    return [
        Table("The machine's own rates", headers, rows, notes),
        *(reached_table(results, rates, rate) for rate in RATES),
    ]


def reached_table(results, rates, rate):
    """Return the part of one of the machine's rates that each variant reaches in training."""
    rows = []
    for variant in (v for v in VARIANTS if v.precision in rates):
        cells = [str(variant)]
        for network in NETWORKS:
            row = find_row(results, "training", **label(network, variant))
            if row is None:
                cells.append("")
                continue
            reached = training_flops(network) * N_TRAIN / median(row["seconds"])
            cells.append(f"{100 * reached / median(rates[variant.precision][rate]):.0f} %")
        rows.append(cells)
    gflop = [f"{network} {training_flops(network) * N_TRAIN / 1e9:,.0f}" for network in NETWORKS]
    notes = [f"Counted, forward and backward, GFLOP an epoch: {', '.join(gflop)}."]
    return Table(f"Training: per cent of the {rate} rate", ["", *NETWORKS], rows, notes)
