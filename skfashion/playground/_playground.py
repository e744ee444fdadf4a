"""The public class: it makes a page of a pretrained network or of a fitted one."""

import base64
from html import escape
from pathlib import Path

import numpy as np

from skfashion import _page
from skfashion._files import atomic_write

TEMPLATE = "playground/page/playground.html.jinja"
STYLES = ("report/page/page.css", "playground/page/playground.css")
MAIN = "playground/page/main.js"
MAX_BYTES = 15_000_000
TITLE = "Which piece of clothing is it?"


def without_arrays(value, numbers):
    """Return nested values with {start, shape} in place of arrays, whose numbers join a list."""
    if isinstance(value, np.ndarray):
        start = sum(len(part) for part in numbers)
        numbers.append(value.astype("<f4").ravel())
        return {"start": start, "shape": list(value.shape)}
    if isinstance(value, dict):
        return {key: without_arrays(item, numbers) for key, item in value.items()}
    return [without_arrays(v, numbers) for v in value] if isinstance(value, list) else value


def in_base64(array):
    return base64.b64encode(array.tobytes()).decode("ascii")


class Playground:
    """A page to try a network: drag in a picture or draw one, and see what the network predicts.

    It is one HTML file that works offline, without a server: the network runs in the page, in
    JavaScript. The page shows the picture as the network sees it, the probabilities, and where in
    the picture the network looks. Create one with `from_pretrained` or `from_estimator`, then save
    it.

    Parameters
    ----------
    data : dict
        Everything that the page shows, as values that JSON can hold.

    Attributes
    ----------
    data : dict
        As given.

    See Also
    --------
    skfashion.pretrained.PictureClassifier : The same in Python.
    skfashion.report.ConfusionReport : A page about predictions.

    Examples
    --------
    >>> import tempfile
    >>> from skfashion.playground import Playground
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Playground.from_pretrained().save(f"{folder}/playground.html")
    ...     path.stat().st_size < 15_000_000
    True
    """

    def __init__(self, data):
        self.data = data

    @classmethod
    def from_pretrained(cls, name="fast-resnet", *, title=TITLE):
        """Make a page of a network that comes with the package.

        It also says when the network is not sure, and when a picture is unlike the dataset.

        Parameters
        ----------
        name : str or pathlib.Path, default="fast-resnet"
            Name of the network, or the path of a file.
        title : str
            Title of the page.

        Returns
        -------
        playground : Playground

        Raises
        ------
        ValueError
            If there is no network of that name, or its file is damaged.
        """
        from skfashion.datasets import load_fashion_sample
        from skfashion.pretrained import PictureClassifier, pretrained_info

        classifier, figures = PictureClassifier(name), pretrained_info(name)["figures"]
        X, y = load_fashion_sample(subset="test", return_X_y=True)
        firsts = [int(np.argmax(y == label)) for label in range(len(classifier.class_names))]
        data = _data(
            classifier.network,
            classifier.class_names,
            X[firsts],
            y[firsts],
            title,
            familiar={"whitening": classifier.whitening, "means": classifier.means},
            thresholds=classifier.thresholds,
            notes=[
                f"Accuracy of the network on {figures['n_test']:,} test images of the dataset: "
                f"{100 * figures['accuracy']:.1f} %."
            ],
        )
        return cls(data)

    @classmethod
    def from_estimator(cls, estimator, X, y, *, class_names=None, title=TITLE):
        """Make a page of a fitted network.

        Parameters
        ----------
        estimator : estimator
            A fitted network of skfashion, a Pipeline that ends in one and whose other steps map
            each pixel linearly, as `PixelScaler` does, or a fitted search for one. The network may
            have convolutions, batch normalisation, ReLU, max pooling, global pooling, shortcuts
            and dense layers.
        X : ndarray of shape (n, n_features) or (n, height, width), uint8
            Some images. The page shows the first of each class, and its predictions are compared
            with the estimator's on the first 64.
        y : array-like of shape (n,)
            Their labels.
        class_names : sequence of str, default=None
            Names in the order of ``estimator.classes_``; None for these labels.
        title : str
            Title of the page.

        Returns
        -------
        playground : Playground

        Raises
        ------
        ValueError
            If it is not a network, the network has a layer that the page does not support, `X` is
            not uint8, or `y` or `class_names` do not fit.
        NotFittedError
            If the estimator is not fitted.
        """
        from skfashion.pretrained._plain import plain_network

        X, y = np.asarray(X), np.asarray(y)
        if X.dtype != np.uint8:
            raise ValueError(f"X is {X.dtype}, but the pixels of a page are uint8.")
        if not len(X) or len(X) != len(y):
            raise ValueError(
                f"X has {len(X)} images and y {len(y)} labels: give one or more images, and one "
                "label for each."
            )
        network = plain_network(estimator, X)
        classes = estimator.classes_.tolist()
        names = [str(name) for name in (classes if class_names is None else class_names)]
        if len(names) != len(classes):
            raise ValueError(
                f"class_names has {len(names)} names for {len(classes)} classes: give one for each "
                f"of {classes}."
            )
        codes = _codes_of(y.tolist(), classes)
        firsts = np.unique(codes, return_index=True)[1]
        return cls(_data(network, names, X[firsts], codes[firsts], title))

    def to_html(self):
        """Return the page as HTML.

        Returns
        -------
        html : str
            The whole document.

        Raises
        ------
        ValueError
            If it is larger than 15 MB, because the network is.
        """
        html = _page.render(TEMPLATE, STYLES, MAIN, playground=self.data)
        if len(html) > MAX_BYTES:
            raise ValueError(
                f"The page has {len(html) / 1e6:.1f} MB, more than the {MAX_BYTES / 1e6:.0f} MB "
                "that open quickly: use a smaller network."
            )
        return html

    def save(self, path):
        """Write the page to a file; an existing one is replaced.

        Parameters
        ----------
        path : str or path-like
            The file, usually with a name that ends in ".html".

        Returns
        -------
        path : pathlib.Path
            The path of the file.
        """
        html = self.to_html()
        with atomic_write(path) as file:
            file.write(html)
        return Path(path)

    def _repr_html_(self):
        """Show the page in a notebook."""
        page = escape(self.to_html())
        return f'<iframe srcdoc="{page}" style="width:100%; height:900px; border:0"></iframe>'


def _codes_of(labels, classes):
    """Return the position of each label in the classes; raise ValueError if it is not there."""
    codes = {label: code for code, label in enumerate(classes)}
    unknown = sorted({str(label) for label in labels if label not in codes})
    if unknown:
        raise ValueError(
            f"y has the labels {', '.join(unknown[:5])}, but the classes of the estimator are "
            f"{classes}."
        )
    return np.array([codes[label] for label in labels])


def _data(network, names, images, codes, title, *, familiar=None, thresholds=None, notes=()):
    """Return what the page shows of a `PlainNetwork`, and of a few images of known classes."""
    if network.image_shape[2] != 1 or network.image_shape[0] != network.image_shape[1]:
        raise ValueError(
            f"The network takes images of shape {tuple(network.image_shape)}, but the page makes "
            "square grey ones, (side, side, 1)."
        )
    numbers = []
    layers, familiar = without_arrays(network.layers, numbers), without_arrays(familiar, numbers)
    numbers = np.concatenate(numbers)
    n_parameters = f"{len(numbers) / 1e6:.1f} million numbers"
    return {
        "title": title,
        "subtitle": f"{len(names)} classes · {n_parameters} in the network · works offline",
        "classes": list(names),
        "input": {
            "image_shape": list(network.image_shape),
            "pixel_scale": network.pixel_scale,
            "pixel_shift": network.pixel_shift,
            "mirror": network.mirror,
        },
        "layers": layers,
        "numbers": in_base64(numbers),
        "familiar": familiar,
        "thresholds": thresholds,
        "examples": [
            {"name": names[code], "pixels": in_base64(image)}
            for image, code in zip(images, codes, strict=True)
        ],
        "notes": list(notes),
    }
