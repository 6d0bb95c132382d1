"""A run that is interrupted anywhere and resumed is the run that never was, to the last bit."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from charlm.errors import ModelFileError, WrongCall
from charlm.run.checkpoints import Checkpoints
from charlm.run.training import Files, Run
from dino import NameList, Training, TrainingSettings, load

NAMES = NameList(("rex", "troodon", "iguanodon", "allosaurus", "stegosaurus", "minmi"), "six.txt", "ab" * 32)
SETTINGS = TrainingSettings(steps=500, hidden_size=8, validation=0.3)
EVERY = 130


@pytest.fixture
def run(tmp_path):
    """``run()``: the model of a run that goes on from the checkpoint there is, as the command has it."""

    def call(settings=SETTINGS, names=NAMES, every=EVERY, kill=None, reports=None):
        training = Training(names, settings, every)
        if kill is not None:
            killed_after(training, kill)
        run = Run(training, files(tmp_path), report=(reports if reports is not None else []).append)
        return training.model(run.run(), run.reports)

    return call


def files(tmp_path):
    output = tmp_path / "dino.safetensors"
    return Files(output, Checkpoints(output, None, 0.0, resume=True))


def same(model, other):
    return (
        all(map(np.array_equal, model.rnn.parameters.values(), other.rnn.parameters.values()))
        and replace(model, rnn=other.rnn) == other
        and list(itertools.islice(model.stream(), 9)) == list(itertools.islice(other.stream(), 9))
    )


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours looks after it."""


def killed_after(training, times):
    """Make the run end when it has gone on so many times."""
    advance, left = training.advance, iter(range(times))

    def advance_or_die(steps):
        if next(left, None) is None:
            raise Killed
        return advance(steps)

    training.advance = advance_or_die


@pytest.mark.parametrize("kills", [[1], [2], [25], [3, 0, 1, 2], [9] * 9])
def test_killed_and_resumed_it_ends_with_the_same_bits(run, kills, tmp_path):
    reports = []
    whole = run(reports=reports)
    last = files(tmp_path).checkpoints.found()
    (tmp_path / "dino.safetensors.checkpoint").unlink()
    for times in kills:
        with pytest.raises(Killed):
            run(kill=times)
            raise Killed  # it may have come to its end
    again = []
    assert same(run(reports=again), whole) and same(load(tmp_path / "dino.safetensors"), whole)
    assert len(whole.history.steps) == 4
    found = files(tmp_path).checkpoints.found()
    assert found.progress == last.progress
    assert {name: array.tobytes() for name, array in found.arrays.items()} == {
        name: array.tobytes() for name, array in last.arrays.items()
    }
    shown = {str(report) for report in reports if report.ended}
    assert all(str(report) in shown for report in again if report.ended)


def test_a_run_can_be_made_longer_and_reported_otherwise(run):
    run()
    longer = run(replace(SETTINGS, steps=700, validation=0.3), every=50)
    whole = Training(NAMES, replace(SETTINGS, steps=700))
    whole.advance(700)
    assert longer.settings["steps"] == 700 and longer.history.steps[-1] == 700
    final = longer.history.validation[-1]
    assert final == whole.score()


def test_a_finished_run_has_nothing_more_to_do(run, tmp_path):
    whole = run()
    (tmp_path / "dino.safetensors").unlink()
    reports = []
    assert same(run(reports=reports), whole) and not reports
    assert same(load(tmp_path / "dino.safetensors"), whole)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"hidden_size": 9}, "hidden was 8 and is 9"),
        ({"learning_rate": 0.02}, "learning rate was 0.01 and is 0.02"),
        ({"seed": 1}, "seed was 0 and is 1"),
        ({"validation": 0.0}, "validation was 0.3 and is 0.0"),
        ({"steps": 129}, "has made 500 steps already; --steps must be at least as many"),
    ],
)
def test_another_run_is_refused_by_name(run, changes, told):
    run()
    with pytest.raises(WrongCall, match=told):
        run(replace(SETTINGS, **changes))


def test_other_names_and_another_version_are_refused(run, monkeypatch):
    run()
    with pytest.raises(WrongCall, match="the names' sha256 was abab"):
        run(names=replace(NAMES, sha256="cd" * 32))
    with pytest.raises(WrongCall, match="the characters was"):
        run(names=replace(NAMES, names=tuple(name.upper() for name in NAMES.names)))
    monkeypatch.setattr("charlm.__version__", "7.0")
    with pytest.raises(WrongCall, match=r"the program's version was .* and is 7\.0"):
        run()


def test_on_another_machine_it_goes_on_and_says_that_the_bits_will_differ(tmp_path, monkeypatch):
    output, lines = tmp_path / "dino.safetensors", []

    def run(settings):
        checkpoints = Checkpoints(output, None, 0.0, resume=True, exact=False)
        return Run(Training(NAMES, settings, EVERY), Files(output, checkpoints), say=lines.append).run()

    run(SETTINGS)
    monkeypatch.setattr("charlm.__version__", "7.0")
    monkeypatch.setattr("dino.training.processor", lambda: "an abacus")
    run(replace(SETTINGS, steps=700))
    told = [line for line in lines if "the bits will differ" in line]
    assert len(told) == 1 and "is 7.0" in told[0] and "is an abacus" in told[0]
    assert load(output).settings["steps"] == 700
    with pytest.raises(WrongCall, match="hidden was 8 and is 9"):
        run(replace(SETTINGS, hidden_size=9))


HISTORY = {"steps": [130], "training": [2.5], "validation": [2.5]}


@pytest.mark.parametrize(
    ("progress", "of_run", "arrays"),
    [
        ({"step": "x"}, {}, {}),
        ({"step": float("inf")}, {}, {}),
        ({"step": -5}, {}, {}),
        ({"step": True}, {}, {}),
        ({"run": None}, {}, {}),
        ({}, {"history": {"steps": [1]}}, {}),
        ({}, {"history": HISTORY | {"steps": [float("inf")]}}, {}),
        ({}, {"reports": HISTORY | {"training": [float("nan")]}}, {}),
        ({}, {"since": [1]}, {}),
        ({}, {"since": [[10**400, 1], [0, 0]]}, {}),
        ({}, {"since": [[float("nan"), 1], [0, 0]]}, {}),
        ({}, {"waited": -1}, {}),
        ({}, {"reported": 0.5}, {}),
        ({}, {"best": [1]}, {}),
        ({}, {"best": [1, float("nan")]}, {}),
        ({}, {}, {"weights": np.zeros(3)}),
        ({}, {}, {"best/weights": np.zeros(3)}),
        *(
            ({}, {}, {name: lambda weights, value=value: np.full(weights.shape, value)})
            for name in ("weights", "best/weights")
            for value in (1, np.complex64(1j), True, np.nan, 1e300)
        ),
    ],
)
def test_a_checkpoint_that_makes_no_sense_is_refused(run, tmp_path, progress, of_run, arrays):
    run()
    checkpoints = files(tmp_path).checkpoints
    whole, before = checkpoints.found(), (tmp_path / "dino.safetensors").read_bytes()
    made = {name: made(whole.arrays[name]) if callable(made) else made for name, made in arrays.items()}
    changed = {**whole.progress, "run": {**whole.progress["run"], **of_run}, **progress}
    checkpoints.write(replace(whole, progress=changed, arrays={**whole.arrays, **made}))
    with pytest.raises(ModelFileError, match="is not a checkpoint as this version writes it"):
        run()
    assert (tmp_path / "dino.safetensors").read_bytes() == before
