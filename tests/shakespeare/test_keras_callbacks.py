"""Keras's own callbacks, and anybody's, are told in our training what ``fit`` tells them."""

import csv

import keras
import numpy as np
import pytest
import tensorflow as tf

from shakespeare.encoded import encode
from shakespeare.network import CharacterLSTM
from shakespeare.training import Training, run
from shakespeare.training_settings import TrainingSettings

EPOCHS, WINDOW = 3, 10
SETTINGS = TrainingSettings(epochs=EPOCHS, batch_size=64, most_streams=64, learning_rate=0.01)


def batches(feed, epochs):
    """A feed's batches, epoch after epoch, as ``fit`` takes them."""
    signature = tuple(tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in feed.batch(0, 0))
    return tf.data.Dataset.from_generator(
        lambda: (feed.batch(epoch, index) for epoch in range(epochs) for index in range(feed.batches)),
        output_signature=signature,
    )


class Everything(keras.callbacks.Callback):
    """Notes each call, with its numbers, and what the model is and has at that moment."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def note(self, name, *given):
        self.calls.append((name, *given, int(self.model.optimizer.iterations)))


def noting(name):
    def method(self, *given, logs=None):
        numbers = [part for part in given if not isinstance(part, dict)]
        logs = next((part for part in given if isinstance(part, dict)), logs)
        self.note(name, *numbers, logs and {key: float(value) for key, value in logs.items()})

    return method


for moment in (
    *("train_begin", "train_end", "epoch_begin", "epoch_end", "train_batch_begin", "train_batch_end"),
    *("test_begin", "test_end", "test_batch_begin", "test_batch_end"),
):
    setattr(Everything, f"on_{moment}", noting(moment))


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the quick brown fox jumps over the lazy dog\n" * 20)
    return encode(str(path))


def network(corpus):
    """Windows and no dropout, so that ``fit`` can do the same."""
    keras.utils.set_random_seed(1)
    size = len(corpus.vocabulary)
    return CharacterLSTM(corpus.vocabulary.characters, 8, embedding_size=size, window=WINDOW, dropout=0.0)


def here(corpus, callbacks):
    training = Training(network(corpus), corpus, SETTINGS, callbacks=callbacks)
    assert training._momentum == 0  # so short a run averages nothing, as fit does not
    run(training)
    return training.network


def under_fit(corpus, callbacks):
    model = network(corpus)
    training = Training(network(corpus), corpus, SETTINGS)
    feed, held_out = training.feed, training.held_out
    assert held_out.batches == 1
    optimizer = keras.optimizers.AdamW.from_config(
        {**training.network.optimizer.get_config(), "global_clipnorm": 1.0}
    )
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, jit_compile=False)
    model.fit(
        batches(feed, EPOCHS + 1),
        steps_per_epoch=feed.batches,
        validation_data=held_out.batch(0, 0),
        validation_batch_size=held_out.rows,
        epochs=EPOCHS,
        callbacks=callbacks,
        shuffle=False,
        verbose=0,
    )
    return model


def both(corpus, make):
    """The same callback once under ``fit`` and once here: itself, the model, and what it raised."""
    for way, place in ((under_fit, "fit"), (here, "here")):
        callback = make(place)
        try:
            yield callback, way(corpus, [callback]), None
        except (ValueError, TypeError, AttributeError) as error:
            yield callback, None, f"{type(error).__name__}: {error}"


def close(one, other):
    """The same, but for numbers that may differ by what single precision leaves open."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, float):
        return abs(one - other) < 2e-5
    return one == other


@pytest.mark.slow
def test_every_call_comes_in_its_order_with_its_numbers(corpus):
    (told, _, _), (told_here, _, _) = both(corpus, lambda place: Everything())
    assert [call[0] for call in told.calls] == [call[0] for call in told_here.calls]
    assert close(told.calls, told_here.calls)
    assert len(told.calls) == 50 and told.params == told_here.params


def rows(path):
    with path.open(newline="") as file:
        return [[float(number) for number in row] for row in list(csv.reader(file))[1:]]


def scalars(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = {}
    for part in ("train", "validation"):
        events = EventAccumulator(str(folder / part)).Reload()
        for tag in events.Tags()["tensors"]:
            if tag.startswith(("epoch_", "evaluation_")):
                values = [(event.step, event.tensor_proto) for event in events.Tensors(tag)]
                read[part, tag] = [
                    (
                        step,
                        float(np.frombuffer(proto.tensor_content, np.float32)[0])
                        if proto.tensor_content
                        else float(proto.float_val[0]),
                    )
                    for step, proto in values
                ]
    return read


CASES = {
    "History": (
        lambda folder: keras.callbacks.History(),
        lambda callback, *_: (callback.epoch, callback.history),
    ),
    "CSVLogger": (
        lambda folder: keras.callbacks.CSVLogger(folder / "log.csv"),
        lambda callback, model, folder: rows(folder / "log.csv"),
    ),
    "EarlyStopping": (
        lambda folder: keras.callbacks.EarlyStopping("val_loss", min_delta=9.0, patience=1),
        lambda callback, model, _: (callback.stopped_epoch, callback.wait, float(callback.best)),
    ),
    "EarlyStopping that puts the best weights back": (
        lambda folder: keras.callbacks.EarlyStopping(
            "loss", mode="max", patience=1, restore_best_weights=True
        ),
        lambda callback, model, _: [float(array.sum()) for array in callback.best_weights],
    ),
    "LambdaCallback": (
        lambda folder: keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: (folder / f"{epoch}.txt").write_text(f"{logs['val_loss']:.3f}")
        ),
        lambda callback, model, folder: [float(path.read_text()) for path in sorted(folder.glob("*.txt"))],
    ),
    "ModelCheckpoint": (
        lambda folder: keras.callbacks.ModelCheckpoint(
            folder / "{epoch:02d}-{val_loss:.2f}.weights.h5", save_best_only=True, save_weights_only=True
        ),
        lambda callback, model, folder: sorted(path.name for path in folder.iterdir()),
    ),
    "ModelCheckpoint of whole models": (
        lambda folder: keras.callbacks.ModelCheckpoint(folder / "{epoch}.keras"),
        lambda callback, model, folder: [
            float(keras.saving.load_model(path).head.get_weights()[0].sum())
            for path in sorted(folder.glob("*.keras"))
        ],
    ),
    "TensorBoard": (
        keras.callbacks.TensorBoard,
        lambda callback, model, folder: scalars(folder),
    ),
    "TerminateOnNaN": (lambda folder: keras.callbacks.TerminateOnNaN(), lambda callback, *_: callback.params),
    "LearningRateScheduler": (
        lambda folder: keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2),
        lambda callback, *_: None,
    ),
    "ReduceLROnPlateau": (
        lambda folder: keras.callbacks.ReduceLROnPlateau("val_loss", min_delta=9.0, patience=1),
        lambda callback, *_: None,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_keras_s_own(corpus, tmp_path, name):
    make, seen = CASES[name]

    def made(place):
        (tmp_path / place).mkdir()
        return make(tmp_path / place)

    (callback, model, error), (other, model_here, error_here) = both(corpus, made)
    assert error == error_here
    if error is None:
        found, found_here = (
            seen(callback, model, tmp_path / "fit"),
            seen(other, model_here, tmp_path / "here"),
        )
        assert close(found, found_here), (found, found_here)
        for array, array_here in zip(model.get_weights(), model_here.get_weights(), strict=True):
            np.testing.assert_allclose(array, array_here, atol=1e-4)


@pytest.mark.slow
def test_remote_monitor(corpus, tmp_path):
    """Over HTTP, to a server on loopback."""
    import json
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    posted = []

    class Server(BaseHTTPRequestHandler):
        def do_POST(self):
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        list(
            both(
                corpus,
                lambda place: keras.callbacks.RemoteMonitor(
                    f"http://127.0.0.1:{server.server_port}", send_as_json=True
                ),
            )
        )
        server.shutdown()
    assert len(posted) == 2 * EPOCHS and close(posted[:EPOCHS], posted[EPOCHS:])
