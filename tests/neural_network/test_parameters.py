"""The entries of the parameters, and what is made of them."""

import inspect
import pickle
import pydoc
import subprocess
import sys
from dataclasses import MISSING
from numbers import Integral

import pytest
from numpydoc.docscrape import get_doc_object

from skfashion import (
    ImageClassifier,
    LeNet5Classifier,
    ModifiedLeNet5Classifier,
    SimpleDenseClassifier,
)
from skfashion._compat import Interval
from skfashion.neural_network._parameters import SHARED, Role, entries, names_with_role, parameter
from tests.networks import NETWORKS, make_network

OF_LENET5 = {"activation", "output", "gamma", "padding", "subsampling", "c3"}


class Mixin:
    """A class that is not a network."""


class OwnClassifier(Mixin, SimpleDenseClassifier):
    """A network with a parameter of its own, and with other defaults.

    Notes
    -----
    It is there for these tests.
    """

    lr: float = 0.25
    optimizer: object = "adam"
    n_units: int = parameter(
        7,
        "int",
        """
        Number of units,
        at least one.
        """,
        [Interval(Integral, 1, None, closed="left")],
    )


class SilentClassifier(OwnClassifier):  # no docstring
    n_units: int = 8


def documented(cls):
    """Return {name: (type, description)} of a class's parameters, as numpydoc reads them."""
    found = get_doc_object(cls)["Parameters"]
    names = [p.name for p in found]
    assert len(names) == len(set(names))
    return {p.name: (p.type, " ".join(p.desc)) for p in found}


@pytest.mark.parametrize("Classifier", NETWORKS)
def test_every_parameter_has_an_entry_with_all_that_is_to_be_said(Classifier):
    found = entries(Classifier)
    assert set(found) == set(inspect.signature(Classifier).parameters) >= set(SHARED)
    for _, entry in found.values():
        assert entry.kind
        assert entry.words
        assert entry.words == inspect.cleandoc(entry.words)
        assert entry.constraint
        assert isinstance(entry.role, Role)


@pytest.mark.parametrize("Classifier", [*NETWORKS, OwnClassifier, SilentClassifier])
def test_docstring_and_validation_are_those_of_the_entries(Classifier):
    said, signature = documented(Classifier), inspect.signature(Classifier)
    assert list(said) == list(signature.parameters) == list(entries(Classifier))
    for name, (default, entry) in entries(Classifier).items():
        kind, description = said[name]
        assert kind.startswith(entry.kind)
        assert description == " ".join(entry.words.split("\n"))
        if default is MISSING:
            assert kind == entry.kind
            assert signature.parameters[name].default is inspect.Parameter.empty
        else:
            assert kind.endswith(f", default={default!r}".replace("'", '"'))
            assert signature.parameters[name].default is default
        assert Classifier._parameter_constraints[name] is entry.constraint
    assert set(Classifier._parameter_constraints) == set(said)


@pytest.mark.parametrize("Classifier", NETWORKS)
def test_defaults_pass_the_validation(Classifier):
    make_network(Classifier)._validate_params()


@pytest.mark.parametrize("Classifier", NETWORKS)
def test_help_and_signature_show_all_parameters(Classifier):
    text = pydoc.plain(pydoc.render_doc(Classifier))
    for name, (kind, _) in documented(Classifier).items():
        assert f" |  {name} : {kind}\n" in text
    assert text.count(" |  Parameters\n") == text.count(" |  Attributes\n") == 1
    signature = inspect.signature(Classifier)
    assert all(p.annotation is p.empty for p in signature.parameters.values())
    assert all(p.kind is p.KEYWORD_ONLY for p in signature.parameters.values())


def test_required_parameters_come_first():
    assert str(inspect.signature(ImageClassifier)).startswith("(*, module, lr=0.001, ")
    assert next(iter(documented(ImageClassifier).items()))[0] == "module"


def test_changed_defaults():
    own = OwnClassifier()
    assert (own.lr, own.optimizer, own.max_epochs, own.n_units) == (0.25, "adam", 5, 7)
    said, before = documented(OwnClassifier), documented(SimpleDenseClassifier)
    assert said["lr"] == ("float, default=0.25", before["lr"][1])
    assert before["lr"][0] == "float, default=0.001"
    assert said["n_units"] == ("int, default=7", "Number of units, at least one.")
    assert documented(SilentClassifier)["n_units"] == ("int, default=8", said["n_units"][1])


def test_sections_stand_between_the_text_and_the_other_sections():
    lines = OwnClassifier.__doc__.splitlines()
    assert lines[0] == "A network with a parameter of its own, and with other defaults."
    titles = [lines[k - 1] for k, line in enumerate(lines) if line and set(line) == {"-"}]
    assert titles == ["Parameters", "Attributes", "Notes"]
    assert lines[-1] == "It is there for these tests."


def test_a_class_without_a_docstring_has_its_parameters_described():
    assert SilentClassifier.__doc__.startswith("Parameters\n----------\nlr : float, default=0.25\n")
    assert "A network with a parameter" not in SilentClassifier.__doc__


def test_own_parameters_are_validated(sample):
    with pytest.raises(ValueError, match="The 'n_units' parameter of OwnClassifier must be"):
        OwnClassifier(n_units=0).fit(sample.data[:10], sample.target[:10])
    assert OwnClassifier().set_params(n_units=9).get_params()["n_units"] == 9
    assert pickle.loads(pickle.dumps(OwnClassifier(n_units=3))).n_units == 3


def test_own_parameters_are_inherited():
    assert set(entries(ModifiedLeNet5Classifier)) == set(SHARED) | OF_LENET5
    for name in OF_LENET5:
        default, entry = entries(LeNet5Classifier)[name]
        modified, inherited = entries(ModifiedLeNet5Classifier)[name]
        assert inherited is entry
        assert (modified != default) == (name in ("activation", "output"))


def test_a_default_without_annotation_is_an_error():
    with pytest.raises(TypeError, match=r"Write lr: float = 0\.1\."):

        class Forgetful(SimpleDenseClassifier):
            lr = 0.1


def test_a_field_without_an_entry_belongs_to_the_network():
    class Plain(SimpleDenseClassifier):
        n_units: int = 3

    assert "n_units" in names_with_role(Plain, Role.NETWORK)
    assert documented(Plain)["n_units"] == ("int, default=3", "")
    assert "n_units" not in Plain._parameter_constraints


def test_names_with_role():
    names = {role: set(names_with_role(LeNet5Classifier, role)) for role in Role}
    assert names[Role.NETWORK] == {"initializer", "image_shape"} | OF_LENET5
    assert names[Role.UPDATE] == {
        *("optimizer", "momentum", "weight_decay", "norm_bias_lr_factor", "device", "precision")
    }
    assert names[Role.OTHER] == {"memory", "warm_start", "verbose", "test_time_augmentation"}
    assert set().union(*names.values()) == set(entries(LeNet5Classifier))
    assert sum(map(len, names.values())) == len(entries(LeNet5Classifier))


@pytest.mark.slow
def test_without_docstrings(sample, tmp_path):
    """``python -OO`` drops them, which skorch cannot do without; predicting needs no skorch."""
    network = ModifiedLeNet5Classifier(max_epochs=1, random_state=0)
    network.fit(sample.data[:40], sample.target[:40])
    (tmp_path / "network").write_bytes(pickle.dumps(network))
    code = (
        "import pickle, sys\n"
        "from pathlib import Path\n"
        "from skfashion import LeNet5Classifier, load_fashion_sample\n"
        "network = pickle.loads(Path(sys.argv[1]).read_bytes())\n"
        "print(__debug__, LeNet5Classifier(lr=0.1))\n"
        "print(network.predict(load_fashion_sample().data[:40]).tolist())\n"
    )
    command = [sys.executable, "-OO", "-c", code, str(tmp_path / "network")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = network.predict(sample.data[:40]).tolist()
    assert done.stdout == f"False LeNet5Classifier(lr=0.1)\n{expected}\n"
