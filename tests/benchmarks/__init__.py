"""What `make benchmark` runs: skfashion and its alternatives, measured side by side.

`__main__` is the command, `parts` has a function for each thing that is measured, and `page` makes
tables of it. Each side has a process of its own, a `worker`, and a class in `skfashion_side`,
`torch_sides` or `keras_side`; what these share is in `side` and `networks`.

All sides train the same networks on the same real images, with the same batch size and number of
updates. They take turns, so that a machine that slows down does so for all of them.
"""
