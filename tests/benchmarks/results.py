"""The JSON file: a part is measured by itself, and replaces what there is of it."""

import json
from pathlib import Path

from skfashion._files import atomic_write

FILE = "results.json"


def load_results(out):
    """Return {part: {"circumstances": ..., "rows": [...]}} of the parts measured so far."""
    path = Path(out, FILE)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def save_results(results, out):
    """Write the file whole, or leave it as it is."""
    with atomic_write(Path(out, FILE)) as file:
        json.dump(results, file, indent=1)
        file.write("\n")


def find_row(results, part, **keys):
    """Return the row of a part that has these values and is no failure, or None."""
    for row in rows_of(results, part):
        if keys.items() <= row.items() and not why_absent(row):
            return row
    return None


def rows_of(results, part):
    """Return the rows of a part; none if it has not been measured."""
    return results.get(part, {}).get("rows", [])


def why_absent(row):
    """Return why there is no result in a row, or ""."""
    return row.get("error") or row.get("skipped") or ""


def failures(results):
    """Return a sentence for each thing that failed; what was skipped on purpose did not."""
    sentences = []
    for name, part in results.items():
        if "error" in part:
            sentences.append(f"{name} is incomplete: {part['error']}")
        for row in part["rows"]:
            if "error" in row:
                what = [row[k] for k in ("what", "network", "side", "precision") if k in row]
                sentences.append(f"{name}, {', '.join(what)}: {row['error']}")
    return sentences
