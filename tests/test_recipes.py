import numpy as np
import pytest
from sklearn.base import clone

from skfashion import recipes

ARTICLES = [recipes.published, recipes.tuned]  # recipes of the article's networks


def classifier_of(pipeline):
    return pipeline.named_steps["classifier"]


@pytest.mark.parametrize("recipe", ARTICLES)
def test_the_articles_names_epochs_and_random_state(recipe):
    estimators = recipe(random_state=7)
    assert list(estimators) == list(recipes.ARTICLE)
    for name, pipeline in estimators.items():
        assert pipeline.steps[-1][0] == "classifier"
        assert classifier_of(pipeline).random_state == 7
        # no more epochs than the article: the tuned recipe wins by its settings alone
        assert classifier_of(pipeline).max_epochs == recipes.ARTICLE[name]["epochs"]
        clone(pipeline)


def test_published_changes_no_default_of_the_classifiers():
    for pipeline in recipes.published().values():
        classifier = classifier_of(pipeline)
        assert classifier.get_params() == type(classifier)().get_params()


def test_tuned_has_the_published_architectures(sample):
    X, y = sample.data[:40], sample.target[:40]
    published, tuned = recipes.published(0), recipes.tuned(0)
    for name in published:
        counts = []
        for pipeline in (published[name], tuned[name]):
            pipeline.set_params(classifier__max_epochs=1).fit(X, y)
            counts.append(
                [tuple(p.shape) for p in classifier_of(pipeline).net_.module_.parameters()]
            )
        assert counts[0] == counts[1]


def test_published_pixels_are_those_that_raw_uint8_become(sample):
    """The Pipeline's scaling and padding are what the classifiers do themselves."""
    X, y = sample.data[6000:6200], sample.target[6000:6200]
    for pipeline in recipes.published(0).values():
        pipeline.set_params(classifier__max_epochs=1).fit(X, y)
        alone = clone(classifier_of(pipeline)).fit(X, y)
        np.testing.assert_allclose(pipeline.predict_proba(X), alone.predict_proba(X), atol=1e-4)


def test_recipes_do_not_share_state():
    recipes.tuned()["CNN 1"].set_params(classifier__lr=5)
    assert classifier_of(recipes.tuned()["CNN 1"]).lr != 5
    assert classifier_of(recipes.published()["CNN 1"]).lr == 0.001


@pytest.mark.slow
def test_tuned_beats_published_on_held_out_training_images(sample):
    X, y = sample.data[:6000], sample.target[:6000]
    part = np.arange(6000) % 5
    train, valid = part == 1, part == 0
    gains = []
    for name, pipeline in recipes.published(0).items():
        published = pipeline.fit(X[train], y[train]).score(X[valid], y[valid])
        tuned = recipes.tuned(0)[name].fit(X[train], y[train]).score(X[valid], y[valid])
        gains.append(tuned - published)
    # two deviations of the difference of two accuracies of 0.85, each of 1,200 images
    assert min(gains) > -2 * (2 * 0.85 * 0.15 / 1200) ** 0.5
    assert np.mean(gains) > 0.02


def test_the_articles_figures_are_for_all_training_images():
    assert list(recipes.ARTICLE) == list(recipes.published())
    assert {figures["n_train"] for figures in recipes.ARTICLE.values()} == {60_000}


# -- best ------------------------------------------------------------------------------------------


def test_best_has_random_state_and_the_named_last_step():
    estimators = recipes.best(random_state=7)
    assert list(estimators) == [f"Fast ResNet {size}" for size in ("S", "M", "L", "XL")]
    for pipeline in estimators.values():
        assert pipeline.steps[-1][0] == "classifier"
        assert classifier_of(pipeline).random_state == 7
        clone(pipeline)


@pytest.mark.parametrize("has_it", [True, False])
def test_best_computes_in_bfloat16_only_where_the_device_does(monkeypatch, has_it):
    monkeypatch.setattr(recipes, "has_bfloat16", lambda device: has_it)
    precisions = {classifier_of(p).precision for p in recipes.best().values()}
    assert precisions == {"bfloat16" if has_it else "float32"}


def test_best_can_be_trained(sample):
    X, y = sample.data[6000:6100], sample.target[6000:6100]
    for pipeline in recipes.best(0).values():
        pipeline.set_params(classifier__max_epochs=1, classifier__widths=(4, 8, 8)).fit(X, y)
        assert pipeline.predict_proba(X).shape == (100, 10)
