import os
import shutil
import tempfile
from pathlib import Path

import pytest

from skfashion.datasets._fashion_sample import DATA_FOLDER


@pytest.fixture
def sample_folder(tmp_path):
    """A copy of the sample's four files, to be spoilt."""
    folder = tmp_path / "files"
    folder.mkdir()
    for path in DATA_FOLDER.glob("*.gz"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def ordinary_user():
    """Root may read everything: be somebody else for a while, and have a folder for it."""
    folder = Path(tempfile.mkdtemp())
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, 65534, -1)
        os.seteuid(65534)
    yield folder
    if is_root:
        os.seteuid(0)
    folder.chmod(0o700)
    shutil.rmtree(folder)
