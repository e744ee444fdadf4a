import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.svm import LinearSVC

from skfashion import CLASS_NAMES, MistakesDisplay, SimpleDenseClassifier


def test_mistakes_of_a_classifier_the_surest_first(dense, sample):
    X, y = sample.data[6400:6600], sample.target[6400:6600]
    display = MistakesDisplay.from_estimator(dense, X, y, n_images=8, target_names=CLASS_NAMES)
    predictions, proba = dense.predict(X), dense.predict_proba(X).max(axis=1)
    wrong = [i for i in np.argsort(-proba) if predictions[i] != y[i]][:8]
    np.testing.assert_array_equal(display.indices, wrong)
    np.testing.assert_array_equal(display.images.reshape(8, -1), X[wrong])
    np.testing.assert_allclose(display.probabilities, proba[wrong])
    first = wrong[0]
    assert display.texts_[0].get_text() == (
        f"{CLASS_NAMES[predictions[first]]} ({100 * proba[first]:.0f} %)\n"
        f"true: {CLASS_NAMES[y[first]]}"
    )


def test_columns_of_proba_may_be_in_any_order(images):
    y_true, y_pred = ["b", "a", "b", "c"], ["a", "a", "c", "a"]
    proba = np.array([[0.3, 0.5, 0.2], [1, 0, 0], [0.1, 0, 0.9], [0, 0.6, 0.4]])
    display = MistakesDisplay.from_predictions(
        y_true, y_pred, proba=proba, images=images[0][:4], classes=["c", "a", "b"]
    )
    assert display.indices.tolist() == [3, 0, 2]
    np.testing.assert_allclose(display.probabilities, [0.6, 0.5, 0.1])
    assert display.true_names == ["c", "b", "b"]
    assert display.predicted_names == ["a", "a", "c"]


def test_no_text_covers_another(dense, images):
    display = MistakesDisplay.from_predictions(
        np.zeros(12, int),
        np.ones(12, int),
        proba=np.tile([0, 1], (12, 1)),
        images=images[0][:12],
        target_names=["T-shirt/top", "Ankle boot"],
    )
    display.figure_.draw_without_rendering()
    boxes = [text.get_window_extent() for text in display.texts_]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(display.figure_.bbox.contains(*corner) for b in boxes for corner in b.corners())


def test_a_classifier_that_makes_no_mistake(images):
    X, y = images
    display = MistakesDisplay.from_predictions(y, y, proba=np.eye(10)[y], images=X)
    assert (display.im_, display.texts_) == (None, [])
    assert display.ax_.texts[0].get_text() == "No mistakes"


def test_images_have_the_shape_that_the_classifier_gave_them(images):
    X, y = images
    wide = SimpleDenseClassifier(image_shape=(14, 56), max_epochs=1).fit(X, y)
    _, ax = plt.subplots()
    display = MistakesDisplay.from_estimator(wide, X, y, n_images=2, ax=ax)
    assert display.images.shape == (2, 14, 56, 1)
    assert display.ax_ is ax


def test_errors_say_what_is_wrong(images):
    X, y = images
    with pytest.raises(ValueError, match=r"LinearSVC has no predict_proba.*CalibratedClassifierCV"):
        MistakesDisplay.from_estimator(LinearSVC(), X, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        MistakesDisplay.from_predictions(y, y[:3], proba=np.eye(10)[y], images=X)
    with pytest.raises(ValueError, match=r"proba has the shape \(400, 9\), but there are 10"):
        MistakesDisplay.from_predictions(y, y, proba=np.zeros((400, 9)), images=X)
    with pytest.raises(ValueError, match=r"not in classes: \[9\]"):
        MistakesDisplay.from_predictions(y, y, proba=np.zeros((400, 9)), images=X, classes=range(9))
    with pytest.raises(ValueError, match="n_images must be an integer above zero, got 0"):
        MistakesDisplay.from_predictions(y, y, proba=np.eye(10)[y], images=X, n_images=0)
