"""A file is written beside its target and renamed over it, or not at all."""

import pytest

from charlm.errors import OutputError, WrongCall
from charlm.run.files import is_file, is_there, replacing, require_spared, require_writable


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_new_file_takes_the_place_of_the_old(tmp_path):
    target = tmp_path / "model.npy"
    target.write_text("old")
    with replacing(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".npy"
    assert target.read_text() == "new"
    assert names_in(tmp_path) == ["model.npy"]


def test_folders_on_the_way_are_made(tmp_path):
    with replacing(tmp_path / "a" / "b" / "model.npy") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "a" / "b" / "model.npy").read_text() == "new"


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (ValueError("no"), ValueError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (OSError(28, "No space left on device"), OutputError),
    ],
)
def test_a_failure_keeps_the_old_file_and_leaves_nothing_over(tmp_path, failure, raised):
    target = tmp_path / "model.npy"
    target.write_text("old")
    with pytest.raises(raised), replacing(target) as temporary:
        temporary.write_text("half")
        raise failure
    assert target.read_text() == "old"
    assert names_in(tmp_path) == ["model.npy"]


def test_a_failure_to_write_is_told_with_the_reason(tmp_path):
    with (
        pytest.raises(OutputError, match=r"cannot write .*model\.npy: No space left on device; .*make room"),
        replacing(tmp_path / "model.npy"),
    ):
        raise OSError(28, "No space left on device")


@pytest.mark.unix
def test_the_permissions_stay_those_of_the_old_file_or_of_any_new_one(tmp_path):
    target, ordinary = tmp_path / "model.npy", tmp_path / "ordinary"
    ordinary.write_text("")
    for expected in (ordinary.stat().st_mode, 0o100640):
        with replacing(target) as temporary:
            temporary.write_text("new")
        assert target.stat().st_mode == expected
        target.chmod(0o640)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("folder", id="a folder"),
        pytest.param("file/model.npy", id="a place under a file"),
        pytest.param("x" * 300 + ".npy", id="a name longer than a file system takes", marks=pytest.mark.unix),
    ],
)
def test_what_cannot_be_written_is_found_out_before_and_after(tmp_path, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    target = tmp_path / place
    with pytest.raises(OutputError, match=f"cannot write .*{target.name}") as caught:
        require_writable(target)
    assert "\n" not in str(caught.value)
    with pytest.raises(OutputError, match=f"cannot write .*{target.name}"), replacing(target) as temporary:
        temporary.write_text("new")
    assert names_in(tmp_path) == ["file", "folder"]
    assert names_in(tmp_path / "folder") == []
    assert (tmp_path / "file").read_text() == "kept"


def test_what_can_be_written_is_left_as_it_is(tmp_path):
    target = tmp_path / "model.npy"
    require_writable(target)
    assert not target.exists()
    target.write_text("old")
    require_writable(target)
    assert target.read_text() == "old"
    assert names_in(tmp_path) == ["model.npy"]


@pytest.mark.unix
def test_the_longest_name_that_can_be_written_can_be_replaced(tmp_path):
    target = tmp_path / ("x" * 251 + ".npy")
    require_writable(target)
    with replacing(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"


@pytest.mark.unix
def test_a_file_that_may_not_be_changed_is_refused_before(tmp_path, monkeypatch):
    target = tmp_path / "model.npy"
    target.write_text("old")
    # Root may write anything, so the answer of the operating system is played here.
    monkeypatch.setattr("charlm.run.files.os.access", lambda path, mode: False)
    with pytest.raises(OutputError, match="Permission denied"):
        require_writable(target)


def test_only_a_file_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    assert is_file(tmp_path / "file")
    assert not is_file(tmp_path)
    assert not is_file(tmp_path / "none")
    assert not is_file(tmp_path / ("x" * 5000))


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "none"])
def test_a_name_that_nothing_can_have_is_not_there(tmp_path, name):
    assert not is_there(tmp_path / name) and not is_file(tmp_path / name)
    assert is_there(tmp_path)


def test_a_name_with_nul_is_refused_as_any_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="has no NUL"):
        require_writable(tmp_path / "a\0b.npy")
    with pytest.raises(OutputError, match="has no NUL"), replacing(tmp_path / "a\0b.npy"):
        pytest.fail("there is nothing to write to")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("way", ["the same name", "another way to it", "a hard link"])
def test_what_is_read_is_not_written_over(tmp_path, way):
    names = tmp_path / "names.txt"
    names.write_text("rex")
    written = {"the same name": names, "another way to it": tmp_path / "." / "new" / ".." / "names.txt"}.get(
        way, tmp_path / "linked.txt"
    )
    (tmp_path / "new").mkdir()
    if way == "a hard link":
        written.hardlink_to(names)
    require_spared(names, None, tmp_path / "model.npy")
    with pytest.raises(WrongCall, match="is read, and would be written over"):
        require_spared(names, None, tmp_path / "model.npy", written)
