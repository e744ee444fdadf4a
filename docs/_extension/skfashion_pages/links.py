"""Check that the links of the built pages lead somewhere, to the very section that they name."""

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

TARGETS = ("href", "src")


class Page(HTMLParser):
    """The anchors of a page, and what it links to or shows."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.targets = {"", "top"}, set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        """Note what an element is called, and what it leads to."""
        for key, value in attrs:
            if key == "id" or (tag == "a" and key == "name"):
                self.anchors.add(value)
            elif key in TARGETS and value:
                self.targets.add(value)


@cache
def read_page(path):
    return Page(path)


def is_broken(page, target):
    """Tell whether a target on a page is one of our own, and is not there."""
    url = urlsplit(target)
    if url.scheme or url.netloc:
        return False
    path = (page.parent / unquote(url.path)).resolve() if url.path else page
    if not path.exists():
        return True
    is_page = path.suffix == ".html" and path.is_file()
    return is_page and unquote(url.fragment) not in read_page(path).anchors


def broken_links(pages):
    """Return [(page, target)] of the links of some pages that lead nowhere."""
    read_page.cache_clear()
    pages = [Path(page).resolve() for page in pages]
    return [(p, t) for p in pages for t in sorted(read_page(p).targets) if is_broken(p, t)]
