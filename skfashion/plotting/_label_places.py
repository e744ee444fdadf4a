"""Places for the labels of points, where they cover neither each other nor the points."""

import numpy as np

N_DIRECTIONS = 16
N_DISTANCES = 12
N_STEPS = 16  # at which the line from a marker to its label is looked at


def boxes_around(centres, sizes):
    """Return boxes (n, 4), as x and y of the lower left, then of the upper right corner."""
    centres, halves = np.asarray(centres, float), np.asarray(sizes, float) / 2
    return np.concatenate([centres - halves, centres + halves], axis=1)


def overlap_areas(boxes, others):
    """Return the area that each box shares with all `others` together (n,)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.clip(high - low, 0, None).prod(axis=2).sum(axis=1)


def candidates(anchor, size, radius):
    """Return the boxes (n, 4) that a label may take around its point, the nearest first.

    The nearest stand beside the marker, to the right before all others; each further ring is
    half a line away from the one before.
    """
    angles = np.arange(N_DIRECTIONS) * (2 * np.pi / N_DIRECTIONS)
    directions = np.c_[np.cos(angles), np.sin(angles)]
    distances = radius + size[1] * (0.2 + 0.5 * np.arange(N_DISTANCES))
    ends = anchor + distances[:, None, None] * directions  # (distances, directions, 2)
    # the label's side that looks to the point begins there: its left one if it stands to the right
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
    """Return for each box how much of the line from the marker to it lies in `others` (n,)."""
    steps = steps_to(boxes, anchor)[:, :, None]
    inside = (steps > others[:, :2]) & (steps < others[:, 2:])
    return inside.all(axis=3).sum(axis=(1, 2))


def is_nearer_to_another(boxes, anchors, radii, i):
    """Return for each box whether it stands nearer to another marker than to that of point `i`."""
    gaps = np.linalg.norm(nearest_in(boxes, anchors) - anchors, axis=2) - radii
    others = np.delete(gaps, i, axis=1)
    return others.min(axis=1, initial=np.inf) < gaps[:, i]


def place_labels(anchors, sizes, radii, bounds, obstacles=()):
    """Return the boxes of labels, each near its point, covering as little as can be.

    One label is placed after the other, those of the most crowded points first, each where it
    covers least of the labels that are there, of the markers and of the obstacles: nothing, if
    there is such a place. Among these, it goes where no label lies between it and its marker, then
    where no other marker is nearer to it, then as near as it can. The same input gives the same
    places.

    Parameters
    ----------
    anchors : ndarray of shape (n, 2)
        The points.
    sizes : ndarray of shape (n, 2)
        Width and height of the labels.
    radii : ndarray of shape (n,)
        Of the points' markers.
    bounds : tuple of float
        x and y of the lower left, then of the upper right corner of the area to stay in.
    obstacles : sequence of tuple of float
        Further boxes that are not to be covered.

    Returns
    -------
    boxes : ndarray of shape (n, 4)
    """
    anchors, sizes, radii = (np.asarray(a, float) for a in (anchors, sizes, radii))
    markers = boxes_around(anchors, np.repeat(2 * radii[:, None], 2, axis=1))
    taken = np.concatenate([markers, np.reshape(np.asarray(obstacles, float), (-1, 4))])
    inside = np.array([[*bounds]], float)
    boxes = np.full((len(anchors), 4), np.nan)  # a comparison with NaN is False
    for i in most_crowded_first(anchors, sizes):
        tried = candidates(anchors[i], sizes[i], radii[i])
        covered = overlap_areas(tried, taken) + sizes[i].prod() - overlap_areas(tried, inside)
        crossed = n_steps_inside(tried, boxes, anchors[i])
        is_unclear = is_nearer_to_another(tried, anchors, radii, i)
        # a hair's breadth is none; the last key counts first, and candidates come nearest first
        best = np.lexsort([is_unclear, crossed, np.round(covered, 3)])[0]
        boxes[i] = tried[best]
        line = steps_to(boxes[[i]], anchors[i])[0]
        taken = np.concatenate([taken, boxes[[i]], boxes_around(line, [2, 2])])
    return boxes


def most_crowded_first(anchors, sizes):
    """Return the indices of the points, those with the most others around them first."""
    distances = np.linalg.norm((anchors[:, None] - anchors) / sizes.mean(axis=0), axis=2)
    return np.argsort(-(1 / (0.5 + distances)).sum(axis=1), kind="stable")
