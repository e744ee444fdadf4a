"""From a summary to one HTML file that contains style, script and data.

The page's scripts are JavaScript modules. Browsers do not load modules from local files, so they
are joined into one script: each module becomes a function that returns its exports, placed after
the modules that it imports from.
"""

import base64
import hashlib
import re
from functools import cache
from graphlib import TopologicalSorter
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from skfashion._version import __version__

TEMPLATE = "page.html.jinja"
STYLE = "page.css"
MAIN = "main"  # the module that imports all others, directly or not
IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:const|(?:async )?function) (\w+))", re.MULTILINE)


@cache
def read(name):
    """Return the text of one of the page's source files."""
    return files("skfashion.report").joinpath("page", name).read_text(encoding="utf-8")


def modules():
    """Return the names of the page's modules, each one after those that it imports."""
    imported, to_read = {}, [MAIN]
    while to_read:
        name = to_read.pop()
        imported[name] = [source for _, source in IMPORT.findall(read(f"{name}.js"))]
        to_read += [source for source in imported[name] if source not in imported]
    return list(TopologicalSorter(imported).static_order())


def function_of(name):
    """Return a module as a function that is called at once and returns the module's exports."""
    text = IMPORT.sub(r"const {\1} = $\2;", read(f"{name}.js"))
    exports = ", ".join(EXPORT.findall(text))
    return f"const ${name} = (() => {{\n{EXPORT.sub('', text)}return {{ {exports} }};\n}})();"


def script():
    """Return all modules as one script that needs no server and no other file."""
    parts = "\n\n".join(function_of(name) for name in modules())
    return f'\n(() => {{\n"use strict";\n{parts}\n}})();\n'


def source_hash(text):
    """Return the source expression of an inline script or style in a Content-Security-Policy."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def policy(style_text, script_text):
    """Return the Content-Security-Policy: only this script, this style and images in the file."""
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

    Text in the summary reaches the page as JSON in which markup is escaped, and the scripts insert
    it as text; it is never parsed as HTML.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    style_text, script_text = f"\n{read(STYLE)}", script()
    return environment.from_string(read(TEMPLATE)).render(
        summary=summary,
        style=style_text,
        script=script_text,
        policy=policy(style_text, script_text),
        version=__version__,
    )
