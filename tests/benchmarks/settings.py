"""What the command's options decide."""

from dataclasses import dataclass, replace
from pathlib import Path

from tests.benchmarks.networks import N_TRAIN, NETWORKS
from tests.benchmarks.sides import SIDES
from tests.benchmarks.worker import Worker


@dataclass(frozen=True)
class Settings:
    """The options, and the folder of the images.

    Parameters
    ----------
    data : path
        The images, as `sides.images` saves them.
    threads : int
        For every side.
    repeats : int
    images : int or None
        Images in a timed run, at most; None is what `networks` says.
    keras : str or None
        The Python of an environment that has Keras.
    networks : tuple of str
    """

    data: Path
    threads: int
    repeats: int
    images: int | None
    keras: str | None
    networks: tuple

    def images_of(self, network):
        """Return how many images a timed run of the network takes."""
        n_images = NETWORKS[network].images_a_run
        return n_images if self.images is None else min(n_images, self.images)

    def whole_set(self):
        """Return how many images a run on all of them takes: fewer only if the option says so."""
        return N_TRAIN if self.images is None else min(N_TRAIN, self.images)

    def with_threads(self, threads):
        """Return the same with another number of threads."""
        return replace(self, threads=threads)

    def start(self, side):
        """Return a new worker of the side, which need not be one that is compared."""
        python = {"python": self.keras} if side == "Keras" else {}
        module = f"tests.benchmarks.sides.{SIDES.get(side, side)}"
        return Worker(module, self.data, self.threads, **python)
