"""Where to put the labels of points, so that they cover neither each other nor the points."""

import numpy as np

N_DIRECTIONS = 16
N_DISTANCES = 12
N_STEPS = 16  # points at which the line from a marker to its label is sampled


def boxes_around(centres, sizes):
    """Return boxes (n, 4): x and y of the lower left corner, then of the upper right one."""
    centres, halves = np.asarray(centres, float), np.asarray(sizes, float) / 2
    return np.concatenate([centres - halves, centres + halves], axis=1)


def overlap_areas(boxes, others):
    """Return the area that each box shares with all `others` together (n,)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.clip(high - low, 0, None).prod(axis=2).sum(axis=1)


def candidates(anchor, size, radius):
    """Return the boxes (n, 4) that a label may take around its point, the nearest first.

    The first ring is beside the marker, and starts to the right of it; each further ring is half a
    line farther away.
    """
    angles = np.arange(N_DIRECTIONS) * (2 * np.pi / N_DIRECTIONS)
    directions = np.c_[np.cos(angles), np.sin(angles)]
    distances = radius + size[1] * (0.2 + 0.5 * np.arange(N_DISTANCES))
    ends = anchor + distances[:, None, None] * directions  # (distances, directions, 2)
    # the label's near side touches the end: its left side if the label is to the right
    centres = ends + directions * (np.asarray(size) / 2)
    return boxes_around(centres.reshape(-1, 2), size)


def nearest_in(boxes, points):
    """Return the point of each box that is nearest to each of the points (n_boxes, n_points, 2)."""
    return np.clip(points, boxes[:, None, :2], boxes[:, None, 2:])


def steps_to(boxes, anchor):
    """Return points along the line from a marker to each box (n_boxes, N_STEPS, 2)."""
    ends = nearest_in(boxes, anchor[None])  # (n_boxes, 1, 2)
    return anchor + np.linspace(0, 1, N_STEPS)[:, None] * (ends - anchor)


def n_steps_inside(boxes, others, anchor):
    """Return for each box how many steps of the line from the marker to it lie in `others` (n,)."""
    steps = steps_to(boxes, anchor)[:, :, None]
    inside = (steps > others[:, :2]) & (steps < others[:, 2:])
    return inside.all(axis=3).sum(axis=(1, 2))


def is_nearer_to_another(boxes, anchors, radii, i):
    """Return for each box whether it is nearer to another marker than to the one of point `i`."""
    gaps = np.linalg.norm(nearest_in(boxes, anchors) - anchors, axis=2) - radii
    others = np.delete(gaps, i, axis=1)
    return others.min(axis=1, initial=np.inf) < gaps[:, i]


def place_labels(anchors, sizes, radii, bounds):
    """Return the boxes of labels, each near its point, covering as little as possible.

    Labels are placed one by one, those of the most crowded points first. Each takes the place that
    covers the least of labels placed before and of markers; if several cover nothing, the one whose
    line to the marker crosses no label, then the one that is not nearer to another marker, then the
    nearest. The same input gives the same places.

    Parameters
    ----------
    anchors : ndarray of shape (n, 2)
        The points.
    sizes : ndarray of shape (n, 2)
        Width and height of the labels.
    radii : ndarray of shape (n,)
        Of the points' markers.
    bounds : tuple of float
        x and y of the lower left corner, then of the upper right one, of the area to stay in.

    Returns
    -------
    boxes : ndarray of shape (n, 4)
    """
    anchors, sizes, radii = (np.asarray(a, float) for a in (anchors, sizes, radii))
    markers = boxes_around(anchors, np.repeat(2 * radii[:, None], 2, axis=1))
    taken = markers
    inside = np.array([[*bounds]], float)
    boxes = np.full((len(anchors), 4), np.nan)  # comparisons with NaN are False
    for i in most_crowded_first(anchors, sizes):
        tried = candidates(anchors[i], sizes[i], radii[i])
        covered = overlap_areas(tried, taken) + sizes[i].prod() - overlap_areas(tried, inside)
        crossed = n_steps_inside(tried, boxes, anchors[i])
        is_unclear = is_nearer_to_another(tried, anchors, radii, i)
        # rounded, as tiny overlaps do not count; the last key decides first, and candidates come
        # with the nearest first
        best = np.lexsort([is_unclear, crossed, np.round(covered, 3)])[0]
        boxes[i] = tried[best]
        line = steps_to(boxes[[i]], anchors[i])[0]
        taken = np.concatenate([taken, boxes[[i]], boxes_around(line, [2, 2])])
    return boxes


def most_crowded_first(anchors, sizes):
    """Return the indices of the points, with the most crowded points first."""
    distances = np.linalg.norm((anchors[:, None] - anchors) / sizes.mean(axis=0), axis=2)
    return np.argsort(-(1 / (0.5 + distances)).sum(axis=1), kind="stable")
