"""Sampled text in anyone's fit."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from charlm.errors import InvalidOption
from charlm.language_model import WindowModel
from charlm.sampling import SamplingOptions
from charlm.vocabulary import Vocabulary
from shakespeare import load, stream_poem
from shakespeare.callbacks import SampleText
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

    def echo(ids):
        read.append(ids.tolist())
        return np.eye(7)[ids[:, -1]]

    model = WindowModel(Vocabulary(VOCABULARY), 3, echo)
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


LOADED = """
import sys, keras
before = set(sys.modules)
from shakespeare.callbacks import SampleText
print(*sorted(set(sys.modules) - before))
"""


def test_the_callback_brings_no_more_than_keras_and_what_samples():
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "shakespeare.callbacks" in loaded
    others = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names)
    assert others & {"typer", "rich", "h5py", "requests", "safetensors", "matplotlib", "filelock"} == set()
    assert {name for name in loaded if name.startswith("charlm.run.")} <= {
        "charlm.run.console",
        "charlm.run.signals",
    }
