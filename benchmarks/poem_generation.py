"""Speed of writing poems: our NumPy step against the course's way, TensorFlow's and onnxruntime's.

    python benchmarks/poem_generation.py

One poem at a time, sampling included, one thread each; the same random weights, of two layers. A figure is
the median of five rounds, in which all sides take turns. onnxruntime is measured where it and onnx are
installed.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ[variable] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import importlib.util
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from charlm.generation import stream_ids
from charlm.sampling import SamplingOptions
from charlm.vocabulary import Vocabulary
from shakespeare.hdf5 import Array
from shakespeare.weights import LSTMWeights, Network
from shakespeare.writer import SonnetWriter

ROUNDS = 5
SECONDS = 1.0
WINDOW, SIZE, EMBEDDING = 40, 65, 64
PREDICT = "model.predict on a window"
Stepper = Iterator[int]


def random_network(units: int) -> Network:
    """Two layers with weights of about the size that training gives them."""
    generator = np.random.default_rng(0)

    def weights(*shape: int) -> Array:
        return (0.05 * generator.standard_normal(shape)).astype(np.float32)

    layers = tuple(
        LSTMWeights(weights(below, 4 * units), weights(units, 4 * units), weights(4 * units))
        for below in (EMBEDDING, units)
    )
    vocabulary = Vocabulary("".join(map(chr, range(40, 40 + SIZE))))
    embedding, head, bias = weights(SIZE, EMBEDDING), weights(units, SIZE), weights(SIZE)
    return Network(vocabulary, "sigmoid", None, embedding, layers, head, bias, {})


def ours(network: Network) -> Stepper:
    """Indices by the project's writer and loop."""
    pick = SamplingOptions().picker(np.random.default_rng(0))
    for ids in stream_ids(SonnetWriter(network), pick, prompt=[0], limit=10**9):
        yield int(ids[0])


def course_way(network: Network) -> Stepper:
    """Indices by ``model.predict`` on a one-hot window for each character."""
    import keras

    layers = keras.layers
    units = len(network.head_kernel)
    model = keras.Sequential(
        [
            keras.Input((WINDOW, SIZE)),
            layers.LSTM(units, return_sequences=True),
            layers.LSTM(units),
            layers.Dense(SIZE, activation="softmax"),
        ]
    )
    lower, upper = network.layers
    model.set_weights(
        [
            *(network.embedding @ lower.kernel, lower.recurrent_kernel, lower.bias),
            *(upper.kernel, upper.recurrent_kernel, upper.bias),
            *(network.head_kernel, network.head_bias),
        ]
    )
    window, generator = [0] * WINDOW, np.random.default_rng(0)
    while True:
        x = np.zeros((1, WINDOW, SIZE), dtype=np.float32)
        x[0, np.arange(WINDOW), window] = 1
        probabilities = model.predict(x, verbose=0)[0].astype(np.float64)
        index = int(generator.choice(SIZE, p=probabilities / probabilities.sum()))
        window = [*window[1:], index]
        yield index


def compiled_step(network: Network) -> Stepper:
    """Indices by one ``tf.function`` for each character, the state carried."""
    import tensorflow as tf

    table, head, bias = map(tf.constant, (network.embedding, network.head_kernel, network.head_bias))
    weights = [
        [tf.constant(array) for array in (layer.kernel, layer.recurrent_kernel, layer.bias)]
        for layer in network.layers
    ]

    @tf.function
    def step(ids, states):
        values, after = tf.gather(table, ids), []
        for (kernel, recurrent, shift), (h, before) in zip(weights, states, strict=True):
            i, f, g, o = tf.split(values @ kernel + h @ recurrent + shift, 4, axis=1)
            c = tf.sigmoid(f) * before + tf.sigmoid(i) * tf.tanh(g)
            values = tf.sigmoid(o) * tf.tanh(c)
            after.append((values, c))
        return values @ head + bias, after

    zeros = tf.zeros((1, len(network.head_kernel)))
    states, ids = [(zeros, zeros)] * len(weights), np.array([0])
    pick = SamplingOptions().picker(np.random.default_rng(0))
    while True:
        logits, states = step(tf.constant(ids), states)
        ids = pick(logits.numpy())
        yield int(ids[0])


def onnx_runtime(network: Network) -> Stepper:
    """Indices by onnxruntime, one step for each character, the state carried."""
    import onnxruntime
    from poem_graph import onnx_model

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx_model(network), options, providers=["CPUExecutionProvider"])
    units, count = len(network.head_kernel), len(network.layers)
    names = [f"{part}{layer}" for layer in range(count) for part in "hc"]
    feed = {name: np.zeros((1, 1, units), dtype=np.float32) for name in names}
    ids = np.array([[0]])
    pick = SamplingOptions().picker(np.random.default_rng(0))
    while True:
        logits, *states = session.run(None, {"ids": ids, **feed})
        feed = dict(zip(names, states, strict=True))
        ids = pick(logits[0]).reshape(1, 1)
        yield int(ids[0, 0])


def microseconds(stepper: Stepper) -> float:
    """The mean time of a character over about SECONDS."""
    count, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < SECONDS:
        next(stepper)
        count += 1
    return 1e6 * passed / count


def main() -> None:
    """Measure all sides in turn and print them."""
    sides: dict[str, Callable[[Network], Stepper]] = {
        "ours, NumPy": ours,
        PREDICT: course_way,
        "compiled tf.function": compiled_step,
    }
    if importlib.util.find_spec("onnx") and importlib.util.find_spec("onnxruntime"):
        sides["onnxruntime"] = onnx_runtime
    for units in (128, 256, 512):
        network = random_network(units)
        steppers = {name: make(network) for name, make in sides.items()}
        rounds: dict[str, list[float]] = {name: [] for name in sides}
        firsts = {name: [next(stepper) for _ in range(20)] for name, stepper in steppers.items()}
        same = [first for name, first in firsts.items() if name != PREDICT]  # it draws otherwise
        assert all(first == same[0] for first in same), "the sides do not compute the same"
        for _ in range(ROUNDS):
            for name, stepper in steppers.items():
                rounds[name].append(microseconds(stepper))
        medians = {name: statistics.median(times) for name, times in rounds.items()}
        for name, median in medians.items():
            times_ours = median / medians["ours, NumPy"]
            print(f"2 x {units}  {name:<26} {median:10,.0f} µs a character   {times_ours:8,.1f}")


if __name__ == "__main__":
    main()
