"""From data to one HTML file that contains style, script and data.

The scripts of a page are JavaScript modules. Browsers do not load modules from local files, so they
are joined into one script: each module becomes a function that returns its exports, placed after
the modules that it imports from. A file is named by its path in the package, such as
``report/page/main.js``.
"""

import base64
import hashlib
import posixpath
import re
from functools import cache
from graphlib import TopologicalSorter
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from skfashion._version import __version__

# of a module in the same folder, or in that of another page
IMPORT = re.compile(
    r'^import \{([^}]*)\} from "((?:\.|\.\./\.\./\w+/page)/(\w+)\.js)";$', re.MULTILINE
)
EXPORT = re.compile(r"^export (?=(?:const|(?:async )?function) (\w+))", re.MULTILINE)


@cache
def read(path):
    """Return the text of one of a page's source files."""
    return files("skfashion").joinpath(*path.split("/")).read_text(encoding="utf-8")


def imports_of(path):
    """Return the modules that a module imports, as {path: text between the braces}."""
    folder = posixpath.dirname(path)
    return {
        posixpath.normpath(posixpath.join(folder, source)): names
        for names, source, _ in IMPORT.findall(read(path))
    }


def modules(main):
    """Return a page's modules, from the one that imports all others, each after its imports."""
    imported, to_read = {}, [main]
    while to_read:
        path = to_read.pop()
        imported[path] = list(imports_of(path))
        to_read += [source for source in imported[path] if source not in imported]
    return list(TopologicalSorter(imported).static_order())


def function_of(path):
    """Return a module as a function that is called at once and returns the module's exports."""
    text = IMPORT.sub(r"const {\1} = $\3;", read(path))
    exports = ", ".join(EXPORT.findall(text))
    name = posixpath.basename(path).removesuffix(".js")
    return f"const ${name} = (() => {{\n{EXPORT.sub('', text)}return {{ {exports} }};\n}})();"


def script(main):
    """Return all modules as one script that needs no server and no other file."""
    parts = "\n\n".join(map(function_of, modules(main)))
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


def render(template, styles, main, **values):
    """Return a page as HTML.

    Text in the values reaches the page as JSON in which markup is escaped, and the scripts insert
    it as text; it is never parsed as HTML.

    Parameters
    ----------
    template : str
        Path of the template.
    styles : list of str
        Paths of the style sheets, which are joined.
    main : str
        Path of the module that imports all others, directly or not.
    **values : object
        What the template takes, besides ``style``, ``script``, ``policy`` and ``version``.
    """
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    style_text, script_text = "\n" + "\n".join(map(read, styles)), script(main)
    return environment.from_string(read(template)).render(
        style=style_text,
        script=script_text,
        policy=policy(style_text, script_text),
        version=__version__,
        **values,
    )
