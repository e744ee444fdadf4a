import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

from skfashion import LearningCurvesDisplay, SimpleDenseClassifier
from skfashion.comparison import compare

ALL = {"train_loss", "train_accuracy", "validation_loss", "validation_accuracy"}


def legend_of(display, panel=0):
    return [text.get_text() for text in display.axes_[panel].get_legend().get_texts()]


def test_curves_are_those_of_the_classifier(dense):
    display = LearningCurvesDisplay.from_estimator(dense)
    assert set(display.lines_) == ALL
    for key, values in {
        "train_loss": dense.loss_curve_,
        "train_accuracy": dense.train_scores_,
        "validation_loss": dense.validation_loss_curve_,
        "validation_accuracy": dense.validation_scores_,
    }.items():
        np.testing.assert_array_equal(display.lines_[key].get_ydata(), values)
        np.testing.assert_array_equal(display.lines_[key].get_xdata(), [1, 2, 3, 4])
    assert [ax.get_ylabel() for ax in display.axes_] == ["Loss", "Accuracy"]
    assert display.axes_[0].get_title("left") == "SimpleDenseClassifier"


def test_best_epoch_is_that_of_the_lowest_validation_loss():
    display = LearningCurvesDisplay(
        train_loss=[3, 2, 1], validation_loss=[2, 1, 3], validation_accuracy=[0.1, 0.2, 0.3]
    ).plot()
    assert display.best_epoch_ == 2
    assert legend_of(display) == [
        "training", "validation", "lowest validation loss:\nepoch 2 of 3"
    ]  # fmt: skip
    assert display.axes_[1].get_legend() is None  # it would say the same
    for ax in display.axes_:
        assert [2, 2] in [list(line.get_xdata()) for line in ax.lines]


def test_the_last_epoch_is_called_the_last():
    display = LearningCurvesDisplay(validation_loss=[3, 2, 1]).plot()
    assert legend_of(display)[-1] == "lowest validation loss:\nepoch 3 of 3, the last"


def test_pipeline_and_no_validation(lenet):
    display = LearningCurvesDisplay.from_estimator(lenet, name="LeNet-5")
    assert set(display.lines_) == {"train_loss", "train_accuracy"}
    assert display.best_epoch_ is None
    assert legend_of(display) == ["training"]
    assert display.axes_[0].get_title("left") == "LeNet-5"


@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_mlp_classifier(images, early_stopping):
    X, y = images
    mlp = MLPClassifier((10,), max_iter=5, early_stopping=early_stopping, random_state=0)
    mlp.fit(X / 255, y)
    display = LearningCurvesDisplay.from_estimator(mlp)
    np.testing.assert_array_equal(display.lines_["train_loss"].get_ydata(), mlp.loss_curve_)
    assert len(display.axes_) == 1 + early_stopping
    if early_stopping:
        assert display.best_epoch_ == np.argmax(mlp.validation_scores_) + 1
        label = legend_of(display, 1)[-1]
        assert label.startswith(f"highest validation accuracy:\nepoch {display.best_epoch_} of 5")


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_legend_has_the_lines_of_its_panel_alone(images):
    X, y = images
    mlp = MLPClassifier((10,), max_iter=5, early_stopping=True, random_state=0).fit(X / 255, y)
    display = LearningCurvesDisplay.from_estimator(mlp)
    assert legend_of(display, 0) == ["training"]
    assert legend_of(display, 1)[0] == "validation"
    for ax in display.axes_:
        lines = {line.get_label() for line in ax.lines}
        assert {text.get_text() for text in ax.get_legend().get_texts()} <= lines


def test_curves_of_a_comparison_fit_as_they_are(images):
    X, y = images
    network = SimpleDenseClassifier(max_epochs=2)
    comparison = compare({"dense": network}, X, y, X, y)
    display = LearningCurvesDisplay(**comparison.learning_curves("dense")).plot()
    assert set(display.lines_) == ALL
    assert display.best_epoch_ == comparison.table.loc["dense", "overfit_epoch"]


def test_given_axes():
    curves = LearningCurvesDisplay(train_loss=[2, 1], train_accuracy=[0.1, 0.2])
    _, two = plt.subplots(1, 2)
    assert curves.plot(two) is curves
    assert list(curves.axes_) == list(two)
    figure, one = plt.subplots()
    curves.plot(one, line_kw={"linewidth": 5})
    assert curves.figure_ is figure
    assert len(curves.axes_) == 2
    assert curves.lines_["train_loss"].get_linewidth() == 5
    with pytest.raises(ValueError, match="2 panels to plot: give 2 Axes"):
        curves.plot(plt.subplots(1, 3)[1])
    with pytest.raises(TypeError, match="ax must be matplotlib Axes"):
        curves.plot("axes")


def test_one_epoch_is_a_point_that_can_be_seen():
    display = LearningCurvesDisplay(train_loss=[2.0]).plot()
    assert display.lines_["train_loss"].get_marker() == "o"
    display.figure_.draw_without_rendering()
    ticks = display.axes_[0].get_xticks()
    assert 1 in ticks
    assert (ticks == ticks.round()).all()


def test_errors_say_what_is_wrong(images):
    with pytest.raises(ValueError, match="SimpleDenseClassifier has no loss_curve_: fit it first"):
        LearningCurvesDisplay.from_estimator(make_pipeline(SimpleDenseClassifier()))
    with pytest.raises(ValueError, match="LogisticRegression has no loss_curve_"):
        LearningCurvesDisplay.from_estimator(LogisticRegression())
    with pytest.raises(ValueError, match="no curve to draw"):
        LearningCurvesDisplay().plot()
    with pytest.raises(ValueError, match="train_loss must have a number for each epoch"):
        LearningCurvesDisplay(train_loss=[[1, 2]]).plot()
