"""An archive that nobody vouches for; what is wrong with model files is tried by their commands."""

import io
import struct
import zipfile

import pytest

from charlm.errors import MissingFile, ModelFileError
from shakespeare.archive import opened


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "parts.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "before")
        archive.writestr("numbers", bytes(range(100)))
        archive.writestr("z.txt", "behind")
    return path


def read(path):
    with opened(path, "box", "bring another", 10**6) as archive:
        return archive.sizes()


def test_a_window_is_the_part_and_no_more(path):
    with opened(path, "box", "bring another", 10**6) as archive:
        window = archive.window("numbers")
        assert window.read() == bytes(range(100)) and window.read(1) == b""
        assert window.seek(-3, io.SEEK_END) == 97 and window.read(50) == bytes([97, 98, 99])
        assert window.seek(10) == 10 and window.seek(5, io.SEEK_CUR) == 15 and window.read(2) == b"\x0f\x10"
        assert window.seek(200) == 200 and window.read(1) == b""
        assert archive.zip.read("z.txt") == b"behind"  # the file's own place is of no account


def test_what_is_damaged_is_told_of_the_file(path):
    with pytest.raises(MissingFile, match="there is no box none; bring another"):
        read(path.with_name("none").relative_to(path.parent))
    assert read(path) == {"a.txt": 6, "numbers": 100, "z.txt": 6}
    with (
        pytest.raises(ModelFileError, match=r"parts\.zip is not a box.*\(torn\); bring another"),
        opened(path, "box", "bring another", 10**6),
    ):
        raise EOFError("torn")


END = struct.Struct("<4s4H2LH")


def changed_end(content, **fields):
    names = ("signature", "disk", "first", "here", "all", "table", "place", "comment")
    values = dict(zip(names, END.unpack(content[-END.size :]), strict=True)) | fields
    return content[: -END.size] + END.pack(*values.values())


LARGE_TABLE = b"PK\6\6" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, 1, 1, 2**33, 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"MZ" + content,
        lambda content: content + b"more",
        lambda content: changed_end(content, comment=4) + b"more",
        lambda content: changed_end(content, table=2**31),
        lambda content: changed_end(content, place=2**31),
        lambda content: content[:-22] + b"PK\6\7" + struct.pack("<LQL", 0, 0, 1) + content[-22:],
        lambda content: LARGE_TABLE + b"PK\6\7" + struct.pack("<LQL", 0, 0, 1) + content[-22:],
    ],
)
def test_only_the_plain_end_of_an_archive_is_believed(path, change):
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ModelFileError, match="table of contents"):
        read(path)
