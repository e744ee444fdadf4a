import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB

from skfashion.comparison import Comparison, compare, load_comparison
from skfashion.comparison._machine import describe_machine
from skfashion.comparison._provenance import provenance_of
from tests.comparison.json_files import write_content

XEON = {
    "cpu": "Intel(R) Xeon(R) Processor @ 2.50GHz",
    "usable_cores": 2,
    "cores": 64,
    "python": "3.11.7",
    "packages": {"skfashion": "0.1.0", "numpy": "2.0", "scikit-learn": "1.9.1", "torch": "2.13.0"},
}
KNOWN = {
    "dataset": "Fashion-MNIST sample",
    "n_train": 6000,
    "n_test": 1000,
    "recipes": ["published"],
    "dates": ["2026-11-26T11:16:49+00:00"],
    "environments": [XEON],
}
UNKNOWN = {"dataset": None, "n_train": None, "recipes": [], "dates": [], "environments": []}


def test_one_line_says_all_that_is_known():
    assert provenance_of(**KNOWN) == (
        "Fashion-MNIST sample: 6,000 training and 1,000 test images; recipe published; "
        "2026-11-26; 2 cores of Intel Xeon Processor @ 2.50GHz; "
        "skfashion 0.1.0, torch 2.13.0, scikit-learn 1.9.1, Python 3.11.7"
    )


def test_what_is_not_known_is_left_out():
    assert provenance_of(**KNOWN | UNKNOWN) == "1,000 test images"
    one_core = {"cpu": "", "usable_cores": 1, "packages": {}}
    assert provenance_of(**KNOWN | UNKNOWN | {"environments": [one_core, {"cpu": "Z80"}]}) == (
        "1,000 test images; 1 core and Z80"
    )


def test_several_recipes_dates_and_machines_are_listed_once_each():
    several = {
        "recipes": ["published", "tuned", "published"],
        "dates": ["2026-11-26T01:00:00", "2026-11-24", "2026-11-25T02:00:00", "2026-11-26"],
        "environments": [XEON, XEON | {"n_jobs": 2}, XEON | {"usable_cores": 4}],
    }
    line = provenance_of(**KNOWN | several)
    assert "; recipes published and tuned; 2026-11-24 to 2026-11-26; 2 cores of Intel" in line
    assert line.count("4 cores of Intel Xeon Processor @ 2.50GHz; skfashion 0.1.0") == 1
    assert line.count("skfashion") == line.count("Python") == 1


def test_a_comparison_knows_where_it_comes_from(data, tmp_path):
    index = np.arange(200)[::-1] * 7
    named = {"dataset": "Fashion-MNIST sample", "recipe": "published", "test_index": index}
    for out in (None, tmp_path):
        made = compare({"Bayes": GaussianNB()}, *data, **named, out=out)
        assert made.n_train == 400
        np.testing.assert_array_equal(made.test_index, index)
        (values,) = [result.values for result in made.results]
        day = pd.Timestamp(values["finished"])
        assert day.utcoffset().total_seconds() == 0
        start = "Fashion-MNIST sample: 400 training and 200 test images; recipe published; "
        assert made.provenance.startswith(f"{start}{day.date()}; ")
        assert describe_machine(1)["packages"]["scikit-learn"] in made.provenance
    read = load_comparison(tmp_path)
    assert read.provenance == made.provenance
    assert read.n_train == 400
    np.testing.assert_array_equal(read.test_index, index, strict=True)


def test_nothing_need_be_said(data, tmp_path):
    compare({"Bayes": GaussianNB()}, *data, dataset=None, recipe="", test_index=None, out=tmp_path)
    read = load_comparison(tmp_path)
    assert read.test_index is None
    assert read.provenance.startswith("400 training and 200 test images; 20")
    assert Comparison(data[3], np.unique(data[3]), list("abcdefghij")).provenance == (
        "200 test images"
    )


def test_the_folder_keeps_what_a_later_call_does_not_say(data, tmp_path):
    index = np.arange(200, dtype=np.uint16)
    compare(
        {"Bayes": GaussianNB()},
        *data,
        out=tmp_path,
        dataset="Garments",
        recipe="published",
        test_index=index,
    )
    compare({"Dummy": DummyClassifier()}, *data, out=tmp_path, recipe="tuned")
    compare({"Dummy": DummyClassifier()}, *data, out=tmp_path)
    read = load_comparison(tmp_path)
    assert read.provenance.startswith("Garments: 400 training and 200 test images; recipes ")
    assert "; recipes published and tuned; " in read.provenance
    np.testing.assert_array_equal(read.test_index, index)


def test_only_environments_of_results_are_named(data, tmp_path):
    compare({"Bayes": GaussianNB()}, *data, out=tmp_path)
    other = describe_machine(1) | {"cpu": "Abacus"}
    write_content(tmp_path / "environments" / "0123456789.json", other)
    read = load_comparison(tmp_path)
    assert len(read.environments) == 2
    assert "Abacus" not in read.provenance


@pytest.mark.parametrize("index", [np.arange(199), np.arange(200.0), np.zeros((200, 1), int)])
def test_index_of_another_shape_or_type_is_refused(data, index):
    with pytest.raises(ValueError, match="one integer for each of the 200 test images; got the"):
        compare({"Bayes": GaussianNB()}, *data, test_index=index)
