import json
import re

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skfashion import (
    CNN1Classifier,
    ImagePadder,
    LeNet5Classifier,
    PixelScaler,
    SimpleDenseClassifier,
    _page,
)
from skfashion.playground import Playground
from skfashion.playground._playground import MAIN

HOSTILE = "</script><script>alert(1)</script><!--"


@pytest.fixture(scope="module")
def dense(sample):
    network = SimpleDenseClassifier(max_epochs=1, lr=0.1, random_state=0)
    return network.fit(sample.data[:64], sample.target[:64])


def data_of(html):
    return json.loads(re.search(r'id="playground">(.*?)</script>', html, re.DOTALL)[1])


def test_the_pretrained_page_is_one_file_with_everything(tmp_path):
    path = Playground.from_pretrained(title="Try it").save(tmp_path / "page.html")
    html = path.read_text(encoding="utf-8")
    assert len(html) < 15_000_000
    assert "<title>Try it</title>" in html
    assert not re.search(r'(src|href)="(?!data:,)', html)
    data = data_of(html)
    assert len(data["classes"]) == len(data["examples"]) == 10
    assert data["familiar"]["means"]["shape"][0] == 10
    assert set(data["thresholds"]) == {"probability", "distance"}


def test_markup_in_names_stays_text(dense, sample):
    names = [HOSTILE, *"bcdefghij"]
    playground = Playground.from_estimator(
        dense, sample.data[:64], sample.target[:64], class_names=names, title=HOSTILE
    )
    html = playground.to_html()
    assert "<script>alert" not in html
    assert data_of(html)["classes"][0] == HOSTILE
    assert "&lt;iframe" not in playground._repr_html_()
    assert playground._repr_html_().startswith("<iframe srcdoc=")


def test_scaled_pixels_are_scaled_in_the_page_too(sample):
    X, y = sample.data[:64], sample.target[:64]
    scaler = PixelScaler(feature_range=None)
    pipeline = make_pipeline(scaler, SimpleDenseClassifier(max_epochs=1, random_state=0)).fit(X, y)
    entry = Playground.from_estimator(pipeline, X, y).data["input"]
    expected = pipeline[:-1].transform(np.full((1, 784), 100, np.uint8))[0, 0]
    assert entry["pixel_scale"] * 100 + entry["pixel_shift"] == pytest.approx(expected, abs=1e-6)


def test_a_network_that_the_page_does_not_know_is_refused(sample):
    X, y = sample.data[:64], sample.target[:64]
    network = LeNet5Classifier(max_epochs=1, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="cannot be written as a plain layer"):
        Playground.from_estimator(network, X, y)


def test_a_step_that_changes_more_than_each_pixel_is_refused(sample):
    X, y = sample.data[:64], sample.target[:64]
    pipeline = make_pipeline(ImagePadder(), CNN1Classifier(max_epochs=1, random_state=0)).fit(X, y)
    with pytest.raises(ValueError, match="have 784 pixels and are padded for the network"):
        Playground.from_estimator(pipeline, X, y)


def test_floats_and_colours_are_refused(dense, sample):
    X, y = sample.data[:64], sample.target[:64]
    with pytest.raises(ValueError, match="X is float64, but the pixels of a page are uint8"):
        Playground.from_estimator(dense, X / 255, y)
    colours = np.repeat(sample.images[:64, 4:-4, 4:-4, None], 3, axis=3)
    network = SimpleDenseClassifier(max_epochs=1, random_state=0).fit(colours, y)
    with pytest.raises(ValueError, match=r"images of shape .20, 20, 3., but the page makes square"):
        Playground.from_estimator(network, colours, y)


def test_what_is_not_a_fitted_network_is_refused(dense, sample):
    X, y = sample.data[:64], sample.target[:64]
    forest = RandomForestClassifier(2).fit(X, y)
    for other in (forest, make_pipeline(PixelScaler(), forest)):
        with pytest.raises(ValueError, match="RandomForestClassifier is not a network of skf"):
            Playground.from_estimator(other, X, y)
    for unfitted in (SimpleDenseClassifier(), make_pipeline(SimpleDenseClassifier())):
        with pytest.raises(NotFittedError):
            Playground.from_estimator(unfitted, X, y)


def test_a_search_stands_for_its_best_estimator(sample):
    X, y = sample.data[:64], sample.target[:64] % 2
    network = SimpleDenseClassifier(max_epochs=1, random_state=0)
    search = GridSearchCV(network, {"lr": [0.1]}, cv=2).fit(X, y)
    expected = Playground.from_estimator(search.best_estimator_, X, y)
    assert Playground.from_estimator(search, X, y).data == expected.data


def test_labels_and_names_that_do_not_fit_are_refused(dense, sample):
    X, y = sample.data[:64], sample.target[:64]
    with pytest.raises(ValueError, match="X has 64 images and y 63 labels"):
        Playground.from_estimator(dense, X, y[:-1])
    with pytest.raises(ValueError, match="X has 0 images and y 0 labels"):
        Playground.from_estimator(dense, X[:0], y[:0])
    with pytest.raises(ValueError, match="y has the labels 10, but the classes of the"):
        Playground.from_estimator(dense, X, y + 1)
    with pytest.raises(ValueError, match="y has the labels 0, 1, 2, 3, 4, but"):
        Playground.from_estimator(dense, X, y.astype(str))
    for n in (9, 11):
        with pytest.raises(ValueError, match=f"class_names has {n} names for 10 classes"):
            Playground.from_estimator(dense, X, y, class_names=range(n))


def test_a_page_that_is_too_large_is_refused(dense, monkeypatch, sample, tmp_path):
    monkeypatch.setattr("skfashion.playground._playground.MAX_BYTES", 1_000_000)
    playground = Playground.from_estimator(dense, sample.data[:64], sample.target[:64])
    with pytest.raises(ValueError, match=r"The page has 1.5 MB, more than the 1 MB"):
        playground.save(tmp_path / "page.html")
    assert not list(tmp_path.iterdir())


def test_scripts_set_text_only():
    script = _page.script(MAIN)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|import)\s*\(", script)
    assert "</script" not in script
