"""skfashion: the classifiers as they are by default, given raw pixels, uint8."""

from sklearn.model_selection import cross_val_score

import skfashion
from tests.benchmarks.sides.base import Side, run, seconds_of
from tests.benchmarks.sides.images import at_most
from tests.benchmarks.sides.memory import MemoryMeter

CLASSIFIERS = {
    "Simple dense": skfashion.SimpleDenseClassifier,
    "LeNet-5": skfashion.LeNet5Classifier,
    "Modified LeNet-5": skfashion.ModifiedLeNet5Classifier,
    "CNN 1": skfashion.CNN1Classifier,
    "CNN 2": skfashion.CNN2Classifier,
}


def new_classifier(network, precision):
    """Return a classifier that trains for one epoch, and goes on when fitted again."""
    # float32 is the default, and what the benchmark is about is the default
    other = {} if precision == "float32" else {"precision": precision}
    return CLASSIFIERS[network](
        max_epochs=1, warm_start=True, device="cpu", random_state=0, **other
    )


class SkfashionSide(Side):
    """Pixels are scaled, and padded for the LeNets, while the clock runs."""

    def build(self, network, precision):
        self.classifier = new_classifier(network, precision)

    def convert(self, images):
        return images.reshape(len(images), -1)

    def train(self, X, y):
        return self.classifier.fit(X, y).epoch_seconds_[-1]

    def labels(self, X):
        return self.classifier.predict(X)

    def cross_validate(self, network, n_images, n_folds):
        """Return the seconds and the memory of a cross-validation with one epoch a fold."""
        X, y = self.convert(at_most(self.X_train, n_images)), at_most(self.y_train, n_images)
        classifier = new_classifier(network, "float32")
        meter = MemoryMeter()
        seconds = seconds_of(lambda: cross_val_score(classifier, X, y, cv=n_folds))
        return {"seconds": seconds, **meter.read()}


if __name__ == "__main__":
    run(SkfashionSide)
