"""The course's ``.h5`` files, which Keras 2.0.6 saved and Keras 3 cannot load, read with h5py alone.

Each holds one network: one-hot input (40, 38), LSTM 128, dropout 0.5, LSTM 128, dropout 0.5, dense 38,
softmax; the gates' activation is the old hard_sigmoid; and the state of the optimizer, Adam.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from charlm.errors import MissingFile, ModelFileError, require_number
from charlm.run import corpora, trial
from charlm.run.fetching import KnownFile
from charlm.run.files import digest, is_file
from charlm.vocabulary import Vocabulary
from shakespeare import hdf5
from shakespeare.corpus import Split
from shakespeare.hdf5 import Shape
from shakespeare.weights import Array, LSTMWeights, Network

VOCABULARY = "\n !'(),-.:;?abcdefghijklmnopqrstuvwxyz"
WINDOW = 40
UNITS = 128
DROPOUT = 0.5

_SIZE = len(VOCABULARY)
_LSTM = (UNITS, 4 * UNITS), (4 * UNITS,)
_SHAPES: tuple[Shape, ...] = (
    (_SIZE, 4 * UNITS),
    *_LSTM,
    (UNITS, 4 * UNITS),
    *_LSTM,
    (UNITS, _SIZE),
    (_SIZE,),
)
_PARTS = ("kernel", "recurrent_kernel", "bias")

_ARCHITECTURE: list[tuple[str, dict[str, Any]]] = [
    ("InputLayer", {"batch_input_shape": [None, WINDOW, _SIZE]}),
    ("LSTM", {"units": UNITS, "recurrent_activation": "hard_sigmoid", "return_sequences": True}),
    ("Dropout", {"rate": DROPOUT}),
    ("LSTM", {"units": UNITS, "recurrent_activation": "hard_sigmoid", "return_sequences": False}),
    ("Dropout", {"rate": DROPOUT}),
    ("Dense", {"units": _SIZE, "activation": "linear"}),
    ("Activation", {"activation": "softmax"}),
]
"""Each layer's class, and of its settings those that the course's arithmetic hangs on."""

KNOWN = {
    "course-350": KnownFile(
        "model_shakespeare_kiank_350_epoch.h5",
        "a73e515af2522f884bd057fec1e0f854b9bf47ea17711aa63559af9813e6b7fb",
        2_692_856,
        ((*corpora.SONNETS_REPOSITORY, "models/model_shakespeare_kiank_350_epoch.h5"),),
        "the course's network after 350 epochs, which its notebook goes on with",
    ),
    "course-first": KnownFile(
        "model_shakespeare_kiank.h5",
        "4979e945d78a60a62c1f82574017262b568ba16ec94130b75a2cd50240968138",
        2_692_880,
        ((*corpora.SONNETS_REPOSITORY, "models/model_shakespeare_kiank.h5"),),
        "an earlier network of the course's",
    ),
}
"""The course's two files, where they can be fetched from."""


@dataclass(frozen=True)
class AdamState:
    """Adam's state when the file was saved.

    Attributes:
        steps: how many updates it had made.
        settings: learning_rate, beta_1, beta_2 and epsilon.
        means: the running mean of each weight array's gradient, in the order of the layers.
        squares: the running mean of its square.
    """

    steps: int
    settings: dict[str, float]
    means: tuple[Array, ...]
    squares: tuple[Array, ...]


def read(path: str | Path) -> tuple[Network, AdamState]:
    """Read one of the course's files.

    Raises:
        MissingFile: if there is none.
        ModelFileError: if it is another file, or a damaged one.
    """
    path = Path(path)
    if not is_file(path):
        raise MissingFile(f"there is no file {path}; give the path of one of the course's .h5 files")
    try:
        if not _is_known(path) and (how := trial.failure(_contents, str(path))):
            raise ValueError(f"the HDF5 library {how} on it")
        weights, adam = _contents(path)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ModelFileError(
            f"{path} is an .h5 that is not the course's, or a damaged one ({error}); give "
            f"{' or '.join(known.file_name for known in KNOWN.values())}, or train a model of your own"
        ) from error
    return _network(weights, _about(path)), adam


def _is_known(path: Path) -> bool:
    """Whether it is one of the course's files, byte for byte; a larger file is not even hashed."""
    size = path.stat().st_size
    return any(size == known.size and digest(path) == known.sha256 for known in KNOWN.values())


def _contents(path: str | Path) -> tuple[list[Array], AdamState]:
    """What is in the file; the attributes of a damaged one can make HDF5 hang or crash."""
    with h5py.File(path, "r") as file:
        layers = json.loads(file.attrs["model_config"])["config"]["layers"]
        _check_architecture(layers)
        return _weights(file, [layer["config"]["name"] for layer in layers]), _adam(file)


def _check_architecture(layers: list[dict[str, Any]]) -> None:
    classes = [layer["class_name"] for layer in layers]
    if classes != [name for name, _ in _ARCHITECTURE]:
        raise ValueError(f"its layers are {', '.join(map(str, classes))}")
    for layer, (name, settings) in zip(layers, _ARCHITECTURE, strict=True):
        for setting, value in settings.items():
            if layer["config"][setting] != value:
                raise ValueError(f"{setting} of a {name} is {layer['config'][setting]!r}, not {value!r}")


def _weights(file: Any, names: list[str]) -> list[Array]:  # noqa: ANN401 - h5py has no types
    """The eight arrays, the lowest layer's first."""
    weights: list[Array] = []
    for name, (class_name, _) in zip(names, _ARCHITECTURE, strict=True):
        parts = {"LSTM": _PARTS, "Dense": ("kernel", "bias")}.get(class_name, ())
        layer = hdf5.find(file, "model_weights", name)
        for part in parts:
            # Keras put the arrays into a group within the group, its name with or without a number.
            inner = hdf5.child(layer, next(iter(layer), ""))
            weights.append(hdf5.array(inner, f"{part}:0", _SHAPES[len(weights)], f"{name}/{part}"))
    return weights


def _adam(file: Any) -> AdamState:  # noqa: ANN401
    config = json.loads(file.attrs["training_config"])["optimizer_config"]
    if config["class_name"] != "Adam":
        raise ValueError(f"its optimizer is {config['class_name']}, not Adam")
    group = hdf5.child(file, "optimizer_weights")
    names = [name.decode() for name in group.attrs["weight_names"]]
    if len(names) != 1 + 2 * len(_SHAPES):
        raise ValueError(f"its optimizer has {len(names)} arrays, not {1 + 2 * len(_SHAPES)}")
    steps, *moments = (
        hdf5.array(group, name, shape, name)
        for name, shape in zip(names, ((), *_SHAPES, *_SHAPES), strict=True)
    )
    means, squares = moments[: len(_SHAPES)], moments[len(_SHAPES) :]
    if float(steps) % 1 or any((square < 0).any() for square in squares):
        raise ValueError("its optimizer's steps are no whole number, or a mean of squares is below 0")
    require_number("its optimizer's steps", float(steps), at_least=0, below=2**31)
    settings = {name: float(config["config"][name]) for name in ("lr", "beta_1", "beta_2", "epsilon")}
    for name in ("lr", "epsilon"):
        require_number(name, settings[name], above=0, at_most=1)
    for name in ("beta_1", "beta_2"):
        require_number(name, settings[name], at_least=0, below=1)
    return AdamState(
        steps=int(steps),
        settings={"learning_rate": settings.pop("lr"), **settings},
        means=tuple(means),
        squares=tuple(squares),
    )


def _network(weights: list[Array], about: dict[str, Any]) -> Network:
    return Network(
        vocabulary=Vocabulary(VOCABULARY),
        recurrent_activation="hard_sigmoid",
        window=WINDOW,
        embedding=np.eye(_SIZE, dtype=np.float32),  # one-hot input
        layers=(LSTMWeights(*weights[:3]), LSTMWeights(*weights[3:6])),
        head_kernel=weights[6],
        head_bias=weights[7],
        about=about,
    )


def _about(path: Path) -> dict[str, Any]:
    """As a training run would describe it: all of the Sonnets, nothing held out."""
    known = corpora.KNOWN["sonnets"]
    end = known.size  # bytes of ASCII
    return {
        "training": [
            {
                "corpus": "sonnets",
                "sha256": known.sha256,
                "characters": end,
                "split": Split(0, end, end).spans(),
                "note": "in lower case, in windows of 40 characters, by the course",
            }
        ],
        "imported_from": {"file": path.name, "sha256": digest(path)},
    }
