"""The program as a whole."""

import os
import subprocess
import sys

import pytest
from typer.main import get_command

import skfashion
from skfashion.cli import EXAMPLES, app
from skfashion.cli._classifiers import select_classifiers
from skfashion.cli._names import typed


@pytest.mark.parametrize(
    "arguments",
    [[], ["compare"], ["report"], ["search"], ["inspect"], ["fetch"], ["show"]],
)
def test_help_loads_nothing_heavy(arguments):
    code = (
        "import sys\n"
        "from skfashion.cli import main\n"
        f"sys.argv = ['skfashion', *{arguments}, '--help']\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'torch', 'skorch', 'sklearn', 'pandas', 'matplotlib', 'scipy', 'numpy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Usage: skfashion" in done.stdout


def test_version(run):
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout == f"skfashion {skfashion.__version__}\n"


def test_as_a_module_and_exit_codes(command):
    assert command("--version").stdout == f"skfashion {skfashion.__version__}\n"
    wrong = command("compare", "--seeds", "none")
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr
    assert "seeds" in wrong.stderr


COMMANDS = ["compare", "report", "search", "inspect", "fetch", "show"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_that_the_command_takes(run, command):
    said = run(command, "-h")
    assert said.exit_code == 0
    assert said.stdout == run(command, "--help").stdout
    assert EXAMPLES[command]
    for example in EXAMPLES[command]:
        assert f"$ {example}" in " ".join(said.stdout.split())
        # every option of it is known, whatever its value does
        _, name, *words = example.split()
        assert name == command
        get_command(app).commands[name].make_parser(context_of(name)).parse_args(words)


def context_of(name):
    command = get_command(app).commands[name]
    return command.context_class(command, info_name=name)


def test_help_of_compare_has_every_name(run):
    said = " ".join(run("compare", "-h").stdout.split())
    compared, _ = select_classifiers("published", True, True, [])
    for name in compared:
        assert typed(name) in said


@pytest.mark.parametrize("command", COMMANDS)
def test_help_speaks_of_no_types_of_python(run, command):
    said = run(command, "-h").stdout
    assert "list[" not in said
    assert "<float>" not in said


def test_names_are_completed_by_the_shell(command):
    def completed(*words):
        line = " ".join(["skfashion", *words])
        environment = {
            **os.environ,
            "_SKFASHION_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words)),
        }
        return command(env=environment).stdout.split()

    assert completed("compare", "--only", "le") == ["lenet-5"]
    assert completed("compare", "--recipe", "") == ["published", "tuned", "best"]
    assert "sample" in completed("compare", "--data", "")
    assert completed("search", "simp") == ["simple-dense"]
