import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from skfashion import recipes
from skfashion.neural_network import SimpleDenseClassifier
from skfashion.preprocessing import PhotoConverter, PixelScaler, convert_photo
from skfashion.pretrained import load_pretrained


@parametrize_with_checks([PhotoConverter(), PhotoConverter(size=32, background="border")])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def product_photo(image, scale=25, size=(762, 1000), resampling=Image.Resampling.BICUBIC):
    """Return an image of the dataset as the shop's photograph, on #fdfdfd and in RGB."""
    side = scale * len(image)
    photo = Image.new("RGB", size, "#fdfdfd")
    piece = Image.fromarray(255 - image).resize((side, side), resampling)
    photo.paste(piece.convert("RGB"), ((size[0] - side) // 2, (size[1] - side) // 2))
    return np.asarray(photo)


def converted_back(images):
    """Return images after the round trip, without holding all photographs at once."""
    return np.concatenate([PhotoConverter().transform([product_photo(i)]) for i in images])


@pytest.fixture(scope="module")
def photos(sample):
    return [product_photo(image, 4, (122, 160)) for image in sample.images[-20:]]


# ------------------------------------------------------------------------------ the round trip


@pytest.fixture(scope="module")
def network(sample):
    network = SimpleDenseClassifier(optimizer="adam", lr=0.001, max_epochs=8, random_state=0)
    return network.fit(sample.images[:6000], sample.target[:6000])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*do not look like:UserWarning")
def test_the_round_trip_keeps_the_accuracy(sample, network):
    """1,000 test images become photographs and are converted back; two networks look at them."""
    images, y = sample.images[6000:], sample.target[6000:]
    back = converted_back(images)
    # The shipped network sees more detail: on 4,000 test images it loses 1.1 points, with a
    # standard error of 0.2, and 0.7 if they are enlarged without smoothing.
    for classifier, most_lost in ((network, 0.01), (load_pretrained(), 0.02)):
        assert classifier.score(back, y) > classifier.score(images, y) - most_lost
    assert np.abs(back.astype(int) - images).mean() < 13  # of 255


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*do not look like:UserWarning")
def test_neither_smoothed_nor_sharpened_images_come_back_nearly_the_same(sample):
    images, y = sample.images[6000:], sample.target[6000:]
    squares = (product_photo(image, 8, (244, 320), Image.Resampling.NEAREST) for image in images)
    back = PhotoConverter(sharpen=False).transform(squares)
    shipped = load_pretrained()
    assert shipped.score(back, y) > shipped.score(images, y) - 0.01
    assert np.abs(back.astype(int) - images).mean() < 3  # of 255


# ------------------------------------------------------------------------------ the transformer


def test_the_function_and_the_transformer_agree(photos):
    images = PhotoConverter(size=20, sharpen=False).fit_transform(photos)
    assert images.shape == (20, 20, 20)
    assert images.dtype == np.uint8
    for photo, image in zip(photos, images, strict=True):
        np.testing.assert_array_equal(convert_photo(photo, size=20, sharpen=False), image)


def test_containers(photos, tmp_path):
    expected = PhotoConverter().transform(photos)
    paths = [tmp_path / f"{n}.png" for n in range(len(photos))]
    for path, photo in zip(paths, photos, strict=True):
        Image.fromarray(photo).save(path)
    objects = np.empty(len(photos), dtype=object)
    objects[:] = photos
    for X in (
        np.stack(photos), tuple(photos), objects, (photo for photo in photos), paths,
        pd.Series(list(map(str, paths)), index=range(3, 23)), [Image.fromarray(p) for p in photos],
        np.stack(photos)[..., 0], np.stack(photos) / 255,
    ):  # fmt: skip
        np.testing.assert_array_equal(PhotoConverter().transform(X), expected)
    iterator = (photo for photo in photos)
    np.testing.assert_array_equal(PhotoConverter().fit_transform(iterator), expected)


def test_photographs_of_different_sizes(photos):
    mixed = [photos[0], photos[1][::2, ::2], photos[2][..., 0], Image.fromarray(photos[3])]
    assert PhotoConverter().fit_transform(mixed).shape == (4, 28, 28)


def test_photographs_are_not_changed(photos):
    photo = photos[0].copy()
    picture = Image.fromarray(photo)
    PhotoConverter(background="border").transform([photo, picture, photo / 255])
    np.testing.assert_array_equal(photo, photos[0])
    np.testing.assert_array_equal(np.asarray(picture), photos[0])


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("shirt.png", ValueError, r"X is one photograph, a str: pass a list of them, \[X\]"),
        (Image.new("L", (4, 4)), ValueError, "X is one photograph, a Image"),
        (np.zeros((30, 20, 3)), ValueError, "which is one photograph"),
        (np.zeros((30, 20)), ValueError, r"one grey photograph, or rows of pixels"),
        (pd.DataFrame({"path": ["a.png"]}), TypeError, "X is a DataFrame: pass a list"),
        ({"path": "a.png"}, TypeError, "X is a dict: pass a list"),
        (3, TypeError, "X is a int"),
        ([], ValueError, "X has no photographs"),
        ([np.zeros((3, 3)), np.zeros(3)], ValueError, "Photograph 1 cannot be converted: it has"),
        ([None], ValueError, "Photograph 0 cannot be converted"),
        ([Image.new("RGB", (0, 4))], ValueError, "Photograph 0 cannot .*: it has no pixels"),
        ([Image.new("F", (4, 4), 200)], ValueError, "between 200.0 and 200.0, .* between 0 and 1"),
        (["nowhere.png"], FileNotFoundError, "nowhere.png"),
    ],
)
def test_what_is_not_a_list_of_photographs(X, error, message):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(error, match=message):
            PhotoConverter().fit_transform(X)


def test_files_that_are_not_photographs_are_named(tmp_path):
    path = tmp_path / "a.png"
    path.write_text("words")
    with pytest.raises(ValueError, match=r"^/.*a\.png is not a PNG"):
        PhotoConverter().transform([path])
    Image.new("L", (20, 20)).save(path)
    with pytest.raises(ValueError, match="max_pixels=399"):
        convert_photo(path, max_pixels=399)


@pytest.mark.parametrize(
    "parameters",
    [
        {"size": 0}, {"invert": "yes"}, {"background": "white"}, {"tolerance": 1},
        {"resample": "mean"}, {"sharpen": "no"}, {"max_pixels": 0},
    ],
)  # fmt: skip
def test_invalid_parameters(parameters, photos):
    message = next(iter(parameters))
    for call in (
        lambda: convert_photo(photos[0], **parameters),
        lambda: PhotoConverter(**parameters).fit(photos),
        lambda: PhotoConverter(**parameters).transform(photos),
    ):
        with pytest.raises(ValueError, match=f"'{message}' parameter"):
            call()


def test_first_step_before_the_steps_of_a_recipe(photos, sample):
    y = sample.target[-20:]
    network = recipes.published(random_state=0)["Simple dense"]
    network.fit(sample.images[:300], sample.target[:300])
    model = Pipeline([("photo", PhotoConverter()), *network.steps])
    images = PhotoConverter().transform(photos)
    np.testing.assert_array_equal(model.predict(photos), network.predict(images))
    model = make_pipeline(PhotoConverter(size=14), PixelScaler(), SimpleDenseClassifier())
    assert model.fit(photos, y).score(photos, y) >= 0
    assert model[:-1].transform(photos).shape == (20, 14, 14)
    scores = cross_val_score(clone(model), photos, [0, 1] * 10, cv=2, error_score="raise")
    assert len(scores) == 2
    assert "PhotoConverter" in model._repr_html_()


def test_pickle_and_parameters(photos):
    converter = PhotoConverter(size=16, resample="area").fit(photos)
    copy = pickle.loads(pickle.dumps(converter))
    np.testing.assert_array_equal(copy.transform(photos), converter.transform(photos))
    assert clone(converter).get_params() == converter.get_params()


def test_data_frames(photos):
    converter = PhotoConverter(size=16).set_output(transform="pandas")
    frame = converter.fit_transform(photos)
    assert frame.shape == (20, 256)
    assert frame.columns.tolist() == converter.get_feature_names_out().tolist()
    assert frame.columns[-1] == "pixel_15_15"
    images = PhotoConverter(size=16).transform(photos)
    np.testing.assert_array_equal(frame.to_numpy().reshape(-1, 16, 16), images)


def test_images_of_the_dataset_stay_nearly_as_they_are(sample):
    images = sample.images[:50]
    same = PhotoConverter(sharpen=False, tolerance=0).transform(images)
    assert np.abs(same.astype(int) - images).mean() < 1


# ------------------------------------------------------------------------------ warnings


def test_warning_names_what_does_not_look_like_the_dataset(photos, tmp_path):
    blank = np.full((50, 50), 200, dtype=np.uint8)
    path = tmp_path / "blank.png"
    Image.fromarray(blank).save(path)
    message = r"2 of 3 .* Fashion-MNIST: photograph 1 is nearly empty .*; /.*blank\.png is nearly"
    with pytest.warns(UserWarning, match=message) as caught:
        PhotoConverter().fit_transform([photos[0], blank, path])
    assert caught[0].filename == __file__
    assert len(caught) == 1


@pytest.mark.parametrize("invert", [True, False])
def test_did_you_mean_invert(invert, photos):
    images = np.stack(photos) if not invert else 255 - np.stack(photos)
    with pytest.warns(UserWarning, match=rf"20 of 20 .*did you mean invert={not invert}\?"):
        PhotoConverter(invert=invert).transform(images)


def test_a_background_of_several_colours(photos):
    photo = photos[0][:122].copy()
    photo[:, np.arange(photo.shape[1]) % 16 > 3] = [60, 40, 30]  # a striped cloth
    with pytest.warns(UserWarning, match="photograph 0 is bright .* background"):
        PhotoConverter().transform([photo])


def test_no_warning_without_a_reason(photos):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PhotoConverter().fit_transform(photos)
