import json
import re
from base64 import b64decode
from html import unescape
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skfashion import ImageGridDisplay, ImagePadder, MistakesDisplay
from skfashion._images import as_images, to_bytes
from skfashion.comparison import compare, load_comparison
from skfashion.datasets import fetch_fashion_mnist
from skfashion.report import ConfusionReport
from skfashion.report._pack import unpack

from .conftest import HOSTILE_ERROR, seventeen


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:900], y[:900], X[900:], y[900:]


# From an estimator


def test_from_any_estimator(digits):
    X, y, X_test, y_test = digits
    model = make_pipeline(StandardScaler(), GaussianNB()).fit(X, y)
    report = ConfusionReport.from_estimator(model, X_test, y_test)
    (part,) = report.summary["classifiers"]
    assert part["name"] == "GaussianNB"
    assert part["matrix"] == confusion_matrix(y_test, model.predict(X_test)).tolist()
    assert report.summary["images"]["height"] == 8  # X itself: rows of square images
    assert report.summary["curves"] == []


def test_rows_have_the_shape_that_the_estimator_gives_them(sample):
    X, y = sample.data[6000:6100], sample.target[6000:6100]
    rgb = X[:, :768]
    padder = ImagePadder(shape=(20, 20), image_shape=(16, 16, 3))
    model = make_pipeline(padder, GaussianNB()).fit(rgb, y)
    summary = ConfusionReport.from_estimator(model, rgb, y).summary
    assert (summary["images"]["height"], summary["images"]["width"]) == (16, 16)


def test_labels_that_the_test_data_lack_have_a_row(digits):
    X, y, X_test, y_test = digits
    model = GaussianNB().fit(X, y)
    few = y_test < 5
    report = ConfusionReport.from_estimator(model, X_test[few], y_test[few])
    assert report.summary["classes"] == [str(label) for label in range(10)]


def test_labels_that_the_estimator_has_not_seen(digits):
    X, y, X_test, y_test = digits
    model = GaussianNB().fit(X[y < 9], y[y < 9])
    report = ConfusionReport.from_estimator(model, X_test, y_test)
    matrix = np.array(report.summary["classifiers"][0]["matrix"])
    assert matrix[:, 9].sum() == 0
    assert matrix[9].sum() == (y_test == 9).sum()


def test_curves_of_an_estimator_that_keeps_some(digits):
    X, y, X_test, y_test = digits
    model = MLPClassifier((8,), early_stopping=True, max_iter=30, random_state=0).fit(X, y)
    (curves,) = ConfusionReport.from_estimator(model, X_test, y_test).summary["curves"]
    assert curves["train_loss"] == model.loss_curve_
    assert curves["validation_accuracy"] == model.validation_scores_


def test_without_images_and_without_probabilities(digits):
    X, y, X_test, y_test = digits
    model = GaussianNB().fit(X, y)
    report = ConfusionReport.from_estimator(model, X_test, y_test, images=False)
    assert report.summary["images"] is None
    report = ConfusionReport.from_predictions(y_test, model.predict(X_test))
    assert report.summary["classifiers"][0]["shares"] is None


@pytest.mark.parametrize("kind", ["sparse", "text", "missing"])
def test_data_that_only_look_like_images_give_a_report_without_images(digits, kind):
    X, y, X_test, y_test = digits
    if kind == "text":
        X, X_test = (np.where(part > 8, "bright", "dark") for part in (X, X_test))
        model = make_pipeline(OrdinalEncoder(), DecisionTreeClassifier()).fit(X, y)
    elif kind == "missing":
        X_test = np.where(X_test == 16, np.nan, X_test)
        model = DecisionTreeClassifier().fit(X, y)
    else:
        X, X_test = sparse.csr_array(X), sparse.csr_array(X_test)
        model = LogisticRegression(max_iter=5, tol=1).fit(X, y)
    summary = ConfusionReport.from_estimator(model, X_test, y_test).summary
    assert summary["images"] is None
    assert summary["n_images"] == len(y_test)


def test_images_that_are_sparse(digits):
    _, _, X_test, y_test = digits
    with pytest.raises(TypeError, match=r"images is sparse; .* images\.toarray\(\)"):
        ConfusionReport.from_predictions(y_test, y_test, images=sparse.csr_array(X_test))


def test_images_are_as_bright_as_in_the_displays(digits):
    """The mistakes alone lie within 0 and 1, all test images do not."""
    _, _, X_test, y_test = digits
    images = X_test / 16
    y_pred = np.where(np.arange(len(y_test)) < 5, (y_test + 1) % 10, y_test)
    images[100, 0] = 1.5
    shown = to_bytes(as_images(images))
    for display in (
        MistakesDisplay.from_predictions(y_test, y_pred, proba=np.eye(10)[y_pred], images=images),
        ImageGridDisplay.from_images(images[:101], np.arange(101) // 5 * 5, n_columns=5),
    ):
        drawn = np.nanmax(display.im_.get_array()[:9, :40])
        first = display.indices[0] if hasattr(display, "indices") else 0
        assert round(255 * drawn) == shown[first : first + 5].max() < 255
        plt.close(display.figure_)
    summary = ConfusionReport.from_predictions(y_test, y_pred, images=images).summary
    sprite = Image.open(BytesIO(b64decode(summary["images"]["sprites"][0])))
    assert np.asarray(sprite)[:8, :8, 0].max() == shown[0].max()


def test_an_estimator_that_is_not_fitted(digits):
    with pytest.raises(NotFittedError):
        ConfusionReport.from_estimator(GaussianNB(), *digits[2:])


# From predictions


def test_text_labels_in_a_chosen_order():
    y_true = ["shirt", "coat", "coat", "bag"]
    y_pred = ["coat", "coat", "bag", "bag"]
    labels = ["shirt", "coat", "bag"]
    report = ConfusionReport.from_predictions(
        y_true, y_pred, labels=labels, target_names=["S", "C", "B"], normalize="true"
    )
    summary = report.summary
    assert summary["classifiers"][0]["matrix"] == [[0, 1, 0], [0, 1, 1], [0, 0, 1]]
    assert summary["classes"] == ["S", "C", "B"]
    assert summary["normalize"] == "true"


def test_several_classifiers():
    report = ConfusionReport.from_predictions(
        [0, 1], {"A": [0, 1], "B": [1, 1]}, proba={"A": [[0.9, 0.1], [0.4, 0.6]]}
    )
    first, second = report.summary["classifiers"]
    assert (first["name"], second["name"]) == ("A", "B")
    assert unpack(first["shares"]).tolist()[:2] == [58982, 39321]
    assert second["shares"] is None
    assert repr(report) == (
        "ConfusionReport(Classifiers compared: 2 images, 2 classes, 2 classifiers)"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y_pred": [0, 1]}, "Classifier has 2 predictions for 3 labels"),
        ({"y_pred": ["a", "b", "c"]}, "Some labels are text and others are numbers"),
        ({"y_pred": {}}, "y_pred is empty"),
        ({"proba": [[1, 0], [0, 1], [2, 0]]}, "must be probabilities, from 0 to 1"),
        ({"proba": [[1, 0], [0, 1], [np.nan, 0]]}, "without NaN"),
        ({"proba": [[1], [1], [1]]}, r"has the shape \(3, 1\); with 3 images and 2 classes it"),
        ({"images": np.zeros((2, 8, 8))}, r"shape \(2, 8, 8\), but there are 3 labels"),
        ({"labels": [0, 0, 1]}, "labels has a label twice"),
        ({"labels": [0]}, r"Classifier: labels= leaves out \[1\]"),
        ({"target_names": ["a"]}, r"There are 1 target_names, but 2 labels: \[0, 1\]"),
        ({"index": [5, 6]}, r"index must have one integer for each of the 3 images"),
        ({"index": [0.5, 1, 2]}, r"got the shape \(3,\) of float64"),
        ({"normalize": "rows"}, "normalize must be one of"),
        ({"y_true": [[0, 1], [1, 0], [0, 0]]}, "y_true must have one label per image"),
        ({"y_true": [], "y_pred": []}, "at least one test image"),
        ({"y_pred": {"A": [0, 1, 1]}, "proba": {"B": []}}, r"proba has \['B'\]"),
    ],
)
def test_what_does_not_go_together(arguments, message):
    arguments = {"y_true": [0, 1, 1], "y_pred": [0, 0, 1], **arguments}
    with pytest.raises(ValueError, match=message):
        ConfusionReport.from_predictions(**arguments)


def test_numbers_and_provenance_of_the_images(digits):
    _, _, X_test, y_test = digits
    index = np.arange(900, 900 + len(y_test))
    options = {"index": index, "provenance": "digits, 897 test images"}
    summary = ConfusionReport.from_predictions(y_test, y_test, **options).summary
    assert summary["index"] == index.tolist()
    assert summary["provenance"] == "digits, 897 test images"
    model = GaussianNB().fit(*digits[:2])
    summary = ConfusionReport.from_estimator(model, X_test, y_test, **options).summary
    assert summary["index"] == index.tolist()
    assert summary["provenance"] == "digits, 897 test images"
    plain = ConfusionReport.from_predictions(y_test, y_test, index=index - 900).summary
    assert plain["index"] is None


# From a comparison


def test_of_a_comparison(comparison, names):
    summary = ConfusionReport.from_comparison(comparison).summary
    parts = summary["classifiers"]
    assert [part["name"] for part in parts] == [row["name"] for row in summary["table"]][:-1]
    accuracies = [part["accuracy"] for part in parts]
    assert accuracies == sorted(accuracies, reverse=True)
    for part in parts:
        assert part["matrix"] == comparison.confusion_matrix(part["name"]).tolist()
    assert summary["classes"] == names
    assert HOSTILE_ERROR in summary["table"][-1]["error"]
    (curves,) = summary["curves"]
    assert curves["name"] == "Simple dense"
    assert len(curves["validation_loss"]) == 3
    assert curves["best_epoch"] == comparison.table.loc["Simple dense", "overfit_epoch"]
    assert curves["validation"].startswith(
        f"lowest validation loss: epoch {curves['best_epoch']} of 3"
    )
    assert summary["images"]["width"] == 28
    json.dumps(summary, allow_nan=False)


def test_of_a_folder_with_several_random_states(digits, tmp_path):
    X, y, X_test, y_test = digits
    mlp = MLPClassifier((8,), max_iter=15)
    compare({"MLP": mlp}, X, y, X_test, y_test, random_states=(3, 7), out=tmp_path)
    comparison = load_comparison(tmp_path)
    first = ConfusionReport.from_comparison(comparison).summary
    assert "of random state 3;" in first["notes"][0]
    assert first["images"]["height"] == 8
    second = ConfusionReport.from_comparison(comparison, random_state=7, images=False).summary
    expected = comparison.confusion_matrix("MLP", random_state=7).tolist()
    assert second["classifiers"][0]["matrix"] == expected
    assert "of random state 7;" in second["notes"][0]
    assert second["images"] is None


def test_probabilities_that_are_no_numbers_do_not_spoil_the_rest(digits):
    comparison = compare({"odd": GaussianNB(), "even": GaussianNB()}, *digits)
    comparison.results[0].arrays["probabilities"][:] = np.nan
    summary = ConfusionReport.from_comparison(comparison).summary
    shares = {part["name"]: part["shares"] for part in summary["classifiers"]}
    assert shares["odd"] is None
    assert shares["even"] is not None
    assert "The probabilities of odd are not shown" in summary["notes"][0]


def test_of_a_comparison_that_knows_its_dataset(digits):
    index = np.arange(len(digits[3]))[::-1] + 5000
    comparison = compare(
        {"Bayes": GaussianNB(), "Tree": DecisionTreeClassifier(max_depth=3), "Other": GaussianNB()},
        *digits,
        dataset="digits",
        recipe="plain",
        test_index=index,
        reference={
            "Bayes": {"accuracy": 83.86, "n_train": 60_000},
            "Tree": {"accuracy": 83.86, "n_train": 900},
            "Other": {"accuracy": 83.86},
        },
    )
    summary = ConfusionReport.from_comparison(comparison).summary
    assert summary["index"] == index.tolist()
    assert summary["provenance"] == comparison.provenance
    assert comparison.provenance.startswith(
        "digits: 900 training and 897 test images; recipe plain"
    )
    published = {row["name"]: row["reference_accuracy"] for row in summary["table"]}
    assert published["Bayes"] is None
    assert published["Tree"] == 0.8386
    assert published["Other"] == 0.8386  # for how many images is not known
    assert summary["reference_note"] == (
        "The article's figures are not shown: they are for 60,000 training images."
    )
    summary = ConfusionReport.from_comparison(comparison, provenance="mine").summary
    assert summary["provenance"] == "mine"


def test_of_a_comparison_in_which_all_failed(digits):
    X, y, X_test, y_test = digits
    broken = LogisticRegression(C=-1)
    comparison = compare({"broken": broken}, X, y, X_test, y_test)
    with pytest.raises(ValueError, match="nothing to report"):
        ConfusionReport.from_comparison(comparison)


# The page


def test_saving(tmp_path):
    report = ConfusionReport.from_predictions([0, 1], [0, 1])
    path = report.save(tmp_path / "new" / "report.html")
    assert path.read_text(encoding="utf-8") == report.to_html()
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]


def test_a_notebook_gets_a_frame_that_is_shut_off():
    report = ConfusionReport.from_predictions(["<b>", "a"], ["<b>", '"'])
    frame = report._repr_html_()
    attributes = re.fullmatch(r'<iframe sandbox="([^"]*)" [^>]*? srcdoc="([^"]*)"></iframe>', frame)
    assert attributes[1] == "allow-scripts allow-downloads"
    assert unescape(attributes[2]) == report.to_html()


@pytest.mark.slow
def test_ten_thousand_images_and_seventeen_classifiers_take_five_megabytes(sample):
    test = fetch_fashion_mnist(subset="test")
    predictions, proba = seventeen(sample, test.data)
    report = ConfusionReport.from_predictions(
        test.target, predictions, proba=proba, images=test.images
    )
    assert len(report.to_html().encode()) <= 5_000_000
    images = report.summary["images"]
    assert images["kept"] is None  # all of them
    assert images["height"] == 28
    assert images["quality"] >= 80


@pytest.mark.slow
def test_large_images_stay_within_the_size_and_the_page_says_how(sample):
    rng = np.random.default_rng(0)
    images = np.repeat(np.repeat(sample.images[:3000], 3, axis=1), 3, axis=2)
    images = np.stack([images, images, 255 - images], axis=-1)
    images ^= rng.integers(0, 32, images.shape, dtype=np.uint8)  # noise is what takes room
    y_pred = np.where(rng.random(3000) < 0.1, 3, sample.target[:3000])
    report = ConfusionReport.from_predictions(
        sample.target[:3000], y_pred, images=images, max_bytes=1_500_000
    )
    assert len(report.to_html().encode()) <= 1_500_000
    assert any("reduced from 84 x 84" in note for note in report.summary["notes"])
    kept = report.summary["images"]["kept"]
    if kept is not None:
        wrong = np.flatnonzero(y_pred != sample.target[:3000])
        assert set(wrong) <= set(unpack(kept).tolist())
