"""Callbacks: sampled text in anyone's fit, and the best weights."""

import math

import keras
import numpy as np
import pytest

from charlm.errors import InvalidOption, OutputError, TrainingDiverged
from charlm.sampling import SamplingOptions
from charlm.vocabulary import Vocabulary
from shakespeare import keras_file, load, stream_poem
from shakespeare.best_weights import KeepBest
from shakespeare.callbacks import SampleText, WindowedModel
from shakespeare.network import CharacterLSTM

VOCABULARY = "\n abcde"


def network(window=None):
    keras.utils.set_random_seed(0)
    return CharacterLSTM(VOCABULARY, 5, 1, embedding_size=3, window=window)


def compiled(model):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, jit_compile=False)
    return model


def fit(model, *callbacks, epochs=2, targets=None, **options):
    ids = np.random.default_rng(0).integers(0, 7, (8, 6))
    targets = ids if targets is None else targets
    return compiled(model).fit(
        ids, targets, epochs=epochs, batch_size=4, verbose=0, callbacks=list(callbacks), **options
    )


def test_text_at_each_epoch_s_end_is_that_of_the_weights_of_now(tmp_path):
    printed, models = [], []
    model = network()
    save = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: (models.append(tmp_path / f"{epoch}.keras"), model.save(models[-1]))
    )
    fit(model, save, SampleText("abba", 30, SamplingOptions(temperature=0), echo=printed.append))
    expected = [
        "".join(stream_poem(load(path), "abba", length=30, options=SamplingOptions(temperature=0)))
        for path in models
    ]
    assert printed == [f"\nabba{text}\n" for text in expected]


def test_the_same_seed_prints_the_same_and_each_epoch_draws_anew():
    printed = {}
    for seed in (1, 1, 2):
        before, printed[seed] = printed.get(seed), []
        model = compiled(network())
        model.optimizer.learning_rate = 0.0  # so that the epochs differ by their draws alone
        sample = SampleText(length=40, seed=seed, echo=printed[seed].append)
        ids = np.zeros((2, 3), dtype=int)
        model.fit(ids, ids, epochs=2, verbose=0, callbacks=[sample])
        assert before is None or printed[seed] == before
    assert len({*printed[1], *printed[2]}) == 4


def test_it_prints_to_standard_output(capsys):
    fit(network(), SampleText("a", 10), epochs=1)
    assert capsys.readouterr().out.startswith("\na")


@pytest.mark.parametrize("pooled", [True, False])
def test_it_works_in_anyone_s_fit(pooled):
    printed = []
    layers = [keras.layers.Embedding(7, 4), *([keras.layers.GlobalAveragePooling1D()] if pooled else [])]
    model = keras.Sequential([keras.Input((6,), dtype="int32"), *layers, keras.layers.Dense(7)])
    sample = SampleText("abc", 20, vocabulary=VOCABULARY, window=6, echo=printed.append)
    fit(model, sample, targets=np.zeros(8, dtype=int) if pooled else None)
    assert len(printed) == 2 and all(len(text) == 25 and text.startswith("\nabc") for text in printed)


def test_a_windowed_model_reads_the_last_characters():
    read = []

    class Echo(keras.Model):
        def call(self, ids, training=False):
            read.append(np.array(ids).tolist())
            return keras.ops.one_hot(ids[:, -1], 7)

    model = WindowedModel(Echo(), Vocabulary(VOCABULARY), 3)
    state = model.start(1)
    for character in [2, 3, 4, 5]:
        state = model.advance(state, np.array([character]))
    assert model.logits(state).argmax() == 5 and read[-1] == [[3, 4, 5]]


def test_without_a_vocabulary_it_asks_for_one():
    model = keras.Sequential([keras.Input((6,), dtype="int32"), keras.layers.Embedding(7, 7)])
    with pytest.raises(InvalidOption, match="vocabulary and the window"):
        fit(model, SampleText())
    with pytest.raises(InvalidOption, match="length is -1"):
        SampleText(length=-1)


class Losses(keras.callbacks.Callback):
    """Replaces what validation found."""

    def __init__(self, *losses):
        super().__init__()
        self.losses = losses

    def on_epoch_end(self, epoch, logs=None):
        logs["val_loss"] = self.losses[epoch]


def kept(tmp_path, *losses):
    model, keep = network(), KeepBest(tmp_path / "best.keras", {"corpus": "x"})
    states = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: states.append(model.get_weights())
    )
    fit(model, Losses(*losses), watch, keep, epochs=len(losses))
    return keep, states


def test_the_best_epoch_s_weights_stay(tmp_path):
    keep, states = kept(tmp_path, 3.0, 1.5, 2.0, 1.5)
    assert keep.best == (2, 1.5)
    loaded = keras.saving.load_model(tmp_path / "best.keras")
    for stored, then in zip(loaded.get_weights(), states[1], strict=True):
        np.testing.assert_array_equal(stored, then)
    assert loaded.about == {"training": [{"corpus": "x", "epochs": 2, "validation_nats": 1.5}]}
    assert [point.validation for point in keep.history if point.validation] == [3.0, 1.5, 2.0, 1.5]
    assert [point.epochs for point in keep.history] == [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]
    assert not list(tmp_path.glob(".*"))


def test_the_losses_noted_are_means_since_the_last(tmp_path):
    model, keep, batches = network(), KeepBest(tmp_path / "best.keras", {}), []

    class Batches(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            batches.append(logs["loss"] * (batch + 1))

    history = fit(model, Batches(), keep, epochs=1)
    (_, first, none), (_, second, _) = keep.history
    assert none is None and math.isclose(first + second, batches[1], rel_tol=1e-6)
    assert math.isclose((first + second) / 2, history.history["loss"][0], rel_tol=1e-6)


def test_divergence_names_the_step_and_keeps_the_weights_of_before(tmp_path):
    model, keep = network(), KeepBest(tmp_path / "best.keras", {})

    class Poison(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                logs["loss"] = math.nan

    with pytest.raises(
        TrainingDiverged,
        match=r"the loss is no longer .* at step 2; .* lower it \(it is 0.01\); the last good",
    ):
        fit(model, Poison(), keep)
    assert keep.best == (0, None)
    assert all(
        np.isfinite(array).all() for array in keras.saving.load_model(tmp_path / "best.keras").get_weights()
    )


def test_a_gradient_that_is_no_number_is_told_at_its_own_step(tmp_path):
    model, keep = network(), KeepBest(tmp_path / "best.keras", {})
    true = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    updates = keras.Variable(0, trainable=False)

    def poisoned(targets, logits):
        """Its value is right; from the third update on its gradient, that of a root at 0, is none."""
        zero = keras.ops.sum(logits) * 0
        root = keras.ops.where(updates.value >= 2, keras.ops.sqrt(zero), zero)
        updates.assign_add(1)
        return true(targets, logits) + root

    ids = np.random.default_rng(0).integers(0, 7, (16, 6))
    model.compile(keras.optimizers.AdamW(0.01, global_clipnorm=1.0), poisoned, jit_compile=False)
    with pytest.raises(
        TrainingDiverged, match=r"a gradient is no longer a number at step 3; .*the last good"
    ):
        model.fit(ids, ids, batch_size=4, verbose=0, callbacks=[keep])
    assert keep.best == (0, None) and int(updates) == 3 and math.isfinite(keep.history[-1].training)
    assert np.isfinite(keras_file.read(tmp_path / "best.keras").head_kernel).all()


def test_a_file_that_cannot_be_written_ends_the_run(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot write"):
        fit(network(), KeepBest(tmp_path / "file" / "best.keras", {}))
