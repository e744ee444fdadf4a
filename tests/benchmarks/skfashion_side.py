"""skfashion: the classifiers with their defaults, given raw uint8 pixels."""

from skfashion import neural_network
from tests.benchmarks.side import Side


class Skfashion(Side):
    """Pixels are scaled, and padded for the LeNets, within the measured time."""

    def n_threads(self):
        return getattr(self.classifier, "n_threads_", None)  # of an older version, not known

    def build(self, network, precision):
        # float32 is the default, and what the benchmark is about is the default
        other = {} if precision == "float32" else {"precision": precision}
        self.classifier = getattr(neural_network, f"{network}Classifier")(
            max_epochs=1, warm_start=True, device="cpu", random_state=0, **other
        )

    def convert(self, images):
        return images.reshape(len(images), -1)

    def train(self, X, y):
        return self.classifier.fit(X, y).epoch_seconds_[-1]

    def labels(self, X):
        return self.classifier.predict(X)
