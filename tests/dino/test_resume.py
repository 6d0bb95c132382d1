"""A run that is interrupted anywhere and resumed is the run that never was, to the last bit."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from charlm.errors import ModelFileError, TrainingDiverged, WrongCall
from charlm.run.checkpoints import FORMAT, Checkpoints
from dino import NameList, Training, TrainingSettings
from dino.progress import train_with_progress

NAMES = NameList(("rex", "troodon", "iguanodon", "allosaurus", "stegosaurus", "minmi"), "six.txt", "ab" * 32)
SETTINGS = TrainingSettings(steps=500, hidden_size=8, validation=0.3)
EVERY = 130


@pytest.fixture
def resume(tmp_path):
    """A run that goes on from the checkpoint there is, as the command has it."""

    def call(settings=SETTINGS, names=NAMES):
        training = Training(names, settings)
        checkpoints = Checkpoints(tmp_path / "dino.npz", None, 0.0, resume=True)
        if found := checkpoints.found():
            training.restore(found, checkpoints.path)
        return training, checkpoints

    return call


def same(model, other):
    return (
        model.rnn.parameters.flat.tobytes() == other.rnn.parameters.flat.tobytes()
        and replace(model, rnn=other.rnn) == other
        and list(itertools.islice(model.stream(), 9)) == list(itertools.islice(other.stream(), 9))
    )


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours looks after it."""


def killed_after(training, reports):
    """Make the run end when it has gone on so many times."""
    advance, left = training.advance, iter(range(reports))

    def advance_or_die(steps):
        if next(left, None) is None:
            raise Killed
        advance(steps)

    training.advance = advance_or_die
    return training


@pytest.mark.parametrize("kills", [[1], [2], [3, 0, 1, 2], [1] * 9])
def test_killed_and_resumed_it_ends_with_the_same_bits(resume, kills, tmp_path, capsys):
    whole, checkpoints = resume()
    train_with_progress(whole, EVERY, checkpoints)
    told = capsys.readouterr().out
    checkpoints.path.unlink()
    for reports in kills:
        with pytest.raises(Killed):
            train_with_progress(killed_after(resume()[0], reports), EVERY, checkpoints)
            raise Killed  # it may have come to its end
    training, _ = resume()
    train_with_progress(training, EVERY, checkpoints)
    assert same(training.model(), whole.model()) and training.loss == whole.loss
    assert len(whole.history.steps) == 4 and told.splitlines()[-1] in {
        *capsys.readouterr().out.splitlines(),
        "",
    }


def test_an_interruption_within_a_chunk_goes_back_to_its_beginning():
    whole, training = Training(NAMES, SETTINGS), Training(NAMES, SETTINGS)
    training.advance(40)
    forward = training._updates

    def interrupted():
        yield next(forward)
        raise KeyboardInterrupt

    training._updates = interrupted()
    with pytest.raises(KeyboardInterrupt):
        training.advance(10)
    assert training.step == 40
    training.advance(60)
    whole.advance(100)
    assert same(training.current(), whole.current())


def test_a_run_can_be_made_longer_and_reported_otherwise(resume):
    training, checkpoints = resume()
    train_with_progress(training, EVERY, checkpoints)
    longer, _ = resume(replace(SETTINGS, steps=700))
    train_with_progress(longer, 50, checkpoints)
    whole = Training(NAMES, replace(SETTINGS, steps=700))
    whole.advance(700)
    assert longer._parameters.flat.tobytes() == whole._parameters.flat.tobytes()


def test_a_finished_run_has_nothing_more_to_do(resume):
    training, checkpoints = resume()
    train_with_progress(training, EVERY, checkpoints)
    again, _ = resume()
    assert again.finished and same(again.model(), training.model())


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
def test_another_run_is_refused_by_name(resume, changes, told):
    train_with_progress(*[resume()[0], EVERY, resume()[1]])
    with pytest.raises(WrongCall, match=told):
        resume(replace(SETTINGS, **changes))


def test_other_names_and_another_version_are_refused(resume, monkeypatch):
    train_with_progress(*[resume()[0], EVERY, resume()[1]])
    with pytest.raises(WrongCall, match="the names' sha256 was abab"):
        resume(names=replace(NAMES, sha256="cd" * 32))
    with pytest.raises(WrongCall, match="the characters was"):
        resume(names=replace(NAMES, names=tuple(name.upper() for name in NAMES.names)))
    monkeypatch.setattr("charlm.__version__", "7.0")
    with pytest.raises(WrongCall, match=r"the program's version was .* and is 7\.0"):
        resume()


@pytest.mark.parametrize(
    ("progress", "arrays"),
    [
        ({"step": "x"}, {}),
        ({"smoothed": [1]}, {}),
        ({"history": {"steps": [1]}}, {}),
        ({}, {"weights": np.zeros(3)}),
        ({}, {"best": np.zeros(3)}),
        ({"step": float("inf")}, {}),
        ({"step": -5}, {}),
        ({"smoothed": [10**400, 1]}, {}),
        ({"smoothed": [1, 0]}, {}),
        ({"best": [1]}, {}),
        ({"best": float("nan")}, {}),
        ({"history": {"steps": [float("inf")], "training": [1], "validation": [None]}}, {}),
        *(
            ({"best": 1.0}, {name: lambda weights, value=value: np.full(weights.shape, value)})
            for name in ("weights", "best")
            for value in ("abc", 1, 1j, True, np.nan, 1e300)
        ),
    ],
)
def test_a_checkpoint_that_makes_no_sense_is_refused(resume, progress, arrays):
    training, checkpoints = resume()
    whole = training.checkpoint()
    made = {name: made(whole.arrays[name]) if callable(made) else made for name, made in arrays.items()}
    checkpoints.write(
        replace(whole, progress={**whole.progress, **progress}, arrays={**whole.arrays, **made}), "step 0"
    )
    with pytest.raises(ModelFileError, match="is not a checkpoint as this version writes it"):
        resume()


def test_a_run_that_diverges_keeps_the_last_good_weights(resume):
    training, checkpoints = resume(replace(SETTINGS, learning_rate=1e300))
    with pytest.raises(TrainingDiverged, match="lower the learning rate"):
        train_with_progress(training, EVERY, checkpoints)
    assert np.isfinite(training.model().rnn.parameters.flat).all()
    assert not checkpoints.path.exists() or FORMAT.read(checkpoints.path)
