import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from skfashion.cli import app
from skfashion.cli._predict import read_standard_input
from skfashion.datasets import CLASS_NAMES
from skfashion.preprocessing import convert_photo
from skfashion.pretrained import load_pretrained


def photo_of(image):
    """Return a dark piece on a white canvas, as a photograph."""
    large = Image.fromarray(255 - image).resize((280, 280), Image.Resampling.NEAREST)
    canvas = Image.new("RGB", (400, 500), (253, 253, 253))
    canvas.paste(large, (60, 100))
    return canvas


@pytest.fixture
def wardrobe(sample, tmp_path):
    """A folder with pictures of trousers and a boot, one of them in a folder of its own."""
    folder = tmp_path / "wardrobe"
    (folder / "shoes").mkdir(parents=True)
    images = [sample.images[6000:][sample.target[6000:] == k][0] for k in (1, 9)]
    photo_of(images[0]).save(folder / "trousers.png")
    photo_of(images[1]).save(folder / "shoes" / "boot.webp", lossless=True)
    (folder / "notes.txt").write_text("not a picture")
    return folder


def test_a_folder_and_its_folders_as_a_table(run, wardrobe):
    done = run("predict", wardrobe.name)
    assert done.exit_code == 0
    for text in ("Most likely", "trousers.png", "Trouser ", "boot.webp", "Ankle boot"):
        assert text in done.stdout
    assert "notes" not in done.output


def test_hidden_files_and_folders_are_left_out(run, wardrobe):
    hidden = ("._trousers.png", ".thumbnails/boot.png", "__MACOSX/boot.png", "shoes/.b.png")
    for name in (*hidden, "folder.png/words.txt"):  # the name of a folder may end in .png
        (wardrobe / name).parent.mkdir(exist_ok=True)
        (wardrobe / name).write_text("not a picture")
    done = run("predict", wardrobe.name, "--format", "json")
    assert done.exit_code == 0
    names = [row["picture"] for row in json.loads(done.stdout)]
    assert names == ["wardrobe/shoes/boot.webp", "wardrobe/trousers.png"]


def test_json_has_what_the_pipeline_predicts(run, wardrobe):
    path = wardrobe / "trousers.png"
    (row,) = json.loads(run("predict", path, "--format", "json").stdout)
    proba = load_pretrained().predict_proba(convert_photo(path).reshape(1, -1))[0]
    order = np.argsort(-proba)[:3]
    assert [found["class"] for found in row["classes"]] == [CLASS_NAMES[k] for k in order]
    shares = [found["probability"] for found in row["classes"]]
    np.testing.assert_allclose(shares, proba[order], atol=1e-4)
    assert row["picture"] == str(path)
    assert row["verdict"] in ("sure", "not sure", "unlike the dataset")


def test_csv_has_one_line_per_picture(run, wardrobe):
    done = run("predict", wardrobe / "trousers.png", wardrobe / "no.png", "-f", "csv")
    first, second = csv.DictReader(io.StringIO(done.stdout))
    assert first["class_1"] == "Trouser"
    assert float(first["probability_1"]) > float(first["probability_2"])
    assert first["error"] == second["class_1"] == ""
    assert "no.png: No such file" in second["error"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_names_that_are_not_utf_8_are_written_with_escapes(run, wardrobe, form):
    (wardrobe / "shoes/boot.webp").rename(os.fsdecode(b"wardrobe/b\xf6.webp"))
    Path(os.fsdecode(b"wardrobe/c\xf6.png")).write_text("not a picture")
    Image.new("RGB", (50, 50), "white").save(os.fsdecode(b"wardrobe/d\xf6.png"))
    done = run("predict", "wardrobe", "--format", form)
    assert done.exit_code == 3
    escaped = r"wardrobe/{}\\udcf6.{}" if form == "json" else r"wardrobe/{}\udcf6.{}"
    for name in ("b", "d", "c")[: 2 if form == "table" else 3]:
        assert escaped.format(name, "webp" if name == "b" else "png") in done.stdout
    assert "Trouser" in done.stdout
    assert r"wardrobe/c\udcf6.png is not a PNG" in done.stderr
    assert r"wardrobe/d\udcf6.png: the converted picture is nearly empty" in done.stderr


def test_broken_files_are_named_and_the_others_answered(run, wardrobe):
    (wardrobe / "broken.png").write_bytes((wardrobe / "trousers.png").read_bytes()[:300])
    (wardrobe / "text.jpg").write_text("no picture")
    done = run("predict", wardrobe, "--format", "json")
    assert done.exit_code == 3
    rows = {row["picture"].rpartition("/")[2]: row for row in json.loads(done.stdout)}
    assert set(rows) == {"broken.png", "boot.webp", "text.jpg", "trousers.png"}
    assert "broken.png is damaged" in rows["broken.png"]["error"]
    assert "text.jpg is not a PNG" in rows["text.jpg"]["error"]
    assert rows["trousers.png"]["classes"][0]["class"] == "Trouser"
    for text in ("broken.png is damaged", "text.jpg is not a PNG", "2 failed"):
        assert text in " ".join(done.stderr.split())


def test_only_broken_files_are_an_error(run, tmp_path):
    done = run("predict", tmp_path / "no.png")
    assert done.exit_code == 1
    assert "no.png: No such file or directory." in done.stderr
    assert done.stdout == ""


def test_a_folder_without_pictures_is_wrong_usage(run, tmp_path):
    done = run("predict", tmp_path)
    assert done.exit_code == 2
    assert "has no pictures" in " ".join(done.output.replace("│", "").split())


def test_a_picture_on_the_standard_input(wardrobe):
    content = (wardrobe / "trousers.png").read_bytes()
    done = CliRunner().invoke(app, ["predict", "-", "--format", "json"], input=content)
    assert done.exit_code == 0, done.output
    (row,) = json.loads(done.stdout)
    assert row["picture"] == "-"
    assert row["classes"][0]["class"] == "Trouser"


class Endless(io.RawIOBase):
    """Bytes without an end; counts how many were read."""

    n_read = 0

    def read(self, n=-1):
        assert 0 < n < 2**24
        assert self.n_read < 2**24
        self.n_read += n
        return b"\0" * n


def test_a_standard_input_without_an_end_is_refused(monkeypatch):
    monkeypatch.setattr("skfashion._pictures.MAX_BYTES_PER_PIXEL", 0)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=Endless()))
    with pytest.raises(ValueError, match="more than a picture of max_pixels=50_000_000"):
        read_standard_input()


def test_a_standard_input_that_is_not_a_picture():
    done = CliRunner().invoke(app, ["predict", "-"], input=b"no picture")
    assert done.exit_code == 1
    assert "The standard input is not a PNG" in done.stderr


def test_a_picture_unlike_the_dataset_is_marked(run, tmp_path):
    y, x = np.mgrid[:280, :280]
    board = ((x // 40 + y // 40) % 2 * 255).astype(np.uint8)
    Image.fromarray(board).save(tmp_path / "board.png")
    done = run("predict", tmp_path / "board.png", "--format", "json")
    assert json.loads(done.stdout)[0]["verdict"] == "unlike the dataset"
    assert "unlike the dataset" in run("predict", tmp_path / "board.png").stdout


def test_quiet_leaves_out_remarks_but_not_errors(run, tmp_path):
    Image.new("RGB", (50, 50), "white").save(tmp_path / "white.png")
    assert "nearly empty" in run("predict", tmp_path / "white.png").stderr
    assert run("predict", tmp_path / "white.png", "--quiet").stderr == ""
    assert "no.png" in run("predict", tmp_path / "no.png", "--quiet").stderr


def test_a_picture_that_is_negated_already(run, sample, tmp_path):
    image = sample.images[6000:][sample.target[6000:] == 1][0]
    Image.fromarray(image).resize((280, 280), Image.Resampling.NEAREST).save(tmp_path / "a.png")
    for option in ("--no-invert", "--background=border"):
        (row,) = json.loads(run("predict", tmp_path / "a.png", option, "-f", "json").stdout)
        assert row["classes"][0]["class"] == "Trouser"


def test_a_damaged_model_is_named(run, wardrobe, tmp_path):
    (tmp_path / "my.safetensors").write_bytes(b"x")
    done = run("predict", wardrobe, "--model", tmp_path / "my.safetensors")
    assert done.exit_code == 1
    assert "my.safetensors is damaged" in " ".join(done.stderr.split())


def test_the_command_loads_neither_torch_nor_scikit_learn(wardrobe):
    code = (
        "import atexit, sys\n"
        "heavy = {'torch', 'skorch', 'sklearn', 'pandas', 'scipy.stats', 'matplotlib'}\n"
        "atexit.register(lambda: print('heavy:', sorted(heavy & set(sys.modules))))\n"
        f"sys.argv = ['skfashion', 'predict', {str(wardrobe)!r}]\n"
        "from skfashion.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("heavy: []\n")
