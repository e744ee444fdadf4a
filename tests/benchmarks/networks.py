"""The article's five networks: what each side trains, and on how many images at a time.

Imports nothing, for Keras's environment need not have skfashion or torch.
"""

from dataclasses import dataclass

BATCH_SIZE = 32
N_TRAIN = 60_000  # images of a whole epoch, to which all times are scaled
N_TEST = 10_000
LEARNING_RATE = 1e-3
KERAS_EPSILON = 1e-7  # of Adam and Nadam; torch's own is 1e-8
RBF_GAMMA = 0.5


@dataclass(frozen=True)
class Network:
    """A network as the article has it.

    Parameters
    ----------
    size : int
        Height and width of its images; 28 x 28 pixels are padded with zeros to 32 x 32.
    optimizer : {"sgd", "adam", "nadam"}
    n_parameters : int
    images_a_run : int
        Images in a timed run: as many as make it last a second or two, less for small ones.
    """

    size: int
    optimizer: str
    n_parameters: int
    images_a_run: int


NETWORKS = {
    "Simple dense": Network(28, "sgd", 266_610, images_a_run=12_800),
    "LeNet-5": Network(32, "adam", 212_896, images_a_run=3_200),
    "Modified LeNet-5": Network(32, "adam", 212_906, images_a_run=3_200),
    "CNN 1": Network(28, "nadam", 65_994, images_a_run=3_200),
    "CNN 2": Network(28, "adam", 896_906, images_a_run=3_200),
}
