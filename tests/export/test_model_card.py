"""The card says what the model is and how good, and its code loads the model."""

import re
import sys

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from skfashion import PixelScaler, SimpleDenseClassifier, compare
from skfashion.export import model_card
from tests.networks import FAST


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[:100], sample.target[:100], sample.data[-50:], sample.target[-50:]


@pytest.fixture(scope="module")
def fitted(data):
    return make_pipeline(PixelScaler(), SimpleDenseClassifier(**FAST)).fit(*data[:2])


def headings(text):
    return re.findall("^(#+ .*)$", text, flags=re.MULTILINE)


def test_without_anything_it_says_what_the_model_is(fitted):
    text = model_card(fitted).render()
    assert headings(text) == [
        "# SimpleDenseClassifier",
        *("## Intended use", "## Data", "## Results", "## Load the model", "## Parameters"),
    ]
    assert "266,610 parameters, trained for 2 epochs. It takes images of 28 x 28 pixels" in text
    assert "with 1 channel and returns the probabilities of 10 classes: 0, 1, 2" in text
    assert text.count("Not stated.") == 3
    assert f"```python\n{fitted!r}\n```" in text


def test_the_figures_are_those_of_the_comparison(fitted, data):
    estimators = {
        "dense": SimpleDenseClassifier(**FAST),
        "Bayes": GaussianNB(),
        "fails": LogisticRegression(C="much"),
    }
    comparison = compare(estimators, *data, random_states=[0, 1], dataset="Clothes", cv=2)
    text = model_card(fitted, comparison).render()
    table = comparison.table
    rows = re.findall(r"^\| +(\w+) +\|(.*)\|$", text, flags=re.MULTILINE)
    cells = {name: [cell.strip() for cell in row.split("|")] for name, row in rows}
    assert cells["model"][:3] == ["fits", "accuracy", "sd"]
    assert set(cells) == {"model", "dense", "Bayes"}
    for name, n in [("dense", "2"), ("Bayes", "1")]:
        assert cells[name][:2] == [n, f"{table['accuracy_mean'][name]:.4f}"]
        column = cells["model"].index("cross-validated")
        assert cells[name][column] == f"{table['cv_mean'][name]:.4f}"
    assert cells["dense"][2] == f"{table['accuracy_std']['dense']:.4f}"
    assert cells["Bayes"][2] == ""
    assert "Clothes" in text[text.index("## Data") : text.index("## Results")]
    assert headings(text)[3] == "## Results"


def test_a_comparison_in_which_all_failed_gives_no_table(fitted, data):
    comparison = compare({"fails": LogisticRegression(C="much")}, *data)
    text = model_card(fitted, comparison, data="My own.").render()
    assert text.split("## Results")[1].split("##")[0].strip() == "Not stated."


def test_its_words_are_those_that_are_given(fitted):
    text = model_card(
        fitted, title="Boots / shoes", intended_use="To sort shoes.", data="My own."
    ).render()
    assert headings(text)[:2] == ["# Boots / shoes", "## Intended use"]
    assert "To sort shoes." in text
    assert "My own." in text


@pytest.mark.parametrize("file", ["shoes.skops", 'my "shoes".skops'])
def test_its_code_loads_the_model(file, fitted, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    skops.io.dump(fitted, file)
    card = model_card(fitted, file=file)
    card.save("README.md")
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    code = re.search("```python\n(import skops.*?)```", text, flags=re.DOTALL)[1]
    names = {"X": data[2]}
    exec(code, names)
    found = names["model"].predict_proba(data[2])
    np.testing.assert_array_equal(found, fitted.predict_proba(data[2]))
    assert len(names["trusted"]) == 2


def test_only_for_networks(data):
    with pytest.raises(ValueError, match="GaussianNB is not a network of skfashion"):
        model_card(GaussianNB().fit(*data[:2]))


def test_without_the_extra(fitted, monkeypatch):
    monkeypatch.setitem(sys.modules, "skops.card", None)
    with pytest.raises(ImportError, match=r'model_card needs skops, .* "skfashion\[export\]"'):
        model_card(fitted)
