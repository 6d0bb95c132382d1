"""Sampled text in anyone's fit."""

import ast
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from charlm.errors import InvalidOption
from charlm.sampling import SamplingOptions
from charlm.vocabulary import Vocabulary
from shakespeare import load, stream_poem
from shakespeare.any_model import language_model
from shakespeare.callbacks import SampleText
from shakespeare.characters import characters_of
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
        def call(self, ids):
            read.append(np.array(ids).tolist())  # which cannot be compiled
            return keras.ops.one_hot(ids[:, -1], 7)

    echo = Echo()
    echo(np.zeros((1, 3), int))
    model = language_model(echo, VOCABULARY, 3, outputs="logits")
    state = model.start(1)
    for character in [2, 3, 4, 5]:
        state = model.advance(state, np.array([character]))
    assert model.logits(state).argmax() == 5 and read[-1] == [[3, 4, 5]]


def test_without_a_vocabulary_it_asks_for_one_before_the_first_epoch():
    model = keras.Sequential([keras.Input((6,), dtype="int32"), keras.layers.Embedding(7, 7)])
    epochs = []
    seen = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epochs.append(epoch))
    with pytest.raises(InvalidOption, match="what its indices mean; give SampleText"):
        fit(model, seen, SampleText())
    assert epochs == []
    with pytest.raises(InvalidOption, match="length is -1"):
        SampleText(length=-1)


def test_a_model_that_breaks_ends_no_training():
    printed = []
    model = network()
    broken = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: model.head.bias.assign(np.full(7, np.nan))
    )
    fit(model, broken, SampleText("abba", 30, echo=printed.append))
    assert len(printed) == 2 and all("must be a finite number" in line for line in printed)


def test_what_is_adapted_of_the_prompt_is_said_once():
    printed = []
    fit(network(), SampleText("abXba", 5, echo=printed.append))
    assert printed[0] == "the prompt is read as 'abba': dropped 'X'" and len(printed) == 3


@pytest.mark.parametrize(
    "vocabulary",
    [
        "xyz",
        ["x", "y", "z"],
        {"x": 0, "y": 1, "z": 2},
        {0: "x", 2: "z", np.int64(1): "y"},
        "xyz".__getitem__,
        Vocabulary("xyz"),
        keras.layers.StringLookup(vocabulary=list("xyz"), num_oov_indices=0),
        keras.layers.StringLookup(vocabulary=list("xyz"), num_oov_indices=0, invert=True),
    ],
)
def test_a_vocabulary_in_any_form(vocabulary):
    assert characters_of(vocabulary, 3) == ("x", "y", "z")


def test_indices_of_no_character():
    words = keras.layers.TextVectorization(split="character", vocabulary=list("ab"))
    assert characters_of(words, 4) == ("", "", "a", "b")
    assert characters_of(["<pad>", "\0", b"a", "b", "]"], 5) == ("", "", "a", "b", "]")
    assert characters_of({"a": 2}, 3) == ("", "", "a")


@pytest.mark.parametrize(
    ("vocabulary", "said"),
    [
        ("ab", r"scores 3 indices, and the vocabulary names 2; .*vocabulary=\['', \*characters\]"),
        ("aab", "names 'a' more than once"),
        (["the", "a", "b"], "has 'the' for an index"),
        ([1, 2, 3], "has 1 for an index"),
        ({"a": 3}, "gives 'a' the index 3, and the model scores 0 to 2"),
        ("ab".__getitem__, "function fails: IndexError"),
        (["", "", ""], "names no character"),
    ],
)
def test_a_vocabulary_that_cannot_be(vocabulary, said):
    with pytest.raises(InvalidOption, match=said):
        characters_of(vocabulary, 3)


LOADED = """
import sys, keras
before = set(sys.modules)
from shakespeare.callbacks import SampleText
print(sorted(name for name in set(sys.modules) - before if "." not in name and not name.startswith("_")))
"""


@pytest.mark.slow
def test_it_is_light_to_import():
    """Keras itself loads h5py, rich and requests; beside it there is nothing to load."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    loaded = set(ast.literal_eval(done.stdout)) - sys.stdlib_module_names
    assert loaded == {"charlm", "shakespeare"}


# Their text is not held to: a training as short as this does not get them to write the line.
STATEFUL = {"stateful", "stateful, a step at a time"}


BACKENDS = [name for name in ("tensorflow", "torch", "jax") if importlib.util.find_spec(name)]


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_twelve_kinds_of_models(backend):
    """The last sample is right, the weights are as without it, and what is wrong is said at once."""
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("sample_text_kinds.py"), "25"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": backend},
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["backend"] == backend and len(told["kinds"]) == (10 if backend == "torch" else 12)
    wrong = {name: kind["text"] for name, kind in told["kinds"].items() if not kind["right"]}
    assert wrong.keys() <= STATEFUL, wrong
    assert [name for name, kind in told["kinds"].items() if not kind["same"]] == []
    silent = {name for name, case in told["wrong"].items() if case["epochs"] or not case["said"]}
    assert silent == set() and all("\n" not in case["said"] for case in told["wrong"].values())
