import os
import re

import numpy as np
import pytest
from PIL import Image

from skfashion.datasets import load_image_folder


def save(path, pixels=None, *, size=(8, 8), level=0, **options):
    """Save a picture, grey unless the pixels are not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if pixels is None:
        pixels = np.full(size, level, dtype=np.uint8)
    Image.fromarray(pixels).save(path, **options)


@pytest.fixture
def folder(tmp_path):
    """Two classes of grey pictures, 2 and 3 of them, whose levels say which they are."""
    for level, name in enumerate(["b/2.png", "b/10.png", "a/x.bmp", "a/y.webp", "a/Z.PNG"]):
        save(tmp_path / "pictures" / name, level=10 * level)
    return tmp_path / "pictures"


def test_the_bunch(folder):
    dataset = load_image_folder(folder)
    assert dataset.images.shape == (5, 8, 8)
    assert dataset.images.dtype == np.uint8
    assert dataset.data.shape == (5, 64)
    assert np.shares_memory(dataset.data, dataset.images)
    # sorted by class, then by name, capitals first
    assert [os.path.relpath(name, folder) for name in dataset.filenames] == [
        "a/Z.PNG", "a/x.bmp", "a/y.webp", "b/10.png", "b/2.png"
    ]  # fmt: skip
    assert dataset.images[:, 0, 0].tolist() == [40, 20, 30, 10, 0]
    assert dataset.target.tolist() == [0, 0, 0, 1, 1]
    assert dataset.target.dtype == np.int64
    assert dataset.target_names.tolist() == ["a", "b"]
    assert dataset.index.tolist() == [0, 1, 2, 3, 4]
    assert dataset.feature_names[-1] == "pixel_7_7"
    assert dataset.skipped == []
    assert "5 images" in dataset.DESCR


def test_other_forms(folder):
    X, y = load_image_folder(folder, return_X_y=True)
    assert X.shape == (5, 64)
    frame = load_image_folder(str(folder), as_frame=True, color="rgb").frame
    assert frame.shape == (5, 8 * 8 * 3 + 1)
    assert frame.columns[-2] == "pixel_7_7_2"
    assert frame["target"].tolist() == y.tolist()


def test_grey_only_if_all_are(folder):
    coloured = np.zeros((8, 8, 3), dtype=np.uint8)
    save(folder / "b/3.png", coloured)
    assert load_image_folder(folder).images.shape == (6, 8, 8)
    coloured[3, 4] = [200, 100, 0]
    save(folder / "b/3.png", coloured)
    assert load_image_folder(folder).images.shape == (6, 8, 8, 3)
    grey = load_image_folder(folder, color="grey").images
    assert grey.shape == (6, 8, 8)
    expected = np.asarray(Image.fromarray(coloured).convert("L"))
    np.testing.assert_array_equal(grey[5], expected)


@pytest.mark.parametrize(("image_size", "shape"), [(16, (16, 16)), ((12, 20), (12, 20))])
def test_image_size(folder, image_size, shape):
    save(folder / "b/wide.png", size=(30, 60), level=100)
    images = load_image_folder(folder, image_size=image_size, fill=255).images
    assert images.shape == (6, *shape)
    wide = images[-1]
    height = round(30 * shape[1] / 60)
    assert (wide == 100).sum() == height * shape[1]
    assert (wide[0] == 255).all()
    narrow = load_image_folder(folder, image_size=image_size, fill=3).images[-1]
    assert (narrow[0] == 3).all()


def test_sizes_that_differ(folder):
    save(folder / "b/wide.png", size=(30, 60))
    with pytest.raises(ValueError, match=r"wide\.png has 30 x 60 .* has 8 x 8: pass image_size"):
        load_image_folder(folder)


def test_memory_is_bounded(folder):
    needed = 5 * 16 * 16 * 3
    assert load_image_folder(folder, image_size=16, max_bytes=needed).images.shape == (5, 16, 16)
    with pytest.raises(ValueError, match=r"5 images of 16 x 16 .* smaller image_size"):
        load_image_folder(folder, image_size=16, max_bytes=needed - 1)
    with pytest.raises(ValueError, match="more than max_bytes=4_000_000_000"):
        load_image_folder(folder, image_size=100_000)
    with pytest.raises(ValueError, match="5 images of 8 x 8 pixels take"):
        load_image_folder(folder, max_bytes=100)


def test_hidden_files_and_those_of_systems_are_left_out(folder):
    for name in (".DS_Store", "a/._x.png", "a/Thumbs.db", "b/desktop.ini", ".git/config"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("not a picture")
    (folder / "__MACOSX").mkdir()
    assert len(load_image_folder(folder).images) == 5


def make_pipe(path):
    os.mkfifo(path)


FAULTS = {
    "a/notes.txt": (lambda p: p.write_text("hello"), r"the name of .*notes\.txt does not end in"),
    "a/words.png": (lambda p: p.write_text("hello"), r"words\.png is not a PNG"),
    "a/empty.jpg": (lambda p: p.touch(), r"empty\.jpg is an empty file"),
    "a/cut.png": (
        lambda p: p.write_bytes((p.parent / "Z.PNG").read_bytes()[:50]),
        r"cut\.png is (damaged|not a PNG)",
    ),
    "a/pipe.png": (make_pipe, r"pipe\.png cannot be read: it is a named pipe"),
    "a/link.png": (lambda p: p.symlink_to("gone"), r"link\.png .* a symbolic link to gone"),
    "a/more": (lambda p: p.mkdir(), "more is a folder within the folder of a class"),
    "c": (lambda p: p.mkdir(), "c holds no picture files"),
    "loose.png": (lambda p: save(p), r"loose\.png is not in the folder of a class"),
    "a/large.png": (lambda p: save(p, size=(100, 99)), r"large\.png has 99 x 100 pixels"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_not_a_picture_of_a_class(name, folder):
    make, message = FAULTS[name]
    make(folder / name)
    with pytest.raises(ValueError, match=message + r".*\. Remove .* or pass on_error='skip'"):
        load_image_folder(folder, max_pixels=9000)
    with pytest.warns(UserWarning, match="^1 left out: .*" + message) as caught:
        dataset = load_image_folder(folder, max_pixels=9000, on_error="skip")
    assert caught[0].filename == __file__
    assert len(dataset.images) == 5
    assert dataset.target_names.tolist() == ["a", "b"]
    assert len(dataset.skipped) == 1
    assert re.search(message, dataset.skipped[0])


def test_many_faults_in_one_warning(folder):
    for name, (make, _) in FAULTS.items():
        make(folder / name)
    with pytest.warns(UserWarning, match="^10 left out: .*; and 5 more") as caught:
        dataset = load_image_folder(folder, on_error="skip", max_pixels=9000)
    assert len(caught) == 1
    assert len(dataset.skipped) == 10
    assert dataset.target.tolist() == [0, 0, 0, 1, 1]


def test_links_are_followed(folder, tmp_path):
    (folder / "b/9.png").symlink_to(folder / "a/Z.PNG")
    (tmp_path / "pictures2").mkdir()
    (tmp_path / "pictures2/linked").symlink_to(folder / "b")
    assert load_image_folder(tmp_path / "pictures2").images[:, 0, 0].tolist() == [10, 0, 40]


def test_names_of_classes(folder):
    names = ["Чай", "tea & <b>biscuits", "T-shirt top", "日本"]
    for name in names:
        save(folder / name / "1.png")
    undecodable = os.fsdecode(b"caf\xe9")
    save(folder / undecodable / "1.png")
    dataset = load_image_folder(folder)
    expected = sorted(["a", "b", undecodable, *names])
    assert dataset.target_names.tolist() == [n.replace(undecodable, r"caf\udce9") for n in expected]
    assert all(os.path.exists(name) for name in dataset.filenames)


@pytest.fixture
def divided(tmp_path):
    for level, name in enumerate(["Train/b/1", "Train/a/1", "Train/a/2", "test/a/1", "test/c/1"]):
        save(tmp_path / "divided" / f"{name}.png", level=10 * level)
    return tmp_path / "divided"


def test_training_and_test_part(divided):
    levels = {"train": [10, 20, 0], "test": [30, 40], "all": [10, 20, 0, 30, 40]}
    targets = {"train": [0, 0, 1], "test": [0, 2], "all": [0, 0, 1, 0, 2]}
    for subset in levels:
        dataset = load_image_folder(divided, subset=subset)
        assert dataset.images[:, 0, 0].tolist() == levels[subset]
        assert dataset.target.tolist() == targets[subset]
        assert dataset.target_names.tolist() == ["a", "b", "c"]


def test_a_third_part_is_named(divided):
    save(divided / "val/a/1.png")
    with pytest.raises(ValueError, match="val is beside the folder train and is not used"):
        load_image_folder(divided, subset="train")
    with pytest.warns(UserWarning, match="val is beside"):
        assert len(load_image_folder(divided, on_error="skip").images) == 5


def test_parts_that_are_missing(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="has no folders train and test"):
        load_image_folder(folder, subset="test")
    save(tmp_path / "half/train/a/1.png")
    assert len(load_image_folder(tmp_path / "half", subset="train").images) == 1
    with pytest.raises(FileNotFoundError, match="has a folder train but no folder test"):
        load_image_folder(tmp_path / "half", subset="test")


def test_train_and_test_may_be_classes(tmp_path):
    for name in ("train", "test", "bus"):
        save(tmp_path / name / "1.png")
    assert load_image_folder(tmp_path).target_names.tolist() == ["bus", "test", "train"]


def test_no_images(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere is not a folder"):
        load_image_folder(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="file is not a folder"):
        load_image_folder(tmp_path / "file")
    (tmp_path / "file").unlink()
    with pytest.raises(ValueError, match="holds no images: it should have a folder of picture"):
        load_image_folder(tmp_path)
    save(tmp_path / "1.png")
    for on_error in ("raise", "skip"):
        with pytest.raises(ValueError, match=r"holds no images \(.*1\.png is not in the folder"):
            load_image_folder(tmp_path, on_error=on_error)


def test_a_folder_that_may_not_be_read(ordinary_user):
    save(ordinary_user / "a/1.png")
    save(ordinary_user / "b/1.png")
    (ordinary_user / "b").chmod(0)
    with pytest.warns(UserWarning, match="b cannot be read: Permission denied"):
        dataset = load_image_folder(ordinary_user, on_error="skip")
    (ordinary_user / "b").chmod(0o700)
    assert dataset.target_names.tolist() == ["a"]


@pytest.mark.parametrize(
    "parameters",
    [{"image_size": 0}, {"image_size": (3, 4, 5)}, {"color": "gray"}, {"fill": 256}, {"subset": 1}],
)
def test_invalid_parameters(folder, parameters):
    with pytest.raises(ValueError, match=next(iter(parameters))):
        load_image_folder(folder, **parameters)
