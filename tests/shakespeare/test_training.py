"""Training: what decides it, what it keeps, and that it learns."""

import dataclasses
import signal

import keras
import numpy as np
import pytest

import shakespeare
from charlm.errors import CorpusError, InvalidOption, MissingFile, ModelFileError, TrainingDiverged
from charlm.run import corpora
from charlm.run.checkpoints import Checkpoints
from charlm.run.training import Files
from charlm.scoring import costs_in_text
from shakespeare import keras_file
from shakespeare.encoded import VERSE, encode
from shakespeare.network import CharacterLSTM, extended, from_arrays
from shakespeare.training import Training, new_network, run
from shakespeare.training_settings import NetworkSettings, TrainingSettings
from shakespeare.update import optimizer
from shakespeare.writer import writer_of_model

SHAPE = NetworkSettings(units=12, layers=2, dropout=0.3)
SETTINGS = TrainingSettings(epochs=2, batch_size=None, most_streams=4, learning_rate=0.01)


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the quick brown fox jumps over the lazy dog\n" * 60)
    return encode(str(path))


def train(corpus, output=None, settings=SETTINGS, network=None, callbacks=(), patience=None):
    network = network or new_network(corpus.vocabulary, SHAPE, settings.seed)
    training = Training(network, corpus, settings, callbacks=callbacks)
    reports = []
    files = output and Files(output, Checkpoints(output, None, seconds=3600, resume=False))
    run(training, files, report=reports.append, patience=patience)
    return [report for report in reports if report.ended]


def weights(path):
    return [array for layer in keras_file.read(path).layers for array in vars(layer).values()]


@pytest.mark.slow
def test_the_same_seed_trains_the_same_to_the_last_bit(tmp_path, corpus):
    seeds = {"one": 0, "again": 0, "other": 1}
    for name, seed in seeds.items():
        train(corpus, tmp_path / f"{name}.keras", dataclasses.replace(SETTINGS, seed=seed))
    one, again, other = (weights(tmp_path / f"{name}.keras") for name in seeds)
    assert all(np.array_equal(mine, same) for mine, same in zip(one, again, strict=True))
    assert not any(np.array_equal(mine, different) for mine, different in zip(one, other, strict=True))


def test_it_learns_and_says_what_of(tmp_path, corpus):
    reports = train(corpus, tmp_path / "model.keras", dataclasses.replace(SETTINGS, epochs=6))
    best = min(reports, key=lambda report: report.validation)
    assert best.validation < 2.5 < reports[0].training
    run = keras_file.read(tmp_path / "model.keras").about["training"][0]
    assert run["corpus"] == corpus.source and run["sha256"] == corpus.sha256 and run["characters"] == 2640
    assert run["split"] == {"training": [264, 2640], "validation": [0, 264], "test": [2640, 2640]}
    assert (run["epochs"], run["validation_nats"]) == (1 + reports.index(best), best.validation)
    assert run["settings"]["learning_rate"] == 0.01 and run["seed"] == 0


def test_a_long_epoch_is_scored_and_sampled_within(corpus):
    """And the run is the same: scoring changes nothing that is learned."""
    told = []

    class Told(keras.callbacks.Callback):
        def on_part_end(self, update, logs):
            told.append(("part", update, sorted(logs)))

        def on_epoch_end(self, epoch, logs=None):
            told.append(("epoch", epoch, sorted(logs)))

    trained = {}
    for every in (None, 9):
        network = new_network(corpus.vocabulary, SHAPE, 0)
        training = Training(network, corpus, SETTINGS, callbacks=[Told()], every=every)
        reports = []
        run(training, report=reports.append)
        ended = [report for report in reports if report.ended]
        trained[every] = training.network.get_weights(), ended
        assert training.epoch == 23 and training.span == 23
    (whole, at_epochs), (parts, within) = trained.values()
    assert all(map(np.array_equal, whole, parts))
    assert [report.update for report in within] == [9, 18, 23, 32, 41, 46]
    assert [report.update for report in at_epochs] == [23, 46]
    assert within[2].validation == at_epochs[0].validation and within[0].when == "epoch 1, update 9"
    both = ["loss", "val_loss"]
    assert told[:2] == [("epoch", 0, both), ("epoch", 1, both)]
    assert told[2:5] == [("part", 9, both), ("part", 18, both), ("epoch", 0, both)]


def test_ctrl_c_gives_back_from_python_what_was_learned(caplog):
    def interrupt(report):
        if report.update == 3:
            signal.raise_signal(signal.SIGINT)

    text = "the quick brown fox jumps over the lazy dog\n" * 60
    network = shakespeare.train(text, units=8, layers=1, epochs=500, progress=interrupt)
    assert "stopped by Ctrl-C at epoch 1, update " in caplog.text
    assert network.about["training"][0]["epochs"] == 0 and network.vocabulary.characters
    assert shakespeare.generate(network, "the ", length=5, seed=1).startswith("the ")


def test_a_model_without_a_history_counts_as_a_candidate_too(tmp_path, write_poem_model):
    """What Keras alone wrote says nothing of what it learned from."""
    path, reports = write_poem_model(tmp_path / "model.keras"), []
    text = "the quick brown fox jumps over the lazy dog\n" * 60
    network = shakespeare.finetune(text, path, learning_rate=50.0, progress=reports.append)
    before, *after = [report.validation for report in reports if report.ended]
    assert reports[0].when == "before" and min(after) > before
    assert np.array_equal(network.get_weights()[-1], keras_file.read(path).head_bias)


def test_held_out_text_is_scored_with_the_state_carried_as_numpy_has_it(corpus):
    training = Training(new_network(corpus.vocabulary, SHAPE, 0), corpus, SETTINGS)
    held_out = corpus.ids[: training.split.cut].astype(np.intp)
    scored = training.held_out.length * training.held_out.batches + 1
    assert training.held_out.rows == 1 and scored >= len(held_out) - 3
    expected = costs_in_text(writer_of_model(training.network), held_out[:scored]).mean()
    assert abs(training.score() - expected) < 1e-5
    assert abs(training.score() - expected) < 1e-5  # the first scoring's state is not carried into the second


@pytest.mark.slow
def test_training_goes_on_with_what_the_file_says(tmp_path, corpus):
    train(corpus, tmp_path / "first.keras")
    network = from_arrays(keras_file.read(tmp_path / "first.keras"))
    before = Training(network, corpus, SETTINGS).score()
    assert abs(before - network.about["training"][0]["validation_nats"]) < 1e-5
    told = train(corpus, tmp_path / "second.keras", network=network)
    assert told[0].when == "before" and told[0].validation == before
    runs = keras_file.read(tmp_path / "second.keras").about["training"]
    assert len(runs) == 2 and runs[1]["validation_nats"] < runs[0]["validation_nats"]


@pytest.mark.slow
def test_a_text_with_new_characters(tmp_path, corpus):
    train(corpus, tmp_path / "first.keras")
    other = tmp_path / "other.txt"
    other.write_text("Ünd nün die Füchse!\n" * 100, encoding="utf-8")
    network = from_arrays(keras_file.read(tmp_path / "first.keras"))
    assert encode(str(other), network.vocabulary).new == "!ü"  # no capitals in, so none are asked for
    encoded = encode(str(other), network.vocabulary)
    told = train(encoded, tmp_path / "second.keras", network=extended(network, encoded.vocabulary))
    assert set(network.vocabulary.characters) < set(
        keras_file.read(tmp_path / "second.keras").vocabulary.characters
    )
    assert told[-1].validation < told[0].validation


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["sigmoid", "hard_sigmoid"])
def test_a_windowed_network_goes_on_learning_windows(tmp_path, corpus, activation):
    size = len(corpus.vocabulary)
    keras.utils.set_random_seed(0)
    network = CharacterLSTM(
        corpus.vocabulary.characters, 8, embedding_size=size, window=10, recurrent_activation=activation
    )
    told = train(corpus, tmp_path / "w.keras", dataclasses.replace(SETTINGS, batch_size=32), network)
    assert told[-1].validation < 3.2
    assert keras_file.read(tmp_path / "w.keras").window == 10


def test_no_validation_keeps_the_last_epoch(tmp_path, corpus):
    told = train(corpus, tmp_path / "x.keras", dataclasses.replace(SETTINGS, validation=0.0))
    run = keras_file.read(tmp_path / "x.keras").about["training"][0]
    assert (run["epochs"], run["validation_nats"]) == (2, None) and told[-1].validation is None


def test_patience_ends_a_run_that_gets_no_better(corpus):
    settings = dataclasses.replace(SETTINGS, epochs=9, learning_rate=1e-12)
    assert len(train(corpus, settings=settings, patience=2)) < 9


def test_what_it_learned_before_stays_where_nothing_better_was_made(tmp_path, corpus):
    train(corpus, tmp_path / "first.keras", dataclasses.replace(SETTINGS, epochs=4))
    network = from_arrays(keras_file.read(tmp_path / "first.keras"))
    before = network.get_weights()
    worse = dataclasses.replace(SETTINGS, epochs=1, learning_rate=0.5)
    train(corpus, tmp_path / "second.keras", worse, network)
    after = from_arrays(keras_file.read(tmp_path / "second.keras")).get_weights()
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


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


def test_a_text_too_short_for_the_batches_asked_for(corpus):
    with pytest.raises(CorpusError, match="2,376 characters, too few for 64 streams of 100"):
        train(corpus, settings=dataclasses.replace(SETTINGS, batch_size=64))


def test_files_that_are_no_network(tmp_path):
    with pytest.raises(MissingFile):
        from_arrays(keras_file.read(tmp_path / "none.keras"))
    (tmp_path / "bad.keras").write_bytes(b"PK not really")
    with pytest.raises(ModelFileError):
        from_arrays(keras_file.read(tmp_path / "bad.keras"))


def test_train_and_finetune_from_python_are_silent_and_give_networks(tmp_path, capsys):
    verse = corpora.load("bundled", bundled_as=VERSE).text
    reports = []
    network = shakespeare.train(
        verse,
        units=48,
        layers=1,
        dropout=0.0,
        epochs=6,
        batch_size=4,
        learning_rate=0.02,
        validation=0.05,
        progress=reports.append,
    )
    shakespeare.save(network, tmp_path / "verse.keras")
    assert min(report.validation for report in reports if report.ended) < 2.6
    model = shakespeare.load(tmp_path / "verse.keras")
    poem = "".join(shakespeare.stream_poem(model, "The sea", length=100, seed=5))
    assert len(poem) == 100 and " " in poem
    (tmp_path / "more.txt").write_text(verse.upper(), encoding="utf-8")
    longer = shakespeare.finetune(tmp_path / "more.txt", tmp_path / "verse.keras")
    assert set(network.vocabulary.characters) < set(longer.vocabulary.characters)
    assert [run["corpus"] for run in longer.about["training"]] == ["a text", str(tmp_path / "more.txt")]
    assert capsys.readouterr() == ("", "")


def test_a_gradient_that_is_no_number_is_told_at_its_own_step(corpus):
    """The loss of the third update is right; its gradient, that of a root at 0, is none."""
    network, updates = new_network(corpus.vocabulary, SHAPE, 0), keras.Variable(0, trainable=False)
    read = network.read

    def poisoned(*arguments, drop=None):
        logits, states = read(*arguments, drop=drop)
        if drop:
            zero = keras.ops.sum(logits) * 0
            logits += keras.ops.where(updates.value >= 2, keras.ops.sqrt(zero), zero)
            updates.assign_add(1)
        return logits, states

    network.read = poisoned
    with pytest.raises(TrainingDiverged, match="is no longer a number at step 3; lower the learning rate"):
        run(Training(network, corpus, SETTINGS))
    assert int(updates) == 3


def test_a_loss_above_guessing_for_an_epoch_has_diverged(corpus):
    settings = dataclasses.replace(SETTINGS, learning_rate=30.0, epochs=4)
    with pytest.raises(TrainingDiverged, match="nats for an epoch, where guessing costs"):
        train(corpus, settings=settings)
