"""All variants, each in its process, asked in turn."""

from collections import defaultdict

from tests.benchmarks.machine import has_bfloat16
from tests.benchmarks.sides import VARIANTS
from tests.benchmarks.summary import in_turn
from tests.benchmarks.worker import SideError

NO_BFLOAT16 = "this processor does not compute in bfloat16"
NO_KERAS = "not measured: no --keras"


class Crew:
    """The workers of the variants. What one cannot do is noted, and the others go on.

    Parameters
    ----------
    settings : Settings

    Attributes
    ----------
    skipped : dict of {Variant: str}
        Why a variant is not there at all.
    errors : dict of {Variant: str}
        What kept a variant from doing what it was asked, since the last `prepare`.
    """

    def __init__(self, settings):
        self.settings = settings
        self.workers, self.errors, self.skipped = {}, {}, {}
        for variant in VARIANTS:
            if variant.side == "Keras" and settings.keras is None:
                self.skipped[variant] = NO_KERAS
            elif variant.precision == "bfloat16" and not has_bfloat16():
                self.skipped[variant] = NO_BFLOAT16

    def prepare(self, network):
        """Have all variants make the network ready."""
        self.errors = {}
        n_images = self.settings.images_of(network)
        for variant in VARIANTS:
            if variant not in self.skipped:
                self._call(
                    variant,
                    "prepare",
                    network=network,
                    precision=variant.precision,
                    n_images=n_images,
                )

    def rounds(self, n_rounds, method, **arguments):
        """Ask each ready variant `n_rounds` times, in turn; return {variant: its answers}."""
        answers = defaultdict(list)
        ready = [v for v in VARIANTS if v not in self.skipped and v not in self.errors]
        for variant in in_turn(ready, n_rounds):
            if variant not in self.errors:
                answers[variant].append(self._call(variant, method, **arguments))
        return {v: answers[v] for v in ready if v not in self.errors}

    def absent(self):
        """Return [(variant, {"skipped" or "error": why})] of those that have no result."""
        skipped = [(variant, {"skipped": why}) for variant, why in self.skipped.items()]
        return skipped + [(variant, {"error": why}) for variant, why in self.errors.items()]

    def _call(self, variant, method, **arguments):
        try:
            if variant not in self.workers:
                self.workers[variant] = self.settings.start(variant.side)
            return self.workers[variant].call(method, **arguments)
        except SideError as error:
            self.errors[variant] = str(error)
            if self.workers[variant].process.poll() is not None:
                self.workers.pop(variant).close()  # a new one is started for the next network
            return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for worker in self.workers.values():
            worker.close()
