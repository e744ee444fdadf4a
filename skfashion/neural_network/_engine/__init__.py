"""What trains and predicts, below the classifiers; nothing here follows scikit-learn's interface.

fitted
    `FittedNetwork` predicts. It needs only torch, and pickles hold its plain state.
trainer
    `Trainer` trains one, by running the net.
net
    `ImageNet`, the net of skorch: with `trainer` the only module that imports skorch.
state
    `TrainingState`, a training at one moment: once saved and loaded, it continues bit for bit.
memory
    `TrainingMemory`, the states of trainings in a folder, from which later ones go on.
muon
    `Muon`, the optimiser that torch does not have for convolutions.
batches, schedules, optimizers, records, generators, device, threads
    Their parts: images from rows of pixels, learning rates, updates, means of epochs, random
    numbers, where to compute, and how to share the processor with other programs.
"""
