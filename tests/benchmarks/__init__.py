"""What `make benchmark` runs: skfashion, and what else one could use, measured in one run.

Map
---
__main__
    The command: ``python -m tests.benchmarks --help``.
networks
    The names of the article's five networks, and how many images a run trains each on.
sides
    One file a side: skfashion, skorch, two PyTorch loops, Keras, and the machine itself.
worker, crew
    A process a side, idle until it is asked; all sides, asked in turn.
parts
    One file a part of the benchmark: what it measures, and the tables that show it.
targets
    What was to be reached, and whether it is.
summary, table, results, page, figure
    Medians; tables as Markdown and in the terminal; the JSON file, the page and its plot.

Every side trains the same networks on the same real images, with the same batch size, number of
updates and threads. The sides run in turn within each repeat, so that a machine that becomes
slower becomes so for all.
"""
