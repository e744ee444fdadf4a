"""The plot of the page: seconds an epoch, a panel a network, a bar a variant."""

from pathlib import Path

from tests.benchmarks.networks import NETWORKS
from tests.benchmarks.parts.side_by_side import label
from tests.benchmarks.results import find_row
from tests.benchmarks.sides import VARIANTS
from tests.benchmarks.summary import median, spread

FILE = "seconds_an_epoch.png"
COLOURS = {"skfashion": "#0b6e99", "Keras": "#d1651c"}  # told apart by colour-blind people too
OTHER_COLOUR = "#9a9a9a"


def draw(results, out):
    """Write the plot to the folder `out`; return whether there was something to draw."""
    from matplotlib.figure import Figure

    seconds = {
        network: {
            variant: row["seconds"]
            for variant in VARIANTS
            if (row := find_row(results, "training", **label(network, variant)))
        }
        for network in NETWORKS
    }
    seconds = {network: bars for network, bars in seconds.items() if bars}
    if not seconds:
        return False
    figure = Figure(figsize=(2 + 2.1 * len(seconds), 3.2), layout="constrained")
    panels = figure.subplots(1, len(seconds), sharey=True, squeeze=False)[0]
    for axes, (network, bars) in zip(panels, seconds.items(), strict=True):
        draw_panel(axes, network, bars)
    panels[0].set_yticks(range(len(VARIANTS)), [str(variant) for variant in VARIANTS])
    panels[0].invert_yaxis()
    figure.supxlabel("seconds an epoch of 60,000 images", fontsize="medium")
    figure.savefig(Path(out, FILE), dpi=110, metadata={"Software": None})
    return True


def draw_panel(axes, network, bars):
    """Draw the medians of a network as bars, half the interquartile range as lines."""
    for place, variant in enumerate(VARIANTS):
        if variant not in bars:
            continue
        value, half = median(bars[variant]), spread(bars[variant])
        axes.barh(
            place,
            value,
            xerr=half,
            color=COLOURS.get(variant.side, OTHER_COLOUR),
            alpha=0.6 if variant.precision == "bfloat16" else 1,
        )
        axes.text(value + half, place, f"  {value:.3g}", va="center", fontsize="small")
    axes.set_title(network, fontsize="medium")
    axes.set_xlim(0, 1.35 * max(median(values) for values in bars.values()))
    axes.spines[["top", "right"]].set_visible(False)
