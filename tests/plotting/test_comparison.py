from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from skfashion import ComparisonDisplay
from skfashion.comparison import compare
from skfashion.plotting._comparison import (
    SMALLEST_AREA,
    bytes_in_words,
    lowest_shown,
    marker_areas,
    pareto_optimal,
)
from skfashion.plotting._style import BLUE, GREY


@pytest.fixture(scope="module")
def comparison(images):
    X, y = images
    estimators = {
        "Dummy": DummyClassifier(),
        "Bayes": GaussianNB(),
        "Tree": DecisionTreeClassifier(),
        "k-NN": KNeighborsClassifier(),
        "Broken": KNeighborsClassifier(n_neighbors=-1),
    }
    return compare(
        estimators, X[:300], y[:300], X[300:], y[300:], random_states=(0, 1), target_names=None
    )


def test_table_and_comparison_are_the_same(comparison):
    display = ComparisonDisplay.from_comparison(comparison)
    again = ComparisonDisplay.from_comparison(comparison.table)
    assert display.names == again.names == ["Dummy", "Bayes", "Tree", "k-NN"]  # Broken has failed
    table = comparison.table.loc[display.names]
    x, y = display.scatter_.get_offsets().T
    np.testing.assert_allclose(x, table["fit_seconds"])
    shown = [
        text.get_text() == name for text, name in zip(display.texts_, display.names, strict=True)
    ]
    np.testing.assert_allclose(y[shown], table["accuracy_mean"][shown])
    assert sum(shown) >= 3
    assert display.ax_.get_xscale() == "log"


def test_areas_are_in_proportion_to_the_sizes(comparison):
    display = ComparisonDisplay.from_comparison(comparison)
    areas = display.scatter_.get_sizes()
    assert display.names[np.argmax(areas)] == "k-NN"  # keeps all the data
    np.testing.assert_allclose(marker_areas(np.array([1e6, 5e5, 1, np.nan]))[:2], [900, 450])
    assert marker_areas(np.array([1e6, 1, np.nan])).tolist()[1:] == [SMALLEST_AREA] * 2


def crowd(n=18, seed=0):
    """A comparison of many estimators with long names and similar results."""
    rng = np.random.default_rng(seed)
    return ComparisonDisplay(
        [f"Classifier with a name {k}" for k in range(n)],
        rng.normal(0.88, 0.02, n),
        10 ** rng.normal(1, 0.4, n),
        model_bytes=10 ** rng.uniform(3, 8, n),
    )


@pytest.mark.parametrize("seed", range(3))
def test_labels_do_not_overlap_and_stay_inside(seed):
    display = crowd(seed=seed).plot()
    display.figure_.draw_without_rendering()
    boxes = [text.get_window_extent() for text in display.texts_]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    area = display.ax_.bbox.padded(2)
    assert all(area.contains(*corner) for box in boxes for corner in box.corners())


def in_one_figure(**options):
    """Draw into a figure of 2 x 2 axes; return the displays and the axes left empty."""
    _, axes = plt.subplots(2, 2, figsize=(9, 7), **options)
    return [crowd(seed=seed).plot(axes[seed, seed]) for seed in (0, 1)], axes[[0, 1], [1, 0]]


@pytest.mark.parametrize("layout", ["new figure", None, "constrained"])
def test_the_legend_is_outside_the_axes_and_inside_the_figure(layout):
    displays, others = (
        ([crowd().plot()], []) if layout == "new figure" else in_one_figure(layout=layout)
    )
    for display in displays:
        display.figure_.draw_without_rendering()
        legend = display.ax_.get_legend().get_window_extent().padded(-1)
        assert not legend.overlaps(display.ax_.bbox)
        assert not any(legend.overlaps(ax.get_window_extent()) for ax in others)
        assert all(display.figure_.bbox.padded(1).contains(*c) for c in legend.corners())


def test_a_far_too_low_accuracy_does_not_press_the_others_together():
    accuracy = np.array([0.1, 0.84, 0.86, 0.88, 0.9])
    assert lowest_shown(accuracy) == 0.84
    assert lowest_shown(accuracy[1:]) == 0.84
    display = ComparisonDisplay(["Dummy", *"abcd"], accuracy, [0.1, 1, 2, 3, 4]).plot()
    assert display.ax_.get_ylim()[0] > 0.8
    assert display.texts_[0].get_text() == "Dummy (10 %)"
    assert display.scatter_.get_offsets()[0, 1] > display.ax_.get_ylim()[0]


def test_pareto_optimal_is_what_no_other_beats():
    accuracy, seconds = np.array([0.5, 0.9, 0.8, 0.9]), np.array([1.0, 10, 10, 20])
    assert pareto_optimal(accuracy, seconds).tolist() == [True, True, False, False]
    assert pareto_optimal(np.array([0.5, 0.5]), np.array([1.0, 1])).all()
    assert pareto_optimal(accuracy, seconds, chance=0.5).tolist() == [False, True, False, False]


def test_guessing_is_not_pareto_optimal(comparison):
    table = comparison.table
    table.loc["Dummy", "fit_seconds"] = table["fit_seconds"].min() / 2  # no other is faster
    comparison = SimpleNamespace(table=table, y_test=comparison.y_test)
    display = ComparisonDisplay.from_comparison(comparison)
    share = np.bincount(comparison.y_test).max() / len(comparison.y_test)
    assert display.chance_accuracy == share
    colours = dict(zip(display.names, display.scatter_.get_facecolor()[:, :3], strict=True))
    np.testing.assert_allclose(colours["Dummy"], to_rgb(GREY))
    best = table["accuracy_mean"].idxmax()
    np.testing.assert_allclose(colours[best], to_rgb(BLUE))


def test_deviations_are_drawn_where_there_are_any():
    display = ComparisonDisplay(["a", "b"], [0.8, 0.9], [1, 2], accuracy_std=[0.01, np.nan]).plot()
    (bars,) = display.errorbar_.lines[2]
    np.testing.assert_allclose(bars.get_segments()[0][:, 1], [0.79, 0.81])
    assert ComparisonDisplay(["a"], [0.8], [1]).plot().errorbar_ is None


def test_given_axes():
    figure, ax = plt.subplots()
    display = crowd(3)
    assert display.plot(ax, text_kw={"fontsize": 5}) is display
    assert (display.ax_, display.figure_) == (ax, figure)
    assert {text.get_fontsize() for text in display.texts_} == {5}


@pytest.mark.parametrize(
    ("n_bytes", "text"), [(7, "7 B"), (1000, "1 kB"), (25_000_000, "25 MB"), (1.5e9, "1.5 GB")]
)
def test_sizes_in_words(n_bytes, text):
    assert bytes_in_words(n_bytes) == text


def test_errors_say_what_is_wrong(comparison):
    with pytest.raises(ValueError, match="comparison has no fit_seconds: give what"):
        ComparisonDisplay.from_comparison(comparison.table.drop(columns="fit_seconds"))
    with pytest.raises(ValueError, match="comparison has no accuracy_mean and no fit_seconds"):
        ComparisonDisplay.from_comparison([1, 2])
    with pytest.raises(ValueError, match="see its column error"):
        ComparisonDisplay.from_comparison(comparison.table.loc[["Broken"]])
    with pytest.raises(ValueError, match="names is empty"):
        ComparisonDisplay([], [], []).plot()
    with pytest.raises(ValueError, match="fit_seconds must have one number for each of the 2"):
        ComparisonDisplay(["a", "b"], [0.1, 0.2], [1]).plot()
    with pytest.raises(ValueError, match="no missing values"):
        ComparisonDisplay(["a", "b"], [0.1, np.nan], [1, 2]).plot()
    with pytest.raises(ValueError, match="fit_seconds must be above zero"):
        ComparisonDisplay(["a", "b"], [0.1, 0.2], pd.Series([0, 2])).plot()
