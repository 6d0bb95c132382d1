"""A model of names for other programs: ONNX Runtime, safetensors."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.errors import require_choice
from charlm.run import exports
from dino.names_model import NamesModel

FORMATS = ("onnx", "safetensors")

PROGRAMS = {
    "onnx": """\
import json, numpy as np, onnxruntime
model = onnxruntime.InferenceSession("model.onnx")
config = json.load(open("config.json", encoding="utf-8"))
vocabulary, generator = config["vocabulary"], np.random.default_rng(0)
step = lambda index, hidden: model.run(None, {"ids": np.array([index]), "hidden": hidden})
for _ in range(10):
    name, hidden, index = "", np.zeros((1, config["hidden_size"]), np.float32), config["start"]
    while not name.endswith("\\n") and len(name) < 50:
        logits, hidden = step(index, hidden)
        p = np.exp(logits[0] - logits[0].max())
        index = int(generator.choice(len(p), p=p / p.sum()))
        name += vocabulary[index]
    print(name.strip())
""",
    "safetensors": """\
import json, numpy as np
from safetensors.numpy import load_file
w, config = load_file("model.safetensors"), json.load(open("config.json", encoding="utf-8"))
vocabulary, generator = config["vocabulary"], np.random.default_rng(0)
for _ in range(10):
    name, hidden, index = "", np.zeros(config["hidden_size"], np.float32), config["start"]
    while not name.endswith("\\n") and len(name) < 50:
        hidden = np.tanh(w["input"][index] + hidden @ w["recurrent"])
        p = np.exp(hidden @ w["output"] + w["output_bias"])
        index = int(generator.choice(len(p), p=p / p.sum()))
        name += vocabulary[index]
    print(name.strip())
""",
}


def export(model: NamesModel, folder: Path, format: str, name: str = "dino") -> None:
    """Write a model as a folder for other programs.

    Args:
        model: what is written, in single precision.
        folder: gets the model, ``config.json``, ``generation_config.json`` and a ``README.md``.
        format: one of FORMATS.
        name: what the page calls it.

    Raises:
        InvalidOption: for another format.
        WrongCall: if a package that the format needs is not installed.
        OutputError: if it cannot be written.
    """
    require_choice("format", format, FORMATS)
    config = {
        "model_type": "character_rnn",
        "vocabulary": model.vocabulary.characters,
        "hidden_size": model.rnn.hidden_size,
        "start": len(model.vocabulary),  # the index that stands before the first character
    }
    content = _onnx(model, config) if format == "onnx" else exports.safetensors(arrays(model))
    about = f"A vanilla RNN of {config['hidden_size']} hidden units that invents names."
    page = exports.CARD.format(library=format, kind="rnn", name=name, about=about, program=PROGRAMS[format])
    exports.write_folder(folder, {f"model.{format}": content, **exports.settings(config), "README.md": page})


def arrays(model: NamesModel) -> dict[str, npt.NDArray[np.float32]]:
    """The weights as hidden = tanh(input[id] + hidden @ recurrent), logits = hidden @ output + output_bias.

    The last row of ``input``, (characters + 1, hidden units), is of the blank before the first character.
    """
    letters = model.rnn.parameters
    bias = letters["b"].T
    table = np.concatenate([letters["Wax"].T + bias, bias])
    named = {
        "input": table,
        "recurrent": letters["Waa"].T,
        "output": letters["Wya"].T,
        "output_bias": letters["by"][:, 0],
    }
    return {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in named.items()}


def _onnx(model: NamesModel, config: dict[str, Any]) -> bytes:
    """One character: ids (batch,) and hidden states in, logits (batch, characters) and hidden states out."""
    nodes: list[Any] = [
        ("Gather", ["input", "ids"], ["read"], {}),
        ("MatMul", ["hidden", "recurrent"], ["remembered"], {}),
        ("Add", ["read", "remembered"], ["both"], {}),
        ("Tanh", ["both"], ["hidden_after"], {}),
        ("MatMul", ["hidden_after", "output"], ["products"], {}),
        ("Add", ["products", "output_bias"], ["logits"], {}),
    ]
    state = "batch", config["hidden_size"]
    return exports.onnx(
        nodes,
        arrays(model),
        {"ids": ("batch",), "hidden": state},
        {"logits": ("batch", len(model.vocabulary)), "hidden_after": state},
        config,
    )
