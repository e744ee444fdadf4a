import numpy as np

from skfashion.plotting._label_places import (
    boxes_around,
    is_nearer_to_another,
    n_steps_inside,
    overlap_areas,
    place_labels,
)

BOUNDS = (0, 0, 1000, 500)


def test_overlap_areas():
    boxes = boxes_around([[0, 0], [10, 10]], [4, 2])
    np.testing.assert_array_equal(boxes[0], [-2, -1, 2, 1])
    np.testing.assert_array_equal(overlap_areas(boxes, boxes_around([[1, 0]], [4, 2])), [6, 0])


def test_a_lonely_label_stands_to_the_right():
    (box,) = place_labels([[500, 250]], [[80, 10]], [5], BOUNDS)
    np.testing.assert_allclose(box, [507, 245, 587, 255])


def test_a_label_at_the_edge_stays_inside():
    (box,) = place_labels([[990, 495]], [[80, 10]], [5], BOUNDS)
    assert (box[:2] >= 0).all()
    assert (box[2:] <= [1000, 500]).all()


def test_labels_cover_no_label_and_no_marker():
    rng = np.random.default_rng(0)
    anchors = rng.normal([500, 250], [60, 40], (15, 2))
    sizes, radii = np.tile([90.0, 12], (15, 1)), rng.uniform(3, 12, 15)
    boxes = place_labels(anchors, sizes, radii, BOUNDS)
    for k, box in enumerate(boxes):
        assert overlap_areas(box[None], np.delete(boxes, k, axis=0)) < 1e-3
    markers = boxes_around(anchors, np.repeat(2 * radii[:, None], 2, axis=1))
    assert overlap_areas(boxes, markers).max() < 1e-3
    np.testing.assert_allclose(boxes[:, 2:] - boxes[:, :2], sizes)


def test_a_label_stands_nearest_to_its_own_marker_and_no_line_runs_through_another():
    anchors = np.array([[500.0, 250], [512, 250], [500, 262], [512, 262], [506, 274]])
    radii = np.full(5, 4.0)
    boxes = place_labels(anchors, np.tile([90.0, 12], (5, 1)), radii, BOUNDS)
    for i, box in enumerate(boxes):
        assert not is_nearer_to_another(box[None], anchors, radii, i)
        assert n_steps_inside(box[None], np.delete(boxes, i, axis=0), anchors[i]) == 0


def test_lines_and_gaps_are_measured():
    above = boxes_around([[0, 40]], [20, 10])
    between = boxes_around([[0, 20]], [20, 10])
    anchor = np.zeros(2)
    assert n_steps_inside(above, between, anchor) > 0
    assert n_steps_inside(between, above, anchor) == 0
    points = np.array([[0.0, 0], [0, 60]])  # 35 and 15 away from the label
    assert is_nearer_to_another(above, points, np.ones(2), 0).tolist() == [True]
    assert is_nearer_to_another(above, points, np.ones(2), 1).tolist() == [False]
    assert is_nearer_to_another(above, points, np.array([30.0, 1]), 0).tolist() == [False]


def test_too_many_labels_have_a_place_all_the_same():
    boxes = place_labels(np.zeros((40, 2)), np.full((40, 2), 90.0), np.ones(40), (0, 0, 99, 99))
    assert np.isfinite(boxes).all()
