"""Every public object is documented in full, and the same parameter in the same words."""

import importlib
import inspect
import pkgutil
import re
from collections import defaultdict

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import validate

import skfashion
from skfashion import datasets
from tests.networks import NETWORKS

pytestmark = pytest.mark.any_version

# All of numpydoc's checks but these, for everything ...
LEFT_OUT = {
    "ES01": "not everything needs more than a sentence",
    "RT02": "a returned value with a name says more than one without",
    "SA03": "scikit-learn is written small, also where a description begins with it",
}
# ... these, for methods ...
LEFT_OUT_OF_METHODS = {
    "EX01": "the example of a class shows its methods",
    "SA01": "the relatives of a class are in the class's docstring",
}
# ... and these, for classes whose objects are made by the package and only read by its users.
LEFT_OUT_OF_RECORDS = {
    "EX01": "the function that returns it has the example",
    "PR01": "its attributes are documented; nobody calls the constructor",
    "SA01": "the function that returns it is named in its summary or has it under Returns",
}
RECORDS = {"Answer", "Comparison", "ConfusedPair", "Progress"}

# (parameter, class or function): why it has words of its own.
OWN_WORDS = {
    ("subset", "load_fashion_sample"): "says how many images, and no file is fetched or needed",
    ("subset", "load_image_folder"): "the parts are folders, which may not be there",
    ("subset", "fetch_fashion_mnist"): "says how many images, and which files are fetched",
    ("dropout", "CNN1Classifier"): "this network has one layer of dropout, CNN 2 has three",
}


def public_modules():
    yield skfashion
    for info in pkgutil.iter_modules(skfashion.__path__, prefix="skfashion."):
        if info.name.startswith("skfashion._"):
            continue
        module = importlib.import_module(info.name)
        if hasattr(module, "__all__"):  # the command line has none: it documents itself by --help
            yield module


def public_objects():
    """Return the classes and functions in every `__all__` by their full name."""
    values = [getattr(module, name) for module in public_modules() for name in module.__all__]
    documented = [value for value in values if inspect.isclass(value) or inspect.isfunction(value)]
    return {f"{value.__module__}.{value.__qualname__}": value for value in documented}


def own_methods(cls):
    """Return the full names of a class's public methods and properties that are this package's."""
    for name, member in inspect.getmembers(cls):
        function = inspect.unwrap(getattr(member, "fget", member))
        if not name.startswith("_") and inspect.isfunction(function):
            owner = next(base for base in cls.__mro__ if name in vars(base))
            if function.__module__.startswith("skfashion."):
                yield f"{owner.__module__}.{owner.__qualname__}.{name}"


OBJECTS = public_objects()
CLASSES = [value for value in OBJECTS.values() if inspect.isclass(value)]
METHODS = sorted({method for cls in CLASSES for method in own_methods(cls)})
LOADERS = [
    datasets.fetch_fashion_mnist,
    datasets.load_fashion_sample,
    datasets.load_idx,
    datasets.load_image_folder,
]


def faults(path, *left_out):
    codes = set().union(*left_out)
    return [f"{code}: {text}" for code, text in validate(path)["errors"] if code not in codes]


@pytest.mark.parametrize("path", OBJECTS)
def test_classes_and_functions(path):
    is_record = OBJECTS[path].__name__ in RECORDS
    assert faults(path, LEFT_OUT, LEFT_OUT_OF_RECORDS if is_record else {}) == []


@pytest.mark.parametrize("path", METHODS)
def test_methods(path):
    assert faults(path, LEFT_OUT, LEFT_OUT_OF_METHODS) == []


def test_something_is_tested():
    assert {"SimpleDenseClassifier", "ImagePadder"} <= {cls.__name__ for cls in CLASSES}
    assert "skfashion.neural_network._base.BaseImageClassifier.fit" in METHODS


@pytest.mark.parametrize("family", [NETWORKS, LOADERS], ids=["networks", "loaders"])
def test_same_parameter_in_the_same_words(family):
    words = defaultdict(lambda: defaultdict(list))
    for member in family:
        for parameter in get_doc_object(member)["Parameters"]:
            # defaults may differ
            kind = re.sub(r",? default=.*", "", parameter.type)
            if (parameter.name, member.__name__) not in OWN_WORDS:
                description = " ".join(parameter.desc)
                words[parameter.name][kind, description].append(member.__name__)
    differing = {name: dict(versions) for name, versions in words.items() if len(versions) > 1}
    assert not differing


@pytest.mark.parametrize("network", NETWORKS)
def test_documented_defaults_are_the_defaults(network):
    signature = inspect.signature(network)
    for parameter in get_doc_object(network)["Parameters"]:
        default = signature.parameters[parameter.name].default
        documented = re.search(r"default=(.*)", parameter.type)
        if default is inspect.Parameter.empty:
            assert not documented
            continue
        assert documented, f"{parameter.name}: the default is not documented"
        assert documented[1].replace("'", '"') == repr(default).replace("'", '"')
