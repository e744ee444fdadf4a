import pickle
import re

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from skfashion.preprocessing import ImagePadder, PixelScaler, crop_images, pad_images


@pytest.mark.filterwarnings("ignore:.*are not a square image:UserWarning")
@parametrize_with_checks(
    [
        ImagePadder(),
        ImagePadder(shape=[11, 5], fill=3),
        ImagePadder(shape=(5, 5)),  # as large as the images of most checks
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def X(sample):
    return sample.data[:50]


# ------------------------------------------------------------------------------ functions


def test_pad_images_is_numpys_pad(sample):
    images = sample.images[:20]
    expected = np.pad(images, ((0, 0), (2, 2), (1, 2)), constant_values=7)
    np.testing.assert_array_equal(pad_images(images, (32, 31), fill=7), expected)


def test_pad_images_with_channels(sample):
    images = np.stack([sample.images[:5]] * 3, axis=-1)
    padded = pad_images(images, (32, 32))
    assert padded.shape == (5, 32, 32, 3)
    for channel in range(3):
        np.testing.assert_array_equal(padded[..., channel], pad_images(sample.images[:5], (32, 32)))


@pytest.mark.parametrize("shape", [(28, 28), (29, 28), (28, 31), (40, 33)])
def test_crop_undoes_pad(sample, shape):
    images = sample.images[:5]
    np.testing.assert_array_equal(crop_images(pad_images(images, shape), (28, 28)), images)


def test_shapes_that_do_not_fit(sample):
    with pytest.raises(ValueError, match="28 x 28 pixels cannot be padded to 32 x 27"):
        pad_images(sample.images, (32, 27))
    with pytest.raises(ValueError, match="29 x 28 pixels cannot be cut out of images of 28 x 28"):
        crop_images(sample.images, (29, 28))


def test_pad_images_returns_new_images(sample):
    assert not np.shares_memory(pad_images(sample.images[:5], (28, 28)), sample.images)


# ------------------------------------------------------------------------------ the transformer


def test_rows_stay_rows(X, sample):
    padded = ImagePadder().fit_transform(X)
    assert padded.shape == (50, 1024)
    np.testing.assert_array_equal(
        padded.reshape(-1, 32, 32), pad_images(sample.images[:50], (32, 32))
    )


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float16", "float32", "float64", "bool"])
def test_type_is_kept(X, dtype):
    padder = ImagePadder(fill=1)
    padded = padder.fit_transform(X.astype(dtype))
    assert padded.dtype == dtype
    assert padded[0, 0] == 1
    again = padder.inverse_transform(padded)
    assert again.dtype == dtype
    np.testing.assert_array_equal(again, X.astype(dtype))


def test_a_stack_stays_a_stack(X):
    images = X.reshape(-1, 28, 28)
    rows = ImagePadder().fit_transform(X)
    stack = rows.reshape(-1, 32, 32)
    np.testing.assert_array_equal(ImagePadder().fit_transform(images), stack)
    np.testing.assert_array_equal(ImagePadder().fit_transform(images[..., None]), stack[..., None])
    np.testing.assert_array_equal(ImagePadder().fit(images).transform(X), rows)
    padder = ImagePadder().fit(X)
    np.testing.assert_array_equal(padder.transform(images.tolist()), stack)
    np.testing.assert_array_equal(padder.inverse_transform(stack), images)
    np.testing.assert_array_equal(padder.inverse_transform(stack[..., None]), images[..., None])
    with pytest.raises(ValueError, match=r"\(16, 64, 1\), but transform returns \(32, 32, 1\)"):
        padder.inverse_transform(stack.reshape(-1, 16, 64))


def test_shape_of_a_stack(sample):
    images = sample.images[:5, :, 4:24]
    padder = ImagePadder(shape=(30, 21)).fit(images)
    assert padder.image_shape_ == (28, 20, 1)
    assert padder.padded_shape_ == (30, 21, 1)
    rows = images.reshape(5, -1)
    by_parameter = ImagePadder(shape=(30, 21), image_shape=(28, 20)).fit_transform(rows)
    np.testing.assert_array_equal(padder.transform(rows), by_parameter)
    np.testing.assert_array_equal(padder.inverse_transform(by_parameter), rows)


def test_colour(sample):
    images = np.stack([sample.images[:5], sample.images[5:10], sample.images[10:15]], axis=-1)
    padder = ImagePadder(image_shape=[28, 28, 3])
    padded = padder.fit_transform(images.reshape(5, -1))
    np.testing.assert_array_equal(padded.reshape(5, 32, 32, 3), pad_images(images, (32, 32)))
    np.testing.assert_array_equal(padder.inverse_transform(padded), images.reshape(5, -1))
    np.testing.assert_array_equal(ImagePadder().fit_transform(images).reshape(5, -1), padded)
    names = padder.get_feature_names_out()
    assert names[[0, 1, -1]].tolist() == ["pixel_0_0_0", "pixel_0_0_1", "pixel_31_31_2"]


def test_channels_first(sample):
    with pytest.raises(ValueError, match=r"channels come last here: pass np.moveaxis"):
        ImagePadder().fit(np.stack([sample.images[:5]] * 3, axis=1))


def test_label_among_the_columns(sample):
    X = np.column_stack([sample.target[:5], sample.data[:5]])
    padder = ImagePadder()
    with pytest.warns(UserWarning, match="785 features .*Is the label still in one of the 785"):
        padder.fit(X)
    assert padder.image_shape_ == (29, 29, 1)
    assert padder.n_features_in_ == 785
    padded = padder.transform(X)
    np.testing.assert_array_equal(padded.reshape(-1, 32, 32)[:, 1, 1], sample.target[:5])
    np.testing.assert_array_equal(padder.inverse_transform(padded), X)


def test_warning_names_the_callers_line(sample):
    with pytest.warns(UserWarning, match="782 features are not a square image") as caught:
        ImagePadder().fit(sample.data[:5, 2:])
    assert caught[0].filename == __file__
    assert "label" not in str(caught[0].message)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"shape": (28, 27)}, "28 x 28 pixels cannot be padded to 28 x 27: give a shape"),
        ({"shape": (32,)}, r"shape must be \(height, width\), positive integers; got \(32,\)"),
        ({"shape": (32, 32, 1)}, "shape must be"),
        ({"shape": (32.0, 32)}, "shape must be"),
        ({"shape": (0, 32)}, "shape must be"),
        ({"shape": 32}, "'shape' parameter of ImagePadder"),
        ({"image_shape": (28, 28, 3)}, "makes 2352 pixels, but X has 784 features"),
        ({"image_shape": (28,)}, "image_shape must be"),
        ({"image_shape": (-28, -28)}, "image_shape must be"),
        (
            {"fill": -1},
            "fill=-1 is not a valid value of uint8 pixels: give an integer from 0 to 255",
        ),
        ({"fill": 256}, "fill=256 is not a valid value"),
        ({"fill": 0.5}, "fill=0.5 is not a valid value"),
        ({"fill": float("inf")}, "'fill' parameter of ImagePadder"),
        ({"fill": float("nan")}, "'fill' parameter of ImagePadder"),
    ],
)
def test_wrong_parameter(X, parameters, message):
    with pytest.raises(ValueError, match=message):
        ImagePadder(**parameters).fit(X)


def test_stack_of_another_shape(sample):
    images = sample.images[:5]
    with pytest.raises(ValueError, match="leave image_shape at None for a stack"):
        ImagePadder(image_shape=(14, 56)).fit(images)
    with pytest.raises(
        ValueError, match=r"\(14, 56, 1\), but ImagePadder was fitted on images of shape \(28, 28"
    ):
        ImagePadder().fit(images).transform(images.reshape(5, 14, 56))


def test_inverse_of_something_else(X):
    with pytest.raises(ValueError, match="X has 784 features, but transform returns 1024"):
        ImagePadder().fit(X).inverse_transform(X)


def test_inverse_is_a_copy(X):
    padder = ImagePadder(shape=(28, 28)).fit(X)
    assert not np.shares_memory(padder.inverse_transform(X), X)


def test_data_frame(X, sample):
    frame = pd.DataFrame(X, columns=sample.feature_names, index=np.arange(100, 150))
    padder = ImagePadder().set_output(transform="pandas")
    padded = padder.fit_transform(frame)
    assert padded.columns[[0, 1, -1]].tolist() == ["pixel_0_0", "pixel_0_1", "pixel_31_31"]
    assert padded.index.tolist() == frame.index.tolist()
    assert set(padded.dtypes) == {np.dtype("uint8")}
    assert padder.feature_names_in_.tolist() == sample.feature_names
    np.testing.assert_array_equal(padder.inverse_transform(padded), X)
    with pytest.raises(ValueError, match="input_features is not equal"):
        padder.get_feature_names_out(sample.feature_names[::-1])


def test_nullable_bytes_stay_bytes(X):
    padded = ImagePadder().fit_transform(pd.DataFrame(X).astype("UInt8"))
    assert padded.dtype == np.uint8
    np.testing.assert_array_equal(padded, ImagePadder().fit_transform(X))


def test_a_missing_pixel_is_an_error(X):
    frame = pd.DataFrame(X).astype("UInt8")
    frame.iloc[0, 0] = pd.NA
    with pytest.raises(ValueError, match="contains NaN"):
        ImagePadder().fit(frame)


def test_stack_becomes_rows_in_a_data_frame(sample):
    images = sample.images[:5]
    padder = ImagePadder().set_output(transform="pandas")
    np.testing.assert_array_equal(
        padder.fit_transform(images), ImagePadder().fit_transform(sample.data[:5])
    )
    with config_context(transform_output="pandas"):
        assert ImagePadder().fit_transform(images).shape == (5, 1024)


def test_fit_writes_no_parameter(X):
    padder = ImagePadder(shape=[30, 30], image_shape=[28, 28])
    before = padder.get_params()
    padder.fit(X)
    assert all(padder.get_params()[name] is value for name, value in before.items())


def test_in_a_pipeline(X):
    pipeline = make_pipeline(ImagePadder(), PixelScaler())
    scaled = clone(pipeline).fit_transform(X)
    assert (scaled.shape, scaled.dtype) == ((50, 1024), np.float32)
    pipeline.set_output(transform="pandas").fit(X)
    assert pipeline.transform(X).columns[-1] == "pixel_31_31"
    np.testing.assert_array_equal(pipeline.inverse_transform(scaled).round(), X)
    again = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_array_equal(again.transform(X), scaled)


@pytest.mark.parametrize(
    ("dtype", "fill", "values"),
    [
        ("float16", 1e5, "a number from -65504 to 65504"),
        ("float32", -1e39, "a number from -3.40282e"),
        ("uint8", 300, "an integer from 0 to 255"),
        ("bool", 0.5, "0 or 1"),
    ],
)
def test_fill_that_the_type_cannot_represent(X, dtype, fill, values):
    message = f"fill={fill} is not a valid value of {dtype} pixels: give {values}"
    with pytest.raises(ValueError, match=re.escape(message)):
        ImagePadder(fill=fill).fit(X.astype(dtype))
    with pytest.raises(ValueError, match=re.escape(message)):
        pad_images(X.astype(dtype).reshape(-1, 28, 28), (32, 32), fill=fill)


def test_the_largest_fill(X):
    padded = ImagePadder(fill=-65504).fit_transform(X.astype(np.float16))
    assert padded[0, 0] == -65504
    assert np.isnan(pad_images(np.zeros((1, 2, 2)), (3, 3), fill=np.nan)).sum() == 5


@pytest.mark.parametrize("wrong", [{"shape": (2, 2)}, {"fill": -1}, {"image_shape": (14, 28)}])
def test_a_failed_fit_changes_nothing(X, wrong):
    padder = ImagePadder(**wrong)
    with pytest.raises(ValueError, match=r"pixels|features"):
        padder.fit(X)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        padder.transform(X)
    padder.set_params(shape=(30, 30), image_shape=None, fill=0).fit(X[:, 200:600])
    before = vars(padder).copy()
    padder.set_params(**wrong)
    with pytest.raises(ValueError, match=r"pixels|features"):
        padder.fit(pd.DataFrame(X).add_prefix("p"))
    assert {name: vars(padder)[name] for name in before if name.endswith("_")} == {
        name: value for name, value in before.items() if name.endswith("_")
    }


@pytest.mark.parametrize("shape", [(28, 28), (2, 28, 28, 1, 1), ()])
def test_what_is_not_a_stack(shape):
    for function in (pad_images, crop_images):
        with pytest.raises(ValueError, match=r"images must have the shape .* A single image is"):
            function(np.zeros(shape), (28, 28))


def test_shape_of_the_function_is_checked(sample):
    for function in (pad_images, crop_images):
        with pytest.raises(ValueError, match=r"shape must be \(height, width\), positive integers"):
            function(sample.images[:2], (32.0, 32))


def test_with_array_api_dispatch(X):
    padded = ImagePadder().fit_transform(X)
    for given in (torch.asarray(X), torch.asarray(X.reshape(-1, 28, 28))):
        with config_context(array_api_dispatch=True):
            padder = ImagePadder()
            of_tensor = padder.fit(given).transform(given)
            back = padder.inverse_transform(torch.asarray(of_tensor))
        assert isinstance(of_tensor, np.ndarray)
        assert of_tensor.dtype == np.uint8
        np.testing.assert_array_equal(of_tensor.reshape(50, -1), padded)
        np.testing.assert_array_equal(back.reshape(50, -1), X)
