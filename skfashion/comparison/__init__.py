"""Train and measure classifiers side by side, on the same data, with everything kept.

`compare` returns a `Comparison`: the table and what lies behind it, predictions, confusion
matrices, learning curves. `load_comparison` reads one back from the folder that ``out=`` has named.

Nothing here knows a classifier by name: estimators are arguments, and what is read of them are
their public attributes.

Map of the package
------------------
``_compare`` checks its arguments (``_arguments``), says where it is measured (``_machine``), plans
the units of work (``_plan``, ``_unit``, ``_fingerprints``) and runs them (``_run``, ``_parallel``,
``_progress``). ``_measure`` is what is measured of one estimator, in any process. Results are put
into a folder by ``_keeper`` and ``_result_folder``, into a DataFrame by ``_table``, and are handed
out as a ``_comparison``; ``_confused_pairs`` puts confusions into words.
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
