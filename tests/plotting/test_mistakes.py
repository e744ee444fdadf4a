import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.linear_model import Perceptron
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, LinearSVC

from skfashion import CLASS_NAMES, MistakesDisplay, SimpleDenseClassifier


def test_mistakes_of_a_classifier_the_most_confident_first(dense, sample):
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


LONG = [f"A long name of a class of garments, number {k}" for k in range(10)]


@pytest.mark.parametrize("names", [["T-shirt/top", "Ankle boot"], LONG[:2]])
@pytest.mark.parametrize("place", ["new figure", "small axes"])
def test_no_text_covers_another(images, names, place):
    ax = None if place == "new figure" else plt.subplots(2, 2)[1][1, 0]
    display = MistakesDisplay.from_predictions(
        np.zeros(12, int),
        np.ones(12, int),
        proba=np.tile([0, 1], (12, 1)),
        images=images[0][:12],
        target_names=names,
        ax=ax,
    )
    display.figure_.draw_without_rendering()
    boxes = [text.get_window_extent() for text in display.texts_]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(display.figure_.bbox.contains(*corner) for b in boxes for corner in b.corners())
    # nor an image of the row below
    to_screen = display.ax_.transData.transform
    n_rows = display.im_.get_array().shape[0]
    second_row = to_screen((0, n_rows - 28))[1]
    assert all(box.y0 >= second_row for box in boxes[:6])
    if place == "new figure":
        first = display.texts_[0].get_text()
        assert "(100 %)" in first
        assert first.endswith(names[0][-3:])


def test_letters_keep_the_size_that_was_asked_for(images):
    ax = plt.subplots(3, 3)[1][0, 0]
    display = MistakesDisplay(images[0][:2].reshape(2, 28, 28), ["a", "b"], ["b", "a"])
    display.plot(ax, text_kw={"fontsize": 9})
    assert {text.get_fontsize() for text in display.texts_} == {9}


def by_margin(values, y_pred, y):
    """Return the indices of the mistakes, those farthest ahead of the next class first."""
    highest_two = np.sort(values, axis=1)[:, -2:]
    margin = highest_two[:, 1] - highest_two[:, 0]
    return [i for i in np.argsort(-margin, kind="stable") if y_pred[i] != y[i]]


@pytest.mark.parametrize("classifier", [SVC(), LinearSVC(dual=False, tol=0.1)])
def test_without_probabilities_the_decision_function_ranks(classifier, images, sample):
    X, y = sample.data[6400:6500], sample.target[6400:6500]
    fitted = make_pipeline(classifier).fit(*images)
    display = MistakesDisplay.from_estimator(fitted, X, y, n_images=6, target_names=CLASS_NAMES)
    expected = by_margin(fitted.decision_function(X), fitted.predict(X), y)[:6]
    assert display.indices.tolist() == expected
    assert display.probabilities is None
    assert display.texts_[0].get_text() == (
        f"{CLASS_NAMES[fitted.predict(X)[expected[0]]]}\ntrue: {CLASS_NAMES[y[expected[0]]]}"
    )


def test_two_classes_have_one_score(images):
    X, y = images
    is_bag = np.where(y == 8, "bag", "other")
    flipped = np.where(np.arange(len(y)) % 9 == 0, "other", is_bag)
    fitted = Perceptron(max_iter=5, tol=None).fit(X, is_bag)
    display = MistakesDisplay.from_estimator(fitted, X, flipped, n_images=50)
    wrong = fitted.predict(X) != flipped
    scores = np.abs(fitted.decision_function(X))
    assert display.indices.tolist() == [i for i in np.argsort(-scores) if wrong[i]][:50]


def test_without_any_score_the_first_mistakes_are_drawn(images):
    y = np.array([0, 1, 0, 1])
    display = MistakesDisplay.from_predictions(y, 1 - y, images=images[0][:4], n_images=3)
    assert display.indices.tolist() == [0, 1, 2]
    assert display.texts_[0].get_text() == "1\ntrue: 0"


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
    pairs = make_pipeline(SVC(decision_function_shape="ovo").fit(X, y))
    with pytest.raises(ValueError, match=r"SVC has one score per pair.*shape='ovr'"):
        MistakesDisplay.from_estimator(pairs, X, y)
    with pytest.raises(ValueError, match=r"decision has the shape \(400, 9\), but there are 10"):
        MistakesDisplay.from_predictions(y, y, decision=np.zeros((400, 9)), images=X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        MistakesDisplay.from_predictions(y, y[:3], proba=np.eye(10)[y], images=X)
    with pytest.raises(ValueError, match=r"proba has the shape \(400, 9\), but there are 10"):
        MistakesDisplay.from_predictions(y, y, proba=np.zeros((400, 9)), images=X)
    with pytest.raises(ValueError, match=r"not in classes: \[9\]"):
        MistakesDisplay.from_predictions(y, y, proba=np.zeros((400, 9)), images=X, classes=range(9))
    with pytest.raises(ValueError, match="n_images must be a positive integer, got 0"):
        MistakesDisplay.from_predictions(y, y, proba=np.eye(10)[y], images=X, n_images=0)
