"""A poem's network for other programs: Keras without this package, ONNX Runtime, safetensors."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from charlm.errors import require_choice
from charlm.run import exports
from shakespeare.weights import Array, LSTMWeights, Network

FORMATS = ("keras", "onnx", "safetensors")

PROGRAMS = {
    "onnx": """\
import json, numpy as np, onnxruntime
model = onnxruntime.InferenceSession("model.onnx")
config = json.load(open("config.json", encoding="utf-8"))
vocabulary, generator = config["vocabulary"], np.random.default_rng(0)
states = {part.name: np.zeros((1, 1, config["units"]), np.float32) for part in model.get_inputs()[1:]}
text = "Shall I compare"
ids = [[vocabulary.index(character)] for character in text if character in vocabulary]
for _ in range(400):
    logits, *after = model.run(None, {"ids": np.array(ids), **states})
    states = dict(zip(states, after))
    p = np.exp(logits[-1, 0] - logits[-1, 0].max())
    ids = [[int(generator.choice(len(p), p=p / p.sum()))]]
    text += vocabulary[ids[0][0]]
print(text)
""",
    "keras": """\
import json, keras, numpy as np
model = keras.saving.load_model("model.keras")
config = json.load(open("config.json", encoding="utf-8"))
vocabulary, generator = config["vocabulary"], np.random.default_rng(0)
text = "Shall I compare"
for _ in range(100):
    ids = [vocabulary.index(character) for character in text if character in vocabulary]
    logits = keras.ops.convert_to_numpy(model(np.array([ids[-(config["window"] or 200) :]])))
    logits = logits.reshape(-1, len(vocabulary))[-1]
    p = np.exp(logits - logits.max())
    text += vocabulary[int(generator.choice(len(p), p=p / p.sum()))]
print(text)
""",
    "safetensors": """\
import json, numpy as np
from safetensors.numpy import load_file
w, config = load_file("model.safetensors"), json.load(open("config.json", encoding="utf-8"))
vocabulary, generator = config["vocabulary"], np.random.default_rng(0)
old = config["recurrent_activation"] != "sigmoid"
sigmoid = lambda z: np.clip(z / 5 + 0.5, 0, 1) if old else 1 / (1 + np.exp(-z))
h, c = np.zeros((2, config["layers"], config["units"]), np.float32)
text = "".join(character for character in "Shall I compare" if character in vocabulary)
for place in range(400 + len(text)):
    x = w["embedding"][vocabulary.index(text[place])]
    for n in range(config["layers"]):
        z = x @ w[f"lstm_{n}.kernel"] + h[n] @ w[f"lstm_{n}.recurrent_kernel"] + w[f"lstm_{n}.bias"]
        i, f, g, o = np.split(z, 4)
        c[n] = sigmoid(f) * c[n] + sigmoid(i) * np.tanh(g)
        x = h[n] = sigmoid(o) * np.tanh(c[n])
    if place + 1 == len(text):
        p = np.exp(x @ w["head.kernel"] + w["head.bias"])
        text += vocabulary[int(generator.choice(len(p), p=p / p.sum()))]
print(text)
""",
}


def export(network: Network, folder: Path, format: str, name: str = "shakespeare") -> None:
    """Write a network as a folder for other programs.

    Args:
        network: its weights.
        folder: gets the model, ``config.json``, ``generation_config.json`` and a ``README.md``.
        format: one of FORMATS.
        name: what the page calls it.

    Raises:
        InvalidOption: for another format.
        WrongCall: if a package that the format needs is not installed.
        OutputError: if it cannot be written.
    """
    require_choice("format", format, FORMATS)
    config: dict[str, Any] = {
        "model_type": "character_lstm",
        "vocabulary": network.vocabulary.characters,
        "units": len(network.layers[0].recurrent_kernel),
        "layers": len(network.layers),
        "embedding_size": network.embedding.shape[1],
        "recurrent_activation": network.recurrent_activation,
        "window": network.window,
    }
    contents: dict[str, Callable[[], bytes]] = {
        "keras": lambda: _keras(network),
        "onnx": lambda: _onnx(network, config),
        "safetensors": lambda: exports.safetensors(arrays(network)),
    }
    about = (
        f"A stacked LSTM, {config['layers']} x {config['units']} units, that writes verse by the character."
    )
    if network.window:
        about += f" It was trained to read windows of {network.window} characters, each from states of zeros."
    page = exports.CARD.format(library=format, kind="lstm", name=name, about=about, program=PROGRAMS[format])
    files: dict[str, str | bytes] = {
        f"model.{format}": contents[format](),
        **exports.settings(config),
        "README.md": page,
    }
    exports.write_folder(folder, files)


def arrays(network: Network) -> dict[str, Array]:
    """The weights by name, in Keras's shapes, the gates in the order i, f, c, o."""
    named = {"embedding": network.embedding}
    for index, layer in enumerate(network.layers):
        named |= {f"lstm_{index}.{part}": array for part, array in vars(layer).items()}
    return named | {"head.kernel": network.head_kernel, "head.bias": network.head_bias}


def _onnx(network: Network, config: dict[str, Any]) -> bytes:
    """Indices (length, batch) and states in, logits (length, batch, vocabulary) and states out."""
    units = len(network.layers[0].recurrent_kernel)
    weights = {"embedding": network.embedding, "head": network.head_kernel, "head_bias": network.head_bias}
    nodes: list[Any] = [("Gather", ["embedding", "ids"], ["values_0"], {})]
    gates = (
        {}
        if network.recurrent_activation == "sigmoid"
        else {
            "activations": ["HardSigmoid", "Tanh", "Tanh"],
            "activation_alpha": [0.2, 0.0, 0.0],
            "activation_beta": [0.5, 0.0, 0.0],
        }
    )
    weights["axis"] = np.array([1])
    states, after = [], []
    for index, layer in enumerate(network.layers):
        bias = _iofc(layer.bias)
        weights |= {
            f"W_{index}": _iofc(layer.kernel).T[None].copy(),
            f"R_{index}": _iofc(layer.recurrent_kernel).T[None].copy(),
            f"B_{index}": np.concatenate([bias, np.zeros_like(bias)])[None],
        }
        states += [f"h_{index}", f"c_{index}"]
        after += [f"h_{index}_after", f"c_{index}_after"]
        taken = [f"values_{index}", f"W_{index}", f"R_{index}", f"B_{index}", "", *states[-2:]]
        nodes.append(("LSTM", taken, [f"directions_{index}", *after[-2:]], {"hidden_size": units, **gates}))
        nodes.append(("Squeeze", [f"directions_{index}", "axis"], [f"values_{index + 1}"], {}))
    nodes.append(("MatMul", [f"values_{len(network.layers)}", "head"], ["products"], {}))
    nodes.append(("Add", ["products", "head_bias"], ["logits"], {}))
    shape = 1, "batch", units
    return exports.onnx(
        nodes,
        weights,
        {"ids": ("length", "batch"), **dict.fromkeys(states, shape)},
        {"logits": ("length", "batch", len(network.vocabulary)), **dict.fromkeys(after, shape)},
        config,
    )


def _iofc(array: Array) -> Array:
    """Gates in ONNX's order i, o, f, c, of Keras's i, f, c, o."""
    i, f, c, o = np.split(array, 4, axis=-1)
    return np.concatenate([i, o, f, c], axis=-1)


def _keras(network: Network) -> bytes:
    """A ``.keras`` file of Keras's own layers; it predicts at every position, or after a window."""
    import keras  # noqa: PLC0415 - slow, and only for this format

    units, last = len(network.layers[0].recurrent_kernel), len(network.layers) - 1
    model = keras.Sequential(
        [
            keras.Input((network.window,), dtype="int32"),
            keras.layers.Embedding(*network.embedding.shape),
            *(
                keras.layers.LSTM(
                    units,
                    recurrent_activation=network.recurrent_activation,
                    return_sequences=network.window is None or index < last,
                )
                for index in range(last + 1)
            ),
            keras.layers.Dense(len(network.vocabulary)),
        ],
        name="shakespeare",
    )
    of_layers = [
        part for layer in network.layers for part in _as_keras_3(layer, network.recurrent_activation)
    ]
    model.set_weights([network.embedding, *of_layers, network.head_kernel, network.head_bias])
    with TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        model.save(path)
        return path.read_bytes()


def _as_keras_3(layer: LSTMWeights, activation: str) -> list[Array]:
    """Its arrays; Keras 3's hard sigmoid, clip(x / 6 + 0.5, 0, 1), of 1.2 x is the old one of x."""
    factor = np.ones(4, np.float32) if activation == "sigmoid" else np.array([1.2, 1.2, 1, 1.2], np.float32)
    scale = np.repeat(factor, len(layer.bias) // 4)
    return [array * scale for array in vars(layer).values()]
