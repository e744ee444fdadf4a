"""Draw the steps of a network as an SVG: columns in one row or several, repeats drawn once."""

import math
from html import escape
from itertools import pairwise
from typing import NamedTuple

TIMES = "\N{MULTIPLICATION SIGN}"

# In pixels.
COLUMN = 98  # the width of a column
LINE = 15  # between two lines of text
MARGIN = 12  # around and between rows
BRACKET = 26  # above the columns that are repeated
TALLEST = 176  # of the pictures
SIDE, PER_PIXEL = 48, 1.5  # side of the largest maps, and of one pixel of smaller maps
PER_LETTER = 6.6

PER_ROW = 9  # columns


class Group(NamedTuple):
    """Columns side by side, and how many times in a row an image passes through them."""

    columns: list
    times: int = 1


def shape_text(shape):
    return f" {TIMES} ".join(f"{n:,}" for n in shape)


def columns_of(steps):
    """Group the steps into columns: a layer and those after it that do not change the shape.

    A column begins where the shape changes, or with a layer that has weights between the maps. A
    layer with scales and offsets only, such as a batch normalisation, joins the column before it.
    """
    columns = [[steps[0]]]
    for before, step in pairwise(steps):
        if step.shape != before.shape or step.n_parameters > 2 * step.shape[0]:
            columns.append([step])
        else:
            columns[-1].append(step)
    return columns


def times_from(columns, start, period):
    """Return how many times in a row the `period` columns from `start` on occur, at least 1."""
    once = columns[start : start + period]
    times, end = 1, start + period
    while end < len(columns) and columns[end : end + period] == once:
        times, end = times + 1, end + period
    return times


def folded(columns):
    """Return the columns as groups; of the repeated sequences, the one that saves most columns.

    In ``a b c b c b`` the group is ``c b``, which ends the sequence, and not ``b c``: in residual
    networks, the first block begins with another layer than the blocks that are repeated.
    """
    groups, start = [], 0
    while start < len(columns):
        periods = range(1, min(PER_ROW, len(columns) - start) + 1)
        times = {period: times_from(columns, start, period) for period in periods}
        period = max(periods, key=lambda p: p * (times[p] - 1))
        begins_later = times[period] == times_from(columns, start + 1, period)
        group = Group(columns[start : start + period], times[period])
        groups.append(Group([columns[start]]) if begins_later else group)
        start += len(groups[-1].columns) * groups[-1].times
    return groups


def wrapped(groups, room):
    """Return the groups in rows of at most `room` columns each; no group is split."""
    rows, left = [], 0
    for group in groups:
        if len(group.columns) > left:
            rows.append([])
            left = room
        rows[-1].append(group)
        left -= len(group.columns)
    return rows


def rows_of(groups):
    """Return the groups in as few rows as possible, of about the same length."""
    fewest = len(wrapped(groups, PER_ROW))
    longest = max(len(group.columns) for group in groups)
    rows = (wrapped(groups, room) for room in range(longest, PER_ROW + 1))
    return next(found for found in rows if len(found) == fewest)


def is_maps(shape):
    return len(shape) == 3


def picture_size(shape, per_pixel):
    """Return the width and the height of a picture, and the number of maps that it shows."""
    if not is_maps(shape):
        return 10, min(13.6 * math.log2(max(math.prod(shape), 2)), TALLEST), 1
    n_maps = 1 + round(math.log2(shape[0]))
    return 10 + per_pixel * shape[2], 10 + per_pixel * shape[1], n_maps


def picture(shape, x, middle, per_pixel):
    """Return the picture of maps, or of a vector, centred at `x` and `middle`."""
    width, height, n_maps = picture_size(shape, per_pixel)
    shift = 3.5
    left, top = x - (width + shift * (n_maps - 1)) / 2, middle - (height + shift * (n_maps - 1)) / 2
    corner = "" if is_maps(shape) else ' rx="2"'
    return "".join(
        f'<rect x="{left + k * shift:.1f}" y="{top + k * shift:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}"{corner}/>'
        for k in range(n_maps)
    )


def text(kind, x, y, words):
    """Return a line of text centred at `x`, narrowed if it is wider than its column."""
    room = COLUMN - 4
    fit = f' textLength="{room}" lengthAdjust="spacingAndGlyphs"'
    narrowed = fit if PER_LETTER * len(words) > room else ""
    return f'<text class="{kind}" x="{x:g}" y="{y:.1f}"{narrowed}>{escape(words)}</text>'


def lines_of(column):
    """Return the lines of text below a picture: shape, layers, number of parameters."""
    n_parameters = sum(step.n_parameters for step in column)
    lines = [("shape", shape_text(column[0].shape)), *(("layer", s.words) for s in column)]
    return [*lines, ("parameters", f"{n_parameters:,}")] if n_parameters else lines


def bracket(group, left, top):
    """Return the bracket above a group that is repeated, "" for other groups."""
    if group.times == 1:
        return ""
    right = left + COLUMN * len(group.columns)
    path = f"M{left + 4} {top + BRACKET} v-7 H{right - 4} v7"
    label = text("times", (left + right) / 2, top + 13, f"{group.times} times")
    return f'<path d="{path}"/>{label}'


def row_of(groups, top, per_pixel):
    """Return the SVG of a row that begins at `top`, and where it ends."""
    columns = [column for group in groups for column in group.columns]
    is_folded = any(group.times > 1 for group in groups)
    sizes = [picture_size(column[0].shape, per_pixel) for column in columns]
    tallest = max(height + 3.5 * (n_maps - 1) for _, height, n_maps in sizes)
    pictures = top + (BRACKET + 8 if is_folded else 0)
    captions = pictures + tallest + 1.5 * LINE
    parts, left = [], 0
    for group in groups:
        parts.append(bracket(group, left, top))
        for column in group.columns:
            x = left + COLUMN / 2
            parts.append(picture(column[0].shape, x, pictures + tallest / 2, per_pixel))
            lines = enumerate(lines_of(column))
            parts += [text(kind, x, captions + i * LINE, words) for i, (kind, words) in lines]
            left += COLUMN
    n_lines = max(len(lines_of(column)) for column in columns)
    return "\n".join(filter(None, parts)), captions + n_lines * LINE


def title_of(name, groups):
    """Return a description of the drawing, for screen readers."""
    words = []
    for group in groups:
        once = ", ".join(f"{c[0].words} {shape_text(c[0].shape)}" for c in group.columns)
        words.append(once if group.times == 1 else f"{group.times} times ({once})")
    return f"{name}: {', '.join(words)}"


def drawing(name, steps):
    """Return an SVG of the network, with one column per shape on the way of an image."""
    groups = folded(columns_of(steps))
    largest = max(max(step.shape[1:]) for step in steps if is_maps(step.shape))
    per_pixel = min(PER_PIXEL, SIDE / largest)
    rows = rows_of(groups)
    width = COLUMN * max(sum(len(group.columns) for group in row) for row in rows)
    parts, bottom = [], 0
    for row in rows:
        part, bottom = row_of(row, bottom + MARGIN, per_pixel)
        parts.append(part)
    head = (
        f'<svg class="network" viewBox="0 0 {width} {bottom:.0f}" width="{width}" '
        f'style="min-width: {0.75 * width:.0f}px" role="img" '  # scrolls if the page is narrower
        f'aria-label="{escape(title_of(name, groups))}" xmlns="http://www.w3.org/2000/svg">'
    )
    return "\n".join([head, *parts, "</svg>\n"])
