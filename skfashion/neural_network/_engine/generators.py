"""Where random numbers come from: initial weights, random layers, torch's global generator."""

import threading

import numpy as np
import torch

from skfashion.neural_network._engine.device import default_dtype

_global_generator = threading.RLock()  # torch's: a process has one


@torch.inference_mode(mode=False)  # weights that can be trained, even if the caller is in it
def make_module(factory, seed):
    """Return the module that `factory` makes, with weights drawn from a seed.

    The caller's global generator, default device and default type have no effect and stay the same.
    """
    with (
        _global_generator,
        torch.random.fork_rng(devices=[]),
        torch.device("cpu"),
        default_dtype(torch.float32),
    ):
        torch.default_generator.manual_seed(seed)  # torch.manual_seed is about all devices
        return factory()


def random_layers(module):
    """Return the layers of a module that have random generators of their own.

    Such a layer has three methods: ``seed(seed)`` starts its generators, ``generator_state()``
    returns their state as a dict of arrays and numbers, and ``set_generator_state(state)`` goes
    back to it. `skfashion.neural_network._layers.Dropout` is one.
    """
    return [layer for layer in module.modules() if hasattr(layer, "generator_state")]


class TorchGenerator:
    """A stream of torch's random numbers for layers that draw from torch's global generator.

    It replaces the state of the global generator while a batch is trained on, and restores it
    afterwards. The first batch of an epoch shows whether the module uses that generator at all; if
    not, the state is left alone for the rest of the epoch.

    Parameters
    ----------
    seed : int
    device : str
        Where the module computes.
    """

    def __init__(self, seed, device):
        self.device = torch.device(device)
        self.is_used = None  # not known yet
        devices = ["cpu"] if self.device.type == "cpu" else ["cpu", self.device]
        self.states = [torch.Generator(d).manual_seed(seed).get_state() for d in devices]

    def begin_epoch(self):
        """Look again whether the module draws from the global generator."""
        self.is_used = self.is_used or None

    def _exchange(self, states):
        """Set the states of the global generators, and return what they were."""
        before = [torch.get_rng_state()]
        torch.set_rng_state(states[0])
        if len(states) > 1:
            module = getattr(torch, self.device.type)
            device = [self.device] if self.device.type == "cuda" else []  # others have one alone
            before.append(module.get_rng_state(*device))
            module.set_rng_state(states[1], *device)
        return before

    def __enter__(self):
        self._is_on = self.is_used is not False
        if not self._is_on:
            return
        _global_generator.acquire()
        try:
            self._callers = self._exchange(self.states)
        except BaseException:
            _global_generator.release()
            raise

    def __exit__(self, *error):
        if not self._is_on:
            return
        try:
            states = self._exchange(self._callers)
        finally:
            _global_generator.release()
        if self.is_used is None:
            pairs = zip(states, self.states, strict=True)
            self.is_used = any(not torch.equal(now, before) for now, before in pairs)
        self.states = states

    def state(self):
        """Return the state of the generator, for `load`."""
        return {
            "device": self.device.type,
            "states": [state.numpy().copy() for state in self.states],
        }

    def load(self, state):
        """Restore a state; on another kind of device, only that of the CPU."""
        is_same = state["device"] == self.device.type
        for k, array in enumerate(state["states"] if is_same else state["states"][:1]):
            self.states[k] = torch.from_numpy(np.array(array))
        self.is_used = None
