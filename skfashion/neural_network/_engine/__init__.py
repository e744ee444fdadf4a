"""What trains and predicts, below the classifiers; nothing here knows scikit-learn's ritual.

fitted
    `FittedNetwork` predicts. It needs torch alone, and pickles hold its plain state.
trainer
    `Trainer` trains one, by skorch: the only module that knows skorch.
state
    `TrainingState`, a training at one moment: saved and loaded, it goes on bit for bit.
batches, schedules, optimizers, records, generators, device, threads
    What they are made of: images from rows of pixels, learning rates, updates, means of epochs,
    random numbers, where to compute, and how to share the processor with others.
"""
