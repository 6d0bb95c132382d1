"""A run that is killed anywhere and resumed is the run that never was, to the last bit."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from charlm.errors import ModelFileError, OutputError, WrongCall
from charlm.run.checkpoints import Checkpoint, Checkpoints
from charlm.vocabulary import Vocabulary
from shakespeare import course, keras_file
from shakespeare.best_weights import KeepBest
from shakespeare.corpus import Windows
from shakespeare.encoded import encode
from shakespeare.fitting import fit
from shakespeare.results import Results
from shakespeare.resuming import network_in
from shakespeare.training import Training, new_network
from shakespeare.training_settings import NetworkSettings, TrainingSettings

SHAPE = NetworkSettings(units=8, layers=2, dropout=0.4)
SETTINGS = TrainingSettings(epochs=3, batch_size=4, most_streams=4, learning_rate=0.01, patience=2)
BATCHES = 5


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours looks after it."""


class Kill(keras.callbacks.Callback):
    """Ends everything after so many batches, counted over the epochs from the first one trained here."""

    def __init__(self, after):
        super().__init__()
        self.left = after

    def on_train_batch_begin(self, batch, logs=None):
        if not self.left:
            raise Killed
        self.left -= 1


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the quick brown fox jumps over the lazy dog\n" * 51)
    return encode(str(path))


@pytest.fixture
def run(corpus, tmp_path):
    """``run(name, kill=None)``: begin or go on with a run into a file of that name."""

    def call(name, settings=SETTINGS, kill=None, seconds=0.0):
        output = tmp_path / f"{name}.keras"
        checkpoints = Checkpoints(output, None, seconds, resume=True)
        network = new_network(corpus.vocabulary, SHAPE, settings.seed)
        training = Training(network, corpus, settings, output)
        results = Results(output, checkpoints, log=tmp_path / f"{name}.csv")
        assert training.feed.batches == BATCHES
        training.run(results, {}, checkpoints.found(), [] if kill is None else [Kill(kill)])
        return training.kept

    return call


def left(tmp_path, name):
    """All that a run leaves, with every number of its last checkpoint."""
    path = tmp_path / f"{name}.keras"
    network = keras_file.read(path)
    last = Checkpoints(path, None, 0, resume=True).found()
    return {
        "weights": [array.tobytes() for layer in network.layers for array in vars(layer).values()],
        "head": network.head_kernel.tobytes(),
        "about": network.about,
        "log": (tmp_path / f"{name}.csv").read_text(),
        "progress": last.progress,
        **{part: array.tobytes() for part, array in last.arrays.items()},
    }


@pytest.fixture
def whole(run, tmp_path, capsys):
    run("whole")
    return left(tmp_path, "whole"), capsys.readouterr().out


@pytest.mark.parametrize("kills", [[0], [1], [BATCHES - 1], [BATCHES], [2 * BATCHES + 2], [3, 4, 2, 1]])
def test_killed_and_resumed_it_ends_with_the_same_bits(run, whole, kills, tmp_path, capsys):
    for after in kills:
        with pytest.raises(Killed):
            run("again", kill=after)
    run("again")
    everything, told = whole
    assert left(tmp_path, "again") == everything
    samples = told.split("\n\n")[-2]
    assert samples in capsys.readouterr().out


def test_between_two_checkpoints_the_batches_are_trained_again(run, whole, tmp_path):
    with pytest.raises(Killed):
        run("again", kill=2)
    with pytest.raises(Killed):
        run("again", kill=BATCHES + 1, seconds=3600)  # none is written here
    run("again")
    assert left(tmp_path, "again") == whole[0]


def test_a_finished_run_ends_the_same_when_it_is_resumed(run, whole, tmp_path):
    (tmp_path / "whole.keras").unlink()
    run("whole")
    assert left(tmp_path, "whole") == whole[0]


def test_a_run_can_be_made_longer(run, tmp_path, capsys):
    run("short", replace(SETTINGS, epochs=1))
    kept = run("short", replace(SETTINGS, epochs=3, patience=None))
    assert len(kept.epochs) == 3 and kept.best[0] > 1
    assert "the learning rate now falls over 3 epochs, no longer over 1" in capsys.readouterr().err
    assert (tmp_path / "short.csv").read_text().count("\n") == 4
    with pytest.raises(WrongCall, match="has come to epoch 3 already; --epochs must be at least as many"):
        run("short", replace(SETTINGS, epochs=2, patience=None))


def test_the_best_weights_so_far_are_written_where_a_resumed_run_writes(run, tmp_path):
    with pytest.raises(Killed):
        run("whole", kill=BATCHES + 1)
    (tmp_path / "elsewhere.keras.checkpoint").write_bytes((tmp_path / "whole.keras.checkpoint").read_bytes())
    with pytest.raises(Killed):
        run("elsewhere", kill=1)
    first, second = (keras_file.read(tmp_path / f"{name}.keras") for name in ("whole", "elsewhere"))
    assert first.head_kernel.tobytes() == second.head_kernel.tobytes() and first.about == second.about


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"learning_rate": 0.02}, "learning rate was 0.01 and is 0.02"),
        ({"seed": 5}, "seed was 0 and is 5"),
        ({"validation": 0.2}, "the parts of the text was"),
        ({"batch_size": None}, "batch size was 4 and is None"),
    ],
)
def test_another_run_is_refused_by_name(run, corpus, tmp_path, changes, told):
    with pytest.raises(Killed):
        run("again", kill=1)
    settings = replace(SETTINGS, **changes)
    checkpoints = Checkpoints(tmp_path / "again.keras", None, 0.0, resume=True)
    training = Training(
        new_network(corpus.vocabulary, SHAPE, settings.seed), corpus, settings, tmp_path / "again.keras"
    )
    with pytest.raises(WrongCall, match=told):
        training.run(Results(tmp_path / "again.keras", checkpoints), {}, checkpoints.found())


def test_the_course_s_windows_resume_too(tmp_path, capsys):
    vocabulary = Vocabulary(course.VOCABULARY)
    windows = Windows(vocabulary.encode("the quick brown fox\n" * 30), 40, 3, 64, 0)

    def train(name, kill=None, epochs=2):
        output = tmp_path / f"{name}.keras"
        keras.utils.set_random_seed(0)
        checkpoints = Checkpoints(output, None, 0, resume=True)
        results, kept = Results(output, checkpoints), KeepBest(output, {})
        callbacks = [] if kill is None else [Kill(kill)]
        found = checkpoints.found()
        fit(course.new_model(), windows, kept, results, {}, found, epochs=epochs, seed=0, callbacks=callbacks)
        network = keras_file.read(output)
        return [array.tobytes() for layer in network.layers for array in vars(layer).values()], kept.epochs

    whole = train("whole")
    with pytest.raises(Killed):
        train("again", kill=windows.batches + 1)
    assert train("again") == whole
    assert len(train("again", epochs=3)[1]) == 3
    assert "learning rate" not in capsys.readouterr().err  # which is constant


def test_when_nothing_more_can_be_written_the_last_checkpoint_is_whole(run, whole, tmp_path, monkeypatch):
    written = []

    def full(self, checkpoint, moment, write=Checkpoints.write):
        if len(written) == 7:
            raise OutputError(f"cannot write {self.path}: No space left on device; make room")
        written.append(checkpoint)
        write(self, checkpoint, moment)

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "write", full)
        with pytest.raises(OutputError, match="No space left on device"):
            run("again")
    run("again")
    assert left(tmp_path, "again") == whole[0]


def altered(found, progress=None, arrays=None):
    return Checkpoint(
        found.identity, {**found.progress, **(progress or {})}, {**found.arrays, **(arrays or {})}
    )


@pytest.mark.parametrize(
    ("progress", "arrays"),
    [
        ({"epoch": float("inf")}, {}),
        ({}, {"model/0": lambda array: array[1:]}),
        ({}, {"kept/0": lambda array: array * np.float32(np.nan)}),
    ],
)
def test_a_checkpoint_that_makes_no_sense_is_refused_and_leaves_the_model(run, tmp_path, progress, arrays):
    with pytest.raises(Killed):
        run("again", kill=BATCHES + 1)
    output = tmp_path / "again.keras"
    before, checkpoints = output.read_bytes(), Checkpoints(output, None, 0, resume=True)
    found = checkpoints.found()
    changed = {name: change(found.arrays[name]) for name, change in arrays.items()}
    checkpoints.write(altered(found, progress, changed), "then")
    with pytest.raises(ModelFileError, match="is not a checkpoint as this version writes it"):
        run("again")
    assert output.read_bytes() == before


def test_a_network_that_a_checkpoint_has_no_weights_for_is_not_made(run, tmp_path):
    with pytest.raises(Killed):
        run("again", kill=1)
    path = tmp_path / "again.keras.checkpoint"
    found = Checkpoints(tmp_path / "again.keras", None, 0, resume=True).found()
    assert network_in(found, path).units == SHAPE.units
    for units, told in ((4000, "more than are in it"), (200_000, "units is 200000")):
        network = {**found.progress["network"], "units": units}
        with pytest.raises(ModelFileError, match=told):
            network_in(altered(found, {"network": network}), path)
    with pytest.raises(ModelFileError, match="a config that cannot be read"):
        network_in(altered(found, {"network": None}), path)
