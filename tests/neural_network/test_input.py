"""Images as X: their forms and types, and what is warned of or refused."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from skfashion import PixelScaler, SimpleDenseClassifier
from tests.networks import FAST


def test_rows_stacks_dataframes_and_lists_are_the_same(data, fitted):
    X, y = data
    expected = fitted.predict_proba(X)
    stack = X.reshape(-1, 28, 28)
    frame = pd.DataFrame(X, columns=[f"pixel_{k}" for k in range(784)])
    for same in (stack, stack[..., None], frame, torch.from_numpy(X)):
        again = SimpleDenseClassifier(**FAST).fit(same, y)
        np.testing.assert_array_equal(again.predict_proba(same), expected)
    with_names = SimpleDenseClassifier(**FAST).fit(frame, y)
    assert list(with_names.feature_names_in_[:2]) == ["pixel_0", "pixel_1"]


def test_uint8_is_divided_by_255_and_other_types_are_taken_as_they_are(data, fitted):
    X, y = data
    scaled = X / np.float32(255)
    for dtype in (np.float32, np.float64):
        again = SimpleDenseClassifier(**FAST).fit(scaled.astype(dtype), y)
        np.testing.assert_allclose(again.predict_proba(scaled), fitted.predict_proba(X), atol=1e-5)
    with (
        pytest.warns(UserWarning, match="pixels up to 25500"),
        pytest.raises(ValueError, match=r"lr=0\.5.*scale the pixels"),
    ):
        SimpleDenseClassifier(lr=0.5, max_epochs=5, random_state=0).fit(X.astype(np.int64) * 100, y)


def test_nullable_bytes_are_bytes(data, fitted):
    X, y = data
    frame = pd.DataFrame(X).astype("UInt8")
    frame[3] = frame[3].astype("uint8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = SimpleDenseClassifier(**FAST).fit(frame, y)
        np.testing.assert_array_equal(again.predict_proba(frame), fitted.predict_proba(X))


@pytest.mark.parametrize("dtype", ["int64", "float32", "Int64", "mixed"])
def test_pixels_to_255_that_are_no_bytes_get_a_warning(data, dtype):
    X, y = data
    if dtype == "mixed":
        X = pd.DataFrame(X).astype({0: "int64"})
    elif dtype == "Int64":
        X = pd.DataFrame(X).astype(dtype)
    else:
        X = X.astype(dtype)
    classifier = SimpleDenseClassifier(max_epochs=1, lr=1e-6)
    message = r"pixels up to 255, which are taken as they are; .*pass X\.astype\(\"uint8\"\)"
    with pytest.warns(UserWarning, match=message) as caught:
        classifier.fit(X, y)
    assert [w.filename for w in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier.predict(X)
    with pytest.warns(UserWarning, match="X is uint8, whose pixels are divided by 255"):
        classifier.predict(data[0])


def test_scaled_pixels_get_no_warning(data):
    X, y = data
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for scaled in (X > 0, X / 16, PixelScaler(feature_range=None).fit_transform(X)):
            SimpleDenseClassifier(max_epochs=1).fit(scaled, y).predict(X)


def test_other_pixels_than_those_of_the_training_get_a_warning(data, fitted):
    X, y = data
    message = r"int64 with pixels up to 255, .* network was trained on uint8 images"
    for method, args in [(fitted.predict, ()), (fitted.predict_proba, ()), (fitted.score, (y,))]:
        with pytest.warns(UserWarning, match=message) as caught:
            method(X.astype(np.int64), *args)
        assert [w.filename for w in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted.predict(X / 255)
    on_floats = SimpleDenseClassifier(max_epochs=1).fit(X / 255, y)
    with pytest.warns(UserWarning, match="network was trained on smaller ones"):
        on_floats.predict(X.astype(np.float64))


def test_scores_that_are_not_finite_are_an_error(data):
    classifier = SimpleDenseClassifier(max_epochs=1, random_state=0).fit(data[0] / 255, data[1])
    huge = np.full((2, 784), 3e38, np.float32)
    for predict in (classifier.predict, classifier.predict_proba, classifier.decision_function):
        with (
            pytest.warns(UserWarning, match="smaller ones"),
            pytest.raises(ValueError, match=r"not finite: its pixels, up to 3e\+38"),
        ):
            predict(huge)


def test_readonly_and_fortran_ordered_arrays(data, fitted):
    X, y = data
    X = np.asfortranarray(X)
    X.setflags(write=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = SimpleDenseClassifier(**FAST).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_785_columns_get_a_warning_that_asks_for_the_label(data):
    X, y = data
    message = "Is the label still in one of the 785 columns"
    with pytest.warns(UserWarning, match=message) as caught:
        SimpleDenseClassifier(max_epochs=1).fit(np.c_[y, X].astype(np.uint8), y)
    assert caught[0].filename == __file__


def test_channels_first_are_refused_with_the_mend(data):
    X = np.zeros((4, 3, 28, 28), np.uint8)
    with pytest.raises(ValueError, match=r"np\.moveaxis\(X, 1, -1\)"):
        SimpleDenseClassifier().fit(X, [0, 1, 0, 1])


def test_image_shape_is_judged(data):
    X, y = data
    with pytest.raises(ValueError, match="makes 800 pixels, but X has 784 features"):
        SimpleDenseClassifier(image_shape=(20, 40)).fit(X, y)
    with pytest.raises(ValueError, match="image_shape must be"):
        SimpleDenseClassifier(image_shape=(784,)).fit(X, y)
    with pytest.raises(ValueError, match="Leave image_shape at None"):
        SimpleDenseClassifier(image_shape=(14, 56)).fit(X.reshape(-1, 28, 28), y)
    wide = SimpleDenseClassifier(image_shape=(14, 56), max_epochs=1).fit(X, y)
    assert wide.image_shape_ == (14, 56, 1)
    with pytest.raises(ValueError, match=r"trained on \(14, 56, 1\)"):
        wide.predict(X.reshape(-1, 28, 28))


def test_a_date_that_is_missing_is_not_a_label(data):
    X, y = data[:2]
    dates = np.asarray(y).astype("M8[s]")
    network = SimpleDenseClassifier(max_epochs=1, random_state=0)
    assert network.fit(X, dates).predict(X).dtype == dates.dtype
    dates[0] = np.datetime64("NaT")
    with pytest.raises(ValueError, match=r"y contains NaT\. Leave out the samples"):
        network.fit(X, dates)
