"""The page in the documentation: tables, plot, versions and machine, written from the results."""

from pathlib import Path

from skfashion._files import atomic_write
from tests.benchmarks import figure
from tests.benchmarks.parts import PARTS
from tests.benchmarks.results import FILE, failures
from tests.benchmarks.targets import targets_table

PAGE = "index.md"
INTRODUCTION = f"""# Benchmarks

Written by `make benchmark`, from real Fashion-MNIST; the single measurements are in
[{FILE}]({FILE}). Every side trains the article's networks, written for it as the article has
them, with the same images, batch size, number of updates and threads, on the CPU:

- *skfashion* is given raw pixels;
- *Keras*, on TensorFlow, is the article's code; in bfloat16 with the policy mixed_bfloat16;
- *skorch* has its defaults, but for batches of 32, a random order and no images held back;
- *PyTorch, plain* is the tutorial's loop with a DataLoader;
- *PyTorch, tuned* is what a good engineer writes by hand: slices of tensors, channels last, a
  fused optimiser where torch has one, and autocast for bfloat16.

Times of different machines, or of one machine on different days, are not to be compared; ratios
may be.
"""


def all_tables(results):
    """Return the tables of the parts that have been measured, the targets first."""
    tables = [table for name in PARTS if name in results for table in PARTS[name].tables(results)]
    return [targets_table(results), *tables]


def write_page(results, out):
    """Write the page and its plot to the folder `out`."""
    sections = [INTRODUCTION]
    if figure.draw(results, out):
        sections.append(f"![Seconds an epoch, all sides]({figure.FILE})\n")
    sections += [table.to_markdown() for table in all_tables(results)]
    if failed := failures(results):
        sections.append("\n".join(["## What failed", "", *(f"- {line}" for line in failed), ""]))
    sections.append(machine_section(results))
    with atomic_write(Path(out, PAGE)) as file:
        file.write("\n".join(sections))


def machine_section(results):
    """Return where and with what each part was measured; the same is said once."""
    parts_of = {}
    for name in PARTS:
        if name in results:
            described = describe(results[name]["circumstances"])
            parts_of.setdefault(described, []).append(name)
    lines = ["## Machine and versions", ""]
    for described, parts in parts_of.items():
        lines += [f"- {', '.join(parts)}: {described}"]
    return "\n".join([*lines, ""])


def describe(circumstances):
    """Return the circumstances of a part as a sentence or two."""
    c = circumstances
    packages = ", ".join(f"{name} {version}" for name, version in c["packages"].items())
    return (
        f"`{c['command']}`, {c['when'][:10]}; n = {c['repeats']} repeats; {c['threads']} threads; "
        f"{c['cpu']}, {c['cores']} cores, bfloat16: {'yes' if c['bfloat16'] else 'no'}; "
        f"{c['platform']}; Python {c['python']}; {packages}."
    )
