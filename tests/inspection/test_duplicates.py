import numpy as np
import pytest

from skfashion.datasets import fetch_fashion_mnist
from skfashion.inspection import find_duplicates


@pytest.fixture(scope="module")
def images(sample):
    return sample.images[6000:6150]


def by_hand(X, X_other, max_distance):
    """Return {index: (closest other, distance)}, comparing all pairs of pixels."""
    X, others = (np.asarray(a, float).reshape(len(a), -1) / 255 for a in (X, X_other))
    distances = np.sqrt(np.square(X[:, None] - others[None]).mean(axis=2))
    closest = distances.argmin(axis=1)
    return {
        i: (j, distances[i, j]) for i, j in enumerate(closest) if distances[i, j] <= max_distance
    }


def test_identical_images_are_found(images):
    X = np.concatenate([images, images[[5, 7, 5]]])
    found = find_duplicates(X, max_distance=0)
    assert found.to_numpy().tolist() == [[150, 5, 0], [151, 7, 0], [152, 5, 0]]
    assert found.columns.tolist() == ["index", "duplicate_of", "distance"]
    np.testing.assert_array_equal(np.delete(X, found["index"], axis=0), images)
    # the form of the images does not matter
    for same in (X.reshape(len(X), -1), X / 255, X[..., None]):
        assert find_duplicates(same, max_distance=0).equals(found)


@pytest.mark.parametrize("max_distance", [0.03, 0.08, 0.15])
def test_no_near_duplicate_is_missed(images, max_distance):
    rng = np.random.default_rng(0)
    noise = rng.integers(-6, 7, size=images[:50].shape)
    X = np.concatenate([images, (images[:50].astype(int) + noise).clip(0, 255).astype(np.uint8)])
    found = find_duplicates(X, max_distance=max_distance)
    expected = {}
    for i in range(1, len(X)):
        for j, distance in by_hand(X[i : i + 1], X[:i], max_distance).values():
            expected[i] = (j, distance)
    assert set(found["index"]) == set(expected)
    assert len(expected) >= 50
    for i, j, distance in found.itertuples(index=False):
        assert j == expected[i][0]
        assert distance == pytest.approx(expected[i][1], abs=1e-6)
    assert found["distance"].is_monotonic_increasing


def test_between_two_datasets(images):
    X, others = images[:100], images[90:].copy()
    others[10] = images[0] // 2 + images[0] // 2  # differs by at most one grey level
    for max_distance, n in ((0, 10), (0.01, 11)):
        found = find_duplicates(X, others, max_distance=max_distance)
        assert found.columns.tolist() == ["index", "other_index", "distance"]
        assert found["index"].tolist() == [*range(90, 100), 0][:n]
        assert found["other_index"].tolist() == [*range(10), 10][:n]
        assert (found["distance"] == 0).sum() == 10


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bytes_and_pixels_from_0_to_1_can_be_compared(images, dtype):
    scaled = (images / 255).astype(dtype)
    for pair in ((images, scaled), (scaled, images)):
        found = find_duplicates(*pair, max_distance=0)
        assert found["index"].tolist() == found["other_index"].tolist() == list(range(len(images)))


def test_many_identical_images_take_one_row_each():
    X = np.zeros((3000, 64), np.uint8)
    found = find_duplicates(X)
    assert found["index"].tolist() == list(range(1, 3000))
    assert set(found["duplicate_of"]) == {0}


@pytest.mark.parametrize("n", [1, 2])
def test_few_images(images, n):
    assert len(find_duplicates(images[:n])) == 0
    assert len(find_duplicates(images[:n], images[5:6])) == 0


def test_zeros_of_both_signs_are_identical():
    X = np.array([[0.0, 1.0, 0.5, 0.2], [-0.0, 1.0, 0.5, 0.2]])
    assert find_duplicates(X, max_distance=0)["distance"].tolist() == [0]


def test_errors_say_what_is_wrong(images):
    for value in (-0.1, 2, "all", np.nan):
        with pytest.raises(ValueError, match="max_distance must be a number from 0 to 1"):
            find_duplicates(images, max_distance=value)
    with pytest.raises(ValueError, match="X have 784 pixels and those of X_other 64"):
        find_duplicates(images, images[:, :8, :8])


@pytest.mark.slow
def test_fashion_mnist_as_it_is_published_now():
    """No image is there twice; the first release, of August 2017, had 43 pairs and 10 in both."""
    train, test = (fetch_fashion_mnist(subset=part).images for part in ("train", "test"))
    for part in ((train,), (test,), (test, train)):
        assert len(find_duplicates(*part, max_distance=0)) == 0
    near = find_duplicates(train)
    assert len(near) == 20
    closest = near.iloc[0]
    assert (closest["index"], closest["duplicate_of"]) == (36357, 20554)
    assert len(find_duplicates(test)) == 1
    assert len(find_duplicates(test, train)) == 6
