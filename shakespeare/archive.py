"""The zip archive that a ``.keras`` file is: checked before any part is read, and signed with a digest.

Every part must lie in the file as it is, beside the others, so nothing that is allocated is larger than the
file. The digest is a part that Keras passes over, made from all others.
"""

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from charlm.errors import CharLMError, MissingFile, ModelFileError
from charlm.run.files import is_file

DIGEST = "digest.json"
FORMAT = 1
"""Of the digest that is written, and the newest that is read."""

_CHUNK = 2**20
_LARGEST_DIGEST = 1000
_LARGEST_TABLE = 2**18
_END = struct.Struct("<4s4H2LH")  # signature, disks, counts, the table's size and place, comment's length
_LOCATOR_SIZE = 20  # of the record that points to a ZIP64 table
_LOCAL_HEADER = struct.Struct("<26x2H")  # its last fields: the lengths of the name and of what follows it
_UTF8_NAME = 0x800


class Archive:
    """An archive whose table of contents has been checked; made by :func:`opened`.

    Attributes:
        path: the file.
        kind: what such a file is called in messages.
        remedy: what to do about one that cannot be used.
        zip: what reads its parts, and compares each one's checksum when it has been read to its end.
    """

    def __init__(self, path: Path, kind: str, remedy: str, file: BinaryIO, archive: zipfile.ZipFile) -> None:
        self.path, self.kind, self.remedy, self._file = path, kind, remedy, file
        self.zip = archive

    def refused(self, why: str) -> ModelFileError:
        """The error to raise for this file."""
        return ModelFileError(f"{self.path} {why}; {self.remedy}")

    def sizes(self) -> dict[str, int]:
        """How many bytes each part has."""
        return {member.filename: member.file_size for member in self.zip.infolist()}

    def require(self, needed: set[str], optional: set[str]) -> None:
        """Check that the parts are those that such a file has.

        Raises:
            ModelFileError: naming one that is missing, or one too many.
        """
        names = set(self.sizes())
        for name in sorted(needed - names):
            raise ModelFileError(f"{self.path} is not a {self.kind}: it has no {name!r}; {self.remedy}")
        for name in sorted(names - needed - optional):
            raise self.refused(f"has a part {name!r}, which no {self.kind} has")

    def require_sizes(self, most: Mapping[str, int]) -> None:
        """Check that no part is larger than it may be.

        Raises:
            ModelFileError: naming the part, its size and what is allowed.
        """
        for name, size in self.sizes().items():
            if size > most.get(name, size):
                raise self.refused(
                    f"has a part {name!r} of {size:,} bytes, where {most[name]:,} are the most"
                )

    def window(self, name: str) -> io.RawIOBase:
        """A part as a seekable file; its checksum is not compared."""
        member = self.zip.getinfo(name)
        self._file.seek(member.header_offset)
        lengths = _LOCAL_HEADER.unpack(self._file.read(_LOCAL_HEADER.size))
        return _Window(self._file, member.header_offset + _LOCAL_HEADER.size + sum(lengths), member.file_size)

    def claimed(self) -> str | None:
        """The digest that the file claims; None if Keras alone wrote it and it claims none.

        Raises:
            ModelFileError: if it is of a newer format, or what it says is no digest.
        """
        if DIGEST not in self.sizes():
            return None
        self.require_sizes({DIGEST: _LARGEST_DIGEST})
        try:
            said = json.loads(self.zip.read(DIGEST))
            number, sha256 = said["format"], said["sha256"]
            if type(number) is not int or number < 1 or not isinstance(sha256, str) or not sha256:
                raise ValueError(f"format {number!r}, digest {sha256!r}")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self.refused(f"has a {DIGEST} that cannot be read ({error!r})") from error
        if number > FORMAT:
            raise ModelFileError(
                f"{self.path} is of format {number}, and this program reads up to {FORMAT}; "
                "install a newer one"
            )
        return sha256

    def verify(self, claimed: str | None) -> None:
        """Read through each part, which compares its checksum, and compare the digest if there is one.

        Raises:
            ModelFileError: if it does not fit.
        """
        if _digest(self.zip) != claimed and claimed is not None:
            raise self.refused("was altered: its digest does not match")


class _Window(io.RawIOBase):
    """A slice of a file, as a file of its own."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size, self._place = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + (0, self._place, self._size)[whence]
        return self._place

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        self._file.seek(self._start + self._place)
        content = self._file.read(max(0, min(len(buffer), self._size - self._place)))
        buffer[: len(content)] = content
        self._place += len(content)
        return len(content)


@contextmanager
def opened(path: Path, kind: str, remedy: str, largest: int) -> Iterator[Archive]:
    """Open an archive; damage that the body runs into is refused here too.

    Args:
        path: the file.
        kind: what such a file is called in messages.
        remedy: what to do about one that cannot be used.
        largest: the most bytes that such a file has.

    Raises:
        MissingFile: if there is no such file.
        ModelFileError: if it is damaged, or claims what it does not have.
    """
    if not is_file(path):
        raise MissingFile(f"there is no {kind} {path}; {remedy}")
    try:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            if size > largest:
                raise ModelFileError(
                    f"{path} has {size:,} bytes, more than the {largest:,} of any {kind}; {remedy}"
                )
            _require_small_table(file, size)
            with zipfile.ZipFile(file) as archive:
                whole = Archive(path, kind, remedy, file, archive)
                _check_members(whole)
                yield whole
    except CharLMError:
        raise
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ModelFileError(
            f"{path} is not a {kind}, or it is cut short or altered ({error}); {remedy}"
        ) from error


def _require_small_table(file: BinaryIO, size: int) -> None:
    """Check the record at the file's end, which makes zipfile load the whole table of contents."""
    file.seek(max(0, size - _END.size - _LOCATOR_SIZE))
    before, end = (tail := file.read())[: -_END.size], tail[-_END.size :]
    if len(end) < _END.size:
        raise zipfile.BadZipFile("it is too short")
    signature, *_, table, place, comment = _END.unpack(end)
    if signature != b"PK\5\6" or comment or before.startswith(b"PK\6\7"):
        raise zipfile.BadZipFile("it does not end with a table of contents")
    if table > _LARGEST_TABLE or place + table + _END.size != size:
        raise zipfile.BadZipFile(f"its table of contents claims {table:,} bytes")


def _check_members(archive: Archive) -> None:
    """Check that no part is there twice, and each one's kind and place."""
    members = sorted(archive.zip.infolist(), key=lambda member: member.header_offset)
    seen: set[str] = set()
    for name in (member.filename for member in members):
        if name in seen:
            raise archive.refused(f"has the part {name!r} twice")
        seen.add(name)
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED:
            raise archive.refused(f"has compressed parts, which no {archive.kind} has")
        if member.flag_bits & ~_UTF8_NAME:
            raise archive.refused(f"has a part {member.filename!r} that is encrypted or of unknown size")
    ends = [*(member.header_offset for member in members[1:]), archive.zip.start_dir]
    for number, (member, end) in enumerate(zip(members, ends, strict=True), start=1):
        size = member.file_size
        if size != member.compress_size or size > archive.zip.start_dir:
            raise archive.refused(
                f"has a part {member.filename!r} that claims {size:,} bytes, which are not there"
            )
        if member.header_offset + _LOCAL_HEADER.size + len(member.filename) + size > end:
            other = members[number].filename if number < len(members) else "the table of contents"
            raise archive.refused(f"has parts that overlap: {member.filename!r} and {other!r}")


def sign(file: IO[bytes]) -> None:
    """Add the digest to a file that has none; the other parts stay as they are."""
    with zipfile.ZipFile(file, "a") as archive:
        text = json.dumps({"format": FORMAT, "sha256": _digest(archive)})
        with archive.open(DIGEST, "w") as part:  # writestr would record the time
            part.write(text.encode())


def _digest(archive: zipfile.ZipFile) -> str:
    """The SHA-256 over all parts but the digest's own, a chunk at a time."""
    digest = hashlib.sha256()
    for member in sorted(archive.infolist(), key=lambda member: member.filename):
        if member.filename != DIGEST:
            digest.update(f"{member.filename} {member.file_size}\n".encode())
            with archive.open(member) as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
    return digest.hexdigest()
