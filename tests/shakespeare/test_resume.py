"""A run that is killed anywhere and resumed is the run that never was, to the last bit."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from charlm.errors import ModelFileError, WrongCall
from charlm.run.checkpoints import Checkpoint, Checkpoints
from charlm.run.training import Files, Run
from charlm.vocabulary import Vocabulary
from shakespeare import course, keras_file
from shakespeare.course.training import CourseTraining
from shakespeare.encoded import encode
from shakespeare.training import Training, network_in, new_network, run
from shakespeare.training_settings import NetworkSettings, TrainingSettings

SHAPE = NetworkSettings(units=8, layers=2, dropout=0.4)
SETTINGS = TrainingSettings(epochs=3, batch_size=4, most_streams=4, learning_rate=0.01, patience=2)
BATCHES = 5


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours looks after it."""


class Kill(keras.callbacks.Callback):
    """Ends everything after so many batches of this process."""

    def __init__(self, after):
        super().__init__()
        self.left = after

    def on_train_batch_begin(self, batch, logs=None):
        if not self.left:
            raise Killed
        self.left -= 1


class Told(keras.callbacks.Callback):
    """Notes what callbacks are told, and a sum of the weights that they see."""

    def __init__(self):
        super().__init__()
        self.epochs = {}

    def on_epoch_end(self, epoch, logs=None):
        self.epochs[epoch] = dict(logs), float(self.model.head.get_weights()[0].sum())


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the quick brown fox jumps over the lazy dog\n" * 51)
    return encode(str(path))


@pytest.fixture
def train(corpus, tmp_path):
    """``train(name, kill=None)``: begin or go on with a run into files of that name."""

    def call(name, settings=SETTINGS, kill=None, seconds=0.0, say=None, **others):
        network = new_network(corpus.vocabulary, SHAPE, settings.seed)
        told = Told()
        callbacks = [told, *([] if kill is None else [Kill(kill)])]
        training = Training(network, corpus, settings, callbacks=callbacks, **others)
        run(
            training,
            files(tmp_path, name, seconds),
            patience=settings.patience,
            say=[].append if say is None else say.append,
        )
        return told.epochs

    return call


def files(tmp_path, name, seconds=0.0):
    output = tmp_path / f"{name}.keras"
    return Files(output, Checkpoints(output, None, seconds, resume=True), log=tmp_path / f"{name}.csv")


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
def whole(train, tmp_path):
    told = train("whole")
    return left(tmp_path, "whole"), told


@pytest.mark.slow
@pytest.mark.parametrize("kills", [[0], [1], [BATCHES - 1], [BATCHES], [2 * BATCHES + 2], [3, 4, 2, 1]])
def test_killed_and_resumed_it_ends_with_the_same_bits(train, whole, kills, tmp_path):
    for after in kills:
        with pytest.raises(Killed):
            train("again", kill=after)
    told = train("again")
    everything, told_whole = whole
    assert left(tmp_path, "again") == everything
    assert told and told == {epoch: told_whole[epoch] for epoch in told}


@pytest.mark.slow
def test_a_resumed_run_makes_its_next_update_at_once(train, tmp_path, corpus):
    """No batch that was done is even read again."""
    with pytest.raises(Killed):
        train("again", kill=2 * BATCHES + 2)
    training = Training(new_network(corpus.vocabulary, SHAPE, 0), corpus, SETTINGS)
    assert training.period == BATCHES
    read, batch = [], training.feed.batch
    training.feed.batch = lambda *where: read.append(where[:2]) or batch(*where)
    run(training, files(tmp_path, "again"))
    assert read == [(2, index) for index in range(2, BATCHES)]


@pytest.mark.slow
def test_between_two_checkpoints_the_batches_are_trained_again(train, whole, tmp_path):
    with pytest.raises(Killed):
        train("again", kill=2)
    with pytest.raises(Killed):
        train("again", kill=BATCHES + 1, seconds=3600)  # none is written here
    train("again")
    assert left(tmp_path, "again") == whole[0]


@pytest.mark.slow
def test_a_finished_run_ends_the_same_when_it_is_resumed(train, whole, tmp_path):
    (tmp_path / "whole.keras").unlink()
    assert train("whole") == {}
    assert left(tmp_path, "whole") == whole[0]


@pytest.mark.slow
def test_a_run_can_be_made_longer(train, tmp_path):
    train("short", replace(SETTINGS, epochs=1))
    said = []
    told = train("short", replace(SETTINGS, epochs=3, patience=None), say=said)
    assert list(told) == [1, 2]
    assert "the learning rate now falls over 3 epochs, no longer over 1" in said
    assert (tmp_path / "short.csv").read_text().count("\n") == 4
    with pytest.raises(WrongCall, match="has come to epoch 3 already; --epochs must be at least as many"):
        train("short", replace(SETTINGS, epochs=2, patience=None))


def test_the_best_weights_so_far_are_written_where_a_resumed_run_writes(train, tmp_path):
    with pytest.raises(Killed):
        train("whole", kill=BATCHES + 1)
    (tmp_path / "elsewhere.keras.checkpoint").write_bytes((tmp_path / "whole.keras.checkpoint").read_bytes())
    with pytest.raises(Killed):
        train("elsewhere", kill=1)
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
def test_another_run_is_refused_by_name(train, changes, told):
    with pytest.raises(Killed):
        train("again", kill=1)
    with pytest.raises(WrongCall, match=told):
        again = replace(SETTINGS, **changes)
        train("again", again)


@pytest.mark.slow
def test_the_course_s_epochs_resume_from_their_beginning(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("the quick brown fox\n" * 30)
    corpus = encode(str(text), Vocabulary(course.VOCABULARY))

    def train(name, kill=None, epochs=2):
        keras.utils.set_random_seed(0)
        callbacks = [] if kill is None else [Kill(kill)]
        training = CourseTraining(course.new_model(), corpus, epochs, 0, callbacks=callbacks)
        driver = Run(training, files(tmp_path, name))
        driver.run()
        network = keras_file.read(tmp_path / f"{name}.keras")
        weights = [array.tobytes() for layer in network.layers for array in vars(layer).values()]
        return weights, driver.reports.training

    whole = train("whole")
    for kill in (1, 3):
        with pytest.raises(Killed):
            train("again", kill)
    assert train("again") == whole
    assert len(train("again", epochs=3)[1]) == 3


def altered(found, progress=None, arrays=None):
    return Checkpoint(
        found.identity, {**found.progress, **(progress or {})}, {**found.arrays, **(arrays or {})}
    )


INF, NAN = float("inf"), float("nan")


@pytest.mark.slow
@pytest.mark.parametrize(
    "progress",
    [
        {"update": INF},
        {"update": "x"},
        {"update": 0.5},
        {"update": True},
        {"update": -1},
        {"epochs": {"a": "b"}},
        {"epoch's nats": [1]},
        {"epoch's nats": [NAN, 1]},
        {"epoch's nats": ["a", "b"]},
        {"run": None},
        {"run": {}},
    ],
)
def test_progress_that_makes_no_sense_is_refused_and_leaves_the_model(train, tmp_path, progress):
    refused(train, tmp_path, progress, {})


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        lambda array: array[1:],
        lambda array: array.astype(np.float64),
        lambda array: np.ones(array.shape, dtype=bool),
        lambda array: array * np.float32(NAN),
        lambda array: np.full_like(array, INF),
    ],
)
@pytest.mark.parametrize("name", ["weights/0", "average/1", "optimizer/3", "states/0", "best/0"])
def test_arrays_that_do_not_fit_are_refused_and_leave_the_model(train, tmp_path, name, change):
    refused(train, tmp_path, {}, {name: change})


def refused(train, tmp_path, progress, arrays):
    with pytest.raises(Killed):
        train("again", kill=BATCHES + 1)
    there = files(tmp_path, "again")
    before, found = there.output.read_bytes(), there.checkpoints.found()
    changed = {name: change(found.arrays[name]) for name, change in arrays.items()}
    there.checkpoints.write(altered(found, progress, changed))
    with pytest.raises(ModelFileError, match="is not a checkpoint as this version writes it") as error:
        train("again")
    assert there.output.read_bytes() == before and len(str(error.value)) < 400


def test_a_network_that_a_checkpoint_has_no_weights_for_is_not_made(train, tmp_path):
    with pytest.raises(Killed):
        train("again", kill=1)
    there = files(tmp_path, "again").checkpoints
    found, path = there.found(), there.path
    assert network_in(found, path).units == SHAPE.units
    for units, told in ((4000, "more than are in it"), (200_000, "units is 200000")):
        network = {**found.progress["network"], "units": units}
        with pytest.raises(ModelFileError, match=told):
            network_in(altered(found, {"network": network}), path)
    with pytest.raises(ModelFileError, match="a config that cannot be read"):
        network_in(altered(found, {"network": None}), path)
    with pytest.raises(WrongCall, match="is of another run, which did not train a network of poems"):
        network_in(Checkpoint({}, {"step": 3}, {}), path)
