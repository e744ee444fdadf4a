import os
import shutil
import tempfile
from pathlib import Path

import pytest

from skfashion.datasets._fashion_sample import DATA_FOLDER


@pytest.fixture
def sample_folder(tmp_path):
    """Return a folder with a copy of the sample's files, which a test may damage."""
    folder = tmp_path / "files"
    folder.mkdir()
    for path in DATA_FOLDER.glob("*.gz"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def ordinary_user():
    """Run a test as an ordinary user, because root may read everything; return a folder for it."""
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
