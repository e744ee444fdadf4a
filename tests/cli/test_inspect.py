import sys

import pandas as pd
import pytest
from PIL import Image

from skfashion.cli._data import default_folder
from skfashion.datasets import load_fashion_sample, write_idx


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder with 200 + 20 images, two of them in both parts and one twice in the first."""
    folder = tmp_path_factory.mktemp("twice")
    train, test = (load_fashion_sample(subset=part) for part in ("train", "test"))
    images, labels = train.images[:200].copy(), train.target[:200].astype("uint8")
    images[150], labels[150] = images[20], labels[20]
    write_idx(folder / "train-images-idx3-ubyte", images)
    write_idx(folder / "train-labels-idx1-ubyte", labels)
    others, other_labels = test.images[:20].copy(), test.target[:20].astype("uint8")
    others[[4, 9]], other_labels[[4, 9]] = images[[7, 8]], labels[[7, 8]]
    write_idx(folder / "t10k-images-idx3-ubyte", others)
    write_idx(folder / "t10k-labels-idx1-ubyte", other_labels)
    return folder


def test_inspect_writes_lists_and_a_page(run, data, tmp_path):
    options = ["--network", "simple-dense", "--cv", 2, "--out", "found", "--top", 3]
    result = run("inspect", "--data", data, *options)
    assert result.exit_code == 0, result.stderr
    folder = tmp_path / "found"
    tables = {path.stem: pd.read_csv(path) for path in folder.glob("*.csv")}
    assert set(tables) == {"labels", "outliers", "duplicates", "in_both_parts"}
    assert tables["duplicates"].to_numpy().tolist() == [[150, 20, 0]]
    assert tables["in_both_parts"].to_numpy().tolist() == [[4, 7, 0], [9, 8, 0]]
    assert len(tables["outliers"]) == 200
    assert f"may be wrong, the worst first: {len(tables['labels'])}" in result.stdout
    first = tables["labels"].iloc[0]
    assert f"{first['index']:g}" in result.stdout
    page = (folder / "report.html").read_text(encoding="utf-8")
    for title in ("Labels", "Outliers", "Duplicates"):
        assert f'"title":"{title}"' in page


def test_numbers_are_those_of_the_whole_dataset(run, monkeypatch, tmp_path):
    sample = load_fashion_sample(subset="train")
    few = {key: sample[key][:150] for key in ("data", "images", "target", "index")}
    few["images"][100] = few["images"][20]
    names = [f"name {k}" for k in range(10)]
    monkeypatch.setattr(
        "skfashion.cli._inspect.load_data",
        lambda *args, **kwargs: (type(sample)(**few),) * 2 + (names,),
    )
    result = run("inspect", "--only", "simple-dense", "--cv", 2, "--quiet", "--top", 50)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    assert "name " in result.stdout
    table = pd.read_csv(tmp_path / "runs" / "inspect" / "duplicates.csv")
    assert table["index"].tolist() == [few["index"][100]]
    assert table["duplicate_of"].tolist() == [few["index"][20]]


def test_inspect_of_a_folder_of_pictures(run, tmp_path):
    part = load_fashion_sample(subset="test")
    for label, name in ((1, "trouser"), (9, "boot")):
        (tmp_path / "clothes" / name).mkdir(parents=True)
        for number, image in enumerate(part.images[part.target == label][:10]):
            picture = Image.fromarray(image).resize((48, 48))
            picture.save(tmp_path / "clothes" / name / f"{number}.png")
    (tmp_path / "clothes/another").mkdir()
    (tmp_path / "clothes/another/1.png").write_text("words")
    options = ["--network", "lenet-5", "--cv", 2, "--image-size", 40]  # it pads to 32 x 32
    with pytest.warns(UserWarning, match=r"1 left out: .*1\.png is not"):
        result = run("inspect", "--data", "clothes", *options)
    assert result.exit_code == 0, result.stderr
    said = " ".join(result.stderr.split())
    size = "20 pictures of 2 classes, 40 x 40 pixels, grey: none is held out for testing."
    assert size in said
    folder = tmp_path / default_folder("clothes", 40, command="inspect")
    assert sorted(path.stem for path in folder.glob("*.csv")) == [
        "duplicates",
        "labels",
        "outliers",
    ]
    outliers = pd.read_csv(folder / "outliers.csv")
    assert sorted(outliers["index"]) == list(range(20))
    assert "in the training part too" not in result.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="nobody can write to /proc")
def test_inspect_trains_nothing_if_it_cannot_write(run, data, epochs):
    result = run("inspect", "--data", data, "--network", "simple-dense", "--out", "/proc")
    assert result.exit_code == 1
    assert "/proc/report.html" in result.stderr
    assert not epochs


def test_inspect_prints_before_it_writes(run, data, tmp_path):
    (tmp_path / "found/labels.csv").mkdir(parents=True)
    options = ["--network", "simple-dense", "--cv", 2, "--out", "found"]
    result = run("inspect", "--data", data, *options)
    assert result.exit_code == 1
    assert "labels.csv: Is a directory" in result.stderr
    assert "Images unlike all others: 200" in result.stdout


def test_inspect_without_cleanlab(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    result = run("inspect")
    assert result.exit_code == 1
    assert 'pip install "skfashion[inspect]"' in " ".join(result.stderr.split())


def test_inspect_of_an_unknown_network(run):
    result = run("inspect", "--network", "lenet-6")
    assert result.exit_code == 2
    assert "Did you mean" in result.stderr
