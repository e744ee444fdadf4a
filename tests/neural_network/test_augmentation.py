"""Augmentations change training images, and nothing else; random_state fixes how."""

from functools import partial

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch import nn

from skfashion import CNN1Classifier, ImageClassifier, SimpleDenseClassifier
from skfashion.neural_network._engine import augmentation as aug
from skfashion.neural_network._engine.augmentation import Augmenter, augmentation_names, shift
from skfashion.neural_network._engine.batches import ImageBatches, ImageSet, to_images

ALL = ["flip", "alternating_flip", "shift", "erase"]


@pytest.fixture
def images():
    """Images whose pixels all differ, channels last in memory."""
    values = torch.arange(400 * 2 * 9 * 7, dtype=torch.float32)
    return values.view(400, 9, 7, 2).permute(0, 3, 1, 2)


def augmented(images, *names, epoch=1, seed=0):
    return Augmenter(seed)(images, names, np.arange(len(images)), epoch)


def is_flipped(changed, images):
    """Return which images are mirrored; each has to be either mirrored or as it was."""
    same, mirrored = ((changed == x).all((1, 2, 3)) for x in (images, images.flip(3)))
    assert (same ^ mirrored).all()
    return mirrored.numpy()


# -- functions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("down", "right"), [(1, 1), (-1, -1), (2, -3), (0, 0)])
def test_images_that_all_move_alike_move_as_by_shift(images, down, right):
    n = len(images)
    expected = shift(images, np.full(n, down), np.full(n, right))
    moved = aug.moved(images, down, right)
    assert torch.equal(moved, expected)
    assert moved.stride() == expected.stride()


@pytest.mark.parametrize("name", ALL)
def test_images_keep_shape_type_and_memory_order_and_the_given_ones_stay(images, name):
    before = images.clone()
    changed = augmented(images, name)
    assert changed.shape == images.shape
    assert changed.dtype == images.dtype
    assert changed.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(images, before)
    assert not torch.equal(changed, images)


def test_half_of_the_images_are_flipped(images):
    augmenter = Augmenter(0)
    first, second = (
        is_flipped(augmenter(images, ["flip"], np.arange(400), 1), images) for _ in range(2)
    )
    assert 160 < first.sum() < 240
    assert 160 < (first != second).sum() < 240


def test_alternating_flips_show_each_image_both_ways_in_any_two_epochs(images):
    flips = [is_flipped(augmented(images, "alternating_flip", epoch=e), images) for e in (1, 2, 3)]
    assert 160 < flips[0].sum() < 240
    np.testing.assert_array_equal(flips[1], ~flips[0])
    np.testing.assert_array_equal(flips[2], flips[0])
    other = is_flipped(augmented(images, "alternating_flip", seed=1), images)
    assert 160 < (other != flips[0]).sum() < 240


def test_alternating_flips_follow_the_images_whatever_their_order(images):
    expected = is_flipped(augmented(images, "alternating_flip"), images)
    augmenter, order = Augmenter(0), np.random.default_rng(0).permutation(400)
    for part in np.array_split(order, 7):
        changed = augmenter(images[part], ["alternating_flip"], part, 1)
        np.testing.assert_array_equal(is_flipped(changed, images[part]), expected[part])


def test_a_shift_repeats_the_border():
    image = torch.arange(12.0).view(1, 1, 3, 4)
    moved = shift(image.repeat(2, 1, 1, 1), np.array([1, -2]), np.array([-1, 0]))
    np.testing.assert_array_equal(moved[0, 0], [[1, 2, 3, 3], [1, 2, 3, 3], [5, 6, 7, 7]])
    np.testing.assert_array_equal(moved[1, 0], [[8, 9, 10, 11]] * 3)


@pytest.mark.parametrize(("side", "most"), [(28, 1), (56, 2), (70, 2), (7, 1), (2, 1)])
def test_every_shift_up_to_the_largest_occurs(side, most):
    ramp = torch.arange(float(side)).expand(500, 1, side, side)
    moved = augmented(ramp, "shift")
    middle = side // 2
    found = np.unique(middle - moved[:, 0, 0, middle].numpy())
    expected = [k for k in range(-most, most + 1) if 0 <= middle - k < side]
    np.testing.assert_array_equal(found, expected)
    assert torch.equal(augmented(ramp.mT, "shift")[:, 0, :, 0].unique(), torch.arange(float(side)))


def test_erasing_fills_a_rectangle_with_the_mean_of_the_image():
    images = torch.rand(2000, 2, 20, 30, generator=torch.Generator().manual_seed(0))
    changed = augmented(images, "erase")
    is_erased = (changed != images)[:, 0]  # (n, height, width)
    areas = is_erased.float().mean((1, 2))
    assert 0.45 < (areas > 0).float().mean() < 0.55
    assert 0.38 < areas.max() < 0.43  # sides are whole pixels
    assert areas[areas > 0].min() >= 0.01
    assert 0.18 < areas[areas > 0].mean() < 0.23  # of 2 to 40 %
    for k in areas.nonzero().ravel()[:50]:
        rows, columns = is_erased[k].any(1), is_erased[k].any(0)
        assert torch.equal(is_erased[k], rows[:, None] & columns)
        for channel, before in zip(changed[k], images[k], strict=True):
            np.testing.assert_allclose(channel[is_erased[k]], before.mean(), rtol=1e-5)
    place = is_erased.float().mean(0)
    assert place.min() > 0.002  # also in the corners


def test_erasing_works_on_a_single_pixel():
    pixel = torch.full((50, 1, 1, 1), 0.5)
    assert torch.equal(augmented(pixel, "erase", "shift", "flip"), pixel)


def test_names_are_applied_in_their_order(images):
    augmenter = Augmenter(3)
    one = augmenter.erase(augmenter.shift(images, None, 1), None, 1)
    assert torch.equal(augmented(images, "shift", "erase", seed=3), one)
    assert augmentation_names("erase+flip") == ["erase", "flip"]


def test_random_numbers_go_on_from_a_state(images):
    augmenter, other = Augmenter(0), Augmenter(1)
    arguments = (["alternating_flip", "shift", "erase"], np.arange(400), 1)
    augmenter(images, *arguments)
    other(images, *arguments)
    other.load(augmenter.state())
    assert torch.equal(augmenter(images, *arguments), other(images, *arguments))


def test_batches_tell_the_positions_of_their_images():
    rows = np.arange(3000, dtype=np.float32)[:, None]
    seen = []

    def augment(images, positions):
        np.testing.assert_array_equal(images.ravel(), positions + 5)
        seen.extend(positions)
        return images * 2

    dataset = ImageSet(rows, index=np.arange(5, 3000))
    images_of = lambda rows: to_images(rows, (1, 1, 1), 1, "cpu")  # noqa: E731
    rng = np.random.default_rng(0)
    batches = list(ImageBatches(dataset, 100, images_of, rng, augment=augment))
    assert sorted(seen) == list(range(2995))
    for samples, _ in batches:
        np.testing.assert_array_equal(samples["images"].ravel(), 2 * samples["rows"].ravel())


# -- trainings ------------------------------------------------------------------------------------


class Seen(nn.Module):
    """A classifier of the mean pixel that keeps the images of each pass."""

    images = []  # noqa: RUF012

    def __init__(self, image_shape, n_classes):
        super().__init__()
        self.head = nn.Linear(1, n_classes)

    def forward(self, x):
        self.images.append((self.training, x.detach().clone()))
        return self.head(x.mean((1, 2, 3))[:, None])


@pytest.fixture
def seen():
    Seen.images.clear()
    return Seen.images


@pytest.fixture(scope="module")
def data(sample):
    return sample.data[:96], sample.target[:96]


def as_set(images):
    return {x.numpy().tobytes() for x in images}


@pytest.mark.parametrize("augmentation", ["flip+shift+erase", torch.zeros_like])
def test_only_training_images_are_changed(data, seen, augmentation):
    X, y = data
    network = ImageClassifier(
        module=Seen, augmentation=augmentation, max_epochs=2, validation_fraction=0.25
    )
    network.fit(X, y)
    network.predict(X)
    originals = as_set(to_images(X, (28, 28, 1), 1, "cpu"))
    trained = as_set(torch.cat([x for training, x in seen if training]))
    assert len(trained & originals) < 0.2 * 2 * 72  # a few happen to stay
    others = as_set(torch.cat([x for training, x in seen if not training and len(x) > 1]))
    assert others == originals  # validation, and prediction


def test_alternating_flips_count_the_epochs_of_all_calls(data, seen):
    X, y = data
    network = ImageClassifier(
        module=Seen, augmentation="alternating_flip", max_epochs=1, warm_start=True
    )
    network.fit(X, y).partial_fit(X, y).fit(X, y)
    originals = to_images(X, (28, 28, 1), 1, "cpu")
    flipped = as_set(originals.flip(3))
    epochs = torch.cat([x for training, x in seen if training]).split(96)
    first, second, third = ({x.numpy().tobytes() for x in e} & flipped for e in epochs)
    assert 24 < len(first) < 72
    assert first == third
    assert second == flipped - first


def weights(network):
    return torch.cat([p.detach().ravel() for p in network.net_.module_.parameters()])


def noise(images):
    return images + 0.1 * torch.randn_like(images)


@pytest.mark.parametrize("augmentation", [*ALL, noise], ids=[*ALL, "callable"])
def test_random_state_fixes_the_augmentation(data, augmentation):
    network = CNN1Classifier(augmentation=augmentation, max_epochs=2, random_state=0)
    state = torch.get_rng_state()
    first = weights(network.fit(*data))
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(3)
    assert torch.equal(weights(clone(network).fit(*data)), first)
    assert not torch.equal(weights(clone(network).set_params(random_state=1).fit(*data)), first)
    assert not torch.equal(weights(clone(network).set_params(augmentation=None).fit(*data)), first)


def seldom_noise(images):
    """Draw random numbers, but not for the first batch."""
    seldom_noise.calls += 1
    return noise(images) if seldom_noise.calls > 1 else images


def test_random_state_fixes_a_callable_that_draws_now_and_then(data):
    found = []
    for seed in range(2):
        torch.manual_seed(seed)
        seldom_noise.calls = 0
        network = SimpleDenseClassifier(augmentation=seldom_noise, max_epochs=1, random_state=0)
        state = torch.get_rng_state()
        found.append(weights(network.fit(*data)))
        assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(*found)


def test_the_order_of_the_images_is_the_same_with_every_augmentation(data, seen):
    for augmentation in (None, "flip"):
        network = ImageClassifier(module=Seen, augmentation=augmentation, max_epochs=2)
        network.set_params(random_state=0).fit(*data)
    passes = [x.sum((1, 3)) for training, x in seen if training]  # rows' sums: flips keep them
    for plain, flipped in zip(passes[: len(passes) // 2], passes[len(passes) // 2 :], strict=True):
        torch.testing.assert_close(plain, flipped)


def test_an_augmentation_is_called_once_per_batch(data):
    calls = []

    def count(images):
        calls.append(len(images))
        return images

    lbfgs = partial(torch.optim.LBFGS, max_iter=2)
    network = SimpleDenseClassifier(
        augmentation=count, optimizer=lbfgs, max_epochs=2, batch_size=32
    )
    network.fit(*data)  # L-BFGS computes the loss of each batch many times
    assert calls == [32] * 6


@pytest.mark.parametrize(
    ("augmentation", "message"),
    [
        ("turn", r"'turn' has the unknown name 'turn'\. Join any of 'flip', 'alternating_flip', "),
        ("flip+", "unknown name ''"),
        ("shift+flip+shift", "has a name twice"),
        ("flip+alternating_flip", "flips images in two ways"),
        (lambda x: x[1:], r"returned images of shape \(31, 1, 28, 28\) for \(32, 1, 28, 28\)"),
        (lambda x: x / 0, "returned infinite or NaN pixels"),
        (lambda x: x.byte(), r"returned torch\.uint8\. It must return a tensor of floats"),
        (lambda x: x.numpy(), r"returned ndarray\. It must return a tensor of floats"),
        (nn.MaxPool2d(2), r"augmentation=MaxPool2d returned images of shape"),
    ],
)
def test_what_cannot_be_used_is_an_error_that_says_so(data, augmentation, message):
    network = SimpleDenseClassifier(augmentation=augmentation, max_epochs=1)
    with pytest.raises(ValueError, match=message):
        network.fit(*data)
    assert not hasattr(network, "classes_")
    if isinstance(augmentation, str):
        with pytest.raises(ValueError, match=message):
            network.partial_fit(*data, classes=np.arange(10))


def test_other_float_types_are_taken(data):
    network = SimpleDenseClassifier(augmentation=lambda x: x.double() * 0.5, max_epochs=1)
    network.set_params(random_state=0).fit(*data)
    same = clone(network).set_params(augmentation=lambda x: x * 0.5).fit(*data)
    assert torch.equal(weights(network), weights(same))


def test_constants_are_those_of_the_paper():
    assert (aug.ERASED_AREA, aug.ERASED_ASPECT) == ((0.02, 0.4), (0.3, 1 / 0.3))
