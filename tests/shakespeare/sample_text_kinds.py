"""Twelve kinds of models, trained with SampleText and without; run by a test, once for each backend.

Prints a line of JSON: of each kind the seconds for a sample, whether the last sample is right, and
whether the callback left no trace; and of each wrong call what it says before the first epoch.
"""

import json
import sys
import time

import keras
import numpy as np
from keras import layers, ops

from charlm.errors import CharLMError
from charlm.sampling import SamplingOptions
from shakespeare.callbacks import SampleText

TEXT = "so long lives this, "
FREQUENT = "".join(sorted(set(TEXT), key=lambda character: (-TEXT.count(character), character)))
WINDOW, SIZE = 10, len(FREQUENT)
IDS = np.array([FREQUENT.index(character) for character in TEXT * 12], np.int32)
WINDOWS = np.lib.stride_tricks.sliding_window_view(IDS[:-1], WINDOW)[:160]
NEXT = IDS[WINDOW:][:160]
FOLLOWING = np.lib.stride_tricks.sliding_window_view(IDS[1:], WINDOW)[:160]


def lstm(size=SIZE, activation=None, length=WINDOW, batch=None, sequences=False, **options):
    return keras.Sequential(
        [
            keras.Input((length,), batch_size=batch, dtype="int32"),
            layers.Embedding(size, 12),
            layers.LSTM(24, return_sequences=sequences, **options),
            layers.Dense(size, activation=activation),
        ]
    )


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.embedding, self.gru = layers.Embedding(SIZE, 12), layers.GRU(24)
        self.noise, self.head = layers.GaussianNoise(0.01, seed=3), layers.Dense(SIZE)

    def call(self, ids):
        return self.head(self.noise(self.gru(self.embedding(ids))))


def one_hot():
    return keras.Sequential(
        [
            keras.Input((WINDOW, SIZE)),
            layers.LSTM(24),
            layers.Dropout(0.05, seed=1),
            layers.Dense(SIZE, activation="softmax"),
        ]
    )


def several():
    ids = keras.Input((WINDOW,), dtype="int32")
    places = keras.Input((WINDOW,), dtype="int32")
    both = layers.Embedding(SIZE, 12)(ids) + layers.Embedding(WINDOW, 12)(places)
    return keras.Model([ids, places], layers.Dense(SIZE)(layers.Flatten()(layers.Dense(24, "relu")(both))))


def convolution():
    ids = keras.Input((WINDOW,), dtype="int32")
    values = layers.BatchNormalization()(
        layers.Conv1D(24, 4, activation="relu")(layers.Embedding(SIZE, 12)(ids))
    )
    scores = layers.Dense(SIZE)(layers.Flatten()(values))
    return keras.Model(ids, layers.Softmax()(scores))


def with_places(ids):
    return [ids, np.broadcast_to(np.arange(WINDOW, dtype=np.int32), ids.shape)]


ONE_HOT = np.eye(SIZE, dtype=np.float32)[WINDOWS]
BY_LETTER = {character: index for index, character in enumerate(FREQUENT)}
KINDS = {  # a model, its inputs, its targets, and what SampleText is told
    "Sequential, logits": (lstm, WINDOWS, NEXT, {"vocabulary": FREQUENT}),
    "softmax": (lambda: lstm(activation="softmax"), WINDOWS, NEXT, {"vocabulary": list(FREQUENT)}),
    "subclassed": (Subclassed, WINDOWS, NEXT, {"vocabulary": FREQUENT, "window": WINDOW}),
    "one-hot": (one_hot, ONE_HOT, NEXT, {"vocabulary": BY_LETTER}),
    "several inputs": (several, with_places(WINDOWS), NEXT, {"vocabulary": FREQUENT, "inputs": with_places}),
    "stateful": (lambda: lstm(batch=32, stateful=True), WINDOWS, NEXT, {"vocabulary": FREQUENT}),
    "stateful, a step at a time": (
        lambda: lstm(batch=20, length=None, stateful=True, sequences=True),
        WINDOWS,
        FOLLOWING,
        {"vocabulary": FREQUENT},
    ),
    "indices from one": (lambda: lstm(SIZE + 1), WINDOWS + 1, NEXT + 1, {"vocabulary": ["", *FREQUENT]}),
    "a wider output": (lambda: lstm(SIZE + 2), WINDOWS, NEXT, {"vocabulary": [*FREQUENT, "<a>", "<b>"]}),
    "bfloat16": (lambda: lstm(dtype="mixed_bfloat16"), WINDOWS, NEXT, {"vocabulary": FREQUENT}),
    "any length": (
        lambda: lstm(length=None, sequences=True),
        WINDOWS,
        FOLLOWING,
        {"vocabulary": FREQUENT, "window": 2 * WINDOW},
    ),
    "convolution": (convolution, WINDOWS, NEXT, {"vocabulary": FREQUENT.__getitem__}),
}
WRONG = {
    "no vocabulary": (lstm, WINDOWS, {}),
    "too few characters": (lambda: lstm(SIZE + 1), WINDOWS, {"vocabulary": FREQUENT}),
    "several inputs": (several, with_places(WINDOWS), {"vocabulary": FREQUENT}),
    "no window": (Subclassed, WINDOWS, {"vocabulary": FREQUENT}),
    "another window": (lstm, WINDOWS, {"vocabulary": FREQUENT, "window": 3}),
    "a letter twice": (lstm, WINDOWS, {"vocabulary": "s" + FREQUENT[1:-1] + "s"}),
    "words": (lstm, WINDOWS, {"vocabulary": ["the", *FREQUENT[1:]]}),
    "sigmoid": (lambda: lstm(activation="sigmoid"), WINDOWS, {"vocabulary": FREQUENT}),
    "unknown letters": (lstm, WINDOWS, {"vocabulary": FREQUENT, "prompt": "XYZ"}),
    "a function that fails": (lstm, WINDOWS, {"vocabulary": {}.__getitem__}),
}


def fit(kind, epochs, *callbacks):
    make, inputs, targets, _ = kind
    keras.utils.set_random_seed(1)
    model = make()
    softmax = "softmax" in str(getattr(model.layers[-1], "activation", model.layers[-1].name)).lower()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=not softmax)
    model.compile(keras.optimizers.Adam(0.03), loss, jit_compile=keras.backend.backend() == "jax")
    batch = next((tensor.shape[0] for tensor in getattr(model, "inputs", None) or []), None)
    model.fit(
        inputs,
        targets,
        epochs=epochs,
        batch_size=batch or 32,
        verbose=0,
        shuffle=False,
        callbacks=list(callbacks),
    )
    return [np.array(ops.convert_to_numpy(weight)).astype(np.float32) for weight in model.weights]


class Timed(SampleText):
    def on_epoch_end(self, epoch, logs=None):
        began = time.perf_counter()
        super().on_epoch_end(epoch, logs)
        self.seconds = time.perf_counter() - began


def tried(kind, epochs):
    printed = []
    options = {"options": SamplingOptions(temperature=0), "echo": printed.append, **kind[3]}
    sample = Timed(TEXT, 40, **options)
    fit(kind, epochs, sample)
    plain, watched = fit(kind, 3), fit(kind, 3, Timed(TEXT, 5, **options))
    same = all(np.array_equal(one, other) for one, other in zip(plain, watched, strict=True))
    text = printed[epochs - 1].strip("\n")
    return {"seconds": sample.seconds, "right": text == TEXT + (TEXT * 3)[:40], "same": same, "text": text}


def refused(make, inputs, options):
    epochs = []
    seen = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: epochs.append(epoch))
    try:
        fit((make, inputs, NEXT, {}), 1, seen, SampleText(**{"prompt": TEXT, "length": 5, **options}))
    except CharLMError as error:
        return {"said": str(error), "epochs": len(epochs)}
    return {"said": "", "epochs": len(epochs)}


if __name__ == "__main__":
    named = sys.argv[2:] or [*KINDS]
    if keras.backend.backend() == "torch":  # where Keras cannot train a stateful model
        named = [name for name in named if "stateful" not in name]
    kinds = {name: tried(KINDS[name], int(sys.argv[1])) for name in named}
    wrong = {name: refused(*case) for name, case in WRONG.items()} if not sys.argv[2:] else {}
    print(json.dumps({"backend": keras.backend.backend(), "kinds": kinds, "wrong": wrong}))
