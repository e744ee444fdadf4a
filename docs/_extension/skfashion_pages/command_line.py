"""The help texts of all commands, for the guide to the command line."""

from typer.main import get_command
from typer.testing import CliRunner

from skfashion.cli import app

ENVIRONMENT = {"TERMINAL_WIDTH": "92", "NO_COLOR": "1"}


def help_of(command):
    """Return what ``skfashion COMMAND --help`` prints."""
    arguments = [command, "--help"]
    result = CliRunner().invoke(app, arguments, prog_name="skfashion", env=ENVIRONMENT)
    if result.exit_code:
        raise RuntimeError(f"skfashion {' '.join(arguments)} failed: {result.output}")
    return "\n".join(line.rstrip() for line in result.output.strip().splitlines())


def part():
    """Return one section per command, in Markdown."""
    commands = get_command(app).commands
    sections = [f"### skfashion {name}\n\n```text\n{help_of(name)}\n```\n" for name in commands]
    return "\n".join(sections)
