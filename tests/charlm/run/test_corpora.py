"""Where text comes from; fetching is done from a real server on this machine."""

import hashlib
from pathlib import Path

import pytest

from charlm.errors import CorpusError, MissingFile, WrongCall
from charlm.run import fetching
from charlm.run.corpora import KNOWN, bundled, load


def load_pets():
    return load("pets", bundled_as="data/dinosaurs.txt")


def test_a_known_file_is_fetched_once_and_then_taken_from_the_cache(pets, own_cache):
    for _ in range(2):
        corpus = load_pets()
        assert (corpus.text, corpus.source) == (pets.text.decode(), "pets")
        assert corpus.sha256 == pets.known.sha256
    assert pets.asked == ["/first"]
    assert (own_cache / "pets.txt").read_bytes() == pets.text


def test_a_damaged_file_in_the_cache_is_fetched_anew(pets, own_cache):
    (own_cache / "pets.txt").write_bytes(b"damaged")
    assert load_pets().text == pets.text.decode()
    assert (own_cache / "pets.txt").read_bytes() == pets.text


def test_a_damaged_file_in_the_cache_is_never_used(pets, own_cache):
    (own_cache / "pets.txt").write_bytes(b"damaged")
    pets.answers |= dict.fromkeys(
        ["/first", "/second"], lambda site: iter([b"HTTP/1.1 404 Not Found\r\n\r\n"])
    )
    with pytest.raises(CorpusError, match="the server answered 404"):
        load_pets()


def test_a_cache_that_cannot_be_written_is_named(pets, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("kept")
    monkeypatch.setenv("CHARLM_CACHE", str(tmp_path / "file"))
    with pytest.raises(CorpusError) as caught:
        load_pets()
    assert str(caught.value).startswith(f"cannot write the cache {tmp_path / 'file'}: ")
    assert "CHARLM_CACHE" in str(caught.value)
    assert pets.asked == []
    assert (tmp_path / "file").read_text() == "kept"


def test_the_folder_in_charlm_data_comes_before_the_cache(pets, own_cache, tmp_path, monkeypatch):
    (own_cache / "pets.txt").write_bytes(b"damaged")
    (tmp_path / "pets.txt").write_bytes(pets.text)
    monkeypatch.setenv("CHARLM_DATA", str(tmp_path))
    assert load_pets().text == pets.text.decode()
    assert pets.asked == []


def test_what_the_folder_in_charlm_data_lacks_is_fetched(pets, tmp_path, monkeypatch):
    monkeypatch.setenv("CHARLM_DATA", str(tmp_path))
    assert load_pets().text == pets.text.decode()
    assert list(tmp_path.rglob("*.txt")) == []


def test_other_content_in_charlm_data_is_refused_by_name(pets, tmp_path, monkeypatch):
    (tmp_path / "pets.txt").write_bytes(b"other")
    monkeypatch.setenv("CHARLM_DATA", str(tmp_path))
    with pytest.raises(CorpusError) as caught:
        load_pets()
    digests = [digest[:8] for digest in (hashlib.sha256(b"other").hexdigest(), pets.known.sha256)]
    assert str(caught.value) == (
        f"{tmp_path / 'pets.txt'} is not many pets: its SHA-256 starts {digests[0]}, not {digests[1]}; "
        "replace it, or unset CHARLM_DATA to fetch the right one"
    )
    assert pets.asked == []


def test_a_path_comes_before_a_name(pets, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("bundled", "pets"):
        (tmp_path / name).write_text("mine")
        assert load(name, bundled_as="data/dinosaurs.txt").text == "mine"


def test_a_name_comes_before_a_folder(pets, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pets").mkdir()
    assert load_pets().text == pets.text.decode()


def test_bundled_is_the_file_that_ships():
    corpus = load("bundled", bundled_as="pyproject.toml")
    assert corpus.text == bundled("pyproject.toml").read_text(encoding="utf-8")
    assert corpus.source == "bundled"


@pytest.mark.parametrize("source", ["no such file", "", "x" * 5000, "folder/none"])
def test_what_names_nothing_is_refused_with_what_may_be_given(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WrongCall) as caught:
        load(source, bundled_as="data/dinosaurs.txt")
    if source:
        assert isinstance(caught.value, MissingFile)
        assert str(caught.value) == (
            f"there is no file {source}; give a text file's path, 'bundled', "
            "'course', 'names', 'sonnets' or 'plays'"
        )


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(WrongCall, match=f"{tmp_path.name} is a folder; give a text file"):
        load(str(tmp_path), bundled_as="data/dinosaurs.txt")


@pytest.fixture
def source(tmp_path) -> Path:
    return tmp_path / "names.txt"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no BOM", "BOM"])
@pytest.mark.parametrize("content", ["á\nb\n", "á\r\nb\r\n", "á\rb\r", "á\r\nb\n"])
def test_byte_order_mark_and_line_endings_do_not_matter(source, mark, content):
    source.write_bytes(mark + content.encode())
    corpus = load(str(source), bundled_as="data/dinosaurs.txt")
    assert corpus.text == "á\nb\n"
    assert corpus.sha256 == hashlib.sha256(mark + content.encode()).hexdigest()


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no BOM", "BOM"])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("before", [[], [b"anna"], [b"anna", b"", "ré".encode()]])
def test_bytes_that_are_not_utf_8_are_told_with_line_and_byte(source, mark, ending, before):
    start = mark + b"".join(line + ending for line in before)
    source.write_bytes(start + b"r\xe9x" + ending)
    with pytest.raises(CorpusError) as caught:
        load(str(source), bundled_as="data/dinosaurs.txt")
    assert str(caught.value) == (
        f"{source} is not UTF-8 text: line {len(before) + 1} has the byte 0xe9 "
        f"(at offset {len(start) + 1}); it may be Windows-1252: give --encoding cp1252, or save it as UTF-8"
    )


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_a_binary_file_is_told_by_its_first_nul(source, ending):
    source.write_bytes(b"anna" + ending + b"re\0x" + ending + b"\0")
    with pytest.raises(CorpusError) as caught:
        load(str(source), bundled_as="data/dinosaurs.txt")
    assert str(caught.value) == f"{source} is not a text file: line 2 has a NUL byte (0x00); give a text file"


@pytest.mark.parametrize("content", [b"", b"\n\r\n \t\n", b"\xef\xbb\xbf"])
def test_a_file_without_text_is_refused(source, content):
    source.write_bytes(content)
    with pytest.raises(CorpusError, match=r"names\.txt is empty; give a file with text in it"):
        load(str(source), bundled_as="data/dinosaurs.txt")


def test_a_file_that_cannot_be_read_is_told_with_the_reason(source, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    source.write_text("anna")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(CorpusError, match=r"cannot read .*names\.txt: Permission denied"):
        load(str(source), bundled_as="data/dinosaurs.txt")


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_file_is_what_its_digest_says(course_data, name):
    path = course_data(name)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == KNOWN[name].sha256
    assert load(name, bundled_as="data/dinosaurs.txt").sha256 == KNOWN[name].sha256


@pytest.mark.parametrize("known", KNOWN.values(), ids=KNOWN)
def test_a_known_file_has_more_than_one_pinned_address(known):
    assert len(set(known.addresses)) == len(known.addresses) >= 2
    for address in known.addresses:
        assert address.startswith("https://")
        assert any(commit in address and len(commit) == 40 for _, commit, _ in known.places)


def test_the_cache_is_where_the_environment_says_or_the_platform(monkeypatch, own_cache):
    assert fetching.cache_folder() == own_cache
    monkeypatch.setenv("CHARLM_CACHE", "")
    assert fetching.cache_folder().name == "charlm"
