"""What the README and the documentation say can be done can be done.

The Python blocks of a page are run in their order, in one module. The ``python`` ones are programs,
run on a tenth of the sample; the ``pycon`` ones show what comes out, which has to be true of the
whole sample. A ``keras`` block is somebody else's, and is only read.
"""

import ast
import doctest
import re
import shlex
import sys
from pathlib import Path
from types import ModuleType

import pytest
from typer.main import get_command

import skfashion
from skfashion import load_fashion_sample
from skfashion.cli import app

ROOT = Path(__file__).parents[1]
BUILT = {"_build", "benchmarks", "gallery", "generated"}  # folders of docs that nobody wrote
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(p for p in sorted(ROOT.glob("docs/**/*.md")) if p.relative_to(ROOT).parts[1] not in BUILT),
]
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def name_of(page):
    return str(page.relative_to(ROOT))


def tenth_of_the_sample(*, subset, return_X_y=False):
    sample = load_fashion_sample(subset=subset)
    for key in ["data", "images", "target"]:
        sample[key] = sample[key][::10]
    return (sample.data, sample.target) if return_X_y else sample


def code_blocks(page, languages):
    """Return (language, text) of the blocks in one of the languages, "a|b"."""
    pattern = rf"^```({languages})\n(.*?)^```$"
    return re.findall(pattern, page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def commands(page, program):
    """Return the words after `program`, for each command in a block or a code span of a page."""
    spans = re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))
    lines = [line for _, block in code_blocks(page, "sh") for line in block.splitlines()]
    split = [shlex.split(command, comments=True) for command in [*spans, *lines]]
    return [words[1:] for words in split if len(words) > 1 and words[0] == program]


def make_targets():
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def run_shown(block, namespace, page):
    """Run a session, and fail if something else comes out than it shows."""
    session = doctest.DocTestParser().get_doctest(block, {}, name_of(page), str(page), 0)
    session.globs = namespace  # itself, and not a copy: the next block goes on with it
    said = []
    doctest.DocTestRunner(optionflags=FLAGS).run(session, out=said.append, clear_globs=False)
    assert not said, "".join(said)


def page_with_python(page):
    """Return the page as a parameter, marked as slow if it runs all of scikit-learn's checks."""
    is_slow = "check_estimator(" in page.read_text(encoding="utf-8")
    return pytest.param(page, marks=[pytest.mark.slow] if is_slow else [])


PAGES_WITH_PYTHON = [page_with_python(p) for p in PAGES if code_blocks(p, "python|pycon")]


@pytest.mark.parametrize("page", PAGES_WITH_PYTHON, ids=name_of)
def test_python_blocks_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if not code_blocks(page, "pycon"):
        monkeypatch.setattr(skfashion, "load_fashion_sample", tenth_of_the_sample)
    # a module, so that what is defined in it can be pickled
    module = ModuleType(f"page_{page.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for language, block in code_blocks(page, "python|pycon"):
        if language == "pycon":
            run_shown(block, vars(module), page)
        else:
            exec(compile(block, str(page), "exec"), vars(module))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_foreign_blocks_are_python(page):
    for _, block in code_blocks(page, "keras"):
        ast.parse(block)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_block_escapes(page):
    fences = re.findall(r"^ *```(\{?[\w-]+)", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    known = "python pycon keras sh text {image {include {toctree"
    assert set(fences) <= set(known.split())


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_targets_exist(page):
    for words in commands(page, "make"):
        # not options, paths and variables
        named = {word for word in words if re.fullmatch("[a-z][a-z-]*", word)}
        assert named <= make_targets(), words


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_and_their_options_exist(page):
    program = get_command(app)
    for words in commands(page, "skfashion"):
        command = program if words[0].startswith("-") else program.commands[words[0]]
        options = {
            option
            for parameter in command.params
            for option in [*parameter.opts, *parameter.secondary_opts]
        }
        used = {word for word in words if re.match("--?[a-z]", word)}
        assert used <= options | {"--help"}, words


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_to_files_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_the_pages_name_commands():
    readme = ROOT / "README.md"
    assert ["compare"] in commands(readme, "make")
    assert any(words[0] == "compare" for words in commands(readme, "skfashion"))


def test_help_lists_every_target():
    described = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert set(described) == make_targets()
