"""Of this folder pytest runs the tests of the pure parts; `make benchmark` runs the rest."""

from pathlib import Path

collect_ignore = [
    str(path)
    for path in Path(__file__).parent.rglob("*.py")
    if not path.name.startswith(("test_", "conftest"))
]
