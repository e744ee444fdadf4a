"""Predictions a second, and the time of a single one, all sides in turn."""

import numpy as np

from tests.benchmarks.crew import Crew
from tests.benchmarks.networks import N_TEST
from tests.benchmarks.parts.side_by_side import absences, comparison_table, label
from tests.benchmarks.progress import say
from tests.benchmarks.summary import median, shown

SINGLE_CALLS = 200  # a round


def measure(settings):
    """Yield a row for each network and variant."""
    with Crew(settings) as crew:
        for network in settings.networks:
            say(f"prediction: {network}")
            crew.prepare(network)
            many = crew.rounds(settings.repeats, "time_prediction")
            single = crew.rounds(settings.repeats, "time_single", n_calls=SINGLE_CALLS)
            for variant, calls in single.items():
                yield label(network, variant) | {
                    "images": N_TEST,
                    "seconds": many[variant],
                    **percentiles(calls),
                }
            for variant, why in crew.absent():
                yield label(network, variant) | why


def percentiles(calls):
    """Return the number, the median and the 99th percentile of the seconds of single images."""
    seconds = np.concatenate(calls)
    return {
        "single_calls": len(seconds),
        "single_median": median(seconds),
        "single_p99": float(np.percentile(seconds, 99)),
    }


def tables(results):
    """Return the tables."""
    return [
        comparison_table(
            results,
            "prediction",
            "Prediction: images a second",
            lambda row: f"{row['images'] / median(row['seconds']):,.0f}",
            [
                f"Labels of {N_TEST:,} test images in one call. skfashion scales and pads the "
                "pixels meanwhile, the others have them ready. Batches: each side's default.",
                *absences(results, "prediction"),
            ],
        ),
        comparison_table(
            results,
            "prediction",
            "Prediction: seconds for 10,000 images",
            lambda row: shown(row["seconds"], "{:.3f}"),
            ["Median ± half the interquartile range."],
        ),
        comparison_table(
            results,
            "prediction",
            "Prediction: milliseconds for one image",
            lambda row: f"{1000 * row['single_median']:.2f} / {1000 * row['single_p99']:.2f}",
            ["Median / 99th percentile. Keras by predict_on_batch, its fastest call."],
        ),
    ]
