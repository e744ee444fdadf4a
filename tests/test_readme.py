"""What the README and the guide say can be done can be done."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

import skfashion
from skfashion import load_fashion_sample
from skfashion.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]


def name_of(page):
    return page.name


def tenth_of_the_sample(*, subset, return_X_y=False):
    sample = load_fashion_sample(subset=subset)
    for key in ["data", "images", "target"]:
        sample[key] = sample[key][::10]
    return (sample.data, sample.target) if return_X_y else sample


def code_blocks(page, language):
    pattern = rf"^```{language}\n(.*?)^```$"
    return re.findall(pattern, page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def commands(page, program):
    """Return the words after `program`, for each command in a block or a code span of a page."""
    spans = re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))
    lines = [line for block in code_blocks(page, "sh") for line in block.splitlines()]
    split = [shlex.split(command, comments=True) for command in [*spans, *lines]]
    return [words[1:] for words in split if len(words) > 1 and words[0] == program]


def make_targets():
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))


PAGES_WITH_PYTHON = [page for page in PAGES if code_blocks(page, "python")]


@pytest.mark.parametrize("page", PAGES_WITH_PYTHON, ids=name_of)
def test_python_blocks_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(skfashion, "load_fashion_sample", tenth_of_the_sample)
    namespace = {}
    for block in code_blocks(page, "python"):
        exec(compile(block, str(page), "exec"), namespace)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_targets_exist(page):
    for words in commands(page, "make"):
        assert {word for word in words if "=" not in word} <= make_targets(), words


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
        used = {word for word in words if word.startswith("-")}
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
