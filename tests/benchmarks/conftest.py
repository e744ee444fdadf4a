"""pytest runs the tests in this folder; `make benchmark` runs the rest."""

collect_ignore_glob = ["[!t]*.py", "torch_sides.py"]
