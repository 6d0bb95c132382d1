"""The ``.npz`` files of this project: arrays, a format version and a digest of it all.

Nothing is pickled, nothing compressed. A file says how large each array is before anything is allocated, and
no array is larger than the file.
"""

import hashlib
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from charlm.errors import ModelFileError, OutputError
from charlm.run.archive import CHUNK, LARGEST_FILE, Archive, opened
from charlm.run.files import replacing

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class ArrayFormat:
    """One kind of file.

    Attributes:
        kind: what such a file is called in messages.
        remedy: what to do about one that cannot be used.
        version: of what is written, and the newest that is read.
        largest: the most bytes that a file has.
    """

    kind: str
    remedy: str
    version: int = 1
    largest: int = LARGEST_FILE

    def write(self, path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Write arrays, with the format's version and the digest, in one step.

        Raises:
            OutputError: if it cannot be written.
            TypeError: for an array of Python's objects, which would have to be pickled.
        """
        if any(np.asarray(array).dtype.hasobject for array in arrays.values()):
            raise TypeError("an array of objects cannot be written")
        contents: dict[str, Any] = {name: np.asarray(array, order="C") for name, array in arrays.items()}
        contents["version"] = np.array([self.version], dtype=np.int64)
        contents["digest"] = np.frombuffer(_digest(contents), dtype=np.uint8)
        with replacing(path) as temporary:
            with temporary.open("wb") as file:
                np.savez(file, **contents)
            if (size := temporary.stat().st_size) > self.largest:
                raise OutputError(
                    f"cannot write {path}: it would have {size:,} bytes, and a {self.kind} has at most "
                    f"{self.largest:,}; make it smaller"
                )

    def read(
        self, path: Path, names: set[str] | None = None, most: Mapping[str, int] | None = None
    ) -> Arrays:
        """Read arrays, once all their headers and the digest have been checked.

        Args:
            path: the file.
            names: the arrays that must be there, no more and no fewer; None: whatever there is.
            most: the most bytes of some of them, their headers included.

        Raises:
            MissingFile: if there is no such file.
            ModelFileError: if it is damaged, of another kind or of a newer version.
        """
        with opened(path, self.kind, self.remedy, self.largest) as archive:
            archive.require({"version.npy"}, set(archive.sizes()))
            archive.require_sizes({f"{name}.npy": size for name, size in (most or {}).items()})
            version = _array(archive, "version")
            if version.shape != (1,) or version.dtype != np.int64 or version[0] < 1:
                raise ModelFileError(
                    f"{path} is not a {self.kind}: its version is {version!r}; {self.remedy}"
                )
            archive.require_format(int(version[0]), self.version)
            there = {name.removesuffix(".npy") for name in archive.sizes()}
            wanted = (there if names is None else names) | {"version", "digest"}
            archive.require({f"{name}.npy" for name in wanted}, set())
            if _array(archive, "digest").tobytes() != _digest_of_file(archive, wanted - {"digest"}):
                raise archive.refused("was altered: its digest does not match")
            return {name: _array(archive, name) for name in sorted(wanted - {"version", "digest"})}


def _array(archive: Archive, name: str) -> npt.NDArray[Any]:
    """An array, read once its header is known to fit its size."""
    with archive.zip.open(f"{name}.npy") as file:
        shape, dtype = _header(archive, name, file)
        return np.frombuffer(file.read(), dtype=dtype).reshape(shape)  # its checksum is compared here


def _header(archive: Archive, name: str, file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type in the header of a ``.npy`` part, read up to the first number.

    Raises:
        ModelFileError: if it holds objects, or is not what its size allows.
    """
    try:
        magic = np.lib.format.read_magic(file)
        if magic != (1, 0):
            raise ValueError(f"array format {magic} is not used here")
        with warnings.catch_warnings(action="error"):  # of what only another program would have written
            shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
        if dtype.hasobject:
            raise ValueError("it holds pickled objects, which are never loaded")
        size = archive.sizes()[f"{name}.npy"] - file.tell()
        if fortran_order or min(shape, default=0) < 0 or dtype.itemsize * math.prod(shape) != size:
            raise ValueError(f"its shape {shape} of {dtype} does not fit its {size:,} bytes")
    except (ValueError, SyntaxError, TypeError, TokenError, Warning, RecursionError, MemoryError) as error:
        # NumPy lets Python's own parser fail in its ways.
        raise archive.refused(f"has an array {name!r} that cannot be read: {error}") from error
    return shape, dtype


def _digest_of_file(archive: Archive, names: set[str]) -> bytes:
    """The digest of arrays that are looked through and not kept."""
    digest = hashlib.sha256()
    for name in sorted(names):
        with archive.zip.open(f"{name}.npy") as file:
            shape, dtype = _header(archive, name, file)
            digest.update(_described(name, shape, dtype))
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    return digest.digest()


def _digest(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(_described(name, array.shape, array.dtype))
        digest.update(array.tobytes())
    return digest.digest()


def _described(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    return f"{name} {dtype.str} {shape}\n".encode()
