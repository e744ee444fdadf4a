import numpy as np
import pytest
import torch

from skfashion.neural_network._engine.schedules import LR_SCHEDULES, Schedule, rate_factor


def torchs_one_cycle(n_steps, warmup):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    rise = (warmup * (n_steps - 1) + 1) / n_steps  # torch counts the first step too
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=1.0, total_steps=n_steps, pct_start=rise, cycle_momentum=False
    )
    rates = []
    for _ in range(n_steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(rates) < n_steps:
            cycle.step()
    return rates


@pytest.mark.parametrize("warmup", [0.2, 0.3, 0.5])
def test_one_cycle_is_torchs(warmup):
    found = [rate_factor("one_cycle", warmup, k / 100) for k in range(101)]
    np.testing.assert_allclose(found, torchs_one_cycle(101, warmup), atol=1e-5)


def rates_of(schedule, warmup, n_batches=1000):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
    schedule = Schedule(schedule, warmup, n_batches)
    rates = []
    for _ in range(n_batches):
        schedule.step(optimizer, [2.0])
        rates.append(optimizer.param_groups[0]["lr"])
    return np.array(rates)


def test_one_cycle_begins_at_a_25th_peaks_after_three_tenths_and_ends_at_zero():
    rates = rates_of("one_cycle", None)
    assert rates[0] == pytest.approx(2 / 25, rel=1e-3)
    assert rates.argmax() in (299, 300)
    assert rates.max() == pytest.approx(2, rel=1e-4)
    assert 0 < rates[-1] < 1e-5
    np.testing.assert_allclose(rates, rates_of("one_cycle", 0.3))


@pytest.mark.parametrize("schedule", LR_SCHEDULES)
def test_nothing_rises_with_a_warmup_of_zero(schedule):
    rates = rates_of(schedule, 0)
    assert (np.diff(rates) <= 0).all()
    assert rates[0] == pytest.approx(2, rel=1e-3)
    if schedule != "one_cycle":
        np.testing.assert_array_equal(rates, rates_of(schedule, None))
