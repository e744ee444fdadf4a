import copy
from functools import partial

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback
from torch import nn

from skfashion import SimpleDenseClassifier
from skfashion.neural_network._engine.device import default_dtype
from skfashion.neural_network._engine.optimizers import (
    OPTIMIZERS,
    FlatNAdam,
    grouped_weights,
    optimizer_params,
)
from tests.networks import weights

FEW_STEPS_OF_LBFGS = partial(torch.optim.LBFGS, max_iter=2)


@pytest.fixture
def modules():
    """Two networks with the same weights, one of them channels last."""
    made = []
    for _ in range(2):
        torch.manual_seed(0)
        made.append(nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(12, 2)))
    return made[0].to(memory_format=torch.channels_last), made[1]


def update(module, optimizer, n_times=1):
    for seed in range(n_times):
        optimizer.zero_grad()
        generator = torch.Generator().manual_seed(seed)
        module(torch.randn(5, 2, 4, 4, generator=generator)).square().sum().backward()
        optimizer.step()


def assert_same_weights(a, b):
    for ours, theirs in zip(a.parameters(), b.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"weight_decay": 0.1, "maximize": True},
        {"weight_decay": 0.1, "decoupled_weight_decay": True},
        {"betas": (0.8, 0.9)},
    ],
)
def test_updates_are_those_of_torch(modules, settings):
    for module, optimizer in zip(modules, (FlatNAdam, torch.optim.NAdam), strict=True):
        update(module, optimizer(module.parameters(), lr=0.01, **settings), n_times=5)
    assert_same_weights(*modules)


def test_groups_have_settings_of_their_own(modules):
    for module, optimizer in zip(modules, (FlatNAdam, torch.optim.NAdam), strict=True):
        groups = [{"params": module[0].parameters(), "lr": 0.1}, {"params": module[2].parameters()}]
        update(module, optimizer(groups, lr=0.01), n_times=3)
    assert_same_weights(*modules)


def test_frozen_weights_stay(modules):
    module, _ = modules
    optimizer = FlatNAdam(module.parameters(), lr=0.01)
    update(module, optimizer, n_times=2)
    module[0].requires_grad_(requires_grad=False)
    frozen, trained = module[0].weight.clone(), module[2].weight.clone()
    update(module, optimizer)
    assert torch.equal(module[0].weight, frozen)
    assert not torch.equal(module[2].weight, trained)
    optimizer.zero_grad()
    trained = module[2].weight.clone()
    optimizer.step()  # nothing has a gradient
    assert torch.equal(module[2].weight, trained)


def test_moments_start_over_when_other_weights_are_trained(modules):
    module, other = modules
    optimizer = FlatNAdam(module.parameters(), lr=0.01)
    update(module, optimizer, n_times=3)
    module[0].requires_grad_(requires_grad=False)
    update(module, optimizer, n_times=2)
    module[0].requires_grad_()
    other.load_state_dict(module.state_dict())
    update(module, optimizer, n_times=2)
    update(other, torch.optim.NAdam(other.parameters(), lr=0.01), n_times=2)
    assert_same_weights(module, other)


def test_the_caller_s_default_type_has_no_effect(modules):
    update(modules[0], FlatNAdam(modules[0].parameters(), lr=0.01), n_times=300)
    with default_dtype(torch.float32):
        optimizer = FlatNAdam(modules[1].parameters(), lr=0.01)
        torch.set_default_dtype(torch.bfloat16)  # in which 256 + 1 is 256
        for seed in range(300):
            optimizer.zero_grad()
            generator = torch.Generator().manual_seed(seed)
            x = torch.randn(5, 2, 4, 4, generator=generator, dtype=torch.float32)
            modules[1](x).square().sum().backward()
            optimizer.step()
    assert_same_weights(*modules)


def test_a_closure_computes_the_gradients(modules):
    module, _ = modules
    optimizer = FlatNAdam(module.parameters(), lr=0.01)
    before = module[2].weight.clone()

    def closure():
        loss = module(torch.ones(1, 2, 4, 4)).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).requires_grad
    assert not torch.equal(module[2].weight, before)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("weight_decay", [0.0, 0.25])
def test_weights_decay_only_if_asked_to(name, weight_decay):
    params = optimizer_params(name, 0.0, weight_decay)
    settings = {k.removeprefix("optimizer__"): v for k, v in params.items() if k != "optimizer"}
    made = params["optimizer"]([nn.Parameter(torch.ones(3))], lr=0.1, **settings)
    assert made.param_groups[0]["weight_decay"] == weight_decay  # torch's AdamW has 0.01


@pytest.mark.parametrize(
    ("parameters", "optimizer"),
    [
        ({"optimizer": "sgd"}, torch.optim.SGD),
        ({"optimizer": "sgd", "momentum": 0.9}, partial(torch.optim.SGD, momentum=0.9)),
        ({"optimizer": "sgd", "weight_decay": 0.1}, partial(torch.optim.SGD, weight_decay=0.1)),
        ({"optimizer": "adam"}, partial(torch.optim.Adam, eps=1e-7)),
        (
            {"optimizer": "adamw", "weight_decay": 0.1},
            partial(torch.optim.AdamW, eps=1e-7, weight_decay=0.1),
        ),
        ({"optimizer": "nadam"}, partial(torch.optim.NAdam, eps=1e-7)),
        ({"optimizer": torch.optim.RMSprop}, torch.optim.RMSprop),
        ({"optimizer": FEW_STEPS_OF_LBFGS}, FEW_STEPS_OF_LBFGS),
    ],
)
def test_updates_are_those_of_the_optimiser(data, parameters, optimizer):
    """Against a loop in plain torch, from the same weights, over one batch of all images."""
    X, y = data
    start = []

    class Start(Callback):
        def on_train_begin(self, net, **kwargs):
            start.append(copy.deepcopy(net.module_))

    params = {"lr": 0.01, **parameters}
    classifier = SimpleDenseClassifier(
        **params, batch_size=300, max_epochs=3, callbacks=[Start()], random_state=0
    ).fit(X, y)
    module = start[0].train()
    images, labels = torch.from_numpy(X / np.float32(255)), torch.from_numpy(y).long()
    updates = optimizer(module.parameters(), lr=params["lr"])

    def loss():
        updates.zero_grad()
        value = torch.nn.functional.cross_entropy(module(images), labels)
        value.backward()
        return value

    for _ in range(3):
        updates.step(loss)
    by_hand = np.concatenate([p.detach().numpy().ravel() for p in module.parameters()])
    np.testing.assert_allclose(weights(classifier), by_hand, atol=2e-4)


def test_an_optimizer_of_the_callers_may_want_a_closure(data):
    lbfgs = partial(torch.optim.LBFGS, max_iter=4)
    X, y = data
    classifier = SimpleDenseClassifier(
        optimizer=lbfgs, lr=0.1, max_epochs=3, batch_size=len(y), random_state=0
    ).fit(X, y)
    assert classifier.loss_curve_[-1] < 0.8 * classifier.loss_curve_[0]


# -- biases of batch normalisation ----------------------------------------------------------------


def normalized():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.BatchNorm1d(12, affine=False)
    )


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_biases_of_batch_normalisation_have_a_rate_of_their_own(name):
    """Their first update is larger by the factor, that of all other weights is as without it."""
    moved = {}
    for factor in (1, 64):
        module = normalized()
        before = {name: w.detach().clone() for name, w in module.named_parameters()}
        weights = list(module.parameters())
        settings = {"lr": 1e-3, "weight_decay": 0.0}
        groups = grouped_weights(module, weights, factor, settings)
        update(module, OPTIMIZERS[name](groups, **settings))
        moved[factor] = {k: w.detach() - before[k] for k, w in module.named_parameters()}
    for key, by in moved[64].items():
        factor = 64 if key == "1.bias" else 1
        torch.testing.assert_close(by, factor * moved[1][key], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["sgd", "adamw"])
def test_weight_decay_acts_on_these_biases_as_on_others(name):
    module = normalized()
    nn.init.ones_(module[1].bias)
    settings = {"lr": 0.01, "weight_decay": 0.5}
    weights = list(module.parameters())
    optimizer = OPTIMIZERS[name](grouped_weights(module, weights, 8.0, settings), **settings)
    for weight in weights:
        weight.grad = torch.zeros_like(weight)
    optimizer.step()
    torch.testing.assert_close(module[1].bias.detach(), torch.full((3,), 1 - 0.01 * 0.5))


def test_there_are_no_groups_without_need():
    module = normalized()
    weights = list(module.parameters())
    settings = {"lr": 0.1, "weight_decay": 0.0}
    assert grouped_weights(module, weights, 1, settings) is weights
    only_convolution = list(module[0].parameters())
    assert grouped_weights(module[0], only_convolution, 64, settings) is only_convolution
