"""JSON files of a folder: reading them, and changing them with a checksum that fits."""

import json

from skfashion.comparison._storage import CHECKSUM, checksum_of


def content_of(path):
    """Return what a JSON file holds, without its checksum."""
    content = json.loads(path.read_text())
    del content[CHECKSUM]
    return content


def write_content(path, content):
    """Write what a JSON file is to hold, with the checksum of it."""
    if isinstance(content, dict):
        content = {**content, CHECKSUM: checksum_of(content)}
    path.write_text(json.dumps(content))
