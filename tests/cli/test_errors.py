from types import SimpleNamespace

import pytest

from skfashion.cli._errors import in_words, with_options


def context_with(*names):
    """The context of a command with these options."""
    options = [SimpleNamespace(name=n, opts=[f"--{n.replace('_', '-')}"]) for n in names]
    argument = SimpleNamespace(name="run", opts=["run"])
    return SimpleNamespace(command=SimpleNamespace(params=[argument, *options]))


COMPARE = context_with("data", "only", "seeds", "cv", "jobs", "out")
SEARCH = context_with("lr", "max_epochs", "cv", "data", "jobs", "out")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("x is a file; out= takes the name", "x is a file; --out takes the name"),
        ("choose another folder for out=, or", "choose another folder for --out, or"),
        ("got n_jobs=0; give cv=5.", "got --jobs 0; give --cv 5."),
        ("random_states=3", "--seeds 3"),
        ("compare(..., out=folder) makes one.", "skfashion compare makes one."),
        ("or use load_fashion_sample, a tenth", "or use --data sample, a tenth"),
        ("pass prefix='a-' or prefix='b-'.", "add the prefix to the folder: --data FOLDER/a- or "
         "--data FOLDER/b-."),
        ("put one there, or load the other part alone with subset=.", "put one there."),
        # these are not options of the command: parameters of an estimator
        ("Lower the learning rate (lr=0.1)", "Lower the learning rate (lr=0.1)"),
        ("run=3", "run=3"),
    ],
)  # fmt: skip
def test_messages_speak_of_options(said, expected):
    assert with_options(said, COMPARE) == expected


def test_an_option_of_another_command():
    said = with_options("Lower the learning rate (lr=1e+30) or max_epochs=8", SEARCH)
    assert said == "Lower the learning rate (--lr 1e+30) or --max-epochs 8"


def test_errors_in_words():
    assert in_words(ValueError("two\nlines")) == "two lines"
    assert in_words(KeyError("a")) == "KeyError: 'a'"
    assert in_words(MemoryError()) == "MemoryError"
    error = PermissionError(13, "Permission denied", "/a")
    assert in_words(error).startswith("/a: Permission denied. Give another path")
