import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

from skfashion.cli._data import check_file, default_folder, holds_pictures, load_data
from skfashion.datasets import load_image_folder


def test_each_dataset_has_a_folder_of_its_own(tmp_path):
    places = ["sample", "full", "a/mnist", "b/mnist", "full/", 255 * "x"]
    folders = [default_folder(place) for place in places]
    assert folders[:2] == [Path("runs/compare"), Path("runs/compare-full")]
    assert len(set(folders)) == len(places)
    assert folders[2].name.startswith("compare-mnist-")
    assert default_folder(Path("a/b/../mnist")) == folders[2]
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)


def test_a_size_of_pictures_has_a_folder_of_its_own():
    assert default_folder("shirts", 32) == Path(f"{default_folder('shirts')}-32px")


@pytest.fixture
def pictures(tmp_path):
    """A folder with 12 red and 5 blue pictures of 16 x 24 pixels."""
    rng = np.random.default_rng(0)
    for channel, (name, n) in enumerate([("blue", 5), ("red", 12)]):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(n):
            pixels = rng.integers(0, 90, (16, 24, 3)).astype(np.uint8)
            pixels[..., channel] += 160
            Image.fromarray(pixels).save(tmp_path / "pictures" / name / f"{number}.png")
    return tmp_path / "pictures"


def test_a_folder_of_pictures_is_divided_by_class(pictures, capsys):
    train, test, names = load_data(str(pictures), quiet=False)
    assert names == ["blue", "red"]
    assert train.images.shape == (14, 16, 24, 3)
    assert np.bincount(train.target).tolist() == [4, 10]
    assert np.bincount(test.target).tolist() == [1, 2]
    assert sorted([*train.index, *test.index]) == list(range(17))
    everything = load_image_folder(pictures)
    np.testing.assert_array_equal(test.images, everything.images[test.index])
    np.testing.assert_array_equal(test.target, everything.target[test.index])
    np.testing.assert_array_equal(load_data(str(pictures))[1].index, test.index)
    said = " ".join(capsys.readouterr().err.split())
    assert said == (
        "17 pictures of 2 classes, 16 x 24 pixels, RGB: a fifth of each class, 3, is held out for "
        "testing."
    )


def test_folders_train_and_test(pictures, tmp_path, capsys):
    (tmp_path / "divided").mkdir()
    pictures.rename(tmp_path / "divided/train")
    (tmp_path / "divided/test/red").mkdir(parents=True)
    Image.new("L", (24, 16)).save(tmp_path / "divided/test/red/1.png")  # grey by chance
    train, test, names = load_data(str(tmp_path / "divided"), quiet=False)
    assert train.images.shape == (17, 16, 24, 3)
    assert test.images.shape == (1, 16, 24, 3)
    assert test.target.tolist() == [1]
    assert names == ["blue", "red"]
    assert "17 to train on and 1 to test on" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("size", "expected"), [((70, 65), 32), ((300, 20), 32), ((26, 20), 26), ((24, 17), 24)]
)
def test_pictures_of_other_sizes_are_resized(size, expected, pictures, capsys):
    Image.new("RGB", size).save(pictures / "red/another.png")
    train, *_ = load_data(str(pictures), quiet=False)
    assert train.images.shape[1:] == (expected, expected, 3)
    assert "(resized; --image-size takes another size)" in " ".join(capsys.readouterr().err.split())
    assert load_data(str(pictures), 12, quiet=False)[0].images.shape[1:] == (12, 12, 3)
    assert "resized" not in capsys.readouterr().err


def test_large_pictures_of_one_size_are_resized(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        for number in range(2):
            Image.new("L", (64, 64), 9 * number).save(tmp_path / name / f"{number}.png")
    assert load_data(str(tmp_path))[0].images.shape == (2, 64, 64)
    for path in tmp_path.glob("*/*.png"):
        Image.new("L", (65, 65)).save(path)
    assert load_data(str(tmp_path))[0].images.shape == (2, 32, 32)


def test_what_cannot_be_read_is_left_out(pictures):
    (pictures / "red/words.png").write_text("words")
    (pictures / "empty").mkdir()
    (pictures / "broken").mkdir()
    (pictures / "broken/1.png").write_text("words")
    with pytest.warns(UserWarning, match=r"^3 left out: .*empty holds no .*words\.png is not"):
        _, _, names = load_data(str(pictures))
    assert names == ["blue", "red"]


@pytest.mark.parametrize("is_divided", [False, True])
def test_a_class_without_a_readable_picture_does_not_shift_the_names(is_divided, pictures):
    for name in ("azure", "green"):  # before the others, and between them
        (pictures / name).mkdir()
        (pictures / name / "1.png").write_text("words")
    root = pictures
    if is_divided:
        root = pictures.with_name("divided")
        root.mkdir()
        shutil.copytree(pictures / "red", root / "test/red")
        pictures.rename(root / "train")
    with pytest.warns(UserWarning, match=r"left out: .*1\.png is not"):
        train, test, names = load_data(str(root))
    assert names == ["blue", "red"]
    for part in (train, test):
        channels = part.images.mean(axis=(1, 2)).argmax(axis=1)  # 0 in blue's pictures, 1 in red's
        np.testing.assert_array_equal(part.target, channels)
        assert part.target_names.tolist() == names


def test_classes_that_are_too_small(pictures):
    (pictures / "green").mkdir()
    Image.new("RGB", (24, 16), "green").save(pictures / "green/1.png")
    with pytest.raises(ValueError, match="There is one image only of green: a class needs"):
        load_data(str(pictures))
    for name in ("green", "red"):
        shutil.rmtree(pictures / name)
    with pytest.raises(ValueError, match="training images of one class: at least two"):
        load_data(str(pictures))


def test_only_pictures_are_resized():
    with pytest.raises(typer.BadParameter, match="Only pictures can be resized"):
        load_data("sample", 20)


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte.gz", "emnist-test-labels.idx1-ubyte"])
def test_idx_files_come_before_folders(name, pictures):
    assert holds_pictures(str(pictures))
    (pictures / name).touch()
    assert not holds_pictures(str(pictures))


def test_neither_pictures_nor_idx_files(tmp_path, monkeypatch):
    assert not holds_pictures(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sample/a").mkdir(parents=True)
    assert not holds_pictures("sample")  # which names what comes with the package
    assert holds_pictures("sample/")


def test_a_file_is_checked_before_the_work(tmp_path):
    check_file(tmp_path / "new/grid.csv", "--out")
    assert list(tmp_path.rglob("*")) == [tmp_path / "new"]
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(NotADirectoryError):
        check_file(tmp_path / "notes/grid.csv", "--out")
    with pytest.raises(typer.BadParameter, match="new is a folder: --out takes"):
        check_file(tmp_path / "new", "--out")


@pytest.mark.skipif(sys.platform != "linux", reason="nobody can write to /proc")
def test_a_file_in_a_folder_without_permission_is_found_before_the_work():
    with pytest.raises(OSError, match="/proc/grid") as caught:
        check_file(Path("/proc/grid.csv"), "--out")
    assert caught.value.filename == "/proc/grid.csv"
