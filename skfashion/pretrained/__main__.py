"""Train a network and write its file: ``python -m skfashion.pretrained --help``."""

import argparse
import json
import shlex
import sys

from sklearn.pipeline import Pipeline

from skfashion import recipes
from skfashion.datasets import CLASS_NAMES, fetch_fashion_mnist, load_fashion_sample
from skfashion.neural_network import FastResNetClassifier
from skfashion.preprocessing import PixelScaler
from skfashion.pretrained._file import FOLDER, SUFFIX
from skfashion.pretrained._make import make_pretrained


def recipe_names():
    """Return the names of the functions that return Pipelines."""
    return sorted(name for name in recipes.__all__ if callable(getattr(recipes, name)))


def parser():
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m skfashion.pretrained",
        description="Train a network, calibrate it and write its file of weights.",
    )
    parser.add_argument("name", help="name of the network, such as fast-resnet")
    parser.add_argument("--recipe", choices=recipe_names(), help="where its Pipeline is")
    parser.add_argument("--estimator", help="the Pipeline's name in the recipe")
    parser.add_argument("--data", choices=["sample", "full"], default="full")
    parser.add_argument("--random-state", type=int, default=0)
    parser.add_argument("--held-out", type=int, default=5000, help="training images to calibrate")
    parser.add_argument(
        "--set",
        nargs=2,
        action="append",
        default=[],
        metavar=("PARAMETER", "VALUE"),
        help="a parameter of the network and its value in JSON, such as max_epochs 12",
    )
    parser.add_argument("--output", help="file to write; by default the package's own")
    return parser


def from_json(name, text):
    """Return the value of a parameter that is written in JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise SystemExit(
            f"--set {name} {text}: the value is not JSON. Write a text with quotes: "
            f"--set {name} '\"{text}\"'."
        ) from None


def pipeline_of(options):
    """Return the unfitted Pipeline that the options ask for."""
    if options.recipe is None:
        network = FastResNetClassifier(random_state=options.random_state)
        pipeline = Pipeline([("scale", PixelScaler(feature_range=None)), ("classifier", network)])
    else:
        pipelines = getattr(recipes, options.recipe)(random_state=options.random_state)
        if options.estimator not in pipelines:
            raise SystemExit(
                f"--estimator must be one of {', '.join(map(repr, pipelines))}; "
                f"got {options.estimator!r}."
            )
        pipeline = pipelines[options.estimator]
    pipeline.steps[-1][1].set_params(**{name: from_json(name, text) for name, text in options.set})
    return pipeline


def main(arguments=None):
    """Run the command."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parser().parse_args(arguments)
    load = load_fashion_sample if options.data == "sample" else fetch_fashion_mnist
    X, y = load(subset="train", return_X_y=True)
    X_test, y_test = load(subset="test", return_X_y=True)
    figures = make_pretrained(
        pipeline_of(options),
        *(X, y, X_test, y_test),
        options.output or FOLDER / f"{options.name}{SUFFIX}",
        class_names=CLASS_NAMES,
        n_held_out=options.held_out,
        command=shlex.join(["python", "-m", "skfashion.pretrained", *arguments]),
        random_state=options.random_state,
    )
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
