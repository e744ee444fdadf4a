import copy

import pytest
import torch
from torch import nn

from skfashion import SimpleDenseClassifier
from skfashion.neural_network._engine.muon import MOMENTUM, Muon, orthogonalized
from skfashion.neural_network._engine.state import load_optimizer_state, optimizer_state


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def module():
    torch.manual_seed(0)
    layers = nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 3)
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def give_gradients(module, seed=0):
    module.zero_grad()
    module(normal(8, 2, 4, 4, seed=seed)).square().sum().backward()


@pytest.mark.parametrize("shape", [(8, 30), (30, 8), (16, 16), (1, 5), (5, 1)])
def test_singular_vectors_stay_and_singular_values_come_close_to_one(shape):
    matrix = normal(*shape)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    rotated = u.T @ orthogonalized(matrix, n_iterations=8) @ v.T
    values = rotated.diagonal()
    torch.testing.assert_close(rotated, values.diag(), atol=1e-3, rtol=0)
    assert 0.6 < values.min() <= values.max() < 1.3


def test_three_iterations_bring_all_but_small_singular_values_near_one():
    values = torch.linspace(0.03, 1, 40) * torch.linspace(0.03, 1, 40).square().sum().sqrt()
    found = orthogonalized(values.diag()).diagonal()[values / values.norm() >= 0.03]
    assert 0.68 < found.min() <= found.max() < 1.21


def test_the_size_of_a_gradient_does_not_matter_nor_does_zero():
    matrix = normal(6, 20)
    torch.testing.assert_close(orthogonalized(1000 * matrix), orthogonalized(matrix))
    assert torch.equal(orthogonalized(torch.zeros(6, 20)), torch.zeros(6, 20))


def test_hidden_weights_are_updated_along_the_orthogonalized_momentum(module):
    optimizer = Muon(module.parameters(), lr=0.1, weight_decay=0.5)
    weight, momentum = module[0].weight, 0
    for step in range(3):
        give_gradients(module, seed=step)
        before, gradient = weight.detach().clone(), weight.grad.clone()
        optimizer.step()
        momentum = MOMENTUM * momentum + gradient
        direction = orthogonalized((gradient + MOMENTUM * momentum).reshape(4, 18))
        expected = before * (1 - 0.1 * 0.5) - 0.1 * 0.2 * 18**0.5 * direction.view(4, 2, 3, 3)
        torch.testing.assert_close(weight.detach(), expected, atol=1e-6, rtol=1e-4)


def test_all_other_weights_are_updated_by_adamw(module):
    other = copy.deepcopy(module)
    others = [p for name, p in other.named_parameters() if name != "0.weight"]
    ours = Muon(module.parameters(), lr=0.01, weight_decay=0.1)
    theirs = torch.optim.AdamW(others, lr=0.01, weight_decay=0.1, betas=(0.9, 0.99))
    for step in range(3):
        give_gradients(module, seed=step)
        for mine, same in zip(module.parameters(), other.parameters(), strict=True):
            same.grad = mine.grad.clone()
        ours.step()
        theirs.step()
    for (name, mine), same in zip(module.named_parameters(), other.parameters(), strict=True):
        assert torch.allclose(mine, same) == (name != "0.weight")


def test_updates_are_about_as_large_as_those_of_adamw():
    weight = nn.Parameter(torch.zeros(64, 288))
    optimizer = Muon([weight, nn.Parameter(torch.zeros(2, 64))], lr=1.0)
    weight.grad = normal(64, 288)
    optimizer.step()
    assert 0.1 < weight.detach().square().mean().sqrt() < 0.3


def test_frozen_weights_stay_and_closures_are_called(module):
    module[0].weight.requires_grad_(requires_grad=False)
    optimizer, frozen = Muon(module.parameters(), lr=0.1), module[0].weight.clone()

    def closure():
        give_gradients(module)
        return torch.tensor(5.0)

    before = module[3].weight.detach().clone()
    assert optimizer.step(closure) == 5
    assert torch.equal(module[0].weight, frozen)
    assert not torch.equal(module[3].weight, before)


def test_a_training_goes_on_bit_for_bit_from_a_state(module):
    optimizer = Muon(module.parameters(), lr=0.1)
    give_gradients(module)
    optimizer.step()
    again = copy.deepcopy(module)
    other = Muon(again.parameters(), lr=0.1)
    load_optimizer_state(other, optimizer_state(optimizer))
    for network, its_optimizer in [(module, optimizer), (again, other)]:
        for seed in (1, 2):
            give_gradients(network, seed)
            its_optimizer.step()
    for mine, same in zip(module.parameters(), again.parameters(), strict=True):
        assert torch.equal(mine, same)


def test_networks_learn_with_it(sample):
    X, y = sample.data[:1500], sample.target[:1500]
    settings = {"optimizer": "muon", "lr": 0.01, "max_epochs": 3, "random_state": 0}
    network = SimpleDenseClassifier(**settings).fit(X, y)
    hidden = network.net_.optimizer_.hidden
    assert [id(p) in hidden for p in network.net_.module_.parameters() if p.ndim == 2] == [
        *(True, True, False)  # the scores of the classes are computed by the last layer
    ]
    assert network.score(sample.data[6000:], sample.target[6000:]) > 0.7
