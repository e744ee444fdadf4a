import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from skfashion.preprocessing import ImagePadder, PixelScaler, crop_images, pad_images


@pytest.mark.filterwarnings("ignore:.*are no square image:UserWarning")
@parametrize_with_checks(
    [
        ImagePadder(),
        ImagePadder(shape=[11, 5], fill=3),
        ImagePadder(shape=(5, 5)),  # what most checks use is just as large
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


def test_pad_and_crop_the_wrong_way(sample):
    with pytest.raises(ValueError, match="28 x 28 pixels cannot be padded to 32 x 27"):
        pad_images(sample.images, (32, 27))
    with pytest.raises(ValueError, match="No 29 x 28 pixels can be cut out of images of 28 x 28"):
        crop_images(sample.images, (29, 28))


def test_pad_images_returns_new_images(sample):
    assert not np.shares_memory(pad_images(sample.images[:5], (28, 28)), sample.images)


# ------------------------------------------------------------------------------ the transformer


def test_rows_in_rows_out(X, sample):
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


def test_a_stack_in_is_a_stack_out(X):
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


def test_stack_tells_its_shape(sample):
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
    with pytest.raises(ValueError, match=r"channels come last here. Pass np.moveaxis"):
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


def test_warning_is_of_the_callers_line(sample):
    with pytest.warns(UserWarning, match="782 features are no square image") as caught:
        ImagePadder().fit(sample.data[:5, 2:])
    assert caught[0].filename == __file__
    assert "label" not in str(caught[0].message)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"shape": (28, 27)}, "28 x 28 pixels, which cannot be padded to 28 x 27: give a shape"),
        ({"shape": (32,)}, r"shape must be \(height, width\), positive integers; got \(32,\)"),
        ({"shape": (32, 32, 1)}, "shape must be"),
        ({"shape": (32.0, 32)}, "shape must be"),
        ({"shape": (0, 32)}, "shape must be"),
        ({"shape": 32}, "'shape' parameter of ImagePadder"),
        ({"image_shape": (28, 28, 3)}, "makes 2352 pixels, but X has 784 features"),
        ({"image_shape": (28,)}, "image_shape must be"),
        ({"image_shape": (-28, -28)}, "image_shape must be"),
        ({"fill": -1}, "fill=-1 is no value of uint8 pixels: give an integer from 0 to 255"),
        ({"fill": 256}, "fill=256 is no value"),
        ({"fill": 0.5}, "fill=0.5 is no value"),
        ({"fill": float("inf")}, "'fill' parameter of ImagePadder"),
        ({"fill": float("nan")}, "'fill' parameter|fill=nan is no value"),
    ],
)
def test_wrong_parameter(X, parameters, message):
    with pytest.raises(ValueError, match=message):
        ImagePadder(**parameters).fit(X)


def test_stack_of_another_shape(sample):
    images = sample.images[:5]
    with pytest.raises(ValueError, match="leave image_shape out for a stack"):
        ImagePadder(image_shape=(14, 56)).fit(images)
    with pytest.raises(ValueError, match=r"\(14, 56, 1\), but the padder was fitted on \(28, 28"):
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
