"""The live report: a small comparison on the sample, made when the documentation is built."""

from pathlib import Path

import skfashion
from skfashion import CLASS_NAMES, compare, load_fashion_sample
from skfashion.baselines import classic_baselines
from skfashion.recipes import tuned

NETWORKS = ["Simple dense", "Modified LeNet-5"]
BASELINES = ["Random forest", "k-NN"]


def is_up_to_date(path):
    """Return whether there is a report that is newer than every file of the package."""
    package = Path(skfashion.__file__).parent
    times = [p.stat().st_mtime for p in package.rglob("*") if p.suffix not in (".pyc", "")]
    return path.exists() and path.stat().st_mtime > max(times)


def page():
    """Return the report as an HTML document."""
    networks, baselines = tuned(random_state=0), classic_baselines(random_state=0)
    estimators = {f"{name} (tuned)": networks[name] for name in NETWORKS}
    estimators |= {name: baselines[name] for name in BASELINES}
    X_train, y_train = load_fashion_sample(subset="train", return_X_y=True)
    X_test, y_test = load_fashion_sample(subset="test", return_X_y=True)
    comparison = compare(estimators, X_train, y_train, X_test, y_test, target_names=CLASS_NAMES)
    title = "Four classifiers, trained on a tenth of Fashion-MNIST"
    return comparison.report(title=title).to_html()
