from pathlib import Path

from skfashion.cli._data import default_folder


def test_each_dataset_has_a_folder_of_its_own(tmp_path):
    places = ["sample", "full", "a/mnist", "b/mnist", "full/", 255 * "x"]
    folders = [default_folder(place) for place in places]
    assert folders[:2] == [Path("runs/compare"), Path("runs/compare-full")]
    assert len(set(folders)) == len(places)
    assert folders[2].name.startswith("compare-mnist-")
    assert default_folder(Path("a/b/../mnist")) == folders[2]
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
