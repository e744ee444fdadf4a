"""The file of a pretrained network: safetensors, with plain JSON in its header.

NumPy is enough to read it. Arrays are tensors of the file; everything else is in the header's entry
`ENTRY`, as `make_pretrained` describes.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from skfashion._files import atomic_write, open_regular

ENTRY = "skfashion"  # in the header
FORMAT = 2  # a reader knows one; a change of meaning raises it
FOLDER = Path(__file__).parent / "data"
SUFFIX = ".safetensors"
NOT_IN_NUMPY = ("BF16", "F8_E4M3", "F8_E5M2")


def known_names():
    """Return the names of the networks that come with the package."""
    return sorted(path.stem for path in FOLDER.glob(f"*{SUFFIX}"))


def path_of(name):
    """Return the file of a network that comes with the package; a path is returned as it is.

    Raises
    ------
    ValueError
        If there is no network of that name. The message lists those that there are.
    """
    if isinstance(name, Path):
        return name
    if name not in known_names():
        raise ValueError(
            f"There is no pretrained network {name!r}. Those that come with skfashion are: "
            f"{', '.join(known_names())}."
        )
    return FOLDER / (name + SUFFIX)


def without_arrays(value, name, arrays):
    """Return nested values as JSON can hold them, and put their arrays into a dict by name.

    Parameters
    ----------
    value : object
        Dicts with str for keys, lists, tuples, arrays, numbers, strings and None.
    name : str
        What the names of its arrays begin with.
    arrays : dict
        Each array is added to it.

    Raises
    ------
    TypeError
        If there is a value of another type; the message says where.
    """
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "U":
            return {"": "text", "values": value.tolist()}
        arrays[name] = value
        return {"": "array", "name": name}
    if isinstance(value, tuple):
        return {"": "tuple", "values": without_arrays(list(value), name, arrays)}
    if isinstance(value, dict):
        return {str(k): without_arrays(v, f"{name}.{k}", arrays) for k, v in value.items()}
    if isinstance(value, list):
        return [without_arrays(item, f"{name}.{k}", arrays) for k, item in enumerate(value)]
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{name} is {value!r}, which a file of weights cannot hold.")


def with_arrays(value, arrays):
    """Return what `without_arrays` was given."""
    if isinstance(value, list):
        return [with_arrays(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if "" not in value:
        return {key: with_arrays(item, arrays) for key, item in value.items()}
    if value[""] == "array":
        return arrays[value["name"]]
    values = with_arrays(value["values"], arrays)
    return tuple(values) if value[""] == "tuple" else np.array(values)


def checksum_of(content):
    """Return 16 hex digits for a text, or for an array with its type and shape."""
    digest = hashlib.sha256()
    if isinstance(content, np.ndarray):
        digest.update(f"{content.dtype} {content.shape}".encode())
    digest.update(content.encode() if isinstance(content, str) else content)
    return digest.hexdigest()[:16]


def write(path, description, arrays):
    """Write arrays and a description, a dict that JSON can hold, to a file; all of it or nothing.

    The same content gives the same bytes.
    """
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    checksums = {name: checksum_of(array) for name, array in arrays.items()}
    entry = {"format": FORMAT, **description, "checksums": checksums}
    entry["checksum"] = checksum_of(as_json(entry))
    content = save(arrays, {ENTRY: as_json(entry)})
    with atomic_write(path, "wb") as file:
        file.write(content)


def damage(path, what):
    """Return the sentence for a damaged file."""
    return f"{path} is damaged ({what}). Install skfashion again, or copy the file again."


def as_json(value):
    return json.dumps(value, ensure_ascii=False)


def checked_description(path, metadata, arrays):
    """Return the header's entry, None if there is none; checksums are compared."""
    if ENTRY not in metadata:
        return None
    description = json.loads(metadata[ENTRY])
    if description.get("format") != FORMAT:
        raise ValueError(
            f"{path} has the format {description.get('format')}, but this version of skfashion "
            f"reads format {FORMAT}: install the version that it was written with."
        )
    if description.pop("checksum", None) != checksum_of(as_json(description)):
        raise ValueError(damage(path, "the checksum of its description differs"))
    checksums = description["checksums"]
    for name, array in arrays.items():
        if checksum_of(array) != checksums.get(name):
            raise ValueError(damage(path, f"the checksum of {name} differs"))
    return description


def read_tensors(path, prefix=""):
    """Return the header's entry, a dict or None, and the arrays of any file of safetensors.

    Only arrays whose names begin with `prefix`, a str or a tuple of str, are read.

    Raises
    ------
    ValueError
        If the file is damaged, or has numbers of a type that NumPy does not have.
    OSError
        If the file cannot be read.
    """
    open_regular(path).close()  # safetensors' own errors do not name the file
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            names = [key for key in file.keys() if key.startswith(prefix)]  # noqa: SIM118, not a dict
            for name in names:
                if (dtype := file.get_slice(name).get_dtype()) in NOT_IN_NUMPY:
                    raise ValueError(f"{path} has {name} in {dtype}: save it in float32.")
            arrays = {key: file.get_tensor(key) for key in names}
        return checked_description(path, metadata, arrays), arrays
    except (SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(damage(path, error)) from error


def read(name, prefix=""):
    """Return the description and the arrays of a pretrained network.

    Parameters
    ----------
    name : str or pathlib.Path
        Of a network that comes with the package, or the path of a file.
    prefix : str or tuple of str, default=""
        Only arrays whose names begin with it are read.

    Raises
    ------
    ValueError
        If the name is unknown, or the file is damaged or not one of skfashion's.
    OSError
        If the file cannot be read.
    """
    path = path_of(name)
    description, arrays = read_tensors(path, prefix)
    if description is None:
        raise ValueError(f"{path} has no network of skfashion: its header has no {ENTRY!r}.")
    return description, arrays
