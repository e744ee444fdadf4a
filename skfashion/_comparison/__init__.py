"""The parts of `skfashion.comparison`, each knowing nothing of the next one down.

``_words`` (confusions as sentences), ``_machine`` (where it was measured), ``_measure`` (what is
measured of one estimator), ``_units`` (one piece of work and its result), ``_folder`` (results on
disk), ``_table`` (results to a DataFrame), ``_result`` (all of them: Comparison), ``_run`` (the
work). ``_check`` (the arguments) stands beside them.
"""
