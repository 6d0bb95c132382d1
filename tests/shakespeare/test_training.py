"""Training: what decides it, what it keeps, and that it learns."""

import dataclasses

import keras
import numpy as np
import pytest

import shakespeare
from charlm.errors import CorpusError, InvalidOption, MissingFile, ModelFileError
from charlm.run.checkpoints import Checkpoints
from shakespeare import keras_file
from shakespeare.callbacks import network_of
from shakespeare.encoded import encode
from shakespeare.evaluation import nats_per_character
from shakespeare.network import CharacterLSTM
from shakespeare.pretrained import extended, trainable
from shakespeare.results import Results
from shakespeare.training import Training, new_network, optimizer
from shakespeare.training_settings import NetworkSettings, TrainingSettings
from shakespeare.writer import writer_of_model

SHAPE = NetworkSettings(units=12, layers=2, dropout=0.3)
SETTINGS = TrainingSettings(epochs=2, batch_size=None, most_streams=4, learning_rate=0.01)


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the quick brown fox jumps over the lazy dog\n" * 60)
    return encode(str(path))


def train(corpus, output, settings=SETTINGS, network=None, callbacks=()):
    network = network or new_network(corpus.vocabulary, SHAPE, settings.seed)
    training = Training(network, corpus, settings, output)
    checkpoints = Checkpoints(output, None, seconds=3600, resume=False)
    training.run(Results(output, checkpoints), {}, callbacks=callbacks)
    return training


def weights(path):
    return [array for layer in keras_file.read(path).layers for array in vars(layer).values()]


def test_the_same_seed_trains_the_same_to_the_last_bit(tmp_path, corpus):
    seeds = {"one": 0, "again": 0, "other": 1}
    for name, seed in seeds.items():
        train(corpus, tmp_path / f"{name}.keras", dataclasses.replace(SETTINGS, seed=seed))
    one, again, other = (weights(tmp_path / f"{name}.keras") for name in seeds)
    assert all(np.array_equal(mine, same) for mine, same in zip(one, again, strict=True))
    assert not any(np.array_equal(mine, different) for mine, different in zip(one, other, strict=True))


def test_an_epoch_depends_on_the_weights_before_it_and_on_its_number_alone(tmp_path, corpus):
    """Dropout's seed is set anew, so an epoch draws what it would have drawn without those before it."""
    drawn = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 0:
                drawn.append(network_of(self.model).dropout.seed_generator.state.numpy().tolist())

    for epochs in (1, 3):
        train(corpus, tmp_path / "x.keras", dataclasses.replace(SETTINGS, epochs=epochs), callbacks=[Watch()])
    assert drawn[0] == drawn[1] and len({tuple(state) for state in drawn}) == 3


def test_it_learns_and_says_what_of(tmp_path, corpus):
    training = train(corpus, tmp_path / "model.keras", dataclasses.replace(SETTINGS, epochs=6))
    epochs, nats = training.kept.best
    assert nats < 2.5 < training.kept.history[0].training
    run = keras_file.read(tmp_path / "model.keras").about["training"][0]
    assert run["corpus"] == corpus.source and run["sha256"] == corpus.sha256 and run["characters"] == 2640
    assert run["split"] == {"training": [264, 2640], "validation": [0, 264], "test": [2640, 2640]}
    assert (run["epochs"], run["validation_nats"], run["seed"]) == (epochs, nats, 0)
    assert run["settings"]["learning_rate"] == 0.01


def test_held_out_text_is_scored_with_the_state_carried_as_numpy_has_it(corpus, tmp_path):
    training = Training(new_network(corpus.vocabulary, SHAPE, 0), corpus, SETTINGS, tmp_path / "x.keras")
    held_out = corpus.ids[: training.split.cut].astype(np.intp)
    scored = training.held_out.length * training.held_out.batches + 1
    assert training.held_out.rows == 1 and scored >= len(held_out) - 3
    expected = nats_per_character(writer_of_model(training._model.network), held_out[:scored])
    assert abs(training.score() - expected) < 1e-5
    assert abs(training.score() - expected) < 1e-5  # the first scoring's state is not carried into the second


def test_training_goes_on_with_what_the_file_says(tmp_path, corpus):
    train(corpus, tmp_path / "first.keras")
    network = trainable(keras_file.read(tmp_path / "first.keras"))
    before = Training(network, corpus, SETTINGS, tmp_path / "x.keras").score()
    assert abs(before - network.about["training"][0]["validation_nats"]) < 1e-5
    train(corpus, tmp_path / "second.keras", network=network)
    runs = keras_file.read(tmp_path / "second.keras").about["training"]
    assert len(runs) == 2 and runs[1]["validation_nats"] < runs[0]["validation_nats"]


def test_a_text_with_new_characters(tmp_path, corpus):
    train(corpus, tmp_path / "first.keras")
    other = tmp_path / "other.txt"
    other.write_text("Ünd nün die Füchse!\n" * 100, encoding="utf-8")
    network = trainable(keras_file.read(tmp_path / "first.keras"))
    assert encode(str(other), network.vocabulary).new == "!ü"  # no capitals in, so none are asked for
    encoded = encode(str(other), network.vocabulary)
    training = train(encoded, tmp_path / "second.keras", network=extended(network, encoded.vocabulary))
    assert set(network.vocabulary.characters) < set(
        keras_file.read(tmp_path / "second.keras").vocabulary.characters
    )
    assert training.kept.best[1] < training.kept.history[0].training


@pytest.mark.parametrize("activation", ["sigmoid", "hard_sigmoid"])
def test_a_windowed_network_goes_on_learning_windows(tmp_path, corpus, activation):
    size = len(corpus.vocabulary)
    keras.utils.set_random_seed(0)
    network = CharacterLSTM(
        corpus.vocabulary.characters, 8, embedding_size=size, window=10, recurrent_activation=activation
    )
    training = train(corpus, tmp_path / "w.keras", dataclasses.replace(SETTINGS, batch_size=32), network)
    assert training.kept.best[1] < 3.2
    assert keras_file.read(tmp_path / "w.keras").window == 10


def test_no_validation_keeps_the_last_epoch(tmp_path, corpus):
    training = train(corpus, tmp_path / "x.keras", dataclasses.replace(SETTINGS, validation=0.0))
    assert training.kept.best == (2, None) and training.score() is None


def test_patience_ends_a_run_that_gets_no_better(tmp_path, corpus):
    class Worse(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            epochs.append(epoch)

    epochs = []
    settings = dataclasses.replace(SETTINGS, epochs=9, patience=2, learning_rate=1e-12)
    train(corpus, tmp_path / "x.keras", settings, callbacks=[Worse()])
    assert len(epochs) < 9


def test_the_rate_rises_then_falls_to_a_twentieth():
    rate = optimizer(dataclasses.replace(SETTINGS, epochs=10), updates=20)._learning_rate
    rates = [float(rate(step)) for step in range(201)]
    assert rates[0] == 0 and rates[10] == max(rates) == pytest.approx(0.01)
    assert rates[10:] == sorted(rates[10:], reverse=True) and rates[200] == pytest.approx(0.0005)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"batch_size": 0}, "batch size is 0"),
        ({"learning_rate": float("nan")}, "learning rate is nan"),
        ({"validation": 1.0}, "validation share is 1.0"),
        ({"patience": 0}, "patience is 0"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_settings_out_of_range(settings, message):
    with pytest.raises(InvalidOption, match=message):
        dataclasses.replace(SETTINGS, **settings)


def test_a_text_too_short_for_the_batches_asked_for(tmp_path, corpus):
    with pytest.raises(CorpusError, match="2,376 characters, too few for 64 streams of 100"):
        Training(
            new_network(corpus.vocabulary, SHAPE, 0),
            corpus,
            dataclasses.replace(SETTINGS, batch_size=64),
            tmp_path / "x",
        )


def test_files_that_are_no_network(tmp_path):
    with pytest.raises(MissingFile):
        trainable(keras_file.read(tmp_path / "none.keras"))
    (tmp_path / "bad.keras").write_bytes(b"PK not really")
    with pytest.raises(ModelFileError):
        trainable(keras_file.read(tmp_path / "bad.keras"))


def test_from_verse_to_a_poem(tmp_path):
    corpus = encode("bundled")
    network = new_network(corpus.vocabulary, NetworkSettings(48, 1, 0.0), 0)
    settings = TrainingSettings(epochs=6, batch_size=4, most_streams=4, learning_rate=0.02, validation=0.05)
    training = train(corpus, tmp_path / "verse.keras", settings, network)
    assert training.kept.best[1] < 2.6
    poems = [
        "".join(shakespeare.stream_poem(model, "The sea", length=100, seed=5))
        for model in (
            shakespeare.load(tmp_path / "verse.keras"),
            writer_of_model(trainable(keras_file.read(tmp_path / "verse.keras"))),
        )
    ]
    assert poems[0] == poems[1] and len(poems[0]) == 100 and " " in poems[0]
