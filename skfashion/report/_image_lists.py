"""Lists of images that were made elsewhere, such as those whose labels may be wrong."""

from collections.abc import Mapping

import numpy as np

MOST_ROWS = 1000
POSITIONS = ("index", "duplicate_of")  # columns with positions of images on the page


def checked_lists(inspection):
    """Return lists by title, {} for None; raise TypeError for anything but a dict of them."""
    if not isinstance(inspection, Mapping | None):
        raise TypeError(
            "inspection must be a dict with a title for each DataFrame, such as {'Labels': "
            f"find_label_issues(...)}}; got {type(inspection).__name__}."
        )
    return inspection or {}


def positions_of(frame, n_images):
    """Return the positions in the first rows of a list's column ``index``; check all positions."""
    if not hasattr(frame, "columns") or "index" not in frame.columns:
        raise ValueError(
            "Each list of inspection must be a DataFrame with a column index, the position of each "
            f"image; got {type(frame).__name__}."
        )
    for name in [name for name in POSITIONS if name in frame.columns]:
        positions = frame[name].to_numpy()[:MOST_ROWS]
        is_inside = positions.dtype.kind in "iu" and np.all(
            (positions >= 0) & (positions < n_images)
        )
        if len(positions) and not is_inside:
            raise ValueError(
                f"The column {name} of inspection must have positions of the images in this "
                f"report, from 0 to {n_images - 1}."
            )
    return frame["index"].to_numpy()[:MOST_ROWS].astype(int)


def list_summary(title, frame, labels, n_images):
    """Return a list as the page reads it.

    Parameters
    ----------
    title : str
    frame : DataFrame
        With a column ``index`` of positions; columns whose names end in "label" have labels.
    labels : ndarray of shape (n_classes,)
        The labels in the order of the page's classes.
    n_images : int

    Returns
    -------
    dict
        title; n_rows, of the whole list; columns: list of {name, kind}; rows: list of lists of
        values, the first ones alone. The kind is "position", "class" (whose values are codes),
        "number" or "text".
    """
    positions_of(frame, n_images)
    first = frame.iloc[:MOST_ROWS]
    codes = {label: code for code, label in enumerate(labels.tolist())}
    columns, values = [], []
    for name in first.columns:
        kind, shown = _column(str(name), first[name], codes)
        columns.append({"name": str(name), "kind": kind})
        values.append(shown)
    rows = [list(row) for row in zip(*values, strict=True)]
    return {"title": title, "n_rows": len(frame), "columns": columns, "rows": rows}


def _column(name, column, codes):
    """Return the kind of a column, and its values for JSON."""
    values = column.tolist()
    if name in POSITIONS:
        return "position", [int(value) for value in values]
    if name.endswith("label") and set(values) <= codes.keys():
        return "class", [codes[value] for value in values]
    if column.dtype.kind in "iuf":
        return "number", [float(f"{v:.6g}") if np.isfinite(v) else None for v in values]
    if column.dtype.kind == "b":
        return "text", ["yes" if value else "no" for value in values]
    return "text", [str(value) for value in values]


def listed(summary):
    """Return the positions of all images that a list shows."""
    shown = [k for k, column in enumerate(summary["columns"]) if column["kind"] == "position"]
    return sorted({row[k] for row in summary["rows"] for k in shown})
