import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from skfashion.pretrained._file import (
    ENTRY,
    FORMAT,
    known_names,
    path_of,
    read,
    with_arrays,
    without_arrays,
    write,
)


def test_the_names_are_those_of_the_files():
    assert "fast-resnet" in known_names()
    assert path_of("fast-resnet").is_file()


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"no pretrained network 'slow'.*are: fast-resnet"):
        read("slow")


def test_values_come_back_as_they_were():
    value = {
        "tuple": (1, (2.5, None)),
        "list": [True, "text", {"a": np.arange(3)}],
        "names": np.array(["x", "yy"]),
        "number": np.float64(0.1),
        "large": 2**120,
    }
    arrays = {}
    packed = json.loads(json.dumps(without_arrays(value, "step", arrays)))
    assert list(arrays) == ["step.list.2.a"]
    back = with_arrays(packed, arrays)
    assert back["tuple"] == value["tuple"]
    assert back["list"][:2] == [True, "text"]
    assert back["list"][2]["a"].tolist() == [0, 1, 2]
    assert back["names"].tolist() == ["x", "yy"]
    assert back["number"] == 0.1
    assert back["large"] == 2**120


def test_what_json_cannot_hold_is_named():
    with pytest.raises(TypeError, match=r"classifier\.augmentation is <built-in function print>"):
        without_arrays({"augmentation": print}, "classifier", {})


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b"\xff" * 40, lambda b: b""]
)
def test_a_damaged_file_is_named(damage, tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(damage(path_of("fast-resnet").read_bytes()))
    with pytest.raises(ValueError, match=r"weights\.safetensors is damaged"):
        read(path)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        (b"\0\x3c", b"\0\x3d", "of a differs"),
        (b'"F16"', b'"I16"', "of a differs"),
        (b'"a":', b'"x":', "of x differs"),
        (b"shirt", b"skirt", "of its description differs"),
    ],
    ids=["weight", "type", "name", "description"],
)
def test_a_changed_byte_is_found(old, new, what, tmp_path):
    path = tmp_path / "weights.safetensors"
    write(path, {"classes": ["shirt"]}, {"a": np.ones((2, 2), np.float16)})
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    with pytest.raises(ValueError, match=rf"is damaged \(the checksum {what}\)\. Install"):
        read(path)


def test_a_file_without_checksums_is_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file({"weight": np.zeros(3)}, path, {ENTRY: json.dumps({"format": FORMAT})})
    with pytest.raises(
        ValueError, match=r"is damaged \(the checksum of its description differs\)\. Install"
    ):
        read(path)


def test_a_file_of_others_is_named(tmp_path):
    path = tmp_path / "others.safetensors"
    save_file({"weight": np.zeros(3)}, path)
    with pytest.raises(ValueError, match=r"others\.safetensors has no network of skfashion"):
        read(path)


def test_a_file_of_another_format_says_so(tmp_path):
    path = tmp_path / "new.safetensors"
    save_file({"weight": np.zeros(3)}, path, {ENTRY: '{"format": 99}'})
    with pytest.raises(ValueError, match="has the format 99, but this version of skfashion reads"):
        read(path)


def test_a_missing_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.safetensors"):
        read(tmp_path / "no.safetensors")


def test_the_same_content_gives_the_same_bytes(tmp_path):
    arrays = {"b": np.arange(3.0), "a": np.ones((2, 2), np.float16)}
    for name in ("one", "two"):
        write(tmp_path / name, {"classes": ["shirt"]}, arrays)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    description, back = read(tmp_path / "one", prefix="a")
    assert description["classes"] == ["shirt"]
    assert list(back) == ["a"]
