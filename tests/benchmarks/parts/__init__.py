"""The parts of the benchmark.

A part is a module with two functions: ``measure(settings)`` yields a dict for each thing measured,
fit for JSON, ``{"error": why}`` in place of what failed; ``tables(results)`` returns the tables
that show them.
"""

from tests.benchmarks.parts import memory, prediction, scaling, starting, threads, training

PARTS = {
    "training": training,
    "prediction": prediction,
    "memory": memory,
    "starting": starting,
    "scaling": scaling,
    "threads": threads,
}
