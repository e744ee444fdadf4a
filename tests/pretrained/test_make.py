import json

import numpy as np
import pytest
from sklearn.metrics import log_loss
from sklearn.pipeline import Pipeline

from skfashion import ImageClassifier, SimpleDenseClassifier, recipes
from skfashion.datasets import load_fashion_sample
from skfashion.pretrained import __main__ as command
from skfashion.pretrained import load_pretrained, pretrained_info
from skfashion.pretrained._file import read
from skfashion.pretrained._make import best_temperature, calibrate, figures_on, with_weights
from skfashion.pretrained._plain import plain_network

from .conftest import small_pipeline


@pytest.fixture(scope="module")
def overconfident(sample):
    """A network whose scores were multiplied by five, and images that it was not trained on."""
    pipeline = small_pipeline().fit(sample.data[:600], sample.target[:600])

    def enlarge(weights):
        weights["head.weight"] *= 5
        weights["head.bias"] *= 5

    return with_weights(pipeline, enlarge), sample.data[600:1200], sample.target[600:1200]


def test_the_same_training_gives_the_same_weights(make, small_file, tmp_path):
    make(tmp_path / "again.safetensors", command="a command")
    (one, arrays), (two, others) = read(small_file), read(tmp_path / "again.safetensors")
    assert arrays.keys() == others.keys()
    assert all(np.array_equal(arrays[name], others[name]) for name in arrays)
    for key in ("figures", "temperature", "thresholds", "layers", "input", "command"):
        assert one[key] == two[key]


def test_weights_are_stored_in_float16_and_all_else_in_float32(small_file):
    _, arrays = read(small_file, prefix="classifier._fitted.weights.")
    for array in arrays.values():
        if array.dtype.kind == "f":
            assert array.dtype == (np.float16 if array.ndim >= 2 else np.float32)


def test_calibration_lowers_the_loss_and_changes_no_class(overconfident):
    pipeline, X, y = overconfident
    calibrated, temperature = calibrate(pipeline, X, y)
    assert temperature > 1.5
    assert log_loss(y, calibrated.predict_proba(X)) < log_loss(y, pipeline.predict_proba(X))
    assert np.mean(calibrated.predict(X) == pipeline.predict(X)) > 0.99  # but for float16
    scores = pipeline.decision_function(X) / temperature
    np.testing.assert_allclose(calibrated.decision_function(X), scores, rtol=0.02, atol=0.02)


def test_the_temperature_is_the_best_one_for_two_classes_too(overconfident, sample):
    _, X, y = overconfident
    X, y = X[y < 2], y[y < 2]
    pipeline = small_pipeline().fit(X[:60], y[:60])
    temperature = best_temperature(pipeline, X, y)
    scores = pipeline.decision_function(X)
    losses = [
        np.logaddexp(0, np.where(y == 1, -1, 1) * scores / (factor * temperature)).mean()
        for factor in (0.8, 1, 1.25)
    ]
    assert losses[1] == min(losses)


def test_thresholds_are_quantiles_of_images_held_out(small_file):
    info = pretrained_info(small_file)
    assert 0 < info["thresholds"]["probability"] < 1
    assert info["thresholds"]["distance"] > 0
    assert 0 <= info["figures"]["not_sure"] < 0.3
    assert info["figures"]["accuracy_if_sure"] >= info["figures"]["accuracy"]


def test_figures_on_images_without_one_of_the_classes(overconfident):
    pipeline, X, y = overconfident
    X, y = X[y != 0], y[y != 0]
    thresholds = {"probability": 0.5, "distance": 1}
    figures = figures_on(X, y, pipeline, pipeline, thresholds, np.linspace(0, 2, len(y)))
    expected = log_loss(y, pipeline.predict_proba(X), labels=range(10))
    assert figures["log_loss"] == pytest.approx(expected, rel=1e-4)
    assert figures["unlike_the_dataset"] == pytest.approx(0.5, abs=0.01)


def test_a_network_in_bfloat16_is_saved_for_any_machine(make, monkeypatch, tmp_path, sample):
    with monkeypatch.context() as patch:
        patch.setattr("skfashion.neural_network._engine.device.has_bfloat16", lambda device: True)
        make(tmp_path / "weights.safetensors", small_pipeline(precision="bfloat16"))
    network = load_pretrained(tmp_path / "weights.safetensors")[-1]
    assert network.precision == "float32"
    assert network.set_params(warm_start=True, max_epochs=1).fit(
        sample.data[:64] / np.float32(255), np.arange(64) % 10
    )


class Doubled:
    """Multiplies by two what a layer returns, as a hook: no layer says so."""

    def __call__(self, module, inputs, outputs):
        return 2 * outputs


def test_a_network_that_does_more_than_its_layers_say_is_refused(sample):
    X, y = sample.data[:64], sample.target[:64]
    network = SimpleDenseClassifier(max_epochs=1, lr=0.1, random_state=0).fit(X, y)
    network.net_.module_.features[1].register_forward_hook(Doubled())
    with pytest.raises(ValueError, match="The plain layers differ from the network by"):
        plain_network(network, X)


def test_a_network_that_does_not_end_in_a_dense_layer_is_refused(sample):
    from torch import nn

    X, y = sample.data[:64], sample.target[:64]

    def module(image_shape, n_classes):
        return nn.Sequential(nn.Flatten(), nn.Linear(784, n_classes), nn.ReLU())

    network = ImageClassifier(module=module, max_epochs=1, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="ImageClassifier does not end in a dense layer"):
        plain_network(Pipeline([("classifier", network)]), X)


def test_the_command_trains_a_pipeline_of_a_recipe(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(
        command,
        "load_fashion_sample",
        lambda subset, return_X_y: tuple(
            part[:: 10 if subset == "train" else 5]
            for part in load_fashion_sample(subset=subset, return_X_y=return_X_y)
        ),
    )
    path = tmp_path / "cnn.safetensors"
    arguments = ["cnn-1", "--recipe", "tuned", "--estimator", "CNN 1", "--data", "sample"]
    settings = ["--held-out", "200", "--set", "max_epochs", "1", "--output", str(path)]
    command.main([*arguments, *settings])
    figures = json.loads(capsys.readouterr().out)
    assert figures["n_train"] == 400
    assert pretrained_info(path)["figures"] == figures
    assert pretrained_info(path)["command"].startswith("python -m skfashion.pretrained cnn-1 --rec")
    pipeline = load_pretrained(path)
    assert type(pipeline[-1]) is type(recipes.tuned()["CNN 1"][-1])
    assert pipeline[-1].max_epochs == 1


def test_the_command_names_the_pipelines_of_a_recipe():
    options = command.parser().parse_args(["x", "--recipe", "tuned", "--estimator", "CNN 9"])
    with pytest.raises(SystemExit, match="--estimator must be one of 'Simple dense', 'CNN 1'"):
        command.pipeline_of(options)


def test_the_command_says_how_to_write_a_text():
    options = command.parser().parse_args(["x", "--set", "test_time_augmentation", "flip"])
    with pytest.raises(SystemExit, match="augmentation flip: the value is not JSON"):
        command.pipeline_of(options)


def test_without_a_recipe_the_command_trains_the_fast_residual_network():
    options = command.parser().parse_args(["x", "--set", "widths", "[8, 16]"])
    pipeline = command.pipeline_of(options)
    assert type(pipeline[-1]).__name__ == "FastResNetClassifier"
    assert pipeline[-1].widths == [8, 16]
