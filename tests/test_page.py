"""The pages' sources, joined into one file each."""

import re
from importlib.resources import files
from posixpath import basename

import pytest

from skfashion._page import EXPORT, IMPORT, function_of, imports_of, modules, read, script

PAGES = {"report": "page", "playground": "playground"}
MAINS = [f"{part}/page/main.js" for part in PAGES]


@pytest.mark.parametrize("part", PAGES)
def test_every_file_of_a_page_is_used(part):
    present = {path.name for path in files("skfashion").joinpath(part, "page").iterdir()}
    used = {basename(path) for path in modules(f"{part}/page/main.js") if path.startswith(part)}
    assert present == {*used, f"{PAGES[part]}.css", f"{PAGES[part]}.html.jinja"}


@pytest.mark.parametrize("main", MAINS)
def test_every_import_and_export_of_a_page_is_understood(main):
    assert not re.search(r"^\s*(import|export)\b", script(main), re.MULTILINE)


def test_what_a_module_imports_is_exported_and_what_it_exports_is_imported():
    paths = {path for main in MAINS for path in modules(main)}
    exported = {path: set(EXPORT.findall(read(path))) for path in paths}
    imported = {path: set() for path in paths}
    for path in paths:
        for source, names in imports_of(path).items():
            imported[source] |= set(re.findall(r"\w+", names))
    assert imported == exported


@pytest.mark.parametrize("main", MAINS)
def test_a_module_stands_after_those_that_it_imports(main):
    order = modules(main)
    assert order[-1] == main
    for path in order:
        assert all(order.index(source) < order.index(path) for source in imports_of(path))


@pytest.mark.parametrize("main", MAINS)
def test_the_modules_of_a_page_have_different_names(main):
    names = [basename(path) for path in modules(main)]
    assert len(set(names)) == len(names)


def test_a_module_may_be_imported_from_another_page():
    assert IMPORT.findall('import { el } from "../../report/page/dom.js";') == [
        (" el ", "../../report/page/dom.js", "dom")
    ]
    assert "const { el, percent } = $dom;" in function_of("playground/page/answer.js")
