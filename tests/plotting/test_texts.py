import pytest
from matplotlib import pyplot as plt

from skfashion.plotting._texts import fit_width, shortened


@pytest.mark.parametrize(
    ("name", "length", "expected"),
    [
        ("Ankle boot", 10, "Ankle boot"),
        ("Ankle boot", 9, "Ankl…boot"),
        ("Ankle boot", 8, "Ankl…oot"),
        ("Ankle boot", 3, "A…t"),
        ("Ankle boot", 2, "A…"),
        ("Long coat of wool", 11, "Long…wool"),  # no blank beside the sign
    ],
)
def test_names_are_shortened_in_the_middle(name, length, expected):
    assert shortened(name, length) == expected


def test_the_longest_name_that_fits_is_written():
    figure = plt.figure()
    text = figure.text(0, 0, "")
    name = "abcdefghijklmnopqrstuvwxyz"

    def width_of(length):
        return figure.text(0, 0, shortened(name, length)).get_window_extent().width

    for length in (2, 3, 7, 20, 25):
        fit_width(text, lambda n: shortened(name, n), len(name), width_of(length) + 0.01)
        assert text.get_text() == shortened(name, length)
    fit_width(text, lambda n: shortened(name, n), len(name), 1e4)
    assert text.get_text() == name
    fit_width(text, lambda n: shortened(name, n), len(name), 0.1)  # nothing does
    assert text.get_text() == "a…"
