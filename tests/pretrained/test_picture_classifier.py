import subprocess
import sys

import numpy as np
import pytest

from skfashion.pretrained import PictureClassifier, load_pretrained


@pytest.fixture(scope="module")
def classifier(small_file):
    return PictureClassifier(small_file)


def test_probabilities_are_those_of_the_pipeline(classifier, small_file, sample):
    X = sample.data[6000:6100]
    answers = classifier.answers(X)
    expected = load_pretrained(small_file).predict_proba(X)
    for answer, row in zip(answers, expected, strict=True):
        found = [answer.probabilities[name] for name in classifier.class_names]
        np.testing.assert_allclose(found, row, atol=1e-5)
        assert list(answer.probabilities.values()) == sorted(found, reverse=True)
        assert answer.likeliest(2) == list(answer.probabilities.items())[:2]


def test_rows_and_stacks_are_the_same(classifier, sample):
    rows, stack = sample.data[6000:6003], sample.images[6000:6003]
    assert classifier.answers(rows) == classifier.answers(stack)
    assert classifier.answers(rows) == classifier.answers(stack[..., np.newaxis])
    assert classifier.answers(rows[:0]) == []


def test_the_verdict_follows_from_the_thresholds(classifier, sample):
    answers = classifier.answers(sample.data[6000:6200])
    limits = classifier.thresholds
    for answer in answers:
        is_unlike = answer.distance > limits["distance"]
        is_sure = answer.likeliest(1)[0][1] >= limits["probability"]
        expected = "unlike the dataset" if is_unlike else "sure" if is_sure else "not sure"
        assert answer.verdict == expected
    verdicts = [answer.verdict for answer in answers]
    assert verdicts.count("sure") > 150
    assert "not sure" in verdicts


@pytest.mark.slow
def test_most_of_what_is_not_clothing_is_unlike_the_dataset(sample):
    images, rng = sample.data[6000:6300], np.random.default_rng(0)
    grey = np.repeat(rng.integers(0, 256, (300, 1), np.uint8), 784, axis=1)
    noise = rng.integers(0, 256, (300, 784), np.uint8)
    for pictures in (noise, 255 - images, rng.permuted(images, axis=1), grey):
        verdicts = [answer.verdict for answer in PictureClassifier().answers(pictures)]
        assert verdicts.count("unlike the dataset") / 300 > 0.95
    verdicts = [answer.verdict for answer in PictureClassifier().answers(images)]
    assert verdicts.count("unlike the dataset") / 300 < 0.03


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((1, 784)),
        *(np.zeros(shape, np.uint8) for shape in ((1, 785), 784, (28, 28), (1, 14, 56))),
    ],
)
def test_other_images_are_refused(images, classifier):
    with pytest.raises(
        ValueError,
        match=r"the network takes uint8 images of shape \(n, 28, 28\), or rows of 784 pixels",
    ):
        classifier.answers(images)


def test_neither_torch_nor_scikit_learn_is_loaded():
    code = (
        "import sys, numpy as np\n"
        "from skfashion.pretrained import PictureClassifier\n"
        "PictureClassifier().answers(np.zeros((1, 784), np.uint8))\n"
        "print(sorted({'torch', 'skorch', 'sklearn', 'scipy', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
