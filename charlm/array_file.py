"""The ``.npz`` files of this project: arrays, a format version and a digest of it all.

Nothing is pickled, nothing compressed. A file says how large each array is before anything is allocated, and
no array is larger than the file.
"""

import hashlib
import io
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.errors import MissingFile, ModelFileError
from charlm.files import is_file, replacing

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class ArrayFormat:
    """One kind of file.

    Attributes:
        kind: what such a file is called in messages.
        remedy: what to do about one that cannot be used.
        version: of what is written, and the newest that is read.
    """

    kind: str
    remedy: str
    version: int = 1

    def write(self, path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Write arrays, with the format's version and the digest, in one step.

        Raises:
            OutputError: if it cannot be written.
        """
        contents: Arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
        contents["version"] = np.array([self.version], dtype=np.int64)
        contents["digest"] = np.frombuffer(_digest(contents), dtype=np.uint8)
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **contents)

    def read(self, path: Path, names: set[str] | None = None) -> Arrays:
        """Read arrays, checked against the digest.

        Args:
            path: the file.
            names: the arrays that must be there, no more and no fewer; None: whatever there is.

        Raises:
            MissingFile: if there is no such file.
            ModelFileError: if it is damaged, of another kind or of a newer version.
        """
        if not is_file(path):
            raise MissingFile(f"there is no {self.kind} {path}; {self.remedy}")
        try:
            with zipfile.ZipFile(path) as archive:
                arrays = self._arrays(path, archive, names)
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise ModelFileError(
                f"{path} is not a {self.kind}, or it is cut short or altered ({error}); {self.remedy}"
            ) from error
        except ValueError as error:
            raise ModelFileError(
                f"{path} has an array that cannot be read: {error}; {self.remedy}"
            ) from error
        digest = arrays.pop("digest")
        if digest.tobytes() != _digest(arrays):
            raise ModelFileError(f"{path} was altered: its digest does not match; {self.remedy}")
        del arrays["version"]
        return arrays

    def _arrays(self, path: Path, archive: zipfile.ZipFile, names: set[str] | None) -> Arrays:
        members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
        if any(member.compress_type != zipfile.ZIP_STORED for member in members.values()):
            raise ModelFileError(f"{path} has compressed parts, which no {self.kind} has; {self.remedy}")
        arrays: Arrays = {}
        wanted = set(members) if names is None else names
        for name in ("version", *sorted(wanted - {"version", "digest"}), "digest"):
            if name not in members:
                raise ModelFileError(f"{path} is not a {self.kind}: it has no {name!r}; {self.remedy}")
            arrays[name] = _array(archive.read(members[name]))  # its checksum is compared here
            if name == "version":
                self._check_version(path, arrays[name])
        if more := sorted(set(members) - set(arrays)):
            raise ModelFileError(f"{path} has {more[0]!r}, which no {self.kind} has; {self.remedy}")
        return arrays

    def _check_version(self, path: Path, version: npt.NDArray[Any]) -> None:
        if version.shape != (1,) or version.dtype != np.int64 or version[0] < 1:
            raise ModelFileError(f"{path} is not a {self.kind}: its version is {version!r}; {self.remedy}")
        if version[0] > self.version:
            raise ModelFileError(
                f"{path} is of format {version[0]}, and this program reads up to {self.version}; "
                "install a newer one"
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
