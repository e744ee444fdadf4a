import gzip
import os
import shutil

import numpy as np
import pandas as pd
import pytest

from skfashion.datasets import load_idx, read_idx, write_idx

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"


def test_reads_the_four_files(sample_folder, sample):
    dataset = load_idx(sample_folder)
    np.testing.assert_array_equal(dataset.data, sample.data)
    np.testing.assert_array_equal(dataset.target, sample.target)
    assert dataset.data.dtype == np.uint8
    assert dataset.target.dtype == np.int64
    assert dataset.target_names.tolist() == list("0123456789")
    assert str(sample_folder) in dataset.DESCR
    assert dataset.frame is None


def test_images_are_a_view_of_data(sample_folder):
    dataset = load_idx(sample_folder, subset="test")
    assert dataset.images.shape == (1000, 28, 28)
    assert np.shares_memory(dataset.images, dataset.data)
    assert dataset.data.flags.writeable


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: name.replace("-idx", ".idx"),
        lambda name: name.replace("t10k", "test"),
        lambda name: name.replace("t10k", "test").replace("-idx", ".idx"),
    ],
)
@pytest.mark.parametrize("packed", [True, False])
def test_every_spelling(sample_folder, sample, rename, packed):
    for path in list(sample_folder.iterdir()):
        new = path.rename(path.with_name(rename(path.name)))
        if not packed:
            new.with_suffix("").write_bytes(gzip.decompress(new.read_bytes()))
            new.unlink()
    X, y = load_idx(str(sample_folder), return_X_y=True)
    np.testing.assert_array_equal(X, sample.data)
    np.testing.assert_array_equal(y, sample.target)


def test_prefix(sample_folder, sample):
    for path in list(sample_folder.iterdir()):
        path.rename(path.with_name(f"emnist-letters-{path.name}"))
    _, y = load_idx(sample_folder, prefix="emnist-letters-", return_X_y=True)
    np.testing.assert_array_equal(y, sample.target)
    with pytest.raises(
        FileNotFoundError, match=r"emnist-letters-train-images.*pass prefix='emnist-letters-'"
    ):
        load_idx(sample_folder)


def test_subset_needs_its_own_files_only(sample_folder, sample):
    (sample_folder / TRAIN_IMAGES).unlink()
    (sample_folder / TRAIN_LABELS).unlink()
    X, _ = load_idx(sample_folder, subset="test", return_X_y=True)
    np.testing.assert_array_equal(X, sample.data[6000:])
    with pytest.raises(FileNotFoundError, match=f"{sample_folder} holds none of {TRAIN_IMAGES}"):
        load_idx(sample_folder)


def test_as_frame(sample_folder, sample):
    dataset = load_idx(sample_folder, subset="test", as_frame=True)
    assert isinstance(dataset.target, pd.Series)
    assert list(dataset.frame.columns) == [*dataset.feature_names, "target"]
    assert dataset.feature_names[:2] == ["pixel_0_0", "pixel_0_1"]
    assert set(dataset.data.dtypes) == {np.dtype("uint8")}
    np.testing.assert_array_equal(dataset.data, sample.data[6000:])
    X, y = load_idx(sample_folder, subset="test", as_frame=True, return_X_y=True)
    pd.testing.assert_frame_equal(X, dataset.data)
    pd.testing.assert_series_equal(y, dataset.target)


def test_images_that_are_not_square(tmp_path):
    images = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    write_idx(tmp_path / "train-images-idx3-ubyte", images)
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.array([26, 1], dtype=np.uint8))
    dataset = load_idx(tmp_path, subset="train")
    assert dataset.data.shape == (2, 12)
    assert dataset.feature_names[-1] == "pixel_2_3"
    assert dataset.target_names.tolist() == ["1", "26"]


@pytest.mark.parametrize("n_axes", [3, 4])
def test_images_with_channels(tmp_path, n_axes):
    images = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
    write_idx(tmp_path / f"train-images-idx{n_axes}-ubyte.gz", images)
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.array([26, 1], dtype=np.uint8))
    dataset = load_idx(tmp_path, subset="train")
    np.testing.assert_array_equal(dataset.images, images)
    np.testing.assert_array_equal(dataset.data, images.reshape(2, 36))
    assert dataset.feature_names[-2:] == ["pixel_2_3_1", "pixel_2_3_2"]


def test_index_is_the_number_of_the_image(sample_folder):
    assert load_idx(sample_folder).index.tolist() == list(range(7000))
    index = load_idx(sample_folder, subset="test", as_frame=True).index
    assert (index.tolist(), index.dtype) == (list(range(1000)), np.int64)


def test_dangling_link(sample_folder, tmp_path):
    path = sample_folder / TRAIN_IMAGES
    path.rename(sample_folder / "aside")
    path.symlink_to(tmp_path / "absent")
    with pytest.raises(
        FileNotFoundError, match=f"{path}: it is a symbolic link to .*absent, which does not exist"
    ) as caught:
        load_idx(sample_folder)
    assert "prefix" not in str(caught.value)
    (sample_folder / "aside").rename(sample_folder / TRAIN_IMAGES.removesuffix(".gz"))
    assert load_idx(sample_folder).images.shape == (7000, 28, 28)  # another spelling is intact


def test_named_pipe_is_not_waited_for(sample_folder):
    path = sample_folder / TRAIN_IMAGES
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(OSError, match=f"Cannot read {path}: it is a named pipe"):
        load_idx(sample_folder)


def test_file_in_place_of_the_folder(sample_folder):
    path = sample_folder / TRAIN_IMAGES
    with pytest.raises(FileNotFoundError, match=f"{path} is a file: give the folder that holds"):
        load_idx(path)


def test_home_folder(sample_folder, monkeypatch):
    monkeypatch.setenv("HOME", str(sample_folder.parent))
    assert load_idx("~/files", subset="test").data.shape == (1000, 784)


def test_only_one_part_is_there(sample_folder):
    (sample_folder / TRAIN_IMAGES).unlink()
    with pytest.raises(FileNotFoundError, match=f"It does hold {TEST_IMAGES}: .* with subset="):
        load_idx(sample_folder)


def test_no_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no folder .*nowhere"):
        load_idx(tmp_path / "nowhere")


def test_swapped_images_and_labels(sample_folder):
    images, labels = sample_folder / TRAIN_IMAGES, sample_folder / TRAIN_LABELS
    images.rename(sample_folder / "aside")
    labels.rename(images)
    (sample_folder / "aside").rename(labels)
    with pytest.raises(
        ValueError, match=f"{images} should hold images.*looks like labels.*swapped"
    ):
        load_idx(sample_folder)


def test_images_in_place_of_labels(sample_folder):
    shutil.copy(sample_folder / TEST_IMAGES, sample_folder / TEST_LABELS)
    with pytest.raises(ValueError, match=f"{TEST_LABELS} should hold labels.*looks like images"):
        load_idx(sample_folder)


def test_label_count(sample_folder):
    labels = read_idx(sample_folder / TEST_LABELS)
    write_idx(sample_folder / TEST_LABELS, labels[:-1])
    with pytest.raises(ValueError, match=f"1000 images, but .*{TEST_LABELS} holds 999 labels"):
        load_idx(sample_folder)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fractional_labels(sample_folder, dtype):
    path = sample_folder / TRAIN_LABELS
    write_idx(path, np.linspace(0, 1, 6000, dtype=dtype))
    with pytest.raises(ValueError, match=f"{path} holds labels of type {dtype}.*be integers"):
        load_idx(sample_folder)


def test_parts_of_two_datasets(sample_folder):
    images = read_idx(sample_folder / TEST_IMAGES)
    write_idx(sample_folder / TEST_IMAGES, images[:, 2:, 2:])
    with pytest.raises(ValueError, match=r"\(28, 28\).*\(26, 26\).*two datasets"):
        load_idx(sample_folder)


def test_damaged_file_is_named(sample_folder):
    path = sample_folder / TRAIN_LABELS
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=f"{path} is damaged or cut short"):
        load_idx(sample_folder)


def test_folder_in_place_of_a_file(sample_folder):
    path = sample_folder / TRAIN_LABELS
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError, match=f"Cannot read {path}"):
        load_idx(sample_folder)


def test_forbidden_folder(ordinary_user):
    ordinary_user.chmod(0)
    with pytest.raises(PermissionError, match=f"Cannot read {ordinary_user}"):
        load_idx(ordinary_user)


@pytest.mark.parametrize("folder", [None, 3, b"files"])
def test_folder_that_is_not_a_path(folder):
    with pytest.raises(ValueError, match="'folder' parameter of load_idx must be"):
        load_idx(folder)


def test_wrong_subset(sample_folder):
    with pytest.raises(ValueError, match="'subset' parameter of load_idx"):
        load_idx(sample_folder, subset="validation")
