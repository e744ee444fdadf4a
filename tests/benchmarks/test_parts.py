"""Every part measures: on few images, and with all sides in this process."""

from importlib import import_module

import pytest

from tests.benchmarks import crew
from tests.benchmarks.parts import PARTS, training
from tests.benchmarks.settings import Settings
from tests.benchmarks.sides import SIDES, machine_side
from tests.benchmarks.sides.base import Side
from tests.benchmarks.sides.images import save_images

pytestmark = pytest.mark.slow
NETWORK = "Simple dense"


class InThisProcess:
    """Talks like a worker."""

    def __init__(self, side):
        self.side = side

    def call(self, method, **arguments):
        return getattr(self.side, method)(**arguments)

    def ask(self, method, **arguments):
        self.result = self.call(method, **arguments)

    def answer(self):
        return self.result

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class OneProcess(Settings):
    """Settings that start no process."""

    def start(self, side):
        if side == "machine_side":
            return InThisProcess(machine_side.MachineSide())
        module = import_module(f"tests.benchmarks.sides.{SIDES[side]}")
        (side_class,) = (
            value
            for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, Side) and value is not Side
        )
        return InThisProcess(side_class(self.data))


@pytest.fixture(scope="module")
def settings(sample, tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    images, labels = sample.images, sample.target.astype("int64")
    save_images(folder, [images[:6000], labels[:6000], images[6000:], labels[6000:]])
    return OneProcess(folder, threads=2, repeats=1, images=640, keras=None, networks=(NETWORK,))


@pytest.fixture(autouse=True)
def small_machine(monkeypatch):
    monkeypatch.setattr(machine_side, "MATRIX_SIZE", 64)
    monkeypatch.setattr(machine_side, "CONVOLUTIONS", [((1, 2, 4, 4), 2)])
    monkeypatch.setattr(machine_side, "SECONDS", 0.01)
    for module in (crew, training):
        monkeypatch.setattr(module, "has_bfloat16", lambda: False)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_measures_and_shows_it(name, settings):
    rows = list(PARTS[name].measure(settings))
    assert [row["error"] for row in rows if "error" in row] == []
    assert [row for row in rows if "skipped" not in row]
    assert all(table.rows for table in PARTS[name].tables({name: {"rows": rows}}))
