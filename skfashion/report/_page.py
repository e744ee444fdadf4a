"""A summary to one HTML file with everything in it: style, script and data."""

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from skfashion._version import __version__

TEMPLATE = "page.html.jinja"
STYLE = "page.css"
# in this order, as one script
SCRIPTS = (
    "dom.js",
    "data.js",
    "state.js",
    "images.js",
    "matrix.js",
    "gallery.js",
    "charts.js",
    "view_matrix.js",
    "view_compare.js",
    "view_classifiers.js",
    "view_curves.js",
    "view_images.js",
    "main.js",
)


@cache
def read(name):
    """Return the text of a file of the page."""
    return files("skfashion.report").joinpath("page", name).read_text(encoding="utf-8")


def script():
    """Return all scripts as one, in a scope of its own."""
    parts = "\n".join(f"// {name}\n{read(name)}" for name in SCRIPTS)
    return f'\n(() => {{\n"use strict";\n{parts}\n}})();\n'


def source_hash(text):
    """Return what a Content-Security-Policy calls an inline script or style of this text."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def policy(style_text, script_text):
    """Return the Content-Security-Policy: this script, this style, images in the file, no more."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {source_hash(script_text)}",
            f"style-src {source_hash(style_text)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def render(summary):
    """Return the page of a summary as HTML.

    Text of the summary reaches the page as JSON in which markup is escaped, and the scripts set
    it as text; nothing of it is ever read as HTML.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    style_text, script_text = f"\n{read(STYLE)}", script()
    return environment.from_string(read(TEMPLATE)).render(
        summary=summary,
        style=style_text,
        script=script_text,
        policy=policy(style_text, script_text),
        version=__version__,
    )
