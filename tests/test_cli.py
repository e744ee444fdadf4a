import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from sklearn.pipeline import Pipeline
from typer.testing import CliRunner

import skfashion
from skfashion import _console, cli
from skfashion.baselines import classic_baselines
from skfashion.comparison import load_comparison
from skfashion.datasets import load_fashion_sample, write_idx

NAMES = ["Simple dense", "CNN 1", "LeNet-5", "Modified LeNet-5", "k-NN", "HOG + SVM"]


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run the command in an empty folder, on a terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def invoke(*arguments):
        return CliRunner().invoke(cli.app, list(map(str, arguments)))

    return invoke


@pytest.fixture(scope="module")
def small_data(tmp_path_factory):
    """A folder with 300 + 100 images of the sample, as IDX files."""
    folder = tmp_path_factory.mktemp("small")
    for subset, prefix, n in (("train", "train", 300), ("test", "t10k", 100)):
        part = load_fashion_sample(subset=subset)
        write_idx(folder / f"{prefix}-images-idx3-ubyte", part.images[:n])
        write_idx(folder / f"{prefix}-labels-idx1-ubyte", part.target[:n].astype(np.uint8))
    return folder


@pytest.fixture
def with_a_failure(monkeypatch):
    """Let one of the baselines fail."""
    pipelines = classic_baselines(random_state=0)
    pipelines["k-NN"] = Pipeline(pipelines["k-NN"].steps).set_params(classifier__n_neighbors=-1)
    monkeypatch.setattr("skfashion.baselines.classic_baselines", lambda random_state: pipelines)


def command(*arguments, **options):
    options = {"capture_output": True, "text": True, **options}
    return subprocess.run([sys.executable, "-m", "skfashion", *arguments], **options)


# The program


@pytest.mark.parametrize(
    "arguments", [[], ["compare"], ["report"], ["search"], ["fetch"], ["show"]]
)
def test_help_loads_nothing_heavy(arguments):
    code = (
        "import sys\n"
        "from skfashion.cli import main\n"
        f"sys.argv = ['skfashion', *{arguments}, '--help']\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'torch', 'skorch', 'sklearn', 'pandas', 'matplotlib', 'scipy', 'numpy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Usage: skfashion" in done.stdout


def test_version(run):
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout == f"skfashion {skfashion.__version__}\n"


def test_as_a_module_and_exit_codes():
    assert command("--version").stdout == f"skfashion {skfashion.__version__}\n"
    wrong = command("compare", "--seeds", "none")
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr
    assert "seeds" in wrong.stderr


# compare

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
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_compare_on_a_folder_of_idx_files(run, small_data, tmp_path):
    result = run(*FAST, "--data", small_data, "--seeds", 2)
    assert result.exit_code == 0, result.stderr
    table = load_comparison(tmp_path / cli.default_folder(small_data)).table
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
    assert "laid into" not in result.stderr


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
    assert result.stderr.startswith("skfashion: notes.txt is a file; out= takes")
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


def test_the_table_fits_80_columns(small_data, tmp_path):
    done = command(
        *FAST, "--data", str(small_data), "--out", str(tmp_path / "out"), "--cv", "2",
        env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    table = done.stdout.split("Accuracy and F1")[0]
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


# report


def test_report_of_a_run(run, tmp_path):
    run(*FAST, "--out", "here")
    page = (tmp_path / "here/report.html").read_bytes()
    result = run("report", "here", "-o", "there/page.html")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "there/page.html\n"
    assert result.stderr == ""
    assert (tmp_path / "there/page.html").read_bytes() == page
    assert b"Gaussian naive Bayes" in page
    assert b"webp" in page
    (tmp_path / "here/report.html").unlink()
    assert run("report", "here").stdout == "here/report.html\n"
    assert (tmp_path / "here/report.html").read_bytes() == page


def test_report_opens_the_page(run, monkeypatch):
    opened = []
    monkeypatch.setattr(typer, "launch", opened.append)
    run(*FAST, "--out", "here")
    assert run("report", "here", "--open").exit_code == 0
    assert opened == ["here/report.html"]


def test_report_of_a_run_that_has_kept_no_images(run, tmp_path):
    run(*FAST, "--out", "here")
    (tmp_path / "here/X_test.npz").unlink()
    result = run("report", "here")
    assert result.exit_code == 0, result.stderr
    assert "has no images" in result.stderr


def test_report_of_what_is_no_run(run, tmp_path):
    result = run("report", "nowhere")
    assert result.exit_code == 1
    assert "There is no comparison in nowhere" in result.stderr
    assert not (tmp_path / "nowhere").exists()
    result = run("report", "nowhere", "-o", "page.pdf")
    assert result.exit_code == 2
    assert ".html" in result.stderr


@pytest.mark.usefixtures("with_a_failure")
def test_report_of_nothing_but_failures(run, tmp_path):
    result = run("compare", "--no-networks", "--only", "k-NN", "--out", "here")
    assert result.exit_code == 1
    assert "report.html" not in result.stdout
    result = run("report", "here")
    assert result.exit_code == 1
    assert "nothing to report" in result.stderr
    assert not (tmp_path / "here/report.html").exists()


# search, fetch, show


def test_search_wants_values(run):
    result = run("search", "Simple dense")
    assert result.exit_code == 2
    assert "--lr" in result.stderr


def test_search_finds_the_better_rate(run, small_data, tmp_path):
    result = run(
        "search", "simple-dense", "--lr", 0.1, "--lr", 0.000001, "--max-epochs", 1,
        "--max-epochs", 2, "--cv", 2, "--data", small_data, "--out", "grid.csv",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    results = pd.read_csv(tmp_path / "grid.csv")
    assert len(results) == 4
    best = results.loc[results["mean_test_score"].idxmax(), "param_classifier__lr"]
    assert best == 0.1
    marked = [line for line in result.stdout.splitlines() if "*" in line]
    assert len(marked) == 1
    assert marked[0].split()[0] == "0.1"


@pytest.mark.parametrize("option", [("--lr", 0), ("--lr", "nan"), ("--lr", 1, "--jobs", 0)])
def test_search_refuses_what_cannot_work(run, option):
    result = run("search", "simple", "--max-epochs", 1, *option)
    assert result.exit_code == 2


def test_search_says_why_settings_failed(run, small_data):
    rates = ["--lr", 0.1, "--lr", 1e30]
    options = ["--max-epochs", 1, "--cv", 2, "--data", small_data]
    result = run("search", "simple-dense", *rates, *options)
    assert result.exit_code == 3
    assert "failed" in result.stdout
    assert "Lower the learning rate (lr=1e+30)" in result.stderr
    result = run("search", "simple-dense", *rates[2:], *options)
    assert result.exit_code == 1
    for text in (result.stdout, result.stderr):
        assert "Traceback" not in text


def test_search_judges_the_file_first(run, tmp_path):
    result = run("search", "simple-dense", "--lr", 0.1, "--out", tmp_path)
    assert result.exit_code == 2
    assert "--out takes the name" in " ".join(result.stderr.replace("│", " ").split())


def test_fetch_says_where(run, monkeypatch, tmp_path):
    wanted = []

    def locate(data_home, *, progressbar):
        wanted.append(data_home)
        for n_bytes in (0, 10, 10):
            progressbar.reset()
            progressbar.total = 20
            progressbar.update(n_bytes)
        progressbar.close()
        return {"train": tmp_path / "a" / "x.gz", "test": tmp_path / "a" / "y.gz"}

    monkeypatch.setattr("skfashion.datasets._fashion_mnist.locate", locate)
    result = run("fetch", "--data-home", tmp_path)
    assert result.exit_code == 0, result.stderr
    assert "".join(result.stdout.split()) == str(tmp_path / "a")
    assert wanted == [tmp_path]


def test_fetch_without_data_or_network_says_what_to_do(run, monkeypatch, tmp_path):
    nowhere = "http://127.0.0.1:9/"  # nothing answers there
    monkeypatch.setattr("skfashion.datasets._fashion_mnist.URLS", (nowhere,))
    monkeypatch.setattr("skfashion.datasets._fashion_mnist.DEBIAN_FOLDER", tmp_path / "none")
    result = run("fetch", "--data-home", tmp_path)
    assert result.exit_code == 1
    assert "load_fashion_sample" in result.stderr
    assert "Traceback" not in result.stderr


def test_show(run, tmp_path):
    result = run("show", "--columns", 3, "-o", "pictures/classes.png")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "pictures/classes.png\n"
    assert (tmp_path / "pictures/classes.png").read_bytes().startswith(b"\x89PNG")
    assert os.listdir(tmp_path / "pictures") == ["classes.png"]


def test_show_in_an_unknown_format(run, tmp_path):
    result = run("show", "-o", "classes.xyz")
    assert result.exit_code == 2
    assert "classes.xyz" in result.stderr
    assert list(tmp_path.iterdir()) == []


# Functions


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("lenet5", "LeNet-5"),
        ("LENET 5", "LeNet-5"),
        ("cnn-1", "CNN 1"),
        ("hog+svm", "HOG + SVM"),
        ("modifiedlenet5", "Modified LeNet-5"),
    ],
)
def test_find_name(wanted, name):
    assert cli.find_name(wanted, NAMES) == name


def test_find_name_guesses():
    with pytest.raises(typer.BadParameter, match=r"no 'lenet6'. Did you mean 'LeNet-5'\? There"):
        cli.find_name("lenet6", NAMES)
    assert cli.find_name("lenet5", [f"{name} (tuned)" for name in NAMES]) == "LeNet-5 (tuned)"


def test_each_dataset_has_a_folder_of_its_own(tmp_path):
    places = ["sample", "full", "a/mnist", "b/mnist", "full/", 255 * "x"]
    folders = [cli.default_folder(place) for place in places]
    assert folders[:2] == [Path("runs/compare"), Path("runs/compare-full")]
    assert len(set(folders)) == len(places)
    assert folders[2].name.startswith("compare-mnist-")
    assert cli.default_folder(Path("a/b/../mnist")) == folders[2]
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)


def test_overfitting_that_has_not_begun_is_told():
    row = {
        "accuracy_mean": 0.8386, "accuracy_std": 0.0012, "reference_accuracy": np.nan,
        "macro_f1_mean": 0.8, "cv_mean": np.nan, "fit_seconds": 10.04,
        "seconds_per_epoch": 2.0, "epochs": 8.0, "overfit_epoch": 8, "overfit_begun": False,
    }  # fmt: skip
    texts = _console.figures(row)
    assert texts["Overfit"] == "> 8"
    assert texts["Accuracy"] == "83.86 ± 0.12"
    assert (texts["Article"], texts["Epochs"]) == ("", "8")
    assert _console.figures({**row, "overfit_begun": True})["Overfit"] == "8"


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
    assert table["reference_accuracy"].notna().all()
    assert table["overfit_epoch"].notna().all()
