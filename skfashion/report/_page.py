"""From a summary to one HTML file that contains style, script and data."""

from skfashion import _page

TEMPLATE = "report/page/page.html.jinja"
STYLE = "report/page/page.css"
MAIN = "report/page/main.js"


def render(summary):
    """Return the page of a summary as HTML."""
    return _page.render(TEMPLATE, [STYLE], MAIN, summary=summary)
