"""The code and the commands in the README and the documentation work, and print what is shown.

The Python blocks of a page are run in order, in one module. A ``text`` block directly below a
``python`` block is its output; ``pycon`` blocks contain theirs. Pages that show output are run on
the whole sample, the others on a tenth of it. ``keras`` blocks are only parsed.
"""

import ast
import doctest
import io
import math
import re
import shlex
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType

import pytest
from typer.main import get_command

import skfashion
from skfashion import load_fashion_sample
from skfashion.cli import app

ROOT = Path(__file__).parents[1]
BUILT = {"_build", "benchmarks", "gallery", "generated"}  # folders of generated pages
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(p for p in sorted(ROOT.glob("docs/**/*.md")) if p.relative_to(ROOT).parts[1] not in BUILT),
]
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
FENCED = re.compile(r"^```([\w-]+)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"(?<![\w.])(-?\d+\.\d+)")  # with decimals: a count has to be right
TOLERANCE = 0.1  # accuracies and losses depend on the processor and the number of threads


def name_of(page):
    return str(page.relative_to(ROOT))


def tenth_of_the_sample(*, subset, return_X_y=False):
    sample = load_fashion_sample(subset=subset)
    for key in ["data", "images", "target", "index"]:
        sample[key] = sample[key][::10]
    return (sample.data, sample.target) if return_X_y else sample


def code_blocks(page, languages):
    """Return (language, text) of the blocks in one of the languages, "a|b"."""
    pattern = rf"^```({languages})\n(.*?)^```$"
    return re.findall(pattern, page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def commands(page, program):
    """Return the arguments of `program`, for each command in a block or a code span of a page."""
    spans = re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))
    lines = [line for _, block in code_blocks(page, "sh") for line in block.splitlines()]
    split = [shlex.split(command, comments=True) for command in [*spans, *lines]]
    return [words[1:] for words in split if len(words) > 1 and words[0] == program]


def make_targets():
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


def runnable_blocks(page):
    """Return (language, code, output) of the blocks that are run; the output may be None."""
    text = page.read_text(encoding="utf-8")
    blocks, end = [], 0
    for block in FENCED.finditer(text):
        language, content = block.groups()
        follows = bool(blocks) and not text[end : block.start()].strip()
        if language == "text" and follows and blocks[-1][0] == "python":
            blocks[-1] = ("python", blocks[-1][1], content)
        else:
            blocks.append((language, content, None))
        end = block.end()
    return [block for block in blocks if block[0] in ("python", "pycon")]


def shows_output(page):
    return any(lang == "pycon" or output is not None for lang, _, output in runnable_blocks(page))


def is_close(number, other):
    return math.isclose(float(number), float(other), rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def same_output(shown, printed):
    """Tell whether two outputs have the same words and counts, and about the same decimals."""
    shown, printed = (NUMBER.split(" ".join(text.split())) for text in (shown, printed))
    if len(shown) != len(printed):
        return False
    same_words = [word.strip() for word in shown[::2]] == [word.strip() for word in printed[::2]]
    return same_words and all(map(is_close, shown[1::2], printed[1::2]))


def run_session(block, namespace, page):
    """Run a session of the interpreter, and fail if it prints something else than it shows."""
    session = doctest.DocTestParser().get_doctest(block, {}, name_of(page), str(page), 0)
    session.globs = namespace  # itself, not a copy: the next block continues with it
    said = []
    doctest.DocTestRunner(optionflags=FLAGS).run(session, out=said.append, clear_globs=False)
    assert not said, "".join(said)


def run_program(block, namespace, page):
    """Run a block, and return what it prints."""
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(block, str(page), "exec"), namespace)
    return printed.getvalue()


def page_with_python(page):
    """Return the page as a parameter; all but the first page train too much for the fast tests."""
    return pytest.param(page, marks=[] if page.name == "README.md" else [pytest.mark.slow])


PAGES_WITH_PYTHON = [page_with_python(p) for p in PAGES if runnable_blocks(p)]


@pytest.mark.parametrize("page", PAGES_WITH_PYTHON, ids=name_of)
def test_python_blocks_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if not shows_output(page):
        monkeypatch.setattr(skfashion, "load_fashion_sample", tenth_of_the_sample)
    # a module, so that what is defined in it can be pickled
    module = ModuleType(f"page_{page.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    shows = any(output is not None for _, _, output in runnable_blocks(page))
    for language, block, output in runnable_blocks(page):
        if language == "pycon":
            run_session(block, vars(module), page)
        else:
            printed = run_program(block, vars(module), page)
            if shows:  # then all of it
                assert same_output(output or "", printed), f"{block}\nprinted:\n{printed}"


@pytest.mark.parametrize("name", ["README.md", "docs/getting_started.md"])
def test_the_first_pages_show_what_their_code_prints(name):
    blocks = runnable_blocks(ROOT / name)
    shown = [output for _, block, output in blocks if "print(" in block]
    assert shown
    assert None not in shown


def test_outputs_are_the_same_with_other_decimals_only():
    shown = "accuracy 0.81  [0.5, 1.25]\n1000 images"
    assert same_output(shown, "accuracy   0.79 [0.55, 1.3]\n1000 images\n")
    assert not same_output(shown, "accuracy 0.81 [0.5, 1.25]\n999 images")
    assert not same_output(shown, "accuracy 0.5 [0.5, 1.25]\n1000 images")
    assert not same_output(shown, "accuracy 0.81 [0.5, 1.25, 2.5]\n1000 images")
    assert not same_output(shown, "Accuracy 0.81 [0.5, 1.25]\n1000 images")
    assert not same_output("", "something")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_foreign_blocks_are_python(page):
    for _, block in code_blocks(page, "keras"):
        ast.parse(block)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_languages_of_blocks_are_known(page):
    fences = re.findall(r"^ *```(\{?[\w-]+)", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    known = "python pycon keras sh text {button-link {image {include {toctree"
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
