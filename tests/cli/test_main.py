"""The program as a whole."""

import subprocess
import sys

import pytest

import skfashion


@pytest.mark.parametrize(
    "arguments", [[], ["compare"], ["report"], ["search"], ["fetch"], ["show"]]
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
