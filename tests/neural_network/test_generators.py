"""`random_state` holds bit for bit, whatever torch's own settings and the other threads do."""

import pickle
import threading

import numpy as np
import torch

from skfashion import CNN2Classifier, SimpleDenseClassifier
from tests.networks import FAST, weights


def test_random_state_holds_bit_for_bit_and_the_global_ones_stay(data):
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002, the global state is the subject
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002, likewise
    a = CNN2Classifier(max_epochs=1, random_state=1).fit(*data)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()  # noqa: NPY002, likewise
    torch.manual_seed(6)
    b = CNN2Classifier(max_epochs=1, random_state=1).fit(*data)
    c = CNN2Classifier(max_epochs=1, random_state=2).fit(*data)
    np.testing.assert_array_equal(weights(a), weights(b))
    assert (weights(a) != weights(c)).any()


def test_random_state_holds_in_concurrent_threads(data):
    alone = weights(CNN2Classifier(max_epochs=1, random_state=1).fit(*data))
    together = [CNN2Classifier(max_epochs=1, random_state=1) for _ in range(2)]
    threads = [threading.Thread(target=c.fit, args=data) for c in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for classifier in together:
        np.testing.assert_array_equal(weights(classifier), alone)


def test_default_type_and_modes_of_torch_change_nothing(data, fitted):
    torch.set_default_dtype(torch.float64)
    try:
        in_float64 = SimpleDenseClassifier(**FAST).fit(*data)
    finally:
        torch.set_default_dtype(torch.float32)
    with torch.inference_mode():
        in_inference_mode = SimpleDenseClassifier(**FAST).fit(*data)
    with torch.no_grad():
        without_grad = SimpleDenseClassifier(**FAST).fit(*data)
    with torch.autocast("cpu", torch.bfloat16):
        in_autocast = SimpleDenseClassifier(**FAST).fit(*data)
        np.testing.assert_array_equal(
            in_autocast.predict_proba(data[0]), fitted.predict_proba(data[0])
        )
    with torch.device("meta"):
        beside_a_device = SimpleDenseClassifier(**FAST).fit(*data)
    for again in (in_float64, in_inference_mode, without_grad, in_autocast, beside_a_device):
        np.testing.assert_array_equal(weights(again), weights(fitted))
        again.partial_fit(*data)


def test_a_pickle_read_in_inference_mode_can_be_trained(data, fitted):
    with torch.inference_mode():
        read = pickle.loads(pickle.dumps(fitted))
    read.partial_fit(*data)
    again = pickle.loads(pickle.dumps(fitted)).partial_fit(*data)
    np.testing.assert_array_equal(weights(read), weights(again))
