"""Train and measure classifiers side by side, on the same data, and keep all results.

`compare` returns a `Comparison`: the table, and the predictions, confusion matrices and learning
curves behind it. `load_comparison` reads one back from the folder that was passed as ``out=``.

Nothing here knows a classifier by name: estimators are arguments, and only their public attributes
are read.

Map of the package
------------------
``_compare`` checks its arguments (``_arguments``), describes the machine (``_machine``), plans the
units of work (``_plan``, ``_unit``, ``_fingerprints``) and runs them (``_run``, ``_parallel``,
``_progress``). ``_measure`` and ``_answers`` measure one estimator, in any process. ``_keeper`` and
``_result_folder`` write results to a folder and read them back (``_storage``), checked
(``_schema``); ``_table`` makes a DataFrame of them. Users get a ``_comparison``, with its
``_provenance``; ``_confused_pairs`` describes confusions and ``_text`` makes texts printable.
"""

from skfashion.comparison._compare import compare
from skfashion.comparison._comparison import Comparison, load_comparison
from skfashion.comparison._confused_pairs import ConfusedPair, confused_pairs
from skfashion.comparison._progress import Progress

__all__ = [
    "Comparison",
    "ConfusedPair",
    "Progress",
    "compare",
    "confused_pairs",
    "load_comparison",
]
