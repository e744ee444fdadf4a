"""The sides: files that run as workers, each in a process of its own.

`VARIANTS` has what is measured side by side, in the order of the tables.
"""

from typing import NamedTuple


class Variant(NamedTuple):
    """A side, in a precision."""

    side: str
    precision: str

    def __str__(self):
        return self.side if self.precision == "float32" else f"{self.side}, {self.precision}"


SIDES = {  # the files
    "skfashion": "skfashion_side",
    "Keras": "keras_side",
    "skorch": "skorch_side",
    "PyTorch, plain": "plain_torch_side",
    "PyTorch, tuned": "tuned_torch_side",
}
VARIANTS = (
    Variant("skfashion", "float32"),
    Variant("skfashion", "bfloat16"),
    Variant("Keras", "float32"),
    Variant("Keras", "bfloat16"),
    Variant("skorch", "float32"),
    Variant("PyTorch, plain", "float32"),
    Variant("PyTorch, tuned", "float32"),
    Variant("PyTorch, tuned", "bfloat16"),
)
