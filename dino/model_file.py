"""The ``.npz`` files that models of names live in: arrays, a format version and a digest of it all.

Nothing is pickled, nothing compressed. A file says how large each array is before anything is allocated, and
no array is larger than the file.
"""

import hashlib
import io
import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.errors import MissingFile, ModelFileError
from charlm.files import is_file, replacing

KIND = "model of dinosaur names"
VERSION = 1

_Arrays = dict[str, npt.NDArray[Any]]


def write(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays, with the format's version and the digest.

    Raises:
        OutputError: if it cannot be written.
    """
    contents: _Arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    contents["version"] = np.array([VERSION], dtype=np.int64)
    contents["digest"] = np.frombuffer(_digest(contents), dtype=np.uint8)
    with replacing(path) as temporary:
        np.savez(temporary, allow_pickle=False, **contents)


def read(path: Path, names: set[str]) -> _Arrays:
    """Read the arrays of these names, checked against the digest.

    Raises:
        MissingFile: if there is no such file.
        ModelFileError: if it is damaged, of another kind or of a newer version.
    """
    if not is_file(path):
        raise MissingFile(f"there is no model file {path}; give the path of one that 'dino train' wrote")
    try:
        with zipfile.ZipFile(path) as archive:
            members = {member.filename: member for member in archive.infolist()}
            if any(member.compress_type != zipfile.ZIP_STORED for member in members.values()):
                raise ModelFileError(f"{path} has compressed parts, which no {KIND} has; train it anew")
            arrays = {}
            for name in ("version", *sorted(names), "digest"):
                if f"{name}.npy" not in members:
                    raise ModelFileError(f"{path} is not a {KIND}: it has no {name!r}")
                arrays[name] = _array(archive.read(f"{name}.npy"))  # its checksum is compared here
                if name == "version":
                    _check_version(path, arrays[name])
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise ModelFileError(
            f"{path} is not a {KIND}, or it is cut short or altered ({error}); train it anew"
        ) from error
    except ValueError as error:
        raise ModelFileError(f"{path} has an array that cannot be read: {error}; train it anew") from error
    digest = arrays.pop("digest")
    if digest.tobytes() != _digest(arrays):
        raise ModelFileError(f"{path} was altered: its digest does not match; train it anew")
    del arrays["version"]
    return arrays


def _check_version(path: Path, version: npt.NDArray[Any]) -> None:
    if version.shape != (1,) or version.dtype != np.int64 or version[0] < 1:
        raise ModelFileError(f"{path} is not a {KIND}: its version is {version!r}")
    if version[0] > VERSION:
        raise ModelFileError(
            f"{path} is of format {version[0]}, and this program reads up to {VERSION}; install a newer one"
        )


def _array(content: bytes) -> npt.NDArray[Any]:
    """The array of a ``.npy`` member, after checking that its header fits its size; objects are refused."""
    file = io.BytesIO(content)
    magic = np.lib.format.read_magic(file)
    if magic != (1, 0):
        raise ValueError(f"array format {magic} is not used here")
    try:
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
    except (SyntaxError, TypeError, TokenError) as error:  # NumPy lets Python's own parser fail in its ways
        raise ValueError(f"its header is no header: {error}") from error
    if dtype.hasobject:
        raise ValueError("it holds pickled objects, which are never loaded")
    if dtype.itemsize * math.prod(shape) != len(content) - file.tell():
        raise ValueError(f"its shape {shape} does not fit its {len(content)} bytes")
    flat = np.frombuffer(content, dtype=dtype, offset=file.tell())
    return flat.reshape(shape, order="F" if fortran_order else "C")


def _digest(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.digest()
