"""Where random numbers come from: initial weights, random layers, torch's global generator."""

import threading

import numpy as np
import torch

from skfashion.neural_network._engine.device import default_dtype

_global_generator = threading.RLock()  # torch's: a process has one


@torch.inference_mode(mode=False)  # weights that can be trained, even if the caller is in it
def make_module(factory, seed):
    """Return what `factory` returns, its weights drawn from a seed.

    The caller's global generator, default device and default type neither change nor matter.
    """
    with (
        _global_generator,
        torch.random.fork_rng(devices=[]),
        torch.device("cpu"),
        default_dtype(torch.float32),
    ):
        torch.manual_seed(seed)
        return factory()


def random_layers(module):
    """Return the layers of a module that draw random numbers from generators of their own.

    Such a layer has three methods: ``seed(seed)`` starts its generators, ``generator_state()``
    returns their state as a dict of arrays and numbers, and ``set_generator_state(state)`` goes
    back to it. `skfashion.neural_network._layers.Dropout` is one.
    """
    return [layer for layer in module.modules() if hasattr(layer, "generator_state")]


class TorchGenerator:
    """A stream of torch's random numbers for layers that draw from torch's global generator.

    It takes the global generator's place while a batch is trained on, and gives it back after. The
    first batch shows whether the module draws from there at all; if not, nothing is done any more.

    Parameters
    ----------
    seed : int
    device : str
        Where the module computes.
    """

    def __init__(self, seed, device):
        self.device = torch.device(device)
        self.is_used = None  # not known yet
        self.states = [torch.Generator(d).manual_seed(seed).get_state() for d in self._devices()]

    def _devices(self):
        return ["cpu"] if self.device.type == "cpu" else ["cpu", self.device]

    def _exchange(self, states):
        """Set the states of the global generators, and return what they were."""
        module = getattr(torch, self.device.type)
        before = [torch.get_rng_state()]
        torch.set_rng_state(states[0])
        if len(states) > 1:
            before.append(module.get_rng_state())
            module.set_rng_state(states[1])
        return before

    def __enter__(self):
        self._is_on = self.is_used is not False
        if self._is_on:
            _global_generator.acquire()
            self._callers = self._exchange(self.states)

    def __exit__(self, *error):
        if not self._is_on:
            return
        states = self._exchange(self._callers)
        _global_generator.release()
        if self.is_used is None:
            pairs = zip(states, self.states, strict=True)
            self.is_used = any(not torch.equal(now, before) for now, before in pairs)
        self.states = states

    def state(self):
        """Return its state, for `load`."""
        return [state.numpy().copy() for state in self.states]

    def load(self, states):
        """Go back to a state; on another kind of device, to that of the CPU alone."""
        for k, state in enumerate(states[: len(self.states)]):
            self.states[k] = torch.from_numpy(np.array(state))
        self.is_used = None
