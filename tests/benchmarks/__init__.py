"""What `make benchmark` runs: skfashion and what else one could use, measured side by side.

Map
---
__main__
    The command: ``python -m tests.benchmarks --help``.
parts
    What is measured, one function per part: training, prediction, memory, starting, scaling and
    sharing. What is kept of repeated measurements.
page
    The tables and the targets, and the page and the JSON file that are made of them.
worker
    Each side is measured in a process of its own, which answers one request at a time.
side
    What all sides do in the same way: load the images and time a training or a prediction.
skfashion_side, torch_sides, keras_side
    The sides: skfashion; skorch, two PyTorch loops and the machine itself; Keras.
networks
    The networks and the numbers that all sides share.

All sides train the same networks on the same real images, with the same batch size and number of
updates. They take turns, so that a machine that slows down does so for all of them.
"""
