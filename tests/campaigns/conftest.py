"""pytest runs the tests in this folder; `python -m tests.campaigns` runs the rest."""

collect_ignore_glob = ["[!t]*.py"]
