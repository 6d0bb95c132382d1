"""Checkpoints: what is read is what was written, and another run is refused by name."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors import SafetensorError

from charlm.errors import InvalidOption, ModelFileError, OutputError, WrongCall
from charlm.run.checkpoints import FORMAT, Checkpoint, Checkpoints

IDENTITY = {"seed": 3, "learning rate": 0.1, "the parts of the text": {"training": [0, 5]}}
HALF_WAY = Checkpoint(
    IDENTITY,
    {"step": 7, "loss": 0.1 + 0.2, "finished": False},
    {"weights": np.arange(6.0).reshape(2, 3), "steps": np.array(7), "turned": np.ones((2, 3), order="F")},
)


@pytest.fixture
def output(tmp_path):
    return tmp_path / "model.safetensors"


def checkpoints(output, path=None, seconds=0.0, *, resume=True):
    return Checkpoints(output, path, seconds, resume=resume)


def test_what_is_found_is_what_was_written(output):
    checkpoints(output).write(HALF_WAY)
    found = checkpoints(output).found()
    assert found.identity == IDENTITY and found.progress == HALF_WAY.progress
    assert set(found.arrays) == set(HALF_WAY.arrays)
    for name, array in HALF_WAY.arrays.items():
        assert found.arrays[name].dtype == array.dtype and found.arrays[name].shape == array.shape
        assert np.array_equal(found.arrays[name], array)


def test_it_stands_beside_the_output_or_where_it_is_wanted(output, tmp_path):
    assert checkpoints(output).path == tmp_path / "model.safetensors.checkpoint"
    assert checkpoints(output, tmp_path / "elsewhere").path == tmp_path / "elsewhere"


def test_nothing_is_found_where_there_is_none_or_none_is_wanted(output):
    assert checkpoints(output).found() is None
    checkpoints(output).write(HALF_WAY)
    assert checkpoints(output, resume=False).found() is None


def test_an_unfinished_run_that_is_not_gone_on_from_is_set_aside(output, tmp_path):
    assert checkpoints(output, resume=False).set_aside() is None
    checkpoints(output).write(HALF_WAY)
    assert checkpoints(output, resume=True).set_aside() is None
    aside = checkpoints(output, resume=False).set_aside()
    assert aside == tmp_path / "model.safetensors.checkpoint.before" and not checkpoints(output).path.exists()
    assert checkpoints(output, aside).found().progress == HALF_WAY.progress


def test_what_was_set_aside_before_stays(output, tmp_path):
    for number in ("", 2, 3):
        checkpoints(output).write(replace(HALF_WAY, progress={"run": number}))
        aside = checkpoints(output, resume=False).set_aside()
        assert aside == tmp_path / f"model.safetensors.checkpoint.before{number}"
    for number in ("", 2, 3):
        kept = tmp_path / f"model.safetensors.checkpoint.before{number}"
        assert checkpoints(output, kept).found().progress == {"run": number}


def test_what_cannot_be_read_is_set_aside_too(output, tmp_path):
    checkpoints(output).path.write_text("of a newer version, or no checkpoint at all")
    aside = checkpoints(output, resume=False).set_aside()
    assert aside.read_text() == "of a newer version, or no checkpoint at all"


def test_a_run_that_has_ended_is_not_set_aside(output):
    checkpoints(output).write(Checkpoint(IDENTITY, {"finished": True}, {}))
    assert checkpoints(output, resume=False).set_aside() is None and checkpoints(output).path.exists()


def test_an_array_of_objects_is_never_written(output):
    with pytest.raises(SafetensorError, match="object"):
        checkpoints(output).write(Checkpoint({}, {}, {"x": np.array([print])}))


def test_when_the_next_is_due(output):
    assert checkpoints(output, seconds=0).due
    assert not checkpoints(output, seconds=3600).due
    with pytest.raises(InvalidOption, match="the seconds between checkpoints is -1"):
        checkpoints(output, seconds=-1)


def test_a_place_that_cannot_be_written_is_found_out_first(output, tmp_path):
    with pytest.raises(OutputError, match="it is a folder"):
        checkpoints(output, tmp_path)


def test_each_difference_to_another_run_is_named(output):
    HALF_WAY.require_same({**IDENTITY}, output)
    with pytest.raises(WrongCall) as caught:
        HALF_WAY.require_same({"seed": 4, "learning rate": 0.1, "model": "x"}, output)
    message = str(caught.value)
    assert "seed was 3 and is 4" in message and "model was None and is x" in message
    assert "the parts of the text was {'training': [0, 5]} and is None" in message
    assert "learning rate" not in message and "\n" not in message


@pytest.mark.parametrize("about", [b"", b"[]", b"{}", b'{"identity": 3, "progress": {}}', b"[" * 99_999])
def test_one_that_makes_no_sense_is_refused(output, about):
    FORMAT.write(checkpoints(output).path, {"about": np.frombuffer(about, dtype=np.uint8)})
    with pytest.raises(ModelFileError, match=r"is not a checkpoint as this version writes it"):
        checkpoints(output).found()


def test_a_damaged_one_is_refused_with_the_way_out(output):
    checkpoints(output).write(HALF_WAY)
    path = checkpoints(output).path
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ModelFileError, match=r"was altered: its digest .*leave --resume out to begin anew"):
        checkpoints(output).found()
