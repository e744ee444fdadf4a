"""Of this folder pytest runs the tests; `make benchmark` runs the rest."""

collect_ignore_glob = ["[!t]*.py", "torch_sides.py"]
