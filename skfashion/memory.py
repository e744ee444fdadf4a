"""The memory of trainings, from which later ones go on."""

from skfashion.neural_network._engine.memory import TrainingMemory

__all__ = ["TrainingMemory"]
