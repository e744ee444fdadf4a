"""A table of texts, as Markdown and in the terminal."""

from dataclasses import dataclass

from rich import box
from rich.markup import escape
from rich.table import Table as View


@dataclass
class Table:
    """A table.

    Parameters
    ----------
    title : str
    headers : list of str
    rows : list of list of str
    notes : list of str
        Sentences below it.
    """

    title: str
    headers: list
    rows: list
    notes: list

    def to_markdown(self):
        """Return a section of a page."""
        rule = [":--", *["--:"] * (len(self.headers) - 1)]
        cells = [[cell.replace("|", "\\|") for cell in row] for row in (self.headers, *self.rows)]
        lines = ["| " + " | ".join(row) + " |" for row in (cells[0], rule, *cells[1:])]
        notes = [line for note in self.notes for line in (note, "")]
        return "\n".join([f"## {self.title}", "", *lines, "", *notes])

    def print_to(self, console):
        """Print it to a rich Console."""
        view = View(title=escape(self.title), box=box.SIMPLE_HEAD, title_justify="left")
        for k, header in enumerate(self.headers):
            view.add_column(escape(header), justify="right" if k else "left", overflow="fold")
        for row in self.rows:
            view.add_row(*map(escape, row))
        console.print(view)
        for note in self.notes:
            console.print(escape(note), highlight=False)
