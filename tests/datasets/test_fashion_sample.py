import hashlib

import numpy as np
import pytest

from skfashion.datasets import CLASS_NAMES, fetch_fashion_mnist, load_fashion_sample, read_idx
from skfashion.datasets._fashion_sample import DATA_FOLDER
from skfashion.datasets._make_sample import N_PER_CLASS, first_of_each_class, main

SHA1 = {
    "train-images-idx3-ubyte.gz": "ee9d4d7bb527be1db677cbeacd8ef2f89c92f4f5",
    "train-labels-idx1-ubyte.gz": "8c7dc10371dcbb00930072b96031f293be577f62",
    "t10k-images-idx3-ubyte.gz": "2dee80486e21d749f9b2a185352d5a29f9e83ff3",
    "t10k-labels-idx1-ubyte.gz": "1c78e688741e54fbc3c62d73620b8a177bc21ff8",
}


@pytest.mark.parametrize(("subset", "n_per_class"), [("train", 600), ("test", 100), ("all", 700)])
def test_classes_are_balanced(subset, n_per_class):
    X, y = load_fashion_sample(subset=subset, return_X_y=True)
    assert X.shape == (10 * n_per_class, 784)
    assert (X.dtype, y.dtype) == (np.uint8, np.int64)
    assert np.bincount(y).tolist() == [n_per_class] * 10


def test_all_is_train_then_test(sample):
    X_train, y_train = load_fashion_sample(subset="train", return_X_y=True)
    X_test, y_test = load_fashion_sample(subset="test", return_X_y=True)
    np.testing.assert_array_equal(sample.data, np.concatenate([X_train, X_test]))
    np.testing.assert_array_equal(sample.target, np.concatenate([y_train, y_test]))


def test_bunch(sample):
    assert sample.images.shape == (7000, 28, 28)
    assert np.shares_memory(sample.images, sample.data)
    assert sample.target_names.tolist() == list(CLASS_NAMES)
    assert "of each class the first 600" in sample.DESCR
    assert "MIT" in sample.DESCR


def test_files_never_change():
    """Results that were measured on the sample stay comparable."""
    for name, sha1 in SHA1.items():
        assert hashlib.sha1((DATA_FOLDER / name).read_bytes()).hexdigest() == sha1


def test_index_is_one_of_the_full_dataset(sample):
    train = load_fashion_sample(subset="train").index
    test = load_fashion_sample(subset="test").index
    for index, n_images, n_full in [(train, 6000, 60_000), (test, 1000, 10_000)]:
        assert (index.shape, index.dtype) == ((n_images,), np.int64)
        assert (np.diff(index) > 0).all()
        assert index[0] == 0
        assert n_images <= index[-1] < n_full
    assert (test != np.arange(1000)).sum() == 149
    np.testing.assert_array_equal(sample.index, np.concatenate([train, 60_000 + test]))


def test_as_frame(sample):
    frame = load_fashion_sample(as_frame=True).frame
    assert frame.shape == (7000, 785)
    np.testing.assert_array_equal(frame.drop(columns="target"), sample.data)


def test_arrays_belong_to_the_caller():
    first = load_fashion_sample(subset="test")
    first.data[:] = 0
    assert load_fashion_sample(subset="test").data.any()


def test_licence_is_beside_it():
    assert "Copyright © 2017 Zalando SE" in (DATA_FOLDER / "LICENSE").read_text(encoding="utf-8")


def test_is_small():
    assert sum(path.stat().st_size for path in DATA_FOLDER.iterdir()) < 3.5e6


@pytest.fixture
def full():
    try:
        return fetch_fashion_mnist(download_if_missing=False)
    except FileNotFoundError:
        pytest.skip("the full data are not on this machine (skfashion fetch)")


def test_is_chosen_by_its_rule(full, sample):
    for part, n_per_class in [(slice(60_000), 600), (slice(60_000, None), 100)]:
        mine = slice(6000) if n_per_class == 600 else slice(6000, None)
        places = first_of_each_class(full.target[part], n_per_class)
        np.testing.assert_array_equal(full.index[part][places], sample.index[mine])
        np.testing.assert_array_equal(full.data[part][places], sample.data[mine])
        np.testing.assert_array_equal(full.target[part][places], sample.target[mine])
        # the same rule, written in another way
        for label in range(10):
            of_class = full.data[part][full.target[part] == label]
            of_mine = sample.data[mine][sample.target[mine] == label]
            np.testing.assert_array_equal(of_mine, of_class[:n_per_class])


@pytest.mark.slow
def test_can_be_made_again(full, tmp_path):
    main(tmp_path)
    for path in DATA_FOLDER.glob("*.gz"):
        np.testing.assert_array_equal(read_idx(tmp_path / path.name), read_idx(path))


@pytest.mark.slow
@pytest.mark.parametrize("subset", [*N_PER_CLASS, "all"])
def test_index_finds_every_image_in_the_full_data(full, subset):
    part = full if subset == "all" else fetch_fashion_mnist(subset=subset)
    sample = load_fashion_sample(subset=subset)
    np.testing.assert_array_equal(part.index, np.arange(len(part.data)))
    np.testing.assert_array_equal(part.images[sample.index], sample.images)
    np.testing.assert_array_equal(part.target[sample.index], sample.target)
