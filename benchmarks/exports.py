"""Each export of the shipped model, run by its own runtime without this package, beside our own writer.

Run: python benchmarks/exports.py [onnx] [safetensors] [keras]; needs onnx, onnxruntime and safetensors.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from charlm.run import corpora
from charlm.sampling import softmax
from shakespeare import backend, exports, keras_file
from shakespeare.writer import writer_of

CHARACTERS, POEM = 1_000, 400

COMMON = """
import json, sys, time, numpy as np
ids, prompt = np.load("ids.npy"), np.load("prompt.npy")
config = json.load(open("config.json", encoding="utf-8"))
"""
STEPS = {
    "onnx": """
import onnxruntime
model = onnxruntime.InferenceSession("model.onnx")
def start():
    return {part.name: np.zeros((1, 1, config["units"]), np.float32) for part in model.get_inputs()[1:]}
def step(states, index):
    logits, *after = model.run(None, {"ids": np.array([[index]]), **states})
    return dict(zip(states, after)), logits[0, 0]
""",
    "safetensors": """
from safetensors.numpy import load_file
w = load_file("model.safetensors")
sigmoid = lambda z: 1 / (1 + np.exp(-z))
def start():
    return np.zeros((2, config["layers"], config["units"]), np.float32)
def step(states, index):
    (h, c), x = states, w["embedding"][index]
    for n in range(config["layers"]):
        i, f, g, o = np.split(
            x @ w[f"lstm_{n}.kernel"] + h[n] @ w[f"lstm_{n}.recurrent_kernel"] + w[f"lstm_{n}.bias"], 4
        )
        c[n] = sigmoid(f) * c[n] + sigmoid(i) * np.tanh(g)
        x = h[n] = sigmoid(o) * np.tanh(c[n])
    return states, x @ w["head.kernel"] + w["head.bias"]
""",
    "keras": """
import keras
model = keras.saving.load_model("model.keras")
stateful = keras.Sequential([keras.Input((1,), batch_size=1, dtype="int32")] + [
    keras.layers.LSTM.from_config({**layer.get_config(), "stateful": True, "return_sequences": True})
    if isinstance(layer, keras.layers.LSTM) else layer.__class__.from_config(layer.get_config())
    for layer in model.layers
])
stateful.set_weights(model.get_weights())
def start():
    for layer in stateful.layers:
        getattr(layer, "reset_states", getattr(layer, "reset_state", lambda: None))()
def step(states, index):
    return states, keras.ops.convert_to_numpy(stateful(np.array([[index]])))[0, 0]
""",
}
RUN = """
states, rows = start(), []
for index in ids:
    states, logits = step(states, int(index))
    rows.append(logits.copy())
states, poem = start(), []
for index in prompt:
    states, logits = step(states, int(index))
began = time.perf_counter()
for _ in range(400):
    poem.append(int(np.argmax(logits)))
    states, logits = step(states, poem[-1])
seconds = time.perf_counter() - began
assert not {"shakespeare", "charlm"} & set(sys.modules)
np.savez("result.npz", logits=rows, poem=poem, seconds=seconds)
"""


def ours(network, ids, prompt):
    """Logits after each character, a greedy poem, and its seconds, by our own writer."""
    writer, rows = writer_of(network), []
    state = writer.start(1)
    for index in ids:
        state = writer.advance(state, np.array([index]))
        rows.append(writer.logits(state)[0])
    state, poem = writer.start(1), []
    for index in prompt:
        state = writer.advance(state, np.array([index]))
    began = time.perf_counter()
    for _ in range(POEM):
        poem.append(int(writer.logits(state)[0].argmax()))
        state = writer.advance(state, np.array(poem[-1:]))
    return np.array(rows), poem, time.perf_counter() - began


def theirs(network, format, ids, prompt):
    """The same by the format's own runtime, in a process of its own."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        exports.export(network, folder, format)
        np.save(folder / "ids.npy", ids)
        np.save(folder / "prompt.npy", prompt)
        program = COMMON + STEPS[format] + RUN
        subprocess.run([sys.executable, "-c", program], cwd=folder, check=True, stderr=subprocess.DEVNULL)
        result = np.load(folder / "result.npz")
        return result["logits"], result["poem"].tolist(), float(result["seconds"])


def main() -> None:
    """Print a line for each format."""
    network = keras_file.read(keras_file.shipped())
    text = network.vocabulary.adapt(corpora.load("sonnets", bundled_as="").text[-CHARACTERS:]).text
    ids, prompt = network.vocabulary.encode(text), network.vocabulary.encode("Shall I compare")
    logits, poem, seconds = ours(network, ids, prompt)
    print(f"{'ours':<12} {1e6 * seconds / POEM:7.0f} us a character")
    probabilities = softmax(logits.astype(np.float64))
    for format in sys.argv[1:] or STEPS:
        if format == "keras":
            backend.load_tensorflow()
        got, same, took = theirs(network, format, ids, prompt)
        apart = np.abs(softmax(got.astype(np.float64)) - probabilities).max()
        print(
            f"{format:<12} {1e6 * took / POEM:7.0f} us a character, {took / seconds:.2f} times ours; "
            f"probabilities apart {apart:.1e} over {len(ids):,} characters; "
            f"greedy poem of {POEM} {'the same' if same == poem else 'ANOTHER'}"
        )


if __name__ == "__main__":
    main()
