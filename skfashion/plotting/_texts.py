"""Names that are shortened until they fit into the width that there is for them."""


def shortened(name, length):
    """Return a name in at most `length` characters (two at least), with "…" for its middle."""
    if len(name) <= length:
        return name
    n_last = (length - 1) // 2
    n_first = length - 1 - n_last
    return f"{name[:n_first].rstrip()}…{name[len(name) - n_last :].lstrip()}"


def fit_width(text, write, longest, width):
    """Give a text its names in the greatest length at which it fits.

    Parameters
    ----------
    text : matplotlib Text
        Drawn in a figure whose layout is final.
    write : callable
        Returns what the text says if names have at most so many characters.
    longest : int
        Characters of the longest name.
    width : float
        In pixels.
    """

    def fits(length):
        text.set_text(write(length))
        return text.get_window_extent().width <= width

    shortest = 2  # a letter and "…"
    if fits(longest):
        return
    while longest - shortest > 1:
        middle = (shortest + longest) // 2
        shortest, longest = (middle, longest) if fits(middle) else (shortest, middle)
    text.set_text(write(shortest))
