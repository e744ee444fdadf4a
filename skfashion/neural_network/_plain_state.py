"""The state of a classifier that is saved: arrays and plain values, whatever saves it."""

import warnings

from sklearn.exceptions import InconsistentVersionWarning

from skfashion._version import __version__
from skfashion.neural_network._engine.fitted import FittedNetwork
from skfashion.neural_network._parameters import defaults


class PlainState:
    """What pickle, joblib, skops and copies save of a classifier with a `FittedNetwork`."""

    def __getstate__(self):
        """Return what predicting and further training need: plain arrays, no optimiser, no data."""
        state = dict(super().__getstate__())
        state.pop("_trainer", None)
        network = state.pop("_network", None)
        if network is not None:
            state["_fitted"] = network.to_state()
            state["_skfashion_version"] = __version__
            if hasattr(self, "_trainer"):
                training = self._trainer.state()
                state["_training"] = {
                    "generators": training.generators,
                    # callbacks record each batch, which can take more than the weights
                    "history": [{**epoch, "batches": []} for epoch in training.history],
                }
        return state

    def __setstate__(self, state):
        """Restore the network on the device of the training if there is one here, else the CPU.

        A parameter that the version that saved it did not have yet gets its default.
        """
        state = {**defaults(type(self)), **state}
        fitted, saved_by = state.pop("_fitted", None), state.pop("_skfashion_version", __version__)
        name = type(self).__name__
        if saved_by != __version__:
            warnings.warn(
                InconsistentVersionWarning(
                    estimator_name=name,
                    current_sklearn_version=__version__,
                    original_sklearn_version=saved_by,
                ),
                stacklevel=2,
            )
        super().__setstate__(state)
        if fitted is None:
            return
        try:
            like = type(self)(**self._built_with)
            like.classes_, like.image_shape_ = self.classes_, self.image_shape_
            self._network = FittedNetwork.from_state(fitted, like._module(self._module_seed))
        except (TypeError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise ValueError(
                f"The saved {name} does not fit the network that is built now: {reason} Load it "
                f"with the code that it was saved with (skfashion {saved_by}), or train it again."
            ) from error
