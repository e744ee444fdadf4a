"""The page, its chart and the JSON file: each part with what it measures, its table, and how."""

import json
from inspect import getdoc
from pathlib import Path

import jinja2
import matplotlib
from matplotlib.figure import Figure

from skfashion._files import atomic_write
from tests.benchmarks.parts import PARTS

RESULTS = "results.json"
CHARTS = {"training": "training.svg", "front": "front.svg"}
TEMPLATE = """# Benchmarks

This page is written by `make benchmark`.
{% for part in parts if part in results.parts %}{% set measured = results.parts[part] %}

## {{ part.replace('_', ' ').capitalize() }}

{% if part in charts %}![{{ charts[part] }}]({{ files[part] }})

{% endif %}{{ docs[part] }}

{{ table(part, measured.rows) }}

{{ measured.how }} {{ measured.machine }}
{% for error in measured.errors %}
- It failed: {{ error }}
{% endfor %}{% endfor %}

## How it is measured

All sides train the article's networks on the CPU, with the same images, batch size and number of
updates. Each is written as is usual for that side, and chooses its number of threads by itself:

- *skfashion* is given raw pixels;
- *Keras*, on TensorFlow, runs the article's code; bfloat16 is its policy mixed_bfloat16;
- *skorch* has its defaults, except for batches of 32, a random order and no validation split;
- *PyTorch, plain* is the tutorial's loop with a DataLoader; *tuned* is what a good engineer writes
  by hand: slices of tensors, channels last, a fused optimiser where there is one, autocast for
  bfloat16.

Each side runs in its own process, and they take turns. Times from different machines or days cannot
be compared, but ratios can: *skfashion / it* is skfashion's time divided by that of the side in the
row, run by run. Figures are medians of n runs, with the quartiles in brackets. *Met* or *missed*
says how a value compares with its target, which follows.
[results.json](results.json) has all figures in a form for programs.
"""
# Part, which of its rows, which column, and the largest value that meets the target.
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
    ("searching", {"memory": "with"}, "/ without", 0.45),
    ("front", {"Pipeline": "Fast ResNet S"}, "/ Keras", 0.4),
    ("front", {"Pipeline": "Fast ResNet S"}, "wrong", 6.0),
    ("front", {"Pipeline": "Fast ResNet M"}, "/ Keras", 0.9),
    ("front", {"Pipeline": "Fast ResNet M"}, "wrong", 5.5),
    ("front", {"Pipeline": "Fast ResNet L"}, "/ Keras", 2.5),
    ("front", {"Pipeline": "Fast ResNet L"}, "wrong", 5.0),
    ("front", {"Pipeline": "Fast ResNet XL"}, "/ Keras", 15),
    ("front", {"Pipeline": "Fast ResNet XL"}, "wrong", 4.3),
    ("sharing", {"side": "skfashion", "processes": "two at once"}, "/ alone", 2.5),
    ("sharing", {"side": "skfashion", "processes": "beside a busy process"}, "/ alone", 2.5),
)


def shown(value):
    """Return a text, a number, or the median and quartiles of several, as text."""
    if isinstance(value, dict):
        return f"{shown(value['median'])} ({shown(value['q1'])} to {shown(value['q3'])})"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def verdict(part, row, head):
    """Return whether a value meets its target, as text; an empty text if it has none."""
    if head not in row:
        return ""
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


def load_results(out):
    """Return the results so far; each part says on which machine it was measured."""
    path = Path(out, RESULTS)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"parts": {}}


def spread(found):
    """Return how far the quartiles are below and above the median, for error bars."""
    return found["median"] - found["q1"], found["q3"] - found["median"]


def training_chart(rows):
    """Return a figure with a bar for the seconds of each network and side."""
    networks, sides = (list(dict.fromkeys(row[key] for row in rows)) for key in ("network", "side"))
    height = 0.8 / len(sides)
    figure = Figure(figsize=(8, 0.5 + 0.2 * len(networks) * len(sides)), layout="constrained")
    axes = figure.subplots()
    for k, side in enumerate(sides):
        found = {row["network"]: row["seconds"] for row in rows if row["side"] == side}
        places = [networks.index(name) + k * height for name in found]
        seconds = [values["median"] for values in found.values()]
        errors = list(zip(*map(spread, found.values()), strict=True))
        bars = axes.barh(places, seconds, 0.9 * height, xerr=errors, label=side)
        axes.bar_label(bars, fmt="%.3g", padding=4, fontsize="small")
    axes.set_yticks([k + (len(sides) - 1) * height / 2 for k in range(len(networks))], networks)
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.set(xlabel="Seconds per epoch of 60,000 images: median and quartiles, lower is better")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure


def front_chart(rows):
    """Return a figure with a point for each Pipeline: the seconds and the accuracy."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for row in rows:
        if "accuracy" not in row:
            continue
        seconds, accuracy = row["seconds"], row["accuracy"]
        across = [[value] for value in spread(seconds)]
        up = row["sd"] or None
        axes.errorbar(seconds["median"], accuracy, up, across, fmt="o", capsize=3)
        place = {"xytext": (0, 12), "textcoords": "offset points", "ha": "center"}
        axes.annotate(row["Pipeline"], (seconds["median"], accuracy), **place)
    axes.set(
        xlabel="Seconds of the training, on a logarithmic scale", ylabel="Accuracy in per cent"
    )
    axes.set_xscale("log")
    axes.margins(x=0.2)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def write_chart(figure, path):
    """Write a figure, the same file for the same figures."""
    style = {"svg.hashsalt": "skfashion", "svg.fonttype": "none"}
    with matplotlib.rc_context(style), atomic_write(path) as file:
        figure.savefig(file, format="svg", metadata={"Date": None})


DRAWN = {  # part: what draws its chart, and the text in its place
    "training": (training_chart, "Seconds per epoch of 60,000 images, for each network and side"),
    "front": (front_chart, "Accuracy of each Pipeline against the seconds of its training"),
}


def write(results, out):
    """Write the page, its chart, and the figures as JSON with one line per row."""
    template = jinja2.Template(TEMPLATE, trim_blocks=True, keep_trailing_newline=True)
    docs = {name: getdoc(part) for name, part in PARTS.items()}
    charts = {}
    for part, (draw, title) in DRAWN.items():
        found = results["parts"].get(part, {"rows": []})["rows"]
        if rows := [row for row in found if "seconds" in row]:
            write_chart(draw(rows), Path(out, CHARTS[part]))
            charts[part] = title
    page = template.render(
        results=results, parts=PARTS, docs=docs, table=table, charts=charts, files=CHARTS
    )
    text = json.dumps(results).replace('}, {"', '},\n{"') + "\n"
    for name, content in ((RESULTS, text), ("index.md", page)):
        with atomic_write(Path(out, name)) as file:
            file.write(content)
