"""Run the examples of the gallery in several processes, and check what they leave."""

import warnings

import joblib

from tests.torchvision_on_cpu import import_torchvision


def prepare(gallery_conf, fname):
    """Prepare the process of an example: it may be a new one, which has not read conf.py."""
    import_torchvision()  # an example uses timm, which imports it
    # The figures are drawn without a screen.
    warnings.filterwarnings("ignore", message=".*FigureCanvasAgg is non-interactive")


def settings():
    """Return how sphinx-gallery runs the examples: one per core at a time, each prepared."""
    return {
        "filename_pattern": r"/plot_",  # the others are shown, but not run
        "parallel": joblib.cpu_count(),
        "reset_modules": ("matplotlib", "seaborn", f"{__name__}.prepare"),
    }


def problems(examples, gallery):
    """Return what is wrong with examples that ran: without a picture, or with files left behind.

    Parameters
    ----------
    examples, gallery : Path
        The folder of the scripts, where they run, and the folder of the pages made from them.

    Returns
    -------
    list of str
    """
    images = gallery / "images"
    found = [
        f"{path.name} makes no picture"
        for path in sorted(examples.glob("plot_*.py"))
        if not (images / f"sphx_glr_{path.stem}_001.png").exists()
    ]
    expected = {*examples.glob("*.py"), examples / "GALLERY_HEADER.rst", examples / "__pycache__"}
    left = sorted(path.name for path in set(examples.iterdir()) - expected)
    return found + [f"an example leaves {name} behind" for name in left]
