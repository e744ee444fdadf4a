"""Where the dependencies come from: their licences, and whether advisories are known.

``python -m tests.campaigns supply`` prints the licence of every package that an installed skfashion
needs, with its extras, and runs pip-audit if it is there. A case is a package; a fault is a package
without a licence, or an advisory.
"""

import json
import re
import subprocess
import sys
from importlib import util
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement

from tests.campaigns.figures import Figures

LICENCE = "License :: OSI Approved :: "


def licence(name):
    """Return the licence that a package declares, in a few words, or None."""
    metadata = distribution(name).metadata
    if metadata["License-Expression"]:
        return metadata["License-Expression"]
    classifiers = [c for c in metadata.get_all("Classifier") or [] if c.startswith(LICENCE)]
    if classifiers:
        return "; ".join(c.rpartition(" :: ")[2] for c in classifiers)
    text = (metadata["License"] or "").strip()
    if text in ("", "UNKNOWN"):  # as setuptools wrote it
        text = first_licence_file(name)
    return text.splitlines()[0][:60] if text else None


def first_licence_file(name):
    """Return the text of the licence that comes with a package, empty if there is none."""
    files = distribution(name).files or []
    texts = (f.read_text().strip() for f in files if re.match("licen[cs]e", f.name, re.IGNORECASE))
    return next(texts, "")


def needed(name, extras=()):
    """Return the names of the packages that one needs here and now, with some of its extras."""
    found = set()
    for text in distribution(name).requires or []:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            found.add((normal(requirement.name), tuple(sorted(requirement.extras))))
    return found


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def all_needed(root="skfashion", extras=()):
    """Return the names of all packages that are needed, directly or not; some may be missing."""
    seen, waiting = set(), [(root, tuple(extras))]
    while waiting:
        item = waiting.pop()
        if item in seen:
            continue
        seen.add(item)
        try:
            waiting += needed(*item)
        except PackageNotFoundError:
            continue
    return sorted({name for name, _ in seen} - {root})


def licences(names):
    """Return {name: (version, licence)} of those packages that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = (distribution(name).version, licence(name))
        except PackageNotFoundError:
            continue
    return found


def audit():
    """Return advisories by package, and a sentence on the audit; None if it could not be made."""
    if util.find_spec("pip_audit") is None:
        return None, "no audit, as pip-audit is not installed"
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        words = done.stderr.strip().splitlines()
        return None, f"no audit, as pip-audit failed: {words[-1][:200] if words else 'no words'}"
    return advisories_of(packages)


def advisories_of(packages):
    """Return what `audit` does, from pip-audit's list; packages that it does not know are told."""
    found = {p["name"]: [v["id"] for v in p["vulns"]] for p in packages if "skip_reason" not in p}
    if not found:
        return None, f"no audit, as pip-audit found no record of any of {len(packages)} packages"
    n_unknown = len(packages) - len(found)
    told = f"{len(found)} packages audited, {n_unknown} unknown to pip-audit"
    return {name: ids for name, ids in found.items() if ids}, told


def run(n_cases=None, seed=0):
    """Yield the figures of the licences and of the audit."""
    extras = distribution("skfashion").metadata.get_all("Provides-Extra") or []
    figures = Figures("licences")
    names = all_needed("skfashion", extras)
    found = licences(names)
    for name, (version, words) in found.items():
        print(f"{name} {version}: {words}")
        figures.case(None if words else "no licence declared", name)
    figures.notes["not installed"] = len(names) - len(found)
    yield figures
    figures = Figures("advisories")
    advisories, sentence = audit()
    for name, ids in (advisories or {}).items():
        figures.case(f"{name}: {', '.join(ids)}", name)
    figures.notes["audit"] = sentence
    yield figures
