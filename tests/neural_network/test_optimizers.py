import pytest
import torch
from torch import nn

from skfashion.neural_network._optimizers import FlatNAdam


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


@pytest.mark.parametrize("settings", [{}, {"weight_decay": 0.1}, {"betas": (0.8, 0.9)}])
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
    module.requires_grad_(requires_grad=False)
    update_nothing = module[2].weight.clone()
    optimizer.zero_grad()
    optimizer.step()
    assert torch.equal(module[2].weight, update_nothing)


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
