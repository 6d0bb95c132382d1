"""Text files as editors and accidents leave them, given to both commands."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import dino
from charlm.errors import CorpusError
from dino.cli import app as dino_app
from shakespeare.cli import app as shakespeare_app
from shakespeare.encoded import encode

from .conftest import PEAK

VERSE = "Été,\nthe réed\nbends"
READABLE = {
    "CRLF": VERSE.replace("\n", "\r\n").encode(),
    "CR": VERSE.replace("\n", "\r").encode(),
    "BOM": VERSE.encode("utf-8-sig"),
    "last line ended": VERSE.encode() + b"\n",
}
UNREADABLE = {
    "UTF-16": (VERSE.encode("utf-16"), "is not UTF-8 text: line 1 has the byte 0xff"),
    "UTF-16 without a mark": ("Et\n".encode("utf-16-le"), "line 1 has a NUL byte"),
    "UTF-32": ("Et\n".encode("utf-32-be"), "line 1 has a NUL byte"),
    "Latin-1": (VERSE.encode("latin-1"), "is not UTF-8 text: line 1 has the byte 0xc9"),
    "cut in a character": ("Et é".encode()[:-1], "is not UTF-8 text: line 1 has the byte 0xc3"),
    "half a pair": (b"Et\n\xed\xa0\xbd", "is not UTF-8 text: line 2 has the byte 0xed"),
    "NUL": (b"Et\nNUL\0\n", "line 2 has a NUL byte"),
}


@pytest.mark.parametrize("form", READABLE)
def test_names_in_any_form_are_the_same(folder, run_command, form):
    Path("names.txt").write_bytes(READABLE[form])
    assert run_command(dino_app, "dino", "train", "--names", "names.txt", "--steps", 5)[0] == 0
    assert dino.load("models/dino.safetensors").trained_on == tuple(VERSE.split("\n"))


@pytest.mark.parametrize("large", [1, 10**6], ids=["piece by piece", "at once"])
@pytest.mark.parametrize("form", READABLE)
def test_verse_in_any_form_is_the_same(folder, form, large):
    Path("verse.txt").write_bytes(READABLE[form])
    corpus = encode("verse.txt", large=large)
    assert corpus.vocabulary.decode(corpus.ids).removesuffix("\n") == VERSE


@pytest.mark.parametrize("form", UNREADABLE)
def test_what_is_no_text_is_told_in_one_line(folder, run_command, form):
    content, told = UNREADABLE[form]
    Path("text.txt").write_bytes(content)
    for app, *command in (
        (dino_app, "dino", "train", "--names"),
        (dino_app, "dino", "evaluate", "--names"),
        (shakespeare_app, "shakespeare", "evaluate", "--corpus"),
    ):
        code, out, err = run_command(app, *command, "text.txt")
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert err.startswith(f"{command[0]}: text.txt ") and told in err
    for large in (1, 10**6):
        with pytest.raises(CorpusError, match=r"^text\.txt is not (UTF-8 text|a text file): "):
            encode("text.txt", large=large)


@pytest.fixture
def long_line(folder, own_cache) -> Iterator[Path]:
    """A file whose second line has 100,000,000 characters; it and what is made of it are deleted."""
    path = folder / "long.txt"
    with path.open("wb") as file:
        file.write(b"rex\n")
        for _ in range(100):
            file.write(b"to be or no" * 90_909 + b"t")
    yield path
    path.unlink()
    for encoded in own_cache.glob("*.ids"):
        encoded.unlink()


@pytest.mark.unix
def test_a_name_of_a_hundred_million_characters_is_refused(long_line, python):
    code = (
        f"{PEAK}\nfrom dino.cli import app; from charlm.run.command import exit_code; import dino.training\n"
        "print(peak()); assert exit_code(app, 'dino', ['train', '--names', 'long.txt']) == 1; print(peak())"
    )
    done = python("-c", code)
    assert done.stderr == (
        "dino: line 2 of long.txt has 100,000,000 characters; a name has at most 1,000: "
        "give one name a line\n"
    )
    before, after = map(int, done.stdout.split())
    assert after - before < 400 * 2**20  # the bytes, the text and a copy of its lines


@pytest.mark.slow
@pytest.mark.unix
def test_a_line_of_a_hundred_million_characters_is_read_piece_by_piece(long_line, python):
    code = (
        f"{PEAK}\nfrom shakespeare.encoded import encode\n"
        "print(peak()); corpus = encode('long.txt'); print(len(corpus.ids), peak())"
    )
    before, characters, after = map(int, python("-c", code).stdout.split())
    assert characters == 100_000_004
    assert after - before < 100 * 2**20
