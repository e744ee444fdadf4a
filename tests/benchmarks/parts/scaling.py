"""Whether time and memory grow in step with the images: the set is repeated to make more."""

from collections import defaultdict

from tests.benchmarks.progress import say
from tests.benchmarks.results import rows_of, why_absent
from tests.benchmarks.summary import in_turn, median, shown
from tests.benchmarks.table import Table
from tests.benchmarks.worker import SideError

NETWORK = "Simple dense"
MOST_REPEATS = 3
BYTES_OF_IMAGE = 28 * 28


def measure(settings):
    """Yield a row for each number of images: an epoch in a new process, a few times."""
    sizes = [int(settings.whole_set() * factor) for factor in (0.1, 1, 10)]
    answers, errors = defaultdict(list), {}
    for n_images in in_turn(sizes, min(MOST_REPEATS, settings.repeats)):
        say(f"scaling: {n_images:,} images")
        request = {"network": NETWORK, "precision": "float32", "n_images": n_images}
        try:
            with settings.start("skfashion") as worker:
                answers[n_images].append(worker.call("fit_once", **request))
        except SideError as error:
            errors[n_images] = str(error)
    for n_images in sizes:
        row = {"what": f"{n_images:,} images", "images": n_images}
        if n_images in errors:
            yield row | {"error": errors[n_images]}
        else:
            keys = ("seconds", "peak_bytes", "extra_bytes")
            yield row | {key: [each[key] for each in answers[n_images]] for key in keys}


def tables(results):
    """Return the table."""
    rows = []
    for row in rows_of(results, "scaling"):
        if why_absent(row):
            rows.append([f"{row['images']:,}", why_absent(row), *[""] * 4])
            continue
        n_images = row["images"]
        rows.append(
            [
                f"{n_images:,}",
                shown(row["seconds"]),
                shown([1e6 * each / n_images for each in row["seconds"]], "{:.1f}"),
                f"{n_images * BYTES_OF_IMAGE / 1e6:,.0f}",
                f"{median(row['extra_bytes']) / 1e6:,.0f}",
                f"{median(row['extra_bytes']) / n_images:,.0f}",
            ]
        )
    headers = [
        "images",
        "seconds",
        "µs an image",
        "images, MB",
        "added, MB",
        "added, bytes an image",
    ]
    notes = [
        f"An epoch of {NETWORK}, float32, in a new process, the set repeated to make more images. "
        "Added: what the training needs besides the images. Some of it does not grow."
    ]
    return [Table("Scaling", headers, rows, notes)]
