"""The tables and the targets, and the page and the JSON file that are made of them."""

import json
from pathlib import Path

from skfashion._files import atomic_write

PAGE, RESULTS = "index.md", "results.json"
BFLOAT16_TO_KERAS = "skfashion, bfloat16 / Keras"
BESIDE = "beside a busy process"
INTRODUCTION = """# Benchmarks

Written by `make benchmark`, from the real images that come with the package, repeated where more
are needed. All sides train the article's networks, written for each as the article has them, with
the same images, batch size and number of updates, on the CPU, with the number of threads that each
chooses by itself:

- *skfashion* is given raw pixels;
- *Keras*, on TensorFlow, is the article's code; in bfloat16 with the policy mixed_bfloat16;
- *skorch* has its defaults, but for batches of 32, a random order and no images held back;
- *PyTorch, plain* is the tutorial's loop with a DataLoader;
- *PyTorch, tuned* is what a good engineer writes by hand: slices of tensors, channels last, a
  fused optimiser where torch has one, and autocast for bfloat16.

Times measured on different machines, or on one machine on different days, cannot be compared;
ratios can. Figures are medians, with the quartiles in brackets where a measurement was repeated;
[results.json](results.json) has them for programs.
"""
TARGET_NOTE = "Medians; steadiness is the 90th percentile of the runs, divided by their median."
RATIO_NOTE = "Of the ratios of single runs, in which the sides took turns; n = {n}."
# Part, what is shown of its rows, title, format, note.
TABLES = (
    (
        *("training", "seconds", "Training: seconds an epoch of 60,000 images", "{:.2f}"),
        "n = {n} short runs after a warm-up, in batches of 32, each side in a process of its own. "
        "skfashion and Keras keep the loss and the accuracy of the epoch, skorch the loss, the "
        "PyTorch loops nothing.",
    ),
    ("training", "ratio", "Training: ratio of seconds", "{:.2f}", RATIO_NOTE),
    (
        *("training", "steadiness", "Training: steadiness", "{:.2f}"),
        "The 90th percentile of the same runs, divided by their median.",
    ),
    (
        *("training", "accuracy", "Training: accuracy at the end in per cent", "{:.1f}"),
        "On 1,000 test images, after the runs above, to show that all sides did learn.",
    ),
    ("training", "threads", "Training: threads", "{}", "While it trains."),
    (
        *("prediction", "seconds", "Prediction: seconds for 10,000 images", "{:.3f}"),
        "n = {n}. Labels of the test images in one call. skfashion scales and pads the pixels "
        "meanwhile, the others have them ready. Batches: each side's default.",
    ),
    ("prediction", "ratio", "Prediction: ratio of seconds", "{:.2f}", RATIO_NOTE),
    (
        *("prediction", "single", "Prediction: milliseconds for one image", "{:.2f}"),
        "n = {n}. Keras by predict_on_batch, its fastest call.",
    ),
    (
        *("memory", "peak_mb", "Memory: MB at most", "{:,.0f}"),
        "A new process that loads all images and trains on them for one epoch, with the libraries "
        "and the images. Those of Keras are float32, as in the article's code.",
    ),
    (
        *("memory", "added_mb", "Memory: MB added by the training", "{:,.0f}"),
        "The same without the libraries and the images; n = 1.",
    ),
    (
        *("starting", "seconds", "Starting: seconds", "{:.3f}"),
        "New processes, n = {n}. The import by the process's own clock; the others from start to "
        "end, Python's own start (the last line) included.",
    ),
    (
        *("scaling", "microseconds", "Scaling: microseconds an image", "{:.1f}"),
        "An epoch in float32, in a new process, the set repeated to make more images; n = {n}.",
    ),
    (
        *("scaling", "added_mb", "Scaling: MB added by the training", "{:,.0f}"),
        "What it needs besides the images, 784 bytes each. Some of it does not grow.",
    ),
    (
        *("sharing", "seconds", "Sharing: seconds an epoch of 6,000 images", "{:.2f}"),
        "n = {n} rounds, of each process that trains. They begin at the same time and go on until "
        "all have measured. A busy process is a loop in Python that does nothing.",
    ),
    ("sharing", "ratio", "Sharing: ratio to the same side alone", "{:.2f}", "n = {n} rounds."),
)
# Part, what is measured, of which rows, words for it, the most that it may be.
TARGETS = (
    ("training", "steadiness", {"variant": "skfashion"}, "steadiness", 1.15),
    ("training", "steadiness", {"variant": "skfashion, bfloat16"}, "steadiness", 1.15),
    ("training", "ratio", {"network": "CNN 2", "variant": "skfashion / Keras"}, "training", 0.8),
    ("training", "ratio", {"network": "LeNet-5", "variant": "skfashion / Keras"}, "training", 0.7),
    *(
        ("training", "ratio", {"network": name, "variant": BFLOAT16_TO_KERAS}, "training", 0.6)
        for name in ("CNN 2", "LeNet-5")
    ),
    ("prediction", "ratio", {"variant": "skfashion / Keras"}, "prediction of 10,000", 0.5),
    ("prediction", "single", {"variant": "skfashion"}, "one image, ms", 1),
    ("memory", "peak_mb", {"variant": "skfashion"}, "memory of a fit, MB", 600),
    ("starting", "seconds", {"variant": "import skfashion"}, "seconds", 0.1),
    ("starting", "seconds", {"variant": "skfashion --help"}, "seconds", 0.4),
    ("sharing", "ratio", {"side": "skfashion", "way": "two at once"}, "two / one alone", 2.5),
    ("sharing", "ratio", {"side": "skfashion", "way": BESIDE}, "beside a process / alone", 2.5),
)


def shown(value, form):
    """Return a number, or the median and quartiles of several, as text."""
    if not isinstance(value, dict):
        return form.format(value)
    text = form.format(value["median"])
    quartiles = f" ({form.format(value['q1'])} to {form.format(value['q3'])})"
    return text if value["n"] == 1 else text + quartiles


def rows_of(results, part, key):
    """Return the rows of a part that have this key."""
    return [row for row in results.get(part, {"rows": []})["rows"] if key in row]


def table(title, headers, rows, note):
    """Return a section with a table, as Markdown."""
    rule = [":--", *["--:"] * (len(headers) - 1)]
    lines = ["| " + " | ".join(row) + " |" for row in (headers, rule, *rows)]
    return "\n".join([f"## {title}", "", *lines, "", note, ""])


def grid(rows, key, title, form, note):
    """Return a table with a line for each variant and a column for each network or way."""
    across = "way" if "way" in rows[0] else "network"
    cells = {(row["variant"], row.get(across, "seconds")): shown(row[key], form) for row in rows}
    lines, columns = (list(dict.fromkeys(pair[k] for pair in cells)) for k in (0, 1))
    texts = [[line, *(cells.get((line, column), "") for column in columns)] for line in lines]
    if isinstance(rows[0][key], dict):
        note = note.format(n=rows[0][key]["n"])
    return table(title, ["", *columns], texts, note)


def target_rows(results):
    """Yield what was to be reached, of what has been measured, as rows of a table."""
    for part, key, wanted, words, limit in TARGETS:
        for row in rows_of(results, part, key):
            if wanted.items() <= row.items():
                value = row[key]["median"] if isinstance(row[key], dict) else row[key]
                name = ", ".join([*(row[k] for k in ("network", "variant") if k in row), words])
                yield [name, f"{value:.3g}", f"{limit:g}", "met" if value <= limit else "missed"]


def all_tables(results):
    """Return the tables of what has been measured, the targets first."""
    targets = list(target_rows(results))
    headers = ["lower is better", "measured", "at most", ""]
    sections = [table("Targets", headers, targets, TARGET_NOTE)] if targets else []
    for part, key, *rest in TABLES:
        if rows := rows_of(results, part, key):
            sections.append(grid(rows, key, *rest))
    return sections


def write_page(results, out):
    """Write the page to the folder `out`."""
    sections = [INTRODUCTION, *all_tables(results)]
    parts_of = {}
    for name, part in results.items():
        told = f"It failed: {part['error']}." if "error" in part else ""
        parts_of.setdefault(f"{part['circumstances']} {told}".strip(), []).append(name)
    lines = [f"- {', '.join(parts)}: {described}" for described, parts in parts_of.items()]
    sections.append("\n".join(["## Machine and versions", "", *lines, ""]))
    with atomic_write(Path(out, PAGE)) as file:
        file.write("\n".join(sections))


def load_results(out):
    """Return {part: {"circumstances": sentence, "rows": [...]}} of the parts measured so far."""
    path = Path(out, RESULTS)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def save_results(results, out):
    """Write the file whole, a line for each row, or leave it as it is."""
    text = json.dumps(results).replace('}, {"', '},\n{"')
    with atomic_write(Path(out, RESULTS)) as file:
        file.write(text + "\n")
