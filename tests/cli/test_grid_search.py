import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline

from skfashion.cli._grid_search import grid_search

PIPELINE = Pipeline([("classifier", KNeighborsClassifier())])


@pytest.fixture(scope="module")
def images(sample):
    return sample.data[:300], sample.target[:300]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_every_fit_counts(images, n_jobs):
    counts = []
    grid = {"classifier__n_neighbors": [1, 3, -1]}
    results, reasons = grid_search(
        PIPELINE, grid, *images, cv=2, n_jobs=n_jobs, on_progress=counts.append
    )
    assert counts[-1] == 6  # failed ones too
    assert counts == sorted(counts)
    assert results["mean_test_score"].isna().tolist() == [False, False, True]
    assert results["mean_test_score"].max() > 0.5
    (reason,) = reasons
    assert "n_neighbors" in reason


def test_nothing_worked(images):
    grid = {"classifier__n_neighbors": [-1, -2]}
    with pytest.raises(ValueError, match="n_neighbors") as error:
        grid_search(PIPELINE, grid, *images, cv=2, n_jobs=1, on_progress=lambda n_fits: None)
    assert "Traceback" not in str(error.value)
