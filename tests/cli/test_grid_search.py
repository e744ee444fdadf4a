import warnings

import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline

from skfashion.cli._grid_search import grid_search
from skfashion.recipes import published

PIPELINE = Pipeline([("classifier", KNeighborsClassifier())])
TIMES = [f"{figure}_{what}_time" for what in ("fit", "score") for figure in ("mean", "std")]


@pytest.fixture(scope="module")
def images(sample):
    return sample.data[:300], sample.target[:300]


def check_against_grid_search_cv(results, pipeline, grid, images, cv):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fits that fail
        expected = GridSearchCV(pipeline, grid, cv=cv, refit=False).fit(*images).cv_results_
    expected = pd.DataFrame(expected)
    assert list(results) == list(expected)
    pd.testing.assert_frame_equal(
        results.drop(columns=TIMES), expected.drop(columns=TIMES), check_exact=True
    )


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_same_as_grid_search_cv(images, n_jobs):
    # 2 and 1 neighbors weighted by distance are ties
    grid = {"classifier__weights": ["uniform", "distance"], "classifier__n_neighbors": [7, 2, 1]}
    results, reasons = grid_search(
        PIPELINE, grid, *images, cv=3, n_jobs=n_jobs, on_progress=lambda n_done: None
    )
    assert reasons == []
    assert results["rank_test_score"].duplicated().any()
    assert (results[TIMES] > 0).all(axis=None)
    check_against_grid_search_cv(results, PIPELINE, grid, images, cv=3)


def test_same_as_grid_search_cv_for_a_network(images):
    pipeline = published(random_state=0)["Simple dense"]
    grid = {"classifier__lr": [0.01, 0.1], "classifier__max_epochs": [1, 2]}
    results, _ = grid_search(
        pipeline, grid, *images, cv=2, n_jobs=1, on_progress=lambda n_done: None
    )
    check_against_grid_search_cv(results, pipeline, grid, images, cv=2)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_every_fit_counts(images, n_jobs):
    counts = []
    # there are 150 images in a fold: 200 neighbors fail when the fold is scored
    grid = {"classifier__n_neighbors": [1, 3, -1, 200]}
    results, reasons = grid_search(
        PIPELINE, grid, *images, cv=2, n_jobs=n_jobs, on_progress=counts.append
    )
    assert counts == list(range(1, 9))  # failed ones too
    assert results["mean_test_score"].isna().tolist() == [False, False, True, True]
    assert results["mean_test_score"].max() > 0.5
    assert len(reasons) == 2
    assert "'n_neighbors' parameter" in reasons[0]
    assert "n_neighbors = 200" in reasons[1]
    check_against_grid_search_cv(results, PIPELINE, grid, images, cv=2)


def test_nothing_worked(images):
    grid = {"classifier__n_neighbors": [-1, -2]}
    with pytest.raises(ValueError, match="n_neighbors") as error:
        grid_search(PIPELINE, grid, *images, cv=2, n_jobs=1, on_progress=lambda n_done: None)
    assert "Traceback" not in str(error.value)
