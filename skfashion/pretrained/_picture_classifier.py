"""Classify pictures with NumPy alone, which is quick to start."""

from dataclasses import dataclass

import numpy as np

from skfashion._plain_network import PlainNetwork, fold, softmax
from skfashion.pretrained._file import read

SURE, NOT_SURE, UNLIKE = "sure", "not sure", "unlike the dataset"


@dataclass(frozen=True)
class Answer:
    """What a `PictureClassifier` says of one picture.

    Attributes
    ----------
    probabilities : dict of {str: float}
        Of all classes, the most likely first.
    distance : float
        Distance from the nearest class, as `PictureClassifier` measures it.
    verdict : {"sure", "not sure", "unlike the dataset"}
        "unlike the dataset" if the distance is above its threshold, whatever the probabilities;
        "not sure" if the largest probability is below its threshold; otherwise "sure".
    """

    probabilities: dict
    distance: float
    verdict: str

    def likeliest(self, n=3):
        """Return the most likely classes.

        Parameters
        ----------
        n : int, default=3
            How many.

        Returns
        -------
        classes : list of tuple of (str, float)
            Pairs of a class and its probability, the most likely first.
        """
        return list(self.probabilities.items())[:n]


def described(means, features):
    """Return rows (n, n_maps + n_features) by which images are compared with the training images.

    Parameters
    ----------
    means : ndarray of shape (n, n_maps)
        Of the maps in the middle of the network, as `PlainNetwork.features` returns them.
    features : ndarray of shape (n, n_features)
        What its last layer takes. They become vectors of length one; zeros stay as they are.
    """
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.concatenate([means, features / np.where(lengths == 0, 1, lengths)], axis=1)


def nearest_distances(rows, whitening, means):
    """Return the Mahalanobis distances (n,) of rows from the nearest mean of a class.

    Parameters
    ----------
    rows : ndarray of shape (n, n_values)
        From `described`.
    whitening : ndarray of shape (n_values, n_values)
        Makes the covariance within the classes the identity.
    means : ndarray of shape (n_classes, n_values)
        Of the classes, whitened.
    """
    whitened = rows @ whitening.T
    squares = [
        ((whitened - mean) ** 2).sum(axis=1) for mean in means
    ]  # one class at a time: memory
    return np.sqrt(np.min(squares, axis=0))


class PictureClassifier:
    """A pretrained network that is quick to start: it needs neither torch nor scikit-learn.

    Its probabilities are those of the Pipeline that `load_pretrained` returns. It also says when
    not to rely on them. Both thresholds are quantiles over training images that the network was not
    trained on: an answer is "not sure" if its largest probability is lower than for 95 % of
    them, and a picture "unlike the dataset" if it is farther from the classes than 99 % of them.
    The distance is the Mahalanobis distance from the nearest class mean, with the covariance within
    the classes [1]_, of what the network computes from the picture: its features, scaled to length
    one [2]_, which separate the classes, and the means of maps in the middle of the network, which
    separate textures. Without the means, noise would often be near a class.

    Parameters
    ----------
    name : str or pathlib.Path, default="fast-resnet"
        Name of the network, or the path of a file written by ``python -m skfashion.pretrained``.

    Raises
    ------
    ValueError
        If there is no network of that name, or its file is damaged.

    See Also
    --------
    load_pretrained : The same network as a Pipeline.

    References
    ----------
    .. [1] Lee, Lee, Lee, Shin, "A simple unified framework for detecting out-of-distribution
       samples and adversarial attacks", NeurIPS 2018.
    .. [2] Mueller, Hein, "Mahalanobis++: improving OOD detection via feature normalization", ICML
       2025.

    Examples
    --------
    >>> from skfashion.datasets import load_fashion_sample
    >>> from skfashion.pretrained import PictureClassifier
    >>> X, y = load_fashion_sample(subset="test", return_X_y=True)
    >>> answer = PictureClassifier().answers(X[2:3])[0]
    >>> [name for name, _ in answer.likeliest(1)], answer.verdict
    (['Trouser'], 'sure')
    """

    def __init__(self, name="fast-resnet"):
        description, arrays = read(name)
        self.class_names = tuple(description["class_names"])
        self.thresholds = description["thresholds"]
        self.network = PlainNetwork(fold(description["layers"], arrays), **description["input"])
        self.whitening, self.means = arrays["whitening"], arrays["means"]

    def answers(self, images):
        """Return an `Answer` for each image.

        Parameters
        ----------
        images : ndarray of shape (n, 784) or (n, 28, 28), uint8
            Images like those of the dataset; `skfashion.preprocessing.PhotoConverter` turns
            photographs into such images.

        Returns
        -------
        answers : list of Answer
            In the order of the images.

        Raises
        ------
        ValueError
            If the images are not uint8, or not of the size that the network takes.
        """
        images = np.asarray(images)
        height, width, channels = self.network.image_shape
        shapes = [(height * width * channels,), (height, width, channels)]
        shapes += [(height, width)] if channels == 1 else []
        if images.dtype != np.uint8 or images.shape[1:] not in shapes:
            raise ValueError(
                f"The images have the shape {images.shape} and the type {images.dtype}, but the "
                f"network takes uint8 images of shape (n, {', '.join(map(str, shapes[-1]))}), or "
                f"rows of {shapes[0][0]} pixels: convert photographs with "
                "skfashion.preprocessing.convert_photo."
            )
        if not len(images):
            return []
        means, features, scores = self.network.predict(images)
        probabilities = softmax(scores)
        distances = nearest_distances(described(means, features), self.whitening, self.means)
        return [self._answer(*pair) for pair in zip(probabilities, distances, strict=True)]

    def _answer(self, probabilities, distance):
        order = np.argsort(-probabilities, kind="stable")
        verdict = SURE
        if distance > self.thresholds["distance"]:
            verdict = UNLIKE
        elif probabilities[order[0]] < self.thresholds["probability"]:
            verdict = NOT_SURE
        ordered = {self.class_names[k]: float(probabilities[k]) for k in order}
        return Answer(ordered, float(distance), verdict)
