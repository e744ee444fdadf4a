"""Sets of images and their batches."""

import numpy as np
import pytest
import torch

from skfashion import LeNet5Classifier, SimpleDenseClassifier
from skfashion.neural_network._engine.batches import ImageSet, batch_bounds
from skfashion.neural_network._engine.net import NetSet
from tests.networks import FAST


@pytest.mark.parametrize(
    ("size", "batch_size", "n_at_once"), [(28, 32, 1024), (8, 32, 1024), (28, 2000, 2000)]
)
def test_as_many_images_are_converted_at_once_as_fill_four_megabytes(size, batch_size, n_at_once):
    rows = np.zeros((2500, size * size), np.uint8)
    net = LeNet5Classifier(batch_size=batch_size, max_epochs=1).fit(rows[:20], np.arange(20)).net_
    sizes = []  # with their padding, images of LeNet-5 have 32 x 32 pixels
    images_of = net.network.images_of
    net.network.images_of = lambda rows: sizes.append(len(rows)) or images_of(rows)
    n_batches = sum(1 for _ in net.get_iterator(ImageSet(rows), training=True))
    assert sizes[1:-1] == [n_at_once] * (2500 // n_at_once)
    assert sum(sizes[1:]) == 2500
    assert n_batches == -(-2500 // batch_size)


def test_batches_are_the_same_from_a_tensor_as_from_an_array(data):
    net = SimpleDenseClassifier(**FAST).fit(*data).net_
    rows = np.tile(data[0], (5, 1))  # 1,500 images: more than are converted at once
    of_array, of_tensor = (
        list(net.get_iterator(ImageSet(X, np.arange(1500)))) for X in (rows, torch.from_numpy(rows))
    )
    assert [len(y) for _, y in of_array] == [256] * 5 + [220]
    for (a, labels), (b, labels_b) in zip(of_array, of_tensor, strict=True):
        assert torch.equal(a["images"], b["images"])
        assert torch.equal(labels, labels_b)
    together = torch.cat([batch["images"] for batch, _ in of_array])
    torch.testing.assert_close(together, net.network.images_of(rows), rtol=0, atol=0)
    (on_cpu,) = NetSet.moved_to("cpu", ImageSet(rows))
    assert on_cpu.X is rows


def test_a_set_with_an_index_is_a_part_without_a_copy_of_its_pixels(data):
    X, y = data
    part = np.array([5, 3, 8, 13])
    weight = np.arange(4, dtype=np.float32)
    by_index = ImageSet(X, y[part], weight, index=part)
    copied = ImageSet(X[part], y[part], weight)
    assert by_index.rows is X
    for index in (2, slice(1, 3), np.array([3, 0])):
        (a, labels), (b, labels_b) = by_index[index], copied[index]
        np.testing.assert_array_equal(a["rows"], b["rows"])
        assert torch.equal(labels, labels_b)
        assert torch.equal(a["weight"], b["weight"])
        assert a["weight"].tolist() == weight[index].tolist()
    np.testing.assert_array_equal(by_index.X, copied.X)
    assert batch_bounds(65, 32) == [0, 32, 64, 65]
    assert batch_bounds(65, 32, least=2) == [0, 32, 65]
