"""``python -m skfashion``: the `skfashion` command."""

from skfashion.cli import main

if __name__ == "__main__":
    main()
