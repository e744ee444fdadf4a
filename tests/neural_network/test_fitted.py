"""What a fitted network computes: the same from any thread, in float32."""

import pickle
import sys
import threading

import numpy as np
import pytest
import torch

from skfashion import CNN2Classifier, LeNet5Classifier
from skfashion.neural_network._engine.batches import to_tensor
from skfashion.neural_network._engine.device import explained_allocation_errors
from skfashion.neural_network._engine.threads import threads

METHODS = ("decision_function", "features", "feature_maps", "class_activation_maps")


@pytest.fixture(scope="module")
def fitted(sample):
    X, y = sample.data[:64], sample.target[:64]
    return [C(max_epochs=1, random_state=0).fit(X, y) for C in (CNN2Classifier, LeNet5Classifier)]


def in_threads(work, n_threads=8):
    """Call `work` with the number of each of the threads, all at once; return their results."""
    results, start = [None] * n_threads, threading.Barrier(n_threads)

    def call(k):
        start.wait()
        results[k] = work(k)

    workers = [threading.Thread(target=call, args=(k,)) for k in range(n_threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results


def test_eight_threads_compute_what_one_does(sample, fitted):
    X, sizes = sample.data[:40], (1, 7, 40)
    for network in fitted:
        calls = [(method, n) for method in METHODS for n in sizes]
        expected = [getattr(network, method)(X[:n]) for method, n in calls]

        def work(k, network=network, calls=calls):
            order = np.random.default_rng(k).permutation(len(calls))
            found = {j: getattr(network, calls[j][0])(X[: calls[j][1]]) for j in order}
            return [found[j] for j in range(len(calls))]

        for found in in_threads(work):
            for a, b in zip(found, expected, strict=True):
                np.testing.assert_array_equal(a, b)


def test_the_first_predictions_may_come_from_several_threads(sample, fitted):
    """The module leaves training mode at the first: none may find it half in that mode."""
    network = pickle.loads(pickle.dumps(fitted[0]))
    X, expected = sample.data[:9], fitted[0].decision_function(sample.data[:9])
    module = network._network.module
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(20):
            module.train()
            for scores in in_threads(lambda k: network.decision_function(X)):
                np.testing.assert_array_equal(scores, expected)
    finally:
        sys.setswitchinterval(before)


def test_a_half_changed_module_is_waited_for(sample, fitted, monkeypatch):
    network = pickle.loads(pickle.dumps(fitted[0]))
    module = network._network.module
    expected = fitted[0].decision_function(sample.data[:9])
    module.train()
    half, go_on = threading.Event(), threading.Event()

    def eval_slowly():
        module.training = False  # as torch does, before that of the layers
        half.set()
        go_on.wait(5)
        return module.train(mode=False)

    monkeypatch.setattr(module, "eval", eval_slowly)
    scores = []

    def work():
        scores.append(network.decision_function(sample.data[:9]))

    workers = [threading.Thread(target=work) for _ in range(2)]
    workers[0].start()
    half.wait(5)
    workers[1].start()
    workers[1].join(0.2)
    go_on.set()
    for worker in workers:
        worker.join()
    for found in scores:
        np.testing.assert_array_equal(found, expected)


def test_weights_are_not_copied(sample, fitted, monkeypatch):
    copied = []
    deep_copy = torch.Tensor.__deepcopy__
    monkeypatch.setattr(
        torch.Tensor, "__deepcopy__", lambda t, memo: copied.append(t) or deep_copy(t, memo)
    )
    for network in fitted:
        for method in METHODS:
            getattr(network, method)(sample.data[:2])
    assert copied == []


@pytest.mark.parametrize("n_images", [20, 300])
def test_float64_images_are_computed_in_double_precision(sample, fitted, n_images):
    X = sample.data[:n_images] / 255
    for network in fitted:
        scores = network.decision_function(X)
        alone = np.vstack([network.decision_function(row[None]) for row in X[-20:]])
        np.testing.assert_allclose(alone, scores[-20:], rtol=0, atol=1e-11)
        np.testing.assert_allclose(network.decision_function(X[::-1])[::-1], scores, atol=1e-11)
        in_float32 = network.decision_function(X.astype(np.float32))
        np.testing.assert_allclose(in_float32, scores, atol=1e-3, rtol=1e-4)
        assert {p.dtype for p in network.net_.module_.parameters()} == {torch.float32}


def test_pixels_beyond_float32_become_infinite_without_a_warning():
    assert to_tensor(np.array([[1e300, -1e300]]), "cpu").tolist() == [[np.inf, -np.inf]]


@pytest.mark.parametrize(
    ("message", "size"),
    [
        (
            "DefaultCPUAllocator: can't allocate memory: you tried to allocate 8589934592 bytes.",
            "8.0",
        ),
        ("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has", "20.00"),
        ("DefaultCPUAllocator: not enough memory: you tried to allocate 8589934592 bytes.", "8.0"),
    ],
)
def test_allocation_errors_are_explained(message, size):
    expected = rf"not enough memory: torch tried to allocate {size} GiB\. Do this\.$"
    with pytest.raises(MemoryError, match=expected), explained_allocation_errors("Do this."):
        raise RuntimeError(message)
    with pytest.raises(RuntimeError, match="shapes"), explained_allocation_errors("Do this."):
        raise RuntimeError("shapes differ")


def test_predictions_beyond_memory_are_explained(sample, fitted, monkeypatch):
    network = fitted[0]._network
    monkeypatch.setattr(network, "compute", lambda module, images: torch.empty(2**60))
    with pytest.raises(MemoryError, match="Predict fewer or smaller images at a time"):
        network.scores(sample.data[:2])


def test_predicting_within_a_training_leaves_its_number_of_threads():
    before = torch.get_num_threads()
    with threads(before + 2):
        with threads(before + 1):
            assert torch.get_num_threads() == before + 1
        assert torch.get_num_threads() == before + 2
    assert torch.get_num_threads() == before


def test_a_thread_that_began_during_a_prediction_has_the_callers_number():
    before, found = torch.get_num_threads(), []

    def work():
        with threads(before + 1):  # which torch has already, as another thread has set it
            pass
        found.append(torch.get_num_threads())

    with threads(before + 1):
        worker = threading.Thread(target=work)
        worker.start()
        worker.join()
    assert found == [before]


# -- views at test time ---------------------------------------------------------------------------


def moved(X, down, right):
    """Return images moved by a pixel, what is uncovered filled up with the border."""
    X = np.pad(X.reshape(-1, 28, 28), [(0, 0), (1, 1), (1, 1)], mode="edge")
    return X[:, 1 - down : 29 - down, 1 - right : 29 - right].reshape(-1, 784)


def mirrored(X):
    return X.reshape(-1, 28, 28)[:, :, ::-1].reshape(-1, 784)


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
@pytest.mark.parametrize("views", ["flip", "shift", "flip+shift"])
def test_scores_are_averaged_over_views(sample, fitted, views, dtype):
    X = (sample.data[:30] / (1 if dtype == np.uint8 else 255)).astype(dtype)
    X.reshape(-1, 28, 28)[:, 0] += 1  # a border that is not zero
    for network in fitted[:1] if "shift" in views else fitted:  # LeNet-5 moves larger images
        before = [network.decision_function(X), network.features(X), network.feature_maps(X)]
        scores = network.decision_function
        if views == "flip":
            expected = (scores(X) + scores(mirrored(X))) / 2
        else:
            expected = scores(X) / 2 + (scores(moved(X, 1, 1)) + scores(moved(X, -1, -1))) / 4
        if views == "flip+shift":
            expected = sum(
                weight * (scores(Z) + scores(mirrored(Z))) / 2
                for weight, Z in [(0.5, X), (0.25, moved(X, 1, 1)), (0.25, moved(X, -1, -1))]
            )
        network.set_params(test_time_augmentation=views)
        try:
            np.testing.assert_allclose(network.decision_function(X), expected, atol=2e-5)
            proba = np.exp(expected - expected.max(1, keepdims=True))
            proba /= proba.sum(1, keepdims=True)
            np.testing.assert_allclose(network.predict_proba(X), proba, atol=1e-5)
            np.testing.assert_allclose(np.exp(network.predict_log_proba(X)), proba, atol=1e-5)
            np.testing.assert_array_equal(network.predict(X), proba.argmax(1))
            np.testing.assert_array_equal(network.features(X), before[1])
            np.testing.assert_array_equal(network.feature_maps(X), before[2])
            again = pickle.loads(pickle.dumps(network))
            np.testing.assert_array_equal(again.decision_function(X), network.decision_function(X))
        finally:
            network.set_params(test_time_augmentation=None)
        np.testing.assert_array_equal(network.decision_function(X), before[0])


def test_unknown_views_are_an_error_even_after_fit(sample, fitted):
    X, y = sample.data[:64], sample.target[:64]
    with pytest.raises(ValueError, match="test_time_augmentation"):
        CNN2Classifier(test_time_augmentation="turn").fit(X, y)
    network = pickle.loads(pickle.dumps(fitted[0])).set_params(test_time_augmentation="turn")
    with pytest.raises(ValueError, match=r"'turn' is unknown\. Set one of None, 'flip', 'shift', "):
        network.predict(X)
