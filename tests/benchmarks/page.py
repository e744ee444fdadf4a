"""The page and the JSON file: for each part, its description, table, date and method."""

import json
from inspect import getdoc
from pathlib import Path

import jinja2

from skfashion._files import atomic_write
from tests.benchmarks.parts import PARTS

RESULTS = "results.json"
TEMPLATE = """# Benchmarks

Written by `make benchmark`. All sides train the article's networks, written for each as the article
has them, with the same images, batch size and number of updates, on the CPU, with the number of
threads that each chooses by itself:

- *skfashion* is given raw pixels;
- *Keras*, on TensorFlow, is the article's code; in bfloat16 with the policy mixed_bfloat16;
- *skorch* has its defaults, but for batches of 32, a random order and no images held back;
- *PyTorch, plain* is the tutorial's loop with a DataLoader, *tuned* what a good engineer writes by
  hand: slices of tensors, channels last, a fused optimiser if there is one, autocast for bfloat16.

Each side has a process of its own; they take turns. Times of different machines or days cannot be
compared; ratios can: *skfashion / it* is skfashion's time divided by that of the side in the row,
run by run. Figures are medians of n runs, with the quartiles in brackets; *met* or *missed* is
followed by the most that a value may be. [results.json](results.json) has them for programs.

{{ results.machine }}
{% for part in parts if part in results.parts %}{% set measured = results.parts[part] %}

## {{ part.capitalize() }}

{{ docs[part] }}

{{ table(part, measured.rows) }}

{{ measured.how }}
{% for error in measured.errors %}
- It failed: {{ error }}
{% endfor %}{% endfor %}"""
# Part, which of its rows, what of them, the most that it may be.
TARGETS = (
    ("training", {"side": "skfashion"}, "p90 / median", 1.15),
    ("training", {"side": "skfashion, bfloat16"}, "p90 / median", 1.15),
    ("training", {"side": "Keras", "network": "CNN2"}, "skfashion / it", 0.8),
    ("training", {"side": "Keras", "network": "LeNet5"}, "skfashion / it", 0.7),
    ("training", {"side": "Keras", "network": "CNN2"}, "skfashion, bfloat16 / it", 0.6),
    ("training", {"side": "Keras", "network": "LeNet5"}, "skfashion, bfloat16 / it", 0.6),
    ("prediction", {"side": "Keras"}, "skfashion / it", 0.5),
    ("prediction", {"side": "skfashion"}, "one image, ms", 1),
    ("memory", {"side": "skfashion"}, "at most", 600),
    ("starting", {"what": "import skfashion"}, "seconds", 0.1),
    ("starting", {"what": "skfashion --help"}, "seconds", 0.4),
    ("sharing", {"side": "skfashion", "processes": "two at once"}, "/ alone", 2.5),
    ("sharing", {"side": "skfashion", "processes": "beside a busy process"}, "/ alone", 2.5),
)


def shown(value):
    """Return a text, a number, or the median and quartiles of several, as text."""
    if isinstance(value, dict):
        return f"{shown(value['median'])} ({shown(value['q1'])} to {shown(value['q3'])})"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def verdict(part, row, head):
    """Return whether the target of a value is met, as text; nothing if it has none."""
    for target_part, wanted, target_head, limit in TARGETS:
        if (part, head) == (target_part, target_head) and wanted.items() <= row.items():
            value = row[head]["median"] if isinstance(row[head], dict) else row[head]
            return f", {'met' if value <= limit else '**missed**'}: {limit:g}"
    return ""


def table(part, rows):
    """Return the rows as a table in Markdown, with one column per key."""
    heads = list(dict.fromkeys(head for row in rows for head in row))
    rule = [":--" if isinstance(rows[0].get(head), str) else "--:" for head in heads]
    texts = ([shown(row.get(k, "")) + verdict(part, row, k) for k in heads] for row in rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *texts))


def load_results(out, machine):
    """Return the results so far if they are from this machine, otherwise none."""
    path = Path(out, RESULTS)
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return results if results.get("machine") == machine else {"machine": machine, "parts": {}}


def write(results, out):
    """Write the page, and its content as JSON, one line per row."""
    template = jinja2.Template(TEMPLATE, trim_blocks=True, keep_trailing_newline=True)
    docs = {name: getdoc(part) for name, part in PARTS.items()}
    page = template.render(results=results, parts=PARTS, docs=docs, table=table)
    text = json.dumps(results).replace('}, {"', '},\n{"') + "\n"
    for name, content in ((RESULTS, text), ("index.md", page)):
        with atomic_write(Path(out, name)) as file:
            file.write(content)
