"""Most machines do not have the full data, so the loader is given the sample's files instead.

Downloads are real, from a server on this machine.
"""

import errno
import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import warnings
from collections import Counter, deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pooch
import pytest
from sklearn.datasets import get_data_home

from skfashion._files import draft_of
from skfashion.datasets import CLASS_NAMES, _fashion_mnist, fetch_fashion_mnist, read_idx, write_idx
from skfashion.datasets._fashion_sample import DATA_FOLDER
from skfashion.datasets._idx import read_content
from skfashion.datasets._idx_folder import file_names

NAMES = {key: file_names(*key)[0] for key in _fashion_mnist.SHA256}
SAMPLE_SHA256 = {
    key: hashlib.sha256(read_content(DATA_FOLDER / name)).hexdigest() for key, name in NAMES.items()
}
REAL_FOLDER = _fashion_mnist.DEBIAN_FOLDER
needs_real_folder = pytest.mark.skipif(
    not REAL_FOLDER.is_dir(), reason="Debian's dataset-fashion-mnist is not installed"
)


class Publisher(ThreadingHTTPServer):
    """A server of the sample's files whose next answers can be made to fail."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.faults = deque()
        self.requests = []
        self.halfway = threading.Event()
        self.closing = threading.Event()


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.removeprefix("/")
        self.server.requests.append(name)
        fault = self.server.faults.popleft() if self.server.faults else None
        if fault == "error":
            self.send_error(503)
            return
        content = b"<html>Sign in first</html>" if fault == "garbage" else None
        content = content or (DATA_FOLDER / name).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if fault in ("half", "hang"):
            content = content[: len(content) // 2]
        self.wfile.write(content)
        if fault == "hang":
            self.server.halfway.set()
            self.server.closing.wait(300)

    def log_message(self, *args):
        pass


@pytest.fixture(autouse=True)
def sample_for_full(monkeypatch, tmp_path):
    """Make the loader take the sample's files for the full ones, and find none on this machine."""
    monkeypatch.setattr(_fashion_mnist, "SHA256", SAMPLE_SHA256)
    monkeypatch.setattr(_fashion_mnist, "DEBIAN_FOLDER", tmp_path / "debian")
    monkeypatch.setattr(_fashion_mnist, "URLS", ("http://127.0.0.1:9/", "http://127.0.0.1:9/2/"))


@pytest.fixture
def publisher(monkeypatch):
    server = Publisher()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    monkeypatch.setattr(_fashion_mnist, "URLS", (server.url,))
    yield server
    server.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def data_home(tmp_path):
    """Return a data_home with all files."""
    shutil.copytree(DATA_FOLDER, tmp_path / "home" / "fashion_mnist")
    return tmp_path / "home"


def files_in(home):
    return {path.name for path in (home / "fashion_mnist").iterdir()} - {".lock"}


def check_is_sample(dataset, sample):
    np.testing.assert_array_equal(dataset.data, sample.data)
    np.testing.assert_array_equal(dataset.target, sample.target)


# ------------------------------------------------------------------------------ the real thing


@needs_real_folder
def test_real_data(monkeypatch, tmp_path):
    monkeypatch.undo()
    dataset = fetch_fashion_mnist(data_home=tmp_path, download_if_missing=False)
    assert dataset.data.shape == (70_000, 784)
    assert dataset.images.shape == (70_000, 28, 28)
    assert np.shares_memory(dataset.images, dataset.data)
    assert np.bincount(dataset.target[:60_000]).tolist() == [6000] * 10
    assert np.bincount(dataset.target[60_000:]).tolist() == [1000] * 10
    assert dataset.target_names.tolist() == list(CLASS_NAMES)
    assert list(tmp_path.iterdir()) == []  # nothing to download, nothing written


@needs_real_folder
def test_known_hashes_are_of_the_published_files(monkeypatch):
    """Debian compressed the files again, without name and date; with these they are the same."""
    monkeypatch.undo()
    published = {  # MD5 in the publisher's README, time of compression in the file
        ("train", "images"): ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", 0x59A7E9DE),
        ("train", "labels"): ("25c81989df183df01b3e8a0aad5dffbe", 0x59A7E9DE),
        ("test", "images"): ("bef4ecab320f06d8554ea6380940ec79", 0x59A7E9F3),
        ("test", "labels"): ("bb300cfdad3c16e7a12a480ee83cd310", 0x59A7E9F3),
    }
    for key, (md5, packed_at) in published.items():
        path = REAL_FOLDER / NAMES[key]
        head = b"\x1f\x8b\x08\x08" + packed_at.to_bytes(4, "little") + b"\x00\x03"
        head += path.stem.encode() + b"\x00"
        assert hashlib.md5(head + path.read_bytes()[10:]).hexdigest() == md5
        assert hashlib.sha256(read_content(path)).hexdigest() == _fashion_mnist.SHA256[key]


# ------------------------------------------------------------------------------ files at hand


def test_reads_data_home(data_home, sample):
    dataset = fetch_fashion_mnist(data_home=data_home)
    check_is_sample(dataset, sample)
    assert dataset.target_names.tolist() == list(CLASS_NAMES)
    assert dataset.DESCR.startswith("Fashion-MNIST")


def test_return_X_y_and_as_frame(data_home, sample):
    X, y = fetch_fashion_mnist(
        data_home=str(data_home), subset="test", return_X_y=True, as_frame=True
    )
    np.testing.assert_array_equal(X, sample.data[6000:])
    assert list(X.columns) == sample.feature_names
    assert (y.name, y.dtype) == ("target", np.int64)


def test_uncompressed_files_are_read(data_home, sample):
    for name in NAMES.values():
        path = data_home / "fashion_mnist" / name
        write_idx(path.with_suffix(""), read_idx(path))
        path.unlink()
    check_is_sample(fetch_fashion_mnist(data_home=data_home), sample)


def test_debian_is_second(data_home, tmp_path, sample):
    shutil.move(data_home / "fashion_mnist", tmp_path / "debian")
    check_is_sample(fetch_fashion_mnist(data_home=data_home, download_if_missing=False), sample)
    assert list(data_home.iterdir()) == []


@pytest.mark.parametrize("variable", [None, "elsewhere"])
def test_default_folder_is_in_scikit_learns(monkeypatch, tmp_path, variable):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SCIKIT_LEARN_DATA", raising=False)
    if variable:
        monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / variable))
    folder = _fashion_mnist.default_folder(None)
    assert not folder.parent.exists()
    assert folder == Path(get_data_home()) / "fashion_mnist"


def test_nothing_at_hand(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        fetch_fashion_mnist(data_home=tmp_path / "home", download_if_missing=False)
    message = str(caught.value)
    assert "download_if_missing=True" in message
    assert "apt install dataset-fashion-mnist" in message
    assert all(name in message for name in NAMES.values())
    assert str(tmp_path / "home" / "fashion_mnist") in message
    assert not (tmp_path / "home").exists()


def spoil_truncated(path):
    path.write_bytes(path.read_bytes()[:-100])


def spoil_empty(path):
    path.write_bytes(b"")


def spoil_swapped(path):
    write_idx(path, read_idx(path)[::-1])  # intact, but of another dataset


SPOILS = [spoil_truncated, spoil_empty, spoil_swapped]


@pytest.mark.parametrize("spoil", SPOILS)
def test_bad_file_and_no_other(data_home, spoil):
    path = data_home / "fashion_mnist" / NAMES["test", "labels"]
    spoil(path)
    with pytest.raises(FileNotFoundError, match=rf"no good copy of {path.name} .*{path} is "):
        fetch_fashion_mnist(data_home=data_home, download_if_missing=False)


def test_swapped_dataset_is_named(data_home):
    spoil_swapped(data_home / "fashion_mnist" / NAMES["test", "labels"])
    with pytest.raises(
        FileNotFoundError, match=r"not the file of Fashion-MNIST.*or it belongs to MNIST"
    ):
        fetch_fashion_mnist(data_home=data_home, download_if_missing=False)


@contextmanager
def warns_once(start, *texts):
    """Expect one warning that starts and continues with these texts, and asks for nothing."""
    with pytest.warns(UserWarning, match=re.escape(start)) as caught:
        yield
    (message,) = (str(warning.message) for warning in caught)
    assert message.startswith(start)
    assert all(text in message for text in texts), message
    assert "Delete it" not in message


@pytest.mark.parametrize("spoil", SPOILS)
def test_bad_file_is_replaced_by_debians(data_home, tmp_path, sample, spoil):
    shutil.copytree(data_home / "fashion_mnist", tmp_path / "debian")
    path = data_home / "fashion_mnist" / NAMES["test", "images"]
    good = path.read_bytes()
    spoil(path)
    files = files_in(data_home)
    source = tmp_path / "debian" / path.name
    with warns_once(f"{path} is ", f"replaced by a copy of {source}"):
        dataset = fetch_fashion_mnist(data_home=data_home, download_if_missing=False)
    check_is_sample(dataset, sample)
    assert path.read_bytes() == good
    assert files_in(data_home) == files
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fetch_fashion_mnist(data_home=data_home, download_if_missing=False)


def test_bad_file_is_replaced_by_an_unpacked_one(data_home, tmp_path):
    path = data_home / "fashion_mnist" / NAMES["test", "labels"]
    source = tmp_path / "debian" / path.stem
    source.parent.mkdir()
    content = gzip.decompress(path.read_bytes())
    source.write_bytes(content)
    spoil_truncated(path)
    with pytest.warns(UserWarning, match=f"replaced by a copy of {source}"):
        fetch_fashion_mnist(data_home=data_home)
    assert gzip.decompress(path.read_bytes()) == content


def test_bad_file_that_cannot_be_replaced(ordinary_user, monkeypatch, sample):
    monkeypatch.setattr(_fashion_mnist, "DEBIAN_FOLDER", ordinary_user / "debian")
    for name in ("fashion_mnist", "debian"):
        shutil.copytree(DATA_FOLDER, ordinary_user / name)
    path = ordinary_user / "fashion_mnist" / NAMES["test", "labels"]
    spoil_truncated(path)
    bad = path.read_bytes()
    path.parent.chmod(0o500)
    source = ordinary_user / "debian" / path.name
    try:
        with warns_once(f"{path} is damaged", f"{source} is read", "Permission denied"):
            dataset = fetch_fashion_mnist(data_home=ordinary_user)
    finally:
        path.parent.chmod(0o700)
    check_is_sample(dataset, sample)
    assert path.read_bytes() == bad


def test_folder_in_place_of_a_file(publisher, data_home):
    path = data_home / "fashion_mnist" / NAMES["train", "labels"]
    path.unlink()
    path.mkdir()
    files = files_in(data_home)
    with (
        pytest.warns(UserWarning, match=f"Cannot read {path}: Is a directory"),
        pytest.raises(IsADirectoryError, match=f"Cannot write to {path.parent}: Is a directory"),
    ):
        fetch_fashion_mnist(data_home=data_home)
    assert files_in(data_home) == files


def test_dangling_link_is_named(data_home, tmp_path):
    path = data_home / "fashion_mnist" / NAMES["train", "labels"]
    path.unlink()
    path.symlink_to(tmp_path / "absent")
    with pytest.raises(FileNotFoundError, match=f"Cannot read {path}: it is a symbolic link to"):
        fetch_fashion_mnist(data_home=data_home, download_if_missing=False)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("absent")])
def test_pipe_or_dangling_link_is_replaced_by_debians(data_home, tmp_path, sample, make):
    shutil.copytree(data_home / "fashion_mnist", tmp_path / "debian")
    path = data_home / "fashion_mnist" / NAMES["train", "labels"]
    path.unlink()
    make(path)
    with warns_once(f"Cannot read {path}: it is a ", "replaced by a copy of"):
        check_is_sample(fetch_fashion_mnist(data_home=data_home), sample)
    assert not path.is_symlink()


def test_larger_file_is_not_unpacked(data_home, monkeypatch):
    """A header may announce more than Fashion-MNIST has: then it is another dataset."""
    monkeypatch.setattr(_fashion_mnist, "MAX_BYTES", 6000 * 784)
    path = data_home / "fashion_mnist" / NAMES["train", "images"]
    with pytest.raises(FileNotFoundError, match=rf"{path} announces .* 4704000 bytes; expected at"):
        fetch_fashion_mnist(data_home=data_home, download_if_missing=False)


def test_index_is_the_number_of_the_image(data_home):
    for subset, n_images in [("train", 6000), ("test", 1000), ("all", 7000)]:
        index = fetch_fashion_mnist(data_home=data_home, subset=subset).index
        assert (index.tolist(), index.dtype) == (list(range(n_images)), np.int64)


def test_data_home_that_is_a_file(publisher, tmp_path):
    home = tmp_path / "home"
    home.write_text("")
    with (
        pytest.warns(UserWarning, match="Not a directory"),
        pytest.raises(OSError, match=f"Cannot write to {home}/fashion_mnist: Not a directory"),
    ):
        fetch_fashion_mnist(data_home=home)


@pytest.fixture
def forbidden_home(ordinary_user, monkeypatch):
    """Return a data_home with a file that may not be read; there is no other copy."""
    monkeypatch.setattr(_fashion_mnist, "DEBIAN_FOLDER", ordinary_user / "debian")
    path = ordinary_user / "fashion_mnist" / NAMES["test", "images"]
    path.parent.mkdir()
    shutil.copy(DATA_FOLDER / path.name, path)
    path.chmod(0)
    return ordinary_user


def test_forbidden_file_is_replaced_by_a_download(publisher, forbidden_home, sample):
    with warns_once("Cannot read", NAMES["test", "images"], "A copy is downloaded to"):
        X, _ = fetch_fashion_mnist(data_home=forbidden_home, subset="test", return_X_y=True)
    np.testing.assert_array_equal(X, sample.data[6000:])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fetch_fashion_mnist(data_home=forbidden_home, subset="test", download_if_missing=False)


def test_forbidden_file_in_a_folder_that_cannot_be_written(forbidden_home):
    (forbidden_home / "fashion_mnist").chmod(0o500)
    try:
        with (
            pytest.warns(UserWarning, match=r"Cannot read .*t10k-images"),
            pytest.raises(PermissionError, match=r"Cannot write to .*as data_home"),
        ):
            fetch_fashion_mnist(data_home=forbidden_home, subset="test")
    finally:
        (forbidden_home / "fashion_mnist").chmod(0o700)


def test_forbidden_file_is_replaced_by_debians(forbidden_home, sample):
    shutil.copytree(DATA_FOLDER, forbidden_home / "debian")
    with warns_once("Cannot read", "Permission denied", "replaced by a copy of"):
        dataset = fetch_fashion_mnist(data_home=forbidden_home)
    check_is_sample(dataset, sample)
    assert os.access(forbidden_home / "fashion_mnist" / NAMES["test", "images"], os.R_OK)


@pytest.mark.parametrize(
    "wrong",
    [
        {"data_home": 3},
        {"subset": "valid"},
        {"n_retries": -1},
        {"delay": -1.0},
        {"as_frame": "yes"},
    ],
)
def test_wrong_parameter(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"'{name}' parameter of fetch_fashion_mnist"):
        fetch_fashion_mnist(**wrong)


# ------------------------------------------------------------------------------ downloads


def test_downloads_once(publisher, tmp_path, sample):
    check_is_sample(fetch_fashion_mnist(data_home=tmp_path), sample)
    check_is_sample(fetch_fashion_mnist(data_home=tmp_path), sample)
    assert Counter(publisher.requests) == Counter(NAMES.values())
    assert files_in(tmp_path) == set(NAMES.values())


def test_downloads_what_is_asked_for(publisher, tmp_path, sample):
    X, _ = fetch_fashion_mnist(data_home=tmp_path, subset="test", return_X_y=True)
    np.testing.assert_array_equal(X, sample.data[6000:])
    assert files_in(tmp_path) == {NAMES["test", "images"], NAMES["test", "labels"]}


@pytest.mark.parametrize("spoil", SPOILS)
def test_bad_file_is_fetched_again(publisher, data_home, sample, spoil):
    path = data_home / "fashion_mnist" / NAMES["test", "labels"]
    spoil(path)
    with warns_once(f"{path} is ", f"downloaded to {path.parent}"):
        check_is_sample(fetch_fashion_mnist(data_home=data_home), sample)
    assert publisher.requests == [path.name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_is_sample(fetch_fashion_mnist(data_home=data_home), sample)


@pytest.mark.parametrize("fault", ["half", "garbage", "error"])
def test_tries_again(publisher, tmp_path, fault):
    publisher.faults.extend([fault, fault])
    with pytest.warns(UserWarning, match="Trying again to download train-images") as caught:
        X, _ = fetch_fashion_mnist(data_home=tmp_path, subset="train", delay=0, return_X_y=True)
    assert len(X) == 6000
    assert len(caught) == 2
    assert len(publisher.requests) == 4


@pytest.mark.parametrize("fault", ["half", "garbage", "error"])
def test_gives_up(publisher, tmp_path, fault):
    publisher.faults.extend([fault] * 3)
    with (
        pytest.warns(UserWarning, match="Trying again"),
        pytest.raises(ConnectionError, match=f"{publisher.url}: .*apt install"),
    ):
        fetch_fashion_mnist(data_home=tmp_path, n_retries=2, delay=0)
    assert len(publisher.requests) == 3
    assert files_in(tmp_path) == set()


def test_second_address(publisher, monkeypatch, tmp_path, sample):
    monkeypatch.setattr(_fashion_mnist, "URLS", ("http://127.0.0.1:9/", publisher.url))
    check_is_sample(fetch_fashion_mnist(data_home=tmp_path), sample)


def test_no_network(tmp_path):
    with pytest.raises(ConnectionError) as caught:
        fetch_fashion_mnist(data_home=tmp_path, n_retries=0)
    message = str(caught.value)
    assert all(url in message for url in _fashion_mnist.URLS)
    assert "apt install dataset-fashion-mnist" in message
    assert all(name in message for name in NAMES.values())
    assert str(tmp_path / "fashion_mnist") in message
    assert files_in(tmp_path) == set()


@pytest.mark.parametrize("folder", ["fashion_mnist", "."])
def test_home_that_cannot_be_written(ordinary_user, monkeypatch, folder):
    monkeypatch.setattr(_fashion_mnist, "DEBIAN_FOLDER", ordinary_user / "debian")
    (ordinary_user / folder).mkdir(exist_ok=True)
    (ordinary_user / folder).chmod(0o500)
    with pytest.raises(PermissionError, match=r"Cannot write to .*as data_home"):
        fetch_fashion_mnist(data_home=ordinary_user)


def fail_when_writing(monkeypatch, function):
    def fail(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, function, fail)


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_full_disk_is_not_reported_as_a_network_error(publisher, monkeypatch, tmp_path, function):
    fail_when_writing(monkeypatch, function)
    with pytest.raises(OSError, match=r"Cannot write to .*No space left.*as data_home") as caught:
        fetch_fashion_mnist(data_home=tmp_path, delay=0)
    assert not isinstance(caught.value, ConnectionError)
    assert caught.value.errno == errno.ENOSPC
    assert len(publisher.requests) == 1  # not retried
    assert files_in(tmp_path) == set()


def test_full_disk_and_debian(monkeypatch, data_home, tmp_path, sample):
    shutil.copytree(data_home / "fashion_mnist", tmp_path / "debian")
    path = data_home / "fashion_mnist" / NAMES["test", "labels"]
    spoil_truncated(path)
    fail_when_writing(monkeypatch, "fsync")
    with warns_once(f"{path} is damaged", "could not be replaced", "No space left"):
        check_is_sample(fetch_fashion_mnist(data_home=data_home), sample)


def test_keyboard_interrupt(tmp_path, monkeypatch):
    def interrupted(self, url, output_file, pooch):
        output_file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch_fashion_mnist(data_home=tmp_path)
    assert files_in(tmp_path) == set()


# ------------------------------------------------------------------------------ paths, progress


class RecordingBar:
    """A progress bar for pooch that records the total and the count of each download."""

    def __init__(self):
        self.total = 0
        self.count = 0
        self.ended = []

    def update(self, n_bytes):
        self.count += n_bytes

    def reset(self):
        self.count = 0

    def close(self):
        self.ended.append((self.total, self.count))


def test_locate_finds_the_files(data_home, tmp_path):
    elsewhere = data_home / "fashion_mnist" / NAMES["test", "labels"]
    (tmp_path / "debian").mkdir()
    moved = elsewhere.rename(tmp_path / "debian" / elsewhere.name)
    bar = RecordingBar()
    paths = _fashion_mnist.locate(data_home, progressbar=bar)
    expected = {name: data_home / "fashion_mnist" / name for name in NAMES.values()}
    assert paths == expected | {moved.name: moved}
    assert bar.ended == []


def test_locate_downloads_what_is_missing_and_shows_it(publisher, tmp_path):
    bar = RecordingBar()
    paths = _fashion_mnist.locate(tmp_path, progressbar=bar)
    assert paths == {name: tmp_path / "fashion_mnist" / name for name in NAMES.values()}
    sizes = [path.stat().st_size for path in paths.values()]
    assert bar.ended == [(size, size) for size in sizes]


def test_progress_starts_over_with_each_attempt(publisher, tmp_path):
    class Bar(RecordingBar):
        highest = 0

        def update(self, n_bytes):
            super().update(n_bytes)
            self.highest = max(self.highest, self.count - self.total)

    publisher.faults.append("half")
    bar = Bar()
    with pytest.warns(UserWarning, match="Trying again"):
        _fashion_mnist.locate(tmp_path, delay=0, progressbar=bar)
    assert bar.highest < 1024  # pooch counts whole chunks


def test_locate_replaces_a_bad_file_and_warns_once(data_home, tmp_path):
    shutil.copytree(data_home / "fashion_mnist", tmp_path / "debian")
    path = data_home / "fashion_mnist" / NAMES["train", "labels"]
    spoil_truncated(path)
    with warns_once(f"{path} is damaged", "replaced by a copy of"):
        paths = _fashion_mnist.locate(data_home)
    assert paths[path.name] == path


# ------------------------------------------------------------------------------ processes


def start_fetching(publisher, home):
    """Fetch the test part in another process, which prints the sum of its pixels."""
    code = """if True:
        import json, pathlib, sys
        from skfashion.datasets import _fashion_mnist
        url, home, keys = json.loads(sys.argv[1])
        _fashion_mnist.URLS = (url,)
        _fashion_mnist.DEBIAN_FOLDER = pathlib.Path(home, "debian")
        _fashion_mnist.SHA256 = {tuple(key): value for key, value in keys}
        X, y = _fashion_mnist.fetch_fashion_mnist(data_home=home, subset="test", return_X_y=True)
        print(X.sum())
    """
    argument = json.dumps([publisher.url, str(home), list(SAMPLE_SHA256.items())])
    return subprocess.Popen(
        [sys.executable, "-c", code, argument],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_several_processes_at_once(publisher, tmp_path, sample):
    processes = [start_fetching(publisher, tmp_path) for _ in range(2)]
    for process in processes:
        output, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        assert int(output) == sample.data[6000:].sum()
    # one downloaded, the other waited for it
    assert Counter(publisher.requests) == {
        NAMES["test", "images"]: 1,
        NAMES["test", "labels"]: 1,
    }
    assert files_in(tmp_path) == set(publisher.requests)


def test_killed_while_downloading(publisher, tmp_path, sample):
    publisher.faults.append("hang")
    process = start_fetching(publisher, tmp_path)
    assert publisher.halfway.wait(300)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not files_in(tmp_path) & set(NAMES.values())
    X, _ = fetch_fashion_mnist(data_home=tmp_path, subset="test", return_X_y=True)
    np.testing.assert_array_equal(X, sample.data[6000:])
    assert files_in(tmp_path) == {NAMES["test", "images"], NAMES["test", "labels"]}


def test_a_draft_of_a_killed_process_is_removed(publisher, tmp_path, monkeypatch):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    folder = tmp_path / "fashion_mnist"
    folder.mkdir()
    with monkeypatch.context() as context:
        context.setattr("skfashion._files.os.getpid", lambda: gone.pid)
        draft = draft_of(folder / NAMES["test", "images"])
    draft.write_bytes(b"half of it")
    fetch_fashion_mnist(data_home=tmp_path, subset="test")
    assert not draft.exists()
