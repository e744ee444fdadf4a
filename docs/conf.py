"""How Sphinx builds the documentation: ``make docs``.

What can be generated from the package is generated before each build, by the extension
``skfashion_pages`` in the folder ``_extension``.
"""

import sys
from pathlib import Path

from pygments.lexers.python import PythonLexer

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_extension"), str(HERE.parent)]

from skfashion_pages import examples, inventories  # noqa: E402, the path comes first

from skfashion import __version__  # noqa: E402, likewise

project = "skfashion"
author = "the skfashion developers"
copyright = author
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "skfashion_pages",
]
exclude_patterns = ["_build", "_extension"]
templates_path = ["_templates"]
nitpicky = False  # types in docstrings are words, not names

intersphinx_mapping = inventories.mapping(HERE / "generated" / "inventories")

extlinks = {
    "arxiv": ("https://arxiv.org/abs/%s", "arXiv:%s"),
    "doi": ("https://doi.org/%s", "doi:%s"),
}

autodoc_typehints = "none"  # numpydoc's sections have the types
autodoc_class_signature = "mixed"
toc_object_entries_show_parents = "hide"
autosummary_generate = True
numpydoc_show_class_members = False  # the template lists them

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

sphinx_gallery_conf = {
    **examples.settings(),
    "examples_dirs": str(HERE.parent / "examples"),
    "gallery_dirs": "gallery",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("skfashion",),
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_signature": False,
    "write_computation_times": False,
}

html_theme = "pydata_sphinx_theme"
html_title = f"skfashion {version}"
html_static_path = ["_static"]
html_css_files = ["skfashion.css"]
html_show_sphinx = False
html_show_sourcelink = False
html_sidebars = {"getting_started": [], "results": []}
html_theme_options = {
    "logo": {"text": "skfashion"},
    "header_links_before_dropdown": 6,
    "navigation_with_keys": True,
    "show_prev_next": True,
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}


def setup(app):
    """Highlight Keras code, which is shown but which the tests do not run."""
    app.add_lexer("keras", PythonLexer)
