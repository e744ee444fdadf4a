"""The names that a user may type, known without torch and scikit-learn: for help and completion."""

# the functions of `skfashion.recipes`
RECIPES = ("published", "tuned", "best")
# the networks of the recipes, and the keys of `classic_baselines`
RECIPE_NETWORKS = ("Simple dense", "CNN 1", "CNN 2", "LeNet-5", "Modified LeNet-5")
BASELINES = (
    "Dummy",
    "Gaussian naive Bayes",
    "Logistic regression",
    "Linear SVM",
    "k-NN",
    "Decision tree",
    "Random forest",
    "Extra trees",
    "Histogram gradient boosting",
    "RBF SVM",
    "MLP",
    "HOG + SVM",
)
NOT_BY_NAME = ("Image",)  # ImageClassifier has no network of its own


def simple(name):
    """Return a name without case, spaces, hyphens and other signs."""
    return "".join(c for c in name.lower() if c.isalnum())


def typed(name):
    """Return a name as it is typed without quotes: "hog-svm" for "HOG + SVM"."""
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())


def network_names():
    """Return the names of all networks, those of the recipes first."""
    from skfashion import neural_network

    classes = [name.removesuffix("Classifier") for name in neural_network.__all__]
    known = {simple(name) for name in (*RECIPE_NETWORKS, *NOT_BY_NAME)}
    return [*RECIPE_NETWORKS, *(name for name in classes if simple(name) not in known)]


def as_typed(names):
    """Return names in one line, as they are typed."""
    return ", ".join(typed(name) for name in names)


def completing(names):
    """Return a function that completes the beginning of one of the names."""

    def complete(incomplete: str):
        names_now = names() if callable(names) else names
        return [name for name in map(typed, names_now) if name.startswith(incomplete.lower())]

    return complete


def complete_data(incomplete: str):
    """Complete "sample", "full" or a folder."""
    from pathlib import Path

    folder = Path(incomplete if incomplete.endswith("/") else Path(incomplete).parent)
    try:
        folders = [f"{path}/" for path in sorted(folder.iterdir()) if path.is_dir()]
    except OSError:
        folders = []
    return [name for name in ("sample", "full", *folders) if name.startswith(incomplete)]
