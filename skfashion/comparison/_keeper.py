"""Writes results to a folder, and beside them the table and reports for people."""

import warnings
from dataclasses import replace

import pandas as pd

from skfashion.comparison._comparison import comparison_of
from skfashion.comparison._result_folder import in_order
from skfashion.comparison._storage import DamagedFile
from skfashion.comparison._unit import Result


class Keeper:
    """Keeps results in a folder, together with table.csv and the files for people.

    The folder is read when the work begins, and again when all of it is done, because another call
    may have added results; in between, its contents are remembered.

    Parameters
    ----------
    folder : ResultFolder
    """

    def __init__(self, folder):
        self.folder = folder
        self._empty = comparison_of(folder, [])
        self._known = {}
        self._damaged = set()
        self._read()

    def find(self, unit):
        """Return the kept result of a unit, or None; errors are tried again."""
        known = self._known.get(unit)
        if known is None or known.error:
            return None
        try:
            return self.folder.find(unit)
        except DamagedFile as error:
            self._leave_out(error)
            return None

    def keep(self, result):
        """Write a result, the reports of its estimator, and the table."""
        self._known[result.unit] = Result(result.unit, result.values)  # the arrays go to disk
        self._write_reports(result)  # first: if this is killed before the result, both come again
        self.folder.write(result)
        self.write_table()

    def read_again(self):
        """Look into the folder once more, and write the table of all that is there.

        Another call may write a result and its table meanwhile, which ours must not replace.
        """
        before = None
        while before != (now := self.folder.state()):
            before = now
            self._read()
            self.write_table()

    def write_table(self):
        """Write table.csv."""
        table = self._comparison(self._known.values()).table
        self.folder.write_text(self.folder.table_path, table.to_csv())

    def _read(self):
        results = self.folder.read_all(arrays=False, on_damage=self._leave_out)
        self._known = {result.unit: result for result in results}

    def _leave_out(self, error):
        """Warn, once, of a damaged result; raise the error if it cannot be written again."""
        if error.path.is_dir():
            raise error
        if error.path not in self._damaged:
            self._damaged.add(error.path)
            warnings.warn(
                f"{error.path} is damaged: {error.what}. The result is left out; if it is part of "
                "this call, it is measured again.",
                stacklevel=2,
            )

    def _comparison(self, results):
        return replace(self._empty, results=in_order(results))

    def _write_reports(self, result):
        """Write confusions, of the lowest random state, and learning curves for people."""
        unit = result.unit
        known = in_order(self._known.values())
        own = [r for r in known if (r.unit.name, r.unit.settings) == (unit.name, unit.settings)]
        fits = [r.unit for r in own if r.unit.kind == "fit" and not r.error]
        path = self.folder.estimator_path(unit)
        if unit in fits[:1]:
            self._write_confusions(path, unit.name, self._comparison([result]))
        curves = self._comparison(own).learning_curves(unit.name)
        if curves is not None:
            self.folder.write_text(path / "learning_curves.csv", curves.to_csv())

    def _write_confusions(self, path, name, comparison):
        matrix = pd.DataFrame(
            comparison.confusion_matrix(name),
            index=pd.Index(comparison.target_names, name="true"),
            columns=comparison.target_names,
        )
        pairs = comparison.confused_pairs(name, n=None)
        report = comparison.classification_report(name)
        self.folder.write_text(path / "confusion_matrix.csv", matrix.to_csv())
        self.folder.write_text(path / "confused_pairs.txt", "".join(f"{p}\n" for p in pairs))
        self.folder.write_text(path / "classification_report.txt", report)
