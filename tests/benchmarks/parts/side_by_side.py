"""What the parts that compare all sides share: rows, and a table with the networks across."""

from tests.benchmarks.networks import NETWORKS
from tests.benchmarks.results import find_row, rows_of, why_absent
from tests.benchmarks.sides import VARIANTS
from tests.benchmarks.table import Table


def label(network, variant):
    """Return what every row of a comparison begins with."""
    return {"network": network, "side": variant.side, "precision": variant.precision}


def comparison_table(results, part, title, cell, notes):
    """Return a table with a row a variant and a column a network; `cell` is of a result row."""
    rows = []
    for variant in VARIANTS:
        cells = []
        for network in NETWORKS:
            row = find_row(results, part, **label(network, variant))
            cells.append("" if row is None else cell(row))
        rows.append([str(variant), *cells])
    return Table(title, ["", *NETWORKS], rows, notes)


def absences(results, part):
    """Return a sentence for each reason why something is missing in the tables of a part."""
    missing = {}
    for row in rows_of(results, part):
        if why := why_absent(row):
            name = row["side"] + (", bfloat16" if row["precision"] == "bfloat16" else "")
            missing.setdefault((name, why), []).append(row["network"])
    return [f"{name}: {why} ({', '.join(nets)})." for (name, why), nets in missing.items()]
