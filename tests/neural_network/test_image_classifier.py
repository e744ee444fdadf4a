"""Any torch module as a classifier: own ones, torchvision's and timm's."""

import pickle
import threading

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

from skfashion import ImageClassifier, PixelScaler
from tests.torchvision_on_cpu import import_torchvision

FAST = {"max_epochs": 1, "random_state": 0}
# what scikit-learn's checks give is not meant as images
ODD_IMAGES = "ignore:.*are not a square image:UserWarning"
PIXELS_TO_255 = "ignore:.*pixels up to:UserWarning"


def small(image_shape, n_classes, n_maps=8, dropout=0.2):
    """Return a network with batch normalisation, of maps and of rows, and torch's own dropout."""
    return nn.Sequential(
        nn.Conv2d(image_shape[0], n_maps, 3, padding=1),
        nn.BatchNorm2d(n_maps),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(4),
        nn.Flatten(),
        nn.Linear(16 * n_maps, 32),
        nn.BatchNorm1d(32),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(32, n_classes),
    )


class Small(nn.Module):
    """The same as a class: its name in a test's id is the same in all processes."""

    def __init__(self, image_shape, n_classes):
        super().__init__()
        self.layers = small(image_shape, n_classes)

    def forward(self, x):
        return self.layers(x)


class Dense(nn.Module):
    """A class, not a function; without normalisation, and its layers not in their order."""

    def __init__(self, image_shape, n_classes, hidden=16, drop=0.0):
        super().__init__()
        self.out = nn.Linear(hidden, n_classes)
        self.hidden = nn.Linear(int(np.prod(image_shape)), hidden)
        self.drop = nn.Dropout(drop)

    def forward(self, x):
        return self.out(self.drop(self.hidden(x.flatten(1)).relu()))


class WritesToItsInput(nn.Module):
    def __init__(self, image_shape, n_classes):
        super().__init__()
        self.dense = nn.Linear(int(np.prod(image_shape)), n_classes)

    def forward(self, x):
        x -= 0.5
        return self.dense(x.flatten(1))


class OfTorchvision(nn.Module):
    """A network of torchvision, which takes three channels; grey is repeated."""

    def __init__(self, image_shape, n_classes, name="squeezenet1_1"):
        super().__init__()
        self.repeats = 3 // image_shape[0]
        models = import_torchvision().models
        self.network = models.get_model(name, weights=None, num_classes=n_classes)

    def forward(self, x):
        return self.network(x.repeat(1, self.repeats, 1, 1))


class OfTimm(nn.Module):
    """A network of timm, made for the channels that there are."""

    def __init__(self, image_shape, n_classes, name="test_resnet"):
        super().__init__()
        import_torchvision()  # which timm imports
        import timm

        self.network = timm.create_model(name, in_chans=image_shape[0], num_classes=n_classes)

    def forward(self, x):
        return self.network(x)


@pytest.fixture(scope="module")
def data(sample):
    """200 images, in no order of class."""
    rows = np.random.default_rng(0).permutation(1000)[:200]
    return sample.data[6000:][rows], sample.target[6000:][rows]


def weights(classifier):
    state = classifier.net_.module_.state_dict()
    return np.concatenate([np.ravel(array.numpy()) for array in state.values()])


# -- scikit-learn's rules -------------------------------------------------------------------------

LEARNS = {"max_epochs": 20, "lr": 0.02, "batch_size": 64}  # enough for the checks of accuracy


@parametrize_with_checks([ImageClassifier(module=Small, **LEARNS)])
@pytest.mark.filterwarnings(ODD_IMAGES, PIXELS_TO_255)
def test_a_module_with_normalisation_and_dropout(estimator, check):
    check(estimator)


@parametrize_with_checks([ImageClassifier(module=Dense, module__hidden=32, lr=0.01)])
@pytest.mark.filterwarnings(ODD_IMAGES, PIXELS_TO_255)
def test_a_class_of_modules(estimator, check):
    check(estimator)


def test_parameters_of_the_module_are_parameters(data):
    clf = ImageClassifier(module=small, module__n_maps=4, **FAST)
    assert clf.get_params()["module__n_maps"] == 4
    assert clone(clf).get_params() == clf.get_params()
    assert "module__n_maps=4" in repr(clf)
    assert "module__n_maps" in clf._repr_html_()
    clf.set_params(module__n_maps=6, module__dropout=0.5, lr=0.01)
    assert clf.fit(*data).kernels_.shape == (6, 3, 3, 1)
    assert clf.net_.module_[8].p == 0.5
    assert clf.lr == 0.01
    with pytest.raises(ValueError, match="Invalid parameter 'modul'"):
        clf.set_params(modul__n_maps=3)
    with pytest.raises(TypeError, match="modul__n_maps"):
        ImageClassifier(module=small, modul__n_maps=3)


def test_a_grid_search_in_a_pipeline_varies_the_module(data):
    model = make_pipeline(PixelScaler(), ImageClassifier(module=Dense, **FAST))
    grid = {"imageclassifier__module__hidden": [4, 8], "imageclassifier__lr": [0.01]}
    search = GridSearchCV(model, grid, cv=2, refit=True, n_jobs=1).fit(*data)
    sizes = search.cv_results_["param_imageclassifier__module__hidden"]
    assert list(sizes) == [4, 8]
    best = search.best_params_["imageclassifier__module__hidden"]
    assert search.best_estimator_[-1].n_parameters_ == 785 * best + 10 * (best + 1)


def test_a_subclass_takes_parameters_of_the_module_too(data):
    class Own(ImageClassifier):
        lr: float = 0.5

    own = clone(Own(module=Dense, module__hidden=3, **FAST)).fit(*data)
    assert own.lr == 0.5
    assert own.features(data[0]).shape == (200, 3)


def test_warm_start_refuses_another_module(data):
    warm = ImageClassifier(module=Dense, warm_start=True, **FAST).fit(*data)
    trained = weights(warm)
    with pytest.raises(ValueError, match="was built with module__hidden=its default"):
        warm.set_params(module__hidden=5).fit(*data)
    with pytest.raises(ValueError, match="was built with module="):
        clone(warm).fit(*data).set_params(module=small).partial_fit(*data)
    np.testing.assert_array_equal(weights(warm), trained)
    assert warm.set_params(warm_start=False).fit(*data).features(data[0]).shape == (200, 5)


# -- numbers --------------------------------------------------------------------------------------


def test_random_state_holds_with_dropout_of_torch_and_the_global_generator_stays(data):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    a = ImageClassifier(module=small, **FAST).fit(*data)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(6)
    b = ImageClassifier(module=small, **FAST).fit(*data)
    np.testing.assert_array_equal(weights(a), weights(b))
    c = ImageClassifier(module=small, module__dropout=0.0, **FAST).fit(*data)
    assert (weights(a) != weights(c)).any()


def test_two_threads_train_as_if_alone(data):
    alone = weights(ImageClassifier(module=small, **FAST).fit(*data))
    together = [ImageClassifier(module=small, **FAST) for _ in range(2)]
    threads = [threading.Thread(target=c.fit, args=data) for c in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for classifier in together:
        np.testing.assert_array_equal(weights(classifier), alone)


@pytest.mark.parametrize("factory", [small, Dense])
def test_a_pickle_predicts_the_same_and_goes_on(data, factory):
    clf = ImageClassifier(module=factory, warm_start=True, **FAST).fit(*data)
    copy = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(copy.predict_proba(data[0]), clf.predict_proba(data[0]))
    np.testing.assert_array_equal(copy.features(data[0]), clf.features(data[0]))
    assert copy.fit(*data).n_iter_ == 2


def test_a_lambda_trains_but_is_not_pickled(data):
    clf = ImageClassifier(module=lambda *shapes: Dense(*shapes), **FAST).fit(*data)
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(clf)


def test_float64_is_predicted_in_double_precision(data):
    X = data[0].astype(np.float64) / 255
    clf = ImageClassifier(module=small, **FAST).fit(X, data[1])
    some = np.concatenate([clf.predict_proba(X[:7]), clf.predict_proba(X[7:])])
    np.testing.assert_allclose(some, clf.predict_proba(X), atol=1e-12)


def test_sample_weight_counts(data):
    X, y = data
    shoes = np.isin(y, (5, 7, 9))
    clf = ImageClassifier(module=Dense, max_epochs=5, lr=0.01, random_state=0)
    much = clf.fit(X, y, sample_weight=np.where(shoes, 100, 1)).predict_proba(X)
    assert much[:, [5, 7, 9]].sum() > clf.fit(X, y).predict_proba(X)[:, [5, 7, 9]].sum()


def test_a_module_that_writes_to_its_input_leaves_the_pixels_alone(data):
    X = (data[0] / 255).astype(np.float32)
    before = X.copy()
    clf = ImageClassifier(module=WritesToItsInput, validation_fraction=0.2, **FAST).fit(X, data[1])
    clf.predict(X)
    clf.features(X)
    np.testing.assert_array_equal(X, before)


# -- batch normalisation --------------------------------------------------------------------------


def test_a_last_batch_of_one_image_goes_with_the_one_before_it(data):
    X, y = data[0][:65], data[1][:65]
    sizes = []

    def watching(image_shape, n_classes):
        module = small(image_shape, n_classes)
        module.register_forward_hook(lambda m, x, out: sizes.append((m.training, len(out))))
        return module

    ImageClassifier(module=watching, batch_size=32, **FAST).fit(X, y)
    assert [size for training, size in sizes if training] == [32, 33]


def test_one_image_cannot_be_normalised(data):
    X, y = data
    clf = ImageClassifier(module=small, **FAST)
    with pytest.raises(ValueError, match=r"normalises batches.* at least two images.* 1 sample"):
        clf.fit(X[:1], y[:1])
    with pytest.raises(ValueError, match="1 sample, counting copies once"):
        clf.fit(X[[0, 0]], y[[0, 0]])
    with pytest.raises(ValueError, match="batch_size=1"):
        clone(clf).set_params(batch_size=1).fit(X, y)
    clf.fit(X, y)
    trained = weights(clf)
    with pytest.raises(ValueError, match="normalises batches"):
        clf.partial_fit(X[:1], y[:1])
    np.testing.assert_array_equal(weights(clf), trained)
    ImageClassifier(module=Dense, batch_size=1, **FAST).fit(X[:1], y[:1])


# -- what is learnt -------------------------------------------------------------------------------


def test_features_are_what_the_last_layer_takes(data):
    clf = ImageClassifier(module=Dense, **FAST).fit(*data)
    features = clf.features(data[0])
    assert features.shape == (200, 16)
    out = clf.net_.module_.out
    scores = features @ out.weight.detach().numpy().T + out.bias.detach().numpy()
    np.testing.assert_allclose(scores, clf.decision_function(data[0]), atol=1e-5)


def test_features_named_so_by_others_are_not_taken_for_the_last_layer(data):
    class NormalisesBetween(nn.Module):
        """As VGG of timm and Swin of torchvision do, it does more than its head and features."""

        def __init__(self, image_shape, n_classes):
            super().__init__()
            self.features = nn.Conv2d(image_shape[0], 3, 5)
            self.head = nn.Linear(3, n_classes)

        def forward(self, x):
            return self.head(self.features(x).mean((2, 3)))

    clf = ImageClassifier(module=NormalisesBetween, **FAST).fit(*data)
    assert clf.features(data[0]).shape == (200, 3)


def test_kernels_of_a_dense_layer_are_images_in_colour(data):
    def flat(image_shape, n_classes):
        return nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(image_shape)), n_classes))

    X = np.random.default_rng(0).integers(0, 256, (40, 5, 4, 3), dtype=np.uint8)
    clf = ImageClassifier(module=flat, **FAST).fit(X, data[1][:40])
    weight = clf.net_.module_[1].weight.detach().numpy()  # (10, channels * height * width)
    kernels = weight.reshape(-1, 3, 5, 4).transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(clf.kernels_, kernels)


def test_maps_are_those_of_the_first_convolution(data):
    clf = ImageClassifier(module=small, **FAST).fit(*data)
    assert clf.feature_maps(data[0][:5]).shape == (5, 28, 28, 8)
    with pytest.raises(ValueError, match="no convolution"):
        ImageClassifier(module=Dense, **FAST).fit(*data).feature_maps(data[0])


def test_a_module_without_layers_with_weights_has_neither_features_nor_kernels(data):
    class Free(nn.Module):
        def __init__(self, image_shape, n_classes):
            super().__init__()
            self.matrix = nn.Parameter(torch.zeros(int(np.prod(image_shape)), n_classes))

        def forward(self, x):
            return x.flatten(1) @ self.matrix

    clf = ImageClassifier(module=Free, **FAST).fit(*data)
    with pytest.raises(ValueError, match="no layer with weights, so no features"):
        clf.features(data[0])
    with pytest.raises(AttributeError, match="has no kernels"):
        clf.kernels_  # noqa: B018


# -- errors ---------------------------------------------------------------------------------------


def wide(image_shape, n_classes):
    return small(image_shape, n_classes + 1)


def deep(image_shape, n_classes):
    return nn.Sequential(nn.Conv2d(1, 2, 20), nn.Conv2d(2, 2, 20), nn.Flatten(), nn.Linear(2, 10))


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        (
            {"module": small((1, 28, 28), 10)},
            TypeError,
            "an instance of Sequential.*Give its class",
        ),
        ({"module": lambda *_: "a string"}, TypeError, "returned 'a string'.*torch.nn.Module"),
        ({"module": wide}, ValueError, r"scores of shape \(1, 10\)"),
        ({"module": deep}, ValueError, r"\(1, 28, 28\).*set min_size"),
        ({"module": small, "module__depht": 3}, TypeError, "'depht'.*n_maps=8"),
        ({"module": Dense, "module__depht": 3}, TypeError, "Dense.*'depht'.*hidden=16"),
        ({"module": lambda shape: None}, TypeError, "too many positional"),
        ({"module": "small"}, ValueError, "'module' parameter"),
    ],
)
def test_what_cannot_be_is_a_clear_error(data, parameters, error, message):
    with pytest.raises(error, match=message):
        ImageClassifier(**parameters, **FAST).fit(*data)


def test_min_size_pads_images_for_deep_modules(data):
    clf = ImageClassifier(module=deep, min_size=39, **FAST).fit(*data)
    assert clf.feature_maps(data[0][:2]).shape == (2, 20, 20, 2)


# -- other people's networks ----------------------------------------------------------------------

OF_TORCHVISION = ImageClassifier(module=OfTorchvision, min_size=17, max_epochs=20, lr=3e-4)
OF_TIMM = ImageClassifier(module=OfTimm, max_epochs=5, lr=0.01)


@pytest.mark.parametrize("foreign", [OF_TORCHVISION, OF_TIMM], ids=lambda c: c.module.__name__)
def test_a_foreign_network_is_a_whole_classifier(foreign, data):
    X, y = data
    clf = clone(foreign).set_params(**FAST).fit(X, y)
    again = clone(clf).fit(X, y)
    np.testing.assert_array_equal(weights(clf), weights(again))
    copy = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(copy.predict_proba(X), clf.predict_proba(X))
    assert len(clf.kernels_) == clf.feature_maps(X[:2]).shape[-1]
    assert len(clf.features(X)) == 200


@pytest.mark.slow
@parametrize_with_checks([OF_TORCHVISION, OF_TIMM])
@pytest.mark.filterwarnings(ODD_IMAGES, PIXELS_TO_255)
def test_foreign_networks_pass_all_checks(estimator, check):
    check(estimator)
