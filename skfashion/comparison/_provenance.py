"""Where the figures of a comparison come from, in one line."""

import re

PACKAGES = ("skfashion", "torch", "scikit-learn")  # those that figures depend on most


def provenance_of(*, dataset, n_train, n_test, recipes, dates, environments):
    """Return one line about data, recipes, dates, machines and versions.

    Parameters
    ----------
    dataset : str or None
        Name of the data.
    n_train : int or None
        Number of training images.
    n_test : int
        Number of test images.
    recipes : sequence of str
        Names of the settings.
    dates : sequence of str
        When results were finished: ISO dates, with or without a time.
    environments : list of dict
        Of `describe_machine`, in the order in which they are named.

    Returns
    -------
    str
        Parts joined by "; ". What is not known is left out.
    """
    parts = [
        _data_in_words(dataset, n_train, n_test),
        _recipes_in_words(recipes),
        _dates_in_words(dates),
        _listed(map(_machine_in_words, environments)),
        _listed(map(_versions_in_words, environments)),
    ]
    return "; ".join(filter(None, parts))


def _data_in_words(dataset, n_train, n_test):
    training = "" if n_train is None else f"{n_train:,} training and "
    images = f"{training}{n_test:,} test images"
    return f"{dataset}: {images}" if dataset else images


def _recipes_in_words(recipes):
    names = list(dict.fromkeys(recipes))
    return f"recipe{'s' if len(names) > 1 else ''} {_listed(names)}" if names else ""


def _dates_in_words(dates):
    days = sorted({date[:10] for date in dates})
    return " to ".join(dict.fromkeys([*days[:1], *days[-1:]]))


def _machine_in_words(environment):
    cpu = re.sub(r"\((R|TM|C)\)", "", environment.get("cpu") or "", flags=re.IGNORECASE)
    cpu = " ".join(cpu.split())
    n_cores = environment.get("usable_cores") or environment.get("cores")
    if n_cores is None:
        return cpu
    cores = f"{n_cores} core{'s' if n_cores > 1 else ''}"
    return f"{cores} of {cpu}" if cpu else cores


def _versions_in_words(environment):
    packages = environment.get("packages") or {}
    versions = [f"{name} {packages[name]}" for name in PACKAGES if name in packages]
    if python := environment.get("python"):
        versions.append(f"Python {python}")
    return ", ".join(versions)


def _listed(texts):
    """Return the different texts that say something, joined by "and"."""
    return " and ".join(dict.fromkeys(filter(None, texts)))
