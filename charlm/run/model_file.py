"""Named arrays in one checked file: safetensors, with a kind, a version and a digest of every byte.

Nothing is pickled and no code is run. The digest is compared before anything else is believed, and what is
allocated is never more than twice the file.
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from charlm.errors import MissingFile, ModelFileError, OutputError
from charlm.run.files import is_file, replacing

Arrays = dict[str, npt.NDArray[Any]]

LARGEST_HEADER = 2**20
"""The most bytes in front of the numbers: ten thousand arrays have room."""

_ABOUT = "charlm"  # the only metadata entry: the order of several would vary from run to run
_UNSIGNED = b"0" * 64  # the placeholder while the digest is computed
_CHUNK = 2**20


@dataclass(frozen=True)
class FileFormat:
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
    largest: int = 2**40

    def write(self, path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Write arrays in one step.

        Raises:
            OutputError: if the file would be too large.
        """
        about = {"kind": self.kind, "version": self.version, "sha256": _UNSIGNED.decode()}
        plain = {name: np.asarray(array, order="C") for name, array in arrays.items()}
        content = bytearray(save(plain, {_ABOUT: json.dumps(about)}))
        if len(content) > self.largest:
            raise OutputError(
                f"cannot write {path}: it would have {len(content):,} bytes, and a {self.kind} has at most "
                f"{self.largest:,}; make it smaller"
            )
        digest = hashlib.sha256(content).hexdigest().encode()
        place = content.index(_UNSIGNED)
        content[place : place + len(digest)] = digest
        with replacing(path) as temporary:
            temporary.write_bytes(content)

    def read(
        self,
        path: Path,
        names: set[str] | None = None,
        most: Mapping[str, int] | None = None,
        optional: frozenset[str] = frozenset(),
    ) -> Arrays:
        """Read arrays, once the digest has been compared.

        Args:
            path: the file.
            names: the arrays that must be there, no more and no fewer; None: whatever there is.
            most: the most numbers that some of them may have.
            optional: arrays that may be there too.

        Raises:
            MissingFile: if there is no such file.
            ModelFileError: if it is damaged, of another kind or of a newer version.
        """
        if not is_file(path):
            raise MissingFile(f"there is no {self.kind} {path}; {self.remedy}")
        try:
            with path.open("rb") as file:
                self._check(path, file)
                file.seek(0)
                arrays = load(file.read())
        except (OSError, SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise ModelFileError(
                f"{path} is not a {self.kind}, or it is cut short or altered ({error}); {self.remedy}"
            ) from error
        for name in sorted((names ^ set(arrays)) - optional if names is not None else ()):
            there = "has an" if name in arrays else "has no"
            raise ModelFileError(f"{path} is not a {self.kind}: it {there} array {name!r}; {self.remedy}")
        for name, size in (most or {}).items():
            if name in arrays and arrays[name].size > size:
                raise ModelFileError(
                    f"{path} has an array {name!r} of {arrays[name].size:,} numbers, where {size:,} are the "
                    f"most; {self.remedy}"
                )
        return arrays

    def _check(self, path: Path, file: BinaryIO) -> None:
        """Compare the size, the kind, the version and the digest, a chunk at a time."""
        if (size := path.stat().st_size) > self.largest:
            raise ModelFileError(
                f"{path} has {size:,} bytes, more than the {self.largest:,} of any {self.kind}; {self.remedy}"
            )
        length = file.read(8)
        if length[:4] == b"PK\3\4":
            raise ModelFileError(f"{path} is a zip file, such as earlier versions wrote; {self.remedy}")
        (header_size,) = struct.unpack("<Q", length.ljust(8, b"\xff"))
        if header_size > LARGEST_HEADER:
            raise ValueError(
                f"its header claims {header_size:,} bytes, where {LARGEST_HEADER:,} are the most"
            )
        header = file.read(header_size)
        about = json.loads(json.loads(header)["__metadata__"][_ABOUT])
        kind, version, claimed = about["kind"], about["version"], str(about["sha256"]).encode()
        if kind != self.kind:
            raise ModelFileError(f"{path} is a {kind!r:.60}, not a {self.kind}; {self.remedy}")
        if type(version) is not int or version < 1:
            raise ValueError(f"its version is {version!r}")
        if version > self.version:
            raise ModelFileError(
                f"{path} is of format {version:,}, and this program reads up to {self.version}; "
                "install a newer one"
            )
        if len(claimed) != len(_UNSIGNED):
            raise ValueError("its digest is none")
        digest = hashlib.sha256(length + header.replace(claimed, _UNSIGNED, 1))
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        if digest.hexdigest().encode() != claimed:
            raise ModelFileError(f"{path} was altered: its digest does not match; {self.remedy}")
