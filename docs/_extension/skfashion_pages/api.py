"""The page of the API: every name in an ``__all__``, by module."""

import importlib
import inspect
import pkgutil

import skfashion

HEAD = """\
API
===

All public names, by module. Those of {at_the_top}, and ``compare``, can also be imported from
``skfashion`` itself. Names that begin with an underscore are private and may change without notice.
"""


def public_modules():
    """Return {full name: module} of the modules that have public names."""
    names = [info.name for info in pkgutil.iter_modules(skfashion.__path__, prefix="skfashion.")]
    modules = {name: importlib.import_module(name) for name in names if "._" not in name}
    return {name: module for name, module in modules.items() if hasattr(module, "__all__")}


def first_sentence(text):
    return inspect.cleandoc(text).split("\n\n")[0].replace("\n", " ")


def constant(module_name, name, value):
    """Return the entry of a constant, a list or a dict."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    lines = [f"   - ``{key!r}``: ``{item!r}``" for key, item in items]
    return "\n".join([f".. py:data:: {module_name}.{name}", "", *lines, ""])


def section(module_name, module):
    """Return the section about one module."""
    values = {name: getattr(module, name) for name in sorted(module.__all__, key=str.lower)}
    documented = [n for n, v in values.items() if inspect.isclass(v) or inspect.isfunction(v)]
    title = module_name
    lines = [title, "-" * len(title), ""]
    # before the text, which takes its anchor: a table would lose it
    lines += [f".. py:module:: {module_name}", "", first_sentence(module.__doc__), ""]
    lines += [f".. currentmodule:: {module_name}", ""]
    lines += [".. autosummary::", "   :toctree: api", "   :nosignatures:", ""]
    lines += [f"   {name}" for name in documented]
    lines += [""]
    lines += [constant(module_name, n, v) for n, v in values.items() if n not in documented]
    return "\n".join(lines)


def page():
    """Return the page, in reStructuredText."""
    modules = public_modules()
    at_the_top = [n for n, m in modules.items() if set(m.__all__) <= set(skfashion.__all__)]
    head = HEAD.format(at_the_top=", ".join(f"``{name}``" for name in at_the_top))
    return "\n\n".join([head, *(section(*item) for item in modules.items())])
