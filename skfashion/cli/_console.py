"""Remarks and errors on the standard error."""

from rich.console import Console
from rich.markup import escape


def say_error(text):
    Console(stderr=True).print(
        f"[red]skfashion:[/] {escape(text)}", highlight=False, soft_wrap=True
    )


def say(text, quiet):
    if not quiet:
        Console(stderr=True).print(escape(text), highlight=False, soft_wrap=True)
