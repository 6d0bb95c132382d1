"""An output has one writer at a time, and a second one is told who it is."""

import os
import subprocess
import sys

import pytest

from charlm.errors import OutputError, WrongCall
from charlm.run.files import locked, replacing

HOLD = """
import sys
from pathlib import Path
from charlm.run.files import replacing
from charlm.run.files import locked
with locked(Path(sys.argv[1])), replacing(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds a file and is writing it."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "model.npy")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_second_one_is_told_who_holds_it(tmp_path, holder):
    who = f"process {holder.pid} on " if os.name == "posix" else "process"
    told = rf"model\.npy is being written by .*{who}.*; wait for it"
    with pytest.raises(OutputError, match=told), locked(tmp_path / "model.npy"):
        pytest.fail("both hold it")
    with locked(tmp_path / "other.npy"):
        pass


def test_one_that_was_killed_holds_nothing_and_what_it_left_is_removed(tmp_path, holder):
    (tmp_path / ".note.part.npy").write_text("somebody else's")
    holder.kill()
    holder.wait()
    assert len(names_in(tmp_path)) == 3  # the lock's file, half a model, and the note
    with locked(tmp_path / "model.npy"):
        assert names_in(tmp_path) == [".note.part.npy", "model.npy.lock"]
    assert names_in(tmp_path) == [".note.part.npy"]


def test_it_is_let_go_of_whatever_happens(tmp_path):
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), locked(tmp_path / "new" / "model.npy"):
            _ = 1 / 0
    with (
        locked(tmp_path / "new" / "model.npy"),
        replacing(tmp_path / "new" / "model.npy") as temporary,
    ):
        temporary.write_text("whole")
    assert names_in(tmp_path / "new") == ["model.npy"]


def test_several_are_held_together_or_none(tmp_path, holder):
    told = r"model\.npy is being written"
    with (
        pytest.raises(OutputError, match=told),
        locked(tmp_path / "log.csv", None, tmp_path / "model.npy"),
    ):
        pytest.fail("one of them is another's")
    with locked(tmp_path / "log.csv"):
        pass


def test_one_file_for_two_things_is_a_wrong_call(tmp_path):
    twice = tmp_path / "model.npy", tmp_path / "a" / ".." / "model.npy"
    with pytest.raises(WrongCall, match="is wanted for two things"), locked(*twice):
        pytest.fail("it would overwrite itself")
    assert names_in(tmp_path) == []


def test_a_folder_that_nothing_was_written_into_goes_again(tmp_path):
    with locked(tmp_path / "deep" / "er" / "model.npy"):
        assert (tmp_path / "deep" / "er").is_dir()
    assert names_in(tmp_path) == []


def test_a_place_that_cannot_be_held(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(OutputError, match=r"cannot write .*model\.npy"),
        locked(tmp_path / "file" / "model.npy"),
    ):
        pytest.fail("there is no such place")


def test_the_lock_of_one_is_no_place_for_another(tmp_path):
    with (
        pytest.raises(WrongCall, match="is wanted for two things"),
        locked(tmp_path / "model.npy", tmp_path / "model.npy.lock"),
    ):
        pytest.fail("the second would be removed at the end")


def test_where_nobody_can_be_named_nothing_is_left_either(tmp_path, monkeypatch):
    def full(descriptor, text):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with locked(tmp_path / "new" / "model.npy"):
            pass
    assert names_in(tmp_path) == []
