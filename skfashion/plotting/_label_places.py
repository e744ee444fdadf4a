"""Places for the labels of points, where they cover neither each other nor the points."""

import numpy as np

N_DIRECTIONS = 16
N_DISTANCES = 12


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


def place_labels(anchors, sizes, radii, bounds, obstacles=()):
    """Return the boxes of labels, each near its point, covering as little as can be.

    One label is placed after the other, those of the most crowded points first, each where it
    covers no label that is there, no marker and no obstacle; if there is no such place, where it
    covers the least. The same input gives the same places.

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
    distances = np.linalg.norm((anchors[:, None] - anchors) / sizes.mean(axis=0), axis=2)
    crowd = (1 / (0.5 + distances)).sum(axis=1)
    boxes = np.empty((len(anchors), 4))
    for i in np.argsort(-crowd, kind="stable"):
        tried = candidates(anchors[i], sizes[i], radii[i])
        inside = np.array([[*bounds]], float)
        outside = sizes[i].prod() - overlap_areas(tried, inside)
        covered = overlap_areas(tried, taken) + outside
        # a hair's breadth is none; then the nearest, which stand first
        boxes[i] = tried[np.argmin(np.round(covered, 3))]
        taken = np.concatenate([taken, boxes[i : i + 1]])
    return boxes
