import tracemalloc

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import config_context
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from skfashion.preprocessing import PixelScaler, scale_pixels


@parametrize_with_checks(
    [
        PixelScaler(),
        PixelScaler(feature_range=None),
        PixelScaler(feature_range=[-0.1, 1.175]),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def X(sample):
    return sample.data[:2500]  # more than two batches


RANGES = [(0, 1), (-1, 1), (-0.1, 1.175), (0.25, 0.5), None]


# ------------------------------------------------------------------------------ the function


def test_scale_pixels_is_linear(X):
    scaled = scale_pixels(X.astype(np.float64), (0, 255), (-0.1, 1.175))
    np.testing.assert_allclose(scaled, -0.1 + X * (1.275 / 255), rtol=0, atol=1e-12)


def test_scale_pixels_hits_the_ends():
    scaled = scale_pixels(np.array([0, 255], dtype=np.uint8), (0, 255), (0, 1))
    assert scaled.tolist() == [0.0, 1.0]


def test_scale_pixels_leaves_its_input_alone(X):
    images = X.astype(np.float32)
    scale_pixels(images, (0, 255), (0, 1))
    np.testing.assert_array_equal(images, X)


@pytest.mark.parametrize(
    "ranges",
    [
        ((5, 5), (0, 1)),
        ((0, 1), (5, 5)),
        ((0, np.inf), (0, 1)),
        (None, (0, 1)),
        ((0, 1, 2), (0, 1)),
    ],
)
def test_scale_pixels_needs_ranges(ranges):
    with pytest.raises(ValueError, match="needs two different finite numbers"):
        scale_pixels([1.0, 2.0], *ranges)


# ------------------------------------------------------------------------------ the transformer


@pytest.mark.parametrize("feature_range", RANGES)
@pytest.mark.parametrize(
    ("dtype", "scaled_dtype"),
    [
        ("uint8", "float32"),
        ("int16", "float32"),
        ("float16", "float32"),
        ("float32", "float32"),
        ("float64", "float64"),
        ("int64", "float64"),
    ],
)
def test_type_and_round_trip(X, feature_range, dtype, scaled_dtype):
    scaler = PixelScaler(feature_range=feature_range)
    scaled = scaler.fit_transform(X.astype(dtype))
    again = scaler.inverse_transform(scaled)
    assert scaled.dtype == again.dtype == scaled_dtype
    np.testing.assert_allclose(again, X, atol=1e-3)
    np.testing.assert_array_equal(again.round().astype(np.uint8), X)


@pytest.mark.parametrize("feature_range", RANGES[:-1])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_range(X, feature_range, dtype):
    scaled = PixelScaler(feature_range=feature_range).fit_transform(X.astype(dtype))
    np.testing.assert_allclose([scaled.min(), scaled.max()], feature_range, atol=1e-6)


def test_uint8_means_0_to_255(X):
    dark = X // 2
    scaler = PixelScaler().fit(dark)
    assert scaler.input_range_ == (0.0, 255.0)
    np.testing.assert_allclose(scaler.transform(dark), dark / 255, rtol=1e-6)


def test_range_of_floats_is_learnt(X):
    scaler = PixelScaler().fit(X / 1000 + 3)
    np.testing.assert_allclose(scaler.input_range_, (3, 3.255))
    np.testing.assert_allclose(scaler.transform(X / 1000 + 3), X / 255, atol=1e-9)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_mean_and_deviation(X, dtype):
    scaler = PixelScaler(feature_range=None)
    scaled = scaler.fit_transform(X.astype(dtype))
    mean, above = scaler.input_range_
    np.testing.assert_allclose([mean, above - mean], [X.mean(), X.std()], rtol=1e-9)
    np.testing.assert_allclose(scaled.mean(dtype=np.float64), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(dtype=np.float64), 1, atol=1e-5)


def test_one_scale_for_all_pixels(X):
    scaled = PixelScaler(feature_range=None).fit_transform(X)
    order = np.argsort(X, axis=None)
    assert (np.diff(scaled.ravel()[order]) >= 0).all()


@pytest.mark.parametrize("feature_range", RANGES)
@pytest.mark.parametrize("value", [0, 7, 0.1, -1e300, 1e-310])
def test_constant_images(feature_range, value):
    X = np.full((30, 9), value, dtype=np.float64)
    scaler = PixelScaler(feature_range=feature_range)
    scaled = scaler.fit_transform(X)
    low = 0 if feature_range is None else feature_range[0]
    np.testing.assert_array_equal(scaled, np.full((30, 9), float(low)))
    np.testing.assert_allclose(scaler.inverse_transform(scaled), X)


def test_constant_uint8():
    X = np.full((30, 9), 51, dtype=np.uint8)
    np.testing.assert_allclose(PixelScaler().fit_transform(X), 0.2, rtol=1e-6)
    np.testing.assert_array_equal(PixelScaler(feature_range=None).fit_transform(X), 0)


def test_no_float64_copy_of_everything(sample):
    X = sample.data
    tracemalloc.start()
    try:
        scaler = PixelScaler(feature_range=None).fit(X)
        _, peak_fit = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        scaler.transform(X)
        _, peak_transform = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_fit < 4 * X.nbytes  # float64 takes 8 times as much as uint8
    assert peak_transform < 5 * X.nbytes  # the result is float32, 4 times as much


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (14, 28, 2)])
def test_a_stack_stays_a_stack(X, shape):
    rows, images = X[:50], X[:50].reshape(-1, *shape)
    scaler = PixelScaler().fit(images)
    scaled = scaler.transform(images)
    np.testing.assert_array_equal(scaled, scaler.transform(rows).reshape(-1, *shape))
    np.testing.assert_array_equal(scaler.inverse_transform(scaled).round(), images)
    scaler.set_output(transform="pandas")
    np.testing.assert_array_equal(scaler.transform(images), scaled.reshape(50, -1))


def test_nullable_bytes_mean_0_to_255(X):
    frame = pd.DataFrame(X[:50] // 2).astype("UInt8")
    frame[0] = frame[0].astype("uint8")
    assert PixelScaler().fit(frame).input_range_ == (0.0, 255.0)


def test_data_frame(X, sample):
    frame = pd.DataFrame(X[:5], columns=sample.feature_names)
    scaler = PixelScaler().set_output(transform="pandas")
    scaled = scaler.fit_transform(frame)
    assert list(scaled.columns) == sample.feature_names
    assert set(scaled.dtypes) == {np.dtype("float32")}
    assert scaler.input_range_ == (0.0, 255.0)
    np.testing.assert_allclose(scaler.inverse_transform(scaled), X[:5], atol=1e-3)


@pytest.mark.parametrize(
    "feature_range", [(1, 0), (1, 1), (0,), (0, 1, 2), (0, float("inf")), ("0", "1")]
)
def test_wrong_range(X, feature_range):
    with pytest.raises(
        ValueError, match=r"feature_range must be None or \(low, high\) with low < high"
    ):
        PixelScaler(feature_range=feature_range).fit(X)


def test_range_of_another_type(X):
    with pytest.raises(ValueError, match="'feature_range' parameter of PixelScaler"):
        PixelScaler(feature_range="standard").fit(X)


def test_inverse_of_something_else(X):
    with pytest.raises(ValueError, match="X has 100 features, but transform returns 784"):
        PixelScaler().fit(X).inverse_transform(X[:, :100])


def test_stack_of_another_shape(sample):
    images = sample.images[:5]
    scaler = PixelScaler().fit(images)
    assert scaler.image_shape_ == (28, 28, 1)
    message = r"of shape \(14, 56, 1\), but PixelScaler was fitted on images of shape \(28, 28, 1\)"
    with pytest.raises(ValueError, match=message):
        scaler.transform(images.reshape(5, 14, 56))
    with pytest.raises(ValueError, match=r"\(14, 56, 1\), but transform returns \(28, 28, 1\)"):
        scaler.inverse_transform(images.reshape(5, 14, 56))
    with pytest.raises(ValueError, match=r"of shape \(27, 27, 1\), but PixelScaler was fitted on"):
        scaler.transform(images[:, 1:, 1:])
    with pytest.raises(ValueError, match="X has 729 features, but PixelScaler is expecting 784"):
        scaler.transform(images[:, 1:, 1:].reshape(5, -1))


def test_rows_have_no_shape(sample):
    scaler = PixelScaler().fit(sample.data[:5])
    assert scaler.image_shape_ is None
    assert scaler.transform(sample.images[:5].reshape(5, 14, 56)).shape == (5, 14, 56)
    with pytest.raises(ValueError, match="X has 729 features, but PixelScaler is expecting 784"):
        scaler.transform(sample.images[:5, 1:, 1:])


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [("int64", 0, 200), ("float64", 0, 200), ("float32", 3, 255), ("uint16", 0, 254)],
)
def test_bytes_of_another_type_are_a_guess(dtype, low, high):
    X = np.linspace(low, high, 90).round().reshape(10, 9).astype(dtype)
    message = f"X is {dtype} with whole numbers from {low} to {high}, and this is taken for the"
    with pytest.warns(UserWarning, match=message) as caught:
        scaler = PixelScaler().fit(X)
    assert scaler.input_range_ == (low, high)
    assert caught[0].filename == __file__


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("factor", [1, 255 / 200, 16 / 200, 1 / 200, 300 / 200])
def test_what_is_not_a_guess(factor):
    X = np.linspace(0, 200, 90).round().reshape(10, 9)
    if factor == 1:
        PixelScaler().fit(X.astype(np.uint8))
        PixelScaler(feature_range=None).fit(X)
        PixelScaler().fit(X + 0.5)
    else:
        X = (X * factor).round() if factor > 1 / 200 else X * factor
        assert PixelScaler().fit(X).input_range_ == (0, X.max())


@pytest.mark.parametrize("feature_range", RANGES)
@pytest.mark.parametrize(("dtype", "size"), [("float64", 1e308), ("float32", 3e38)])
def test_range_that_overflows(feature_range, dtype, size):
    X = np.array([[-size, 0.0], [size, 1.0]], dtype=dtype)
    if dtype == "float32" and feature_range is None:
        scaled = PixelScaler(feature_range=None).fit_transform(X)
        np.testing.assert_allclose(scaled, [[-(2**0.5), 0], [2**0.5, 0]], atol=1e-6)
        return
    scaler = PixelScaler(feature_range=feature_range)
    with pytest.raises(ValueError, match=r"overflows[.:] [Dd]ivide them by a power"):
        scaler.fit(X)
    with pytest.raises(NotFittedError):
        scaler.transform(X)


def test_pixels_far_outside_the_range():
    scaler = PixelScaler().fit(np.array([[0.0, 1e-300]]))
    with pytest.raises(
        ValueError, match=r"Scaling float64 pixels from 0..1e-300 to 0..1 overflows"
    ):
        scaler.transform(np.array([[0.0, 1e300]]))


def test_a_failed_fit_changes_nothing(X):
    scaler = PixelScaler(feature_range=(1, 0))
    with pytest.raises(ValueError, match="low < high"):
        scaler.fit(X)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        scaler.transform(X)
    scaler.set_params(feature_range=(0, 2)).fit(X)
    before = {name: value for name, value in vars(scaler).items() if name.endswith("_")}
    with pytest.raises(ValueError, match="overflows"):
        scaler.fit(pd.DataFrame([[-1e308, 1e308]], columns=["a", "b"]))
    assert before == {name: value for name, value in vars(scaler).items() if name.endswith("_")}


def test_with_array_api_dispatch(X):
    scaled = PixelScaler().fit_transform(X[:50])
    for given in (torch.asarray(X[:50]), torch.asarray(X[:50].reshape(-1, 28, 28))):
        with config_context(array_api_dispatch=True):
            of_tensor = PixelScaler().fit(given).transform(given)
        assert isinstance(of_tensor, np.ndarray)
        np.testing.assert_array_equal(of_tensor.reshape(50, -1), scaled)


@pytest.mark.parametrize("dtype", ["str", "complex"])
def test_scale_pixels_needs_real_numbers(dtype):
    with pytest.raises(ValueError, match="but pixels must be real numbers"):
        scale_pixels(np.zeros(3, dtype), (0, 1), (0, 2))


@pytest.mark.parametrize("feature_range", [(0, 1), None])
def test_images_in_other_units(X, feature_range):
    message = "X has pixels up to {}, but PixelScaler was fitted on pixels up to {}. Pass images"
    scaler = PixelScaler(feature_range=feature_range)
    with pytest.warns(UserWarning, match=message.format(1, 255)) as caught:
        scaler.fit(X).transform(X / 255)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=message.format(255, 1)):
        scaler.fit(X / 255).transform(X)


@pytest.mark.filterwarnings("error")
def test_units_that_are_the_same(X):
    scaler = PixelScaler().fit(X)
    for same in (X, X // 200, X.astype(float), np.zeros((5, 784)), X / 20):
        scaler.transform(same)
    PixelScaler().fit(X / 255).transform(X / 300)
    PixelScaler().fit(X // 200).transform(X)  # uint8, whatever values it has
