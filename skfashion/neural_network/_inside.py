"""What can be seen inside a fitted network: features, maps, kernels and layers."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skfashion.neural_network._engine.augmentation import view_names
from skfashion.neural_network._input import check_images
from skfashion.neural_network._summary import summarize


def codes_of(labels, classes, n_images):
    """Return the position in `classes`, which are sorted, of one label for each image."""
    labels = np.asarray(labels)
    if labels.shape != (n_images,):
        raise ValueError(
            f"labels has the shape {labels.shape}, but X has {n_images} images: give one label for "
            "each."
        )
    unknown = np.setdiff1d(labels, classes)
    if len(unknown):
        raise ValueError(
            f"labels has {unknown.tolist()}, which are not among the classes {classes.tolist()}."
        )
    return np.searchsorted(classes, labels)


class NetworkInsides:
    """Methods of a classifier that has a `FittedNetwork`."""

    def feature_maps(self, X):
        """Return the output of the first convolution, before the activation function.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.

        Returns
        -------
        maps : ndarray of shape (n, map_height, map_width, n_maps), float32
            One map per image and kernel of `kernels_`.

        Raises
        ------
        ValueError
            If the network has no convolution.
        """
        check_is_fitted(self)
        maps = self._network.feature_maps(check_images(self, X, reset=False))
        if maps is None:
            raise ValueError(f"{type(self).__name__} has no convolution, so no feature maps.")
        return maps

    def class_activation_maps(self, X, labels=None):
        """Return where the network looks: how much each part of an image speaks for a class.

        The maps of the last convolution, times the gradients of the class's score minus the mean
        score, are added up and enlarged to the size of the image [1]_: the result is as coarse as
        that layer.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.
        labels : array-like of shape (n,), default=None
            The class to explain for each image; None for the predicted one.

        Returns
        -------
        maps : ndarray of shape (n, height, width), float32
            From 0 to 1, the largest value of each map; a map is zero everywhere if nothing in the
            image speaks for the class.

        Raises
        ------
        ValueError
            If the network has no convolution, or a label is not one of `classes_`.

        Notes
        -----
        For a network that averages its last maps, this is the class activation map, and the same as
        Grad-CAM [2]_. For one that flattens them, as the article's do, Grad-CAM would lose where in
        the image a map raises the score.

        References
        ----------
        .. [1] R. L. Draelos and L. Carin, "Use HiResCAM instead of Grad-CAM for faithful
           explanations of convolutional neural networks", 2020. https://arxiv.org/abs/2011.08891
        .. [2] R. R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via
           Gradient-based Localization", ICCV 2017. https://arxiv.org/abs/1610.02391
        """
        check_is_fitted(self)
        rows = check_images(self, X, reset=False)
        if labels is None:
            codes = self._scores(rows).argmax(axis=1)
        else:
            codes = codes_of(labels, self.classes_, len(rows))
        maps = self._network.class_activation_maps(rows, codes)
        if maps is None:
            raise ValueError(
                f"{type(self).__name__} has no convolution whose maps have more than one pixel, so "
                "no class activation maps."
            )
        return maps

    def features(self, X):
        """Return the output of the last hidden layer, from which the scores are computed.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, height, width) or (n, height, width, channels)
            Images, as for `fit`.

        Returns
        -------
        features : ndarray of shape (n, n_units), float32
            One row per image.
        """
        check_is_fitted(self)
        return self._network.features(check_images(self, X, reset=False))

    def summary(self):
        """Return the layers of the network with their output shapes and parameters.

        Returns
        -------
        layers : DataFrame
            One row per layer, in the order in which an image passes them, with the columns

            - ``layer``: its class in torch, and in brackets its path in ``net_.module_``;
            - ``output_shape``: a tuple (maps, height, width) or (units,), for one image; of a layer
              that is called several times, that of the first call; None if it is never called;
            - ``n_parameters``: number of its trainable parameters; parameters that several layers
              share are counted with the first of them. Their sum is `n_parameters_`.
        """
        check_is_fitted(self)
        return summarize(self._network)

    def to_module(self):
        """Return the network as a torch module that needs neither scikit-learn nor skorch.

        It does all that `decision_function` does: pixels of type uint8 are divided by 255, small
        images padded with zeros, and the scores averaged over the views of
        `test_time_augmentation`. It is a copy, on the CPU, in float32 and in evaluation mode.

        Returns
        -------
        module : torch.nn.Module
            Takes rows of pixels as a tensor (n, n_features) of uint8 or floats, and returns the
            scores of the classes (n, n_classes), float32, in the order of `classes_`.
        """
        check_is_fitted(self)
        return self._network.to_module(view_names(self.test_time_augmentation))

    @property
    def kernels_(self):
        """Kernels of the first layer, an ndarray of shape (n_kernels, height, width, channels).

        Of a dense layer, the weights of each unit as an image.
        """
        check_is_fitted(self)
        kernels = self._network.kernels()
        if kernels is None:
            raise AttributeError(f"The first layer of {type(self).__name__} has no kernels.")
        return kernels
