"""skfashion: the classifiers as they are by default, given raw pixels, uint8."""

from skfashion import neural_network

neural_network.LeNet5Classifier  # noqa: B018  loads torch; the package may set up how it waits
import torch  # noqa: E402
from skorch.callbacks import Callback  # noqa: E402

from tests.benchmarks.networks import package_networks  # noqa: E402
from tests.benchmarks.side import Side  # noqa: E402


class ThreadCounter(Callback):
    """Notes the number of torch's threads while a network is trained, at the end of its epoch."""

    def on_epoch_end(self, net, **kwargs):
        ThreadCounter.n_threads = torch.get_num_threads()


class Skfashion(Side):
    """Pixels are scaled, and padded for the LeNets, while the clock runs."""

    def networks(self):
        return list(package_networks())

    def n_threads(self):
        return ThreadCounter.n_threads

    def build(self, network, precision):
        # float32 is the default, and what the benchmark is about is the default
        other = {} if precision == "float32" else {"precision": precision}
        self.classifier = getattr(neural_network, package_networks()[network])(
            max_epochs=1,
            warm_start=True,
            device="cpu",
            random_state=0,
            callbacks=[ThreadCounter()],
            **other,
        )

    def convert(self, images):
        return images.reshape(len(images), -1)

    def train(self, X, y):
        return self.classifier.fit(X, y).epoch_seconds_[-1]

    def labels(self, X):
        return self.classifier.predict(X)

    def has_bfloat16(self):
        """Return whether the processor computes in bfloat16, by skfashion's own judgement."""
        self.build("Simple dense", "bfloat16")
        try:
            self.train(self.convert(self.X_train[:32]), self.y_train[:32])
        except ValueError:
            return False
        return True
