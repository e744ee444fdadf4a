"""Check that the links of the built pages lead to files and sections that exist."""

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

TARGETS = ("href", "src")


class Page(HTMLParser):
    """The anchors of a page, and the targets of its links and images."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.targets = {"", "top"}, set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        """Record the anchor and the target of an element."""
        for key, value in attrs:
            if key == "id" or (tag == "a" and key == "name"):
                self.anchors.add(value)
            elif key in TARGETS and value:
                self.targets.add(value)


@cache
def read_page(path):
    return Page(path)


def is_broken(page, target):
    """Return whether a target is part of this documentation and does not exist."""
    url = urlsplit(target)
    if url.scheme or url.netloc:
        return False
    path = (page.parent / unquote(url.path)).resolve() if url.path else page
    if not path.exists():
        return True
    is_page = path.suffix == ".html" and path.is_file()
    return is_page and unquote(url.fragment) not in read_page(path).anchors


def broken_links(pages):
    """Return [(page, target)] of the broken links of the pages."""
    read_page.cache_clear()
    pages = [Path(page).resolve() for page in pages]
    return [(p, t) for p in pages for t in sorted(read_page(p).targets) if is_broken(p, t)]
