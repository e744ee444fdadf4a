"""The most memory that a new process has used when it has fitted, or cross-validated."""

from tests.benchmarks.networks import N_TRAIN
from tests.benchmarks.parts.side_by_side import label
from tests.benchmarks.progress import say
from tests.benchmarks.results import rows_of, why_absent
from tests.benchmarks.sides import Variant
from tests.benchmarks.table import Table
from tests.benchmarks.worker import SideError

SIDES = ("skfashion", "Keras")
CROSS_VALIDATED = ("Simple dense", "LeNet-5")
N_FOLDS = 5


def measure(settings):
    """Yield a row for each network and side, one epoch each, each in a new process."""
    n_images = settings.whole_set()
    for network in settings.networks:
        for side in SIDES:
            row = {"what": "fit", "images": n_images, **label(network, Variant(side, "float32"))}
            request = {"network": network, "precision": "float32", "n_images": n_images}
            yield row | measured_in_new_process(settings, side, "fit_once", request)
    for network in CROSS_VALIDATED:
        if network in settings.networks:
            variant = Variant("skfashion", "float32")
            row = {"what": "cross_val_score", "images": n_images, **label(network, variant)}
            request = {"network": network, "n_images": n_images, "n_folds": N_FOLDS}
            yield row | measured_in_new_process(settings, "skfashion", "cross_validate", request)


def measured_in_new_process(settings, side, method, arguments):
    """Return the answer of a worker that does nothing else, or why there is none."""
    if side == "Keras" and settings.keras is None:
        return {"skipped": "not measured: no --keras"}
    say(f"memory: {arguments['network']}, {side}, {method}")
    try:
        with settings.start(side) as worker:
            return worker.call(method, **arguments)
    except SideError as error:
        return {"error": str(error)}


def tables(results):
    """Return the table."""
    rows = []
    for row in rows_of(results, "memory"):
        name = [row["what"], row["network"], row["side"]]
        if why_absent(row):
            rows.append([", ".join(name), why_absent(row), "", ""])
        else:
            sizes = [f"{row[key] / 1e6:,.0f}" for key in ("peak_bytes", "extra_bytes")]
            rows.append([", ".join(name), *sizes, f"{row['seconds']:.1f}"])
    images = {row["images"] for row in rows_of(results, "memory")} or {N_TRAIN}
    notes = [
        f"A new process that loads {max(images):,} images and trains for one epoch (of each of "
        f"{N_FOLDS} folds, for cross_val_score); n = 1. Peak: with the libraries and the images. "
        "Added: by the training alone. The images of Keras are float32, as in the article's code."
    ]
    return [Table("Memory in MB", ["", "peak", "added", "seconds"], rows, notes)]
