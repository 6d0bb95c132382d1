"""What can be wrong with the archive that a ``.keras`` file is; ``hostile_cases.py`` has the rest."""

import struct
import warnings
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

BOMB = 2**28
"""Bytes that a zip bomb unpacks to."""

HOLE = 8 * 2**30
"""Bytes of a sparse file, nearly none of them on the disk."""

Parts = dict[str, bytes]
ENTRY = struct.Struct("<4s6H3L5H2L")  # of the table of contents, up to the part's name
END = struct.Struct("<4s4H2LH")


class Case(NamedTuple):
    """What is wrong with a file, what must be said of it, and how it is made; ``sparse``: with a hole."""

    what: str
    told: str
    build: Callable[[Path, Path], object]
    sparse: bool = False


def parts(good: Path) -> Parts:
    """What a good file holds, but for a ``.keras`` file's digest, which would refuse every change alike."""
    with zipfile.ZipFile(good) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "digest.json"}


def pack(path: Path, members: Parts, more: tuple[tuple[str, bytes], ...] = (), method: int = 0) -> None:
    """Write an archive, the extra parts as they are named, whatever zipfile remarks about it."""
    with (
        warnings.catch_warnings(action="ignore"),
        zipfile.ZipFile(path, "w", method, compresslevel=1) as file,
    ):
        for name, content in [*members.items(), *more]:
            information = zipfile.ZipInfo("x")
            information.filename, information.compress_type = name, method
            file.writestr(information, content, compresslevel=1)


def bomb(main: str, good: Path, path: Path) -> None:
    """The largest part is zeros, a thousandth of them in the file."""
    pack(path, parts(good) | {main: bytes(BOMB)}, method=zipfile.ZIP_DEFLATED)


def with_entry(main: str, change: Callable[[list[Any]], None], good: Path, path: Path) -> None:
    """A line of the table of contents is changed: 3 is the part's flags, 8 and 9 its sizes, 16 its place."""
    pack(path, parts(good))
    content = bytearray(path.read_bytes())
    place = content.rindex(main.encode()) - ENTRY.size
    fields = list(ENTRY.unpack_from(content, place))
    change(fields)
    ENTRY.pack_into(content, place, *fields)
    path.write_bytes(content)


def hole(main: str, size: int, begin: bytes, rest: Parts, path: Path) -> None:
    """A file whose last part begins with a few bytes and is a hole from there on."""
    pack(path, {**rest, main: b""})
    content = bytearray(path.read_bytes())
    entry, end = content.rindex(b"PK\1\2"), list(END.unpack_from(content, len(content) - END.size))
    table, end[6] = end[6], min(end[6] + size, 2**32 - 1)
    fields = list(ENTRY.unpack_from(content, entry))
    fields[8] = fields[9] = min(size, 2**32 - 1)
    ENTRY.pack_into(content, entry, *fields)
    END.pack_into(content, len(content) - END.size, *end)
    with path.open("wb") as file:
        file.write(content[:table] + begin)
        file.seek(table + size)
        file.write(content[table:])


def many(good: Path, path: Path) -> None:
    """A table of contents of half a megabyte."""
    pack(path, parts(good), tuple((f"{number:030}", b"") for number in range(7000)))


def cut(good: Path, path: Path) -> None:
    """The first half alone."""
    path.write_bytes(good.read_bytes()[: good.stat().st_size // 2])


def flipped(good: Path, path: Path) -> None:
    """One bit in the middle."""
    content = bytearray(good.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def claims(fields: list[Any]) -> None:
    """A gigabyte more than there is."""
    fields[8] = fields[9] = fields[9] + 2**30


def archives(main: str, largest: str) -> list[Case]:
    """What is wrong with the archive; ``main`` is the part with the most weights."""

    def added(name: str) -> Callable[[Path, Path], None]:
        return lambda good, path: pack(path, parts(good), ((name, b"x"),))

    return [
        Case("empty", "it is too short", lambda good, path: path.write_bytes(b"")),
        Case("a text", "does not end with a table", lambda good, path: path.write_bytes(b"To be " * 99)),
        Case("cut short", "cut short or altered", cut),
        Case("one bit flipped", "cut short or altered (Bad CRC-32", flipped),
        Case("zip bomb", "compressed parts", partial(bomb, main)),
        Case("a path that climbs out", "which no model of", added("../../climbs.txt")),
        Case("a part twice", "twice", added(main)),
        Case("a part too many", "which no model of", added("notes.txt")),
        Case("encrypted", "encrypted", partial(with_entry, main, lambda fields: fields.__setitem__(3, 1))),
        Case("claims a gigabyte", "which are not there", partial(with_entry, main, claims)),
        Case("parts overlap", "overlap", partial(with_entry, main, lambda f: f.__setitem__(16, 20))),
        Case("a huge table", "its table of contents claims", many),
        Case("sparse, 8 GiB", largest, lambda good, path: hole(main, HOLE, b"", {}, path), True),
    ]
