"""A training at one moment: all that decides how it goes on."""

import threading
from dataclasses import asdict, dataclass, field

import numpy as np
import torch

_torchs_generator = threading.RLock()  # there is one a process


@dataclass
class TrainingState:
    """Weights, optimiser, generators and memory of a training, as arrays and plain values.

    A trainer that loads it goes on as the one that it was taken of would have, bit for bit.

    Attributes
    ----------
    weights : dict of {str: ndarray}
        The module's parameters and buffers.
    generators : dict
        States of all random generators: ``order`` (of the images), ``layers`` (of the module's
        random layers, in their order) and ``torch`` (for layers that draw from torch's own).
    history : list of dict
        What skorch's history holds of each epoch.
    optimizer : dict or None
        State of the optimiser; None for one that starts over.
    position : int
        Batches that the schedule of the learning rate has behind it.
    stopping : dict or None
        What early stopping remembers; None without it.
    """

    weights: dict
    generators: dict
    history: list = field(default_factory=list)
    optimizer: dict | None = None
    position: int = 0
    stopping: dict | None = None

    def to_dict(self):
        """Return it as nested dicts and lists of arrays, numbers and strings."""
        return asdict(self)


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
            _torchs_generator.acquire()
            self._callers = self._exchange(self.states)

    def __exit__(self, *error):
        if not self._is_on:
            return
        states = self._exchange(self._callers)
        _torchs_generator.release()
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


def optimizer_state(optimizer):
    """Return an optimiser's state with arrays for tensors."""
    return _mapped(optimizer.state_dict(), torch.Tensor, lambda t: t.detach().cpu().numpy().copy())


def load_optimizer_state(optimizer, state):
    """Set the state of an optimiser, as `optimizer_state` returned it."""
    state = _mapped(state, np.ndarray, lambda array: torch.from_numpy(np.array(array)))
    optimizer.load_state_dict(state)
    for weight, values in optimizer.state.items():
        for name, value in values.items():
            if isinstance(value, torch.Tensor) and value.shape == weight.shape:
                # in the memory order of the weights, which fused kernels take for granted
                values[name] = torch.empty_like(weight).copy_(value)


def _mapped(value, kind, function):
    """Return nested dicts and lists with `function` applied to what is of that kind."""
    if isinstance(value, kind):
        return function(value)
    if isinstance(value, dict):
        return {key: _mapped(item, kind, function) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_mapped(item, kind, function) for item in value)
    return value
