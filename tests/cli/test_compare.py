import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from skfashion import recipes
from skfashion.cli._data import default_folder
from skfashion.comparison import load_comparison
from skfashion.datasets import load_fashion_sample, write_idx

FAST = ("compare", "--no-networks", "--only", "gaussian-naive bayes", "--only", "DUMMY")


def test_compare_on_the_sample(run, tmp_path):
    result = run(*FAST, "--cv", 2)
    assert result.exit_code == 0, result.stderr
    words = result.stdout.split()
    assert words.index("Bayes") < words.index("Dummy")
    assert "10.00" in result.stdout  # the dummy: one class of ten
    assert "Gaussian naive Bayes confuses most" in result.stdout
    assert "taken for" in result.stdout
    for path in ("report.html", "table.csv", "estimators", "environments"):
        assert str(tmp_path.joinpath("runs/compare", path).relative_to(tmp_path)) in result.stdout
        assert (tmp_path / "runs/compare" / path).exists()
    assert "done before" not in result.stderr
    assert "Gaussian naive Bayes, cross-validation: accuracy 0." in result.stderr
    assert "Article" not in result.stdout  # only networks have such figures
    hint = result.stdout.splitlines()[-1]
    assert hint == (
        "skfashion compare --only 'gaussian-naive bayes' --only DUMMY --no-networks --cv 2 "
        "--data full --out runs/compare-full"
    )


def test_compare_goes_on_and_gathers_in_one_table(run, tmp_path):
    run(*FAST[:-2], "--out", "here")
    result = run(*FAST, "--out", "here")
    assert "Gaussian naive Bayes: done before" in result.stderr
    assert "Dummy, random state 0: test accuracy 0.1000" in result.stderr
    result = run("compare", "--no-networks", "--only", "Dummy", "--out", "here")
    assert "Gaussian naive Bayes" in result.stdout
    assert load_comparison(tmp_path / "here").names == ["Dummy", "Gaussian naive Bayes"]


@pytest.mark.parametrize("name", ["fit*.npz", "fit*.json"])
def test_damaged_results_of_earlier_calls_are_left_out(run, small_data, tmp_path, name):
    arguments = (*FAST[:2], "--data", small_data, "--out", "here", "--only")
    assert run(*arguments, "dummy").exit_code == 0
    (path,) = (tmp_path / "here/estimators").glob(f"dummy-*/{name}")
    for damaged in (path, tmp_path / "here/X_test.npz"):
        damaged.write_bytes(damaged.read_bytes()[:-40])
    with pytest.warns(UserWarning, match=f"{path.name} is damaged: "):
        result = run(*arguments, "gaussian-naive-bayes")
    assert result.exit_code == 0, result.stderr
    assert "Gaussian naive Bayes confuses most" in result.stdout
    assert "Dummy" not in result.stdout
    assert "Gaussian naive Bayes" in (tmp_path / "here/report.html").read_text(encoding="utf-8")


def test_quiet_says_the_result_alone(run):
    result = run(*FAST, "--quiet")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "Written" not in result.stdout
    assert "Dummy" in result.stdout


def test_compare_in_a_folder_of_other_data(run, small_data):
    run(*FAST, "--out", "here")
    result = run(*FAST, "--data", small_data, "--out", "here")
    assert result.exit_code == 1
    assert "holds results for other data" in result.stderr
    assert "choose another folder for --out" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_compare_on_a_folder_of_idx_files(run, small_data, tmp_path):
    result = run(*FAST, "--data", small_data, "--seeds", 2)
    assert result.exit_code == 0, result.stderr
    table = load_comparison(tmp_path / default_folder(small_data)).table
    assert table["n"].to_dict() == {"Dummy": 2, "Gaussian naive Bayes": 1}
    assert "all 70,000" not in result.stdout


def test_compare_on_a_folder_of_coloured_rectangles(run, tmp_path):
    folder = tmp_path / "coloured"
    for subset, prefix in (("train", "train"), ("test", "t10k")):
        part = load_fashion_sample(subset=subset)
        grey = part.images[:100, 4:-4]
        images = np.stack([grey, 255 - grey, grey // 2], axis=-1)
        write_idx(folder / f"{prefix}-images-idx4-ubyte", images)
        write_idx(folder / f"{prefix}-labels-idx1-ubyte", part.target[:100].astype(np.uint8))
    only = [word for name in ("lenet5", "dummy", "hog + svm") for word in ("--only", name)]
    result = run("compare", *only, "--no-curves", "--data", folder, "--out", "here")
    assert result.exit_code == 0, result.stderr
    assert load_comparison(tmp_path / "here").X_test.shape == (100, 20, 28, 3)
    assert (tmp_path / "here" / "report.html").is_file()
    result = run("search", "simple dense", "--lr", 0.1, "--cv", 2, "--data", folder)
    assert result.exit_code == 0, result.stderr
    assert "not a square image" not in result.stderr


def test_a_failure_has_its_own_exit_code(run, small_data, with_a_failure):
    result = run(*FAST, "--only", "k-NN", "--data", small_data)
    assert result.exit_code == 3
    assert "k-NN: InvalidParameterError" in result.stdout
    assert "Gaussian naive Bayes confuses most" in result.stdout
    assert "1 failed; the others are done." in result.stderr
    result = run("compare", "--no-networks", "--only", "k-NN", "--data", small_data, "--quiet")
    assert result.exit_code == 1
    assert result.stderr == "skfashion: 1 failed; nothing is done.\n"


def test_results_do_not_go_into_a_file(run, small_data, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    result = run(*FAST, "--data", small_data, "--out", "notes.txt")
    assert result.exit_code == 1
    assert result.stderr.startswith("skfashion: notes.txt is a file; --out takes")
    assert result.stdout == ""


def test_unknown_name_is_wrong_usage(run):
    result = run("compare", "--no-networks", "--only", "random tree")
    assert result.exit_code == 2
    assert "Random forest" in result.stderr
    assert "Traceback" not in result.stderr


def test_nothing_to_compare(run):
    assert run("compare", "--no-networks", "--no-baselines").exit_code == 2


def test_no_such_data(run):
    result = run(*FAST, "--data", "smaple")
    assert result.exit_code == 2
    assert "neither sample, full nor a folder" in " ".join(result.stderr.split())


def test_the_table_fits_80_columns(command, small_data, tmp_path):
    done = command(
        *FAST, "--data", str(small_data), "--out", str(tmp_path / "out"), "--cv", "2",
        env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    table = done.stdout.split("small")[0]  # where its name comes, in the line of provenance
    assert max(map(len, table.splitlines())) <= 80
    assert "…" not in table
    assert "\x1b" not in done.stdout + done.stderr


def test_ctrl_c(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "skfashion", "compare", "--no-networks", "--only", "Dummy",
         "--only", "Histogram gradient boosting", "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    table = tmp_path / "out" / "table.csv"
    deadline = time.monotonic() + 120
    while not (table.exists() and "Dummy" in table.read_text()):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Interrupted. What is done is kept" in errors
    assert "Traceback" not in errors
    assert load_comparison(tmp_path / "out").names == ["Dummy"]


def test_the_sample_has_no_column_of_the_article(run, tmp_path):
    options = ("--only", "simple-dense", "--no-curves", "--out", "here")
    result = run("compare", *options)
    assert result.exit_code == 0, result.stderr
    assert "83.86" not in result.stdout
    said = " ".join(result.stdout.split())
    assert "not shown: they are for 60,000 training images." in said
    assert "Fashion-MNIST sample: 6,000 training and 1,000 test images; recipe published" in said
    comparison = load_comparison(tmp_path / "here")
    assert comparison.dataset == "Fashion-MNIST sample"
    index = load_fashion_sample(subset="test").index
    np.testing.assert_array_equal(comparison.test_index, index)


def test_the_article_has_no_figures_for_other_data(run, small_data, tmp_path, monkeypatch):
    monkeypatch.setitem(recipes.ARTICLE["Simple dense"], "n_train", 300)  # as many as there are
    options = ("--only", "simple-dense", "--no-curves", "--out", "here")
    result = run("compare", *options, "--data", small_data)
    assert result.exit_code == 0, result.stderr
    assert "article" not in result.stdout.lower()
    comparison = load_comparison(tmp_path / "here")
    assert comparison.reference == {}
    assert comparison.table["reference_accuracy"].isna().all()


def test_names_of_files_may_begin_with_a_prefix(run, small_data, tmp_path):
    folder = tmp_path / "emnist"
    folder.mkdir()
    for path in small_data.iterdir():
        (folder / f"emnist-letters-{path.name}").symlink_to(path)
    result = run(*FAST, "--data", folder, "--out", "here")
    assert result.exit_code == 1
    assert "prefix=" not in result.stderr
    assert "--data FOLDER/emnist-letters-" in " ".join(result.stderr.split())
    result = run(*FAST, "--data", folder / "emnist-letters-", "--out", "here")
    assert result.exit_code == 0, result.stderr
    assert "emnist-letters: 300 training and 100 test images" in " ".join(result.stdout.split())


@pytest.mark.slow
def test_compare_both_recipes_in_one_folder(run, small_data, tmp_path):
    for recipe in ("published", "tuned"):
        result = run(
            "compare", "--recipe", recipe, "--no-baselines", "--only", "simple dense",
            "--only", "lenet5", "--data", small_data, "--out", "here",
        )  # fmt: skip
        assert result.exit_code == 0, result.stderr
    table = load_comparison(tmp_path / "here").table
    assert set(table.index) == {
        "LeNet-5", "LeNet-5 (tuned)", "Simple dense", "Simple dense (tuned)"
    }  # fmt: skip
    assert table["reference_accuracy"].isna().all()  # for these data are not the article's
    assert table["overfit_epoch"].notna().all()


@pytest.fixture
def pictures(tmp_path):
    """A folder of 3 classes with 30, 20 and 10 pictures of several sizes, in colour, as JPEG."""
    part = load_fashion_sample(subset="train")
    folder = tmp_path / "my pictures"
    for label, n in ((0, 30), (1, 20), (8, 10)):
        place = folder / ("<b>Чай & tea", "trouser", "bag")[min(label, 2)]
        place.mkdir(parents=True)
        for number, image in enumerate(part.images[part.target == label][:n]):
            picture = Image.fromarray(np.stack([255 - image, image, image // 2], axis=-1))
            picture.resize((36 + number, 48)).save(place / f"{number}.JPG", "JPEG")
    (folder / "bag/broken.jpg").write_text("words")
    return folder


def test_compare_on_a_folder_of_pictures(run, pictures, tmp_path):
    names = ("lenet5", "gaussian naive bayes", "decision tree")
    only = [word for name in names for word in ("--only", name)]
    options = [*only, "--class-weight", "balanced", "--no-curves", "--out", "here"]
    with pytest.warns(UserWarning, match=r"1 left out: .*broken\.jpg is not a PNG"):
        result = run("compare", "--data", pictures, "--image-size", 40, *options)
    assert result.exit_code == 0, result.stderr
    said = " ".join(result.stderr.split())
    assert "60 pictures of 3 classes, 40 x 40 pixels, RGB: a fifth of each class, 12" in said
    assert "Without class weights, because they have none: Gaussian naive Bayes." in said
    comparison = load_comparison(tmp_path / "here")
    assert comparison.X_test.shape == (12, 40, 40, 3)
    assert comparison.target_names == ["<b>Чай & tea", "bag", "trouser"]
    assert comparison.table["error"].isna().all()
    assert comparison.table["accuracy_mean"].max() > 0.8
    page = (tmp_path / "here/report.html").read_text()
    assert "<b>Чай" not in page
    assert "my pictures" in result.stdout


def test_search_and_show_on_a_folder_of_pictures(run, pictures, tmp_path):
    options = ("--data", pictures, "--image-size", 16)
    result = run(
        "search", "lenet5", "--lr", 0.01, "--max-epochs", 1, "--cv", 2, "--class-weight",
        "balanced", *options, "--quiet",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    (pictures / "bag/broken.jpg").unlink()
    result = run("show", *options, "--out", "classes.png")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "classes.png").is_file()


def test_a_folder_without_pictures(run, tmp_path):
    (tmp_path / "empty/class").mkdir(parents=True)
    result = run(*FAST, "--data", "empty")
    assert result.exit_code == 1
    assert "empty holds no images (empty/class holds no picture files)" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("size", [16, 40])
def test_all_classifiers_on_colour_pictures(run, pictures, tmp_path, size):
    options = ("--data", pictures, "--image-size", size, "--no-curves", "--out", "here")
    result = run("compare", *options, "--class-weight", "balanced")
    assert result.exit_code == 0, result.stderr
    comparison = load_comparison(tmp_path / "here")
    assert comparison.X_test.shape == (12, size, size, 3)
    assert comparison.table["error"].isna().all()
    assert len(comparison.names) >= 17


@pytest.mark.slow
def test_a_killed_comparison_goes_on_from_its_last_epoch(run, small_data, tmp_path, kill, epochs):
    arguments = ("compare", "--only", "lenet-5", "--only", "simple-dense", "--data", small_data)
    killed = (*arguments, "--memory", "kept", "--out", "killed")
    n_kept = kill(*killed, folder=tmp_path / "kept", n_epochs=10)
    result = run(*killed)
    assert result.exit_code == 0, result.stderr
    n_resumed = sum(epochs)
    epochs.clear()
    assert run(*arguments, "--out", "undisturbed").exit_code == 0
    assert n_resumed == sum(epochs) - n_kept
    a, b = (load_comparison(tmp_path / name) for name in ("killed", "undisturbed"))
    times = ["fit_seconds", "seconds_per_epoch", "images_per_second"]
    pd.testing.assert_frame_equal(a.table.drop(columns=times), b.table.drop(columns=times))
    assert (a.table["fit_seconds"] > a.table["seconds_per_epoch"] * a.table["epochs"]).all()
    for name in a.names:
        np.testing.assert_array_equal(a.probabilities(name), b.probabilities(name))
        pd.testing.assert_frame_equal(a.learning_curves(name), b.learning_curves(name))
    # the settings are the same, so that a folder may be gone on with without the memory
    n_files = len(list((tmp_path / "killed").rglob("*")))
    assert run(*arguments, "--out", "killed").exit_code == 0
    assert len(list((tmp_path / "killed").rglob("*"))) == n_files
