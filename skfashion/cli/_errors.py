"""How a command ends: exit codes, and a sentence in place of a traceback."""

import os
import re
import warnings
from contextlib import contextmanager

import typer

from skfashion.cli._console import say_error

EXIT_CODES = (
    "Exit codes: 0 success; 1 an error, described on the standard error; 2 wrong usage; "
    "3 some estimators or settings failed and the others are done; 130 interrupted by Ctrl-C."
)
TRACEBACK_VARIABLE = "SKFASHION_TRACEBACK"
SOME_FAILED = 3

# What the library calls otherwise than the command line, by the option's parameter.
ALIASES = {"n_jobs": "jobs", "random_states": "seeds", "folder": "data"}
# Sentences of the library that speak to someone who writes Python.
SENTENCES = (
    (r"compare\(\.\.\., out=folder\) makes one", "skfashion compare makes one"),
    (r",? or load (?:one subset|the other part alone with subset=)", ""),
    (r"\bpass prefix='([^']*)'", r"add the prefix to the folder: --data FOLDER/\1"),
    (r" or prefix='([^']*)'", r" or --data FOLDER/\1"),
    (r"\bload_fashion_sample\b", "--data sample"),
    (r"\b(?:call|calling) fetch_fashion_mnist(?:\(\))?", "run skfashion fetch"),
)


@contextmanager
def errors_as_sentences(context, quiet, when_interrupted=""):
    """End the program with a sentence and an exit code in place of a traceback.

    A warning becomes a line, or nothing if `quiet`.

    Parameters
    ----------
    context : typer.Context
        Of the command, whose options the sentence names.
    quiet : bool
    when_interrupted : str
        What to say after a Ctrl-C.
    """
    try:
        with short_warnings(quiet):
            yield
    except KeyboardInterrupt:
        say_error(f"Interrupted. {when_interrupted}".strip())
        raise typer.Exit(130) from None
    except Exception as error:
        # typer's own are not failures: an exit, or wrong usage, which typer reports itself
        if isinstance(error, typer.Exit | typer.Abort | typer.BadParameter):
            raise
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        say_error(with_options(in_words(error), context))
        raise typer.Exit(1) from None


def in_words(error):
    """Return what an exception says, as a sentence."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}. Give another path, or fix this one."
    text = " ".join(str(error).split())
    expected = isinstance(error, OSError | ValueError | ImportError)
    return text if expected and text else f"{type(error).__name__}: {text}".removesuffix(": ")


def with_options(text, context):
    """Return a message of the library with the command's options in place of Python parameters.

    ``out=`` becomes ``--out``, and ``lr=0.1`` becomes ``--lr 0.1``, if the command has the option.
    """
    for pattern, sentence in SENTENCES:
        text = re.sub(pattern, sentence, text)
    options = {p.name: p.opts[0] for p in context.command.params if p.opts[0].startswith("--")}
    options |= {name: options[option] for name, option in ALIASES.items() if option in options}

    def option(match):
        name, value = match.groups()
        return f"{options[name]} {value or ''}".rstrip() if name in options else match.group()

    return re.sub(r"\b([a-z_]+)=([\w.+-]*\w)?", option, text)


@contextmanager
def short_warnings(quiet):
    """Show warnings in one line, without file and source; or not at all."""

    def format_warning(message, category, *_, **__):
        return f"{category.__name__}: {' '.join(str(message).split())}\n"

    original = warnings.formatwarning
    warnings.formatwarning = format_warning
    try:
        with warnings.catch_warnings():
            if quiet:
                warnings.simplefilter("ignore")
            yield
    finally:
        warnings.formatwarning = original


def fail_if_some_failed(n_failed, n_done):
    """Say how many failed and end with the exit code for that, if any did."""
    if n_failed:
        say_error(f"{n_failed} failed; {'the others are' if n_done else 'nothing is'} done.")
        raise typer.Exit(SOME_FAILED if n_done else 1)
