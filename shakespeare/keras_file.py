"""Reading a ``.keras`` file without Keras: its config and its weights, checked before anything is allocated.

The file is a zip archive: ``config.json`` tells the class and its arguments, ``model.weights.h5`` holds each
layer's arrays under ``vars``, ``digest.json`` a digest of the rest. Nothing in it is ever run.
"""

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from charlm.run.archive import Archive, opened
from charlm.run.corpora import bundled
from charlm.vocabulary import Vocabulary
from shakespeare import digest, hdf5
from shakespeare.hdf5 import Array, Shape
from shakespeare.keras_config import REMEDY, checked_config, shapes_of

KIND = "model of poems"

CONFIG, WEIGHTS, METADATA = "config.json", "model.weights.h5", "metadata.json"
LARGEST_FILE = 2**28
"""The most bytes of a file, of 67 million numbers, which are looked through within a second."""

LARGEST_TEXT = 2**20
"""The most bytes of each part but the weights."""

LARGEST_STATE = 4
"""The weights' part holds at most this many numbers for each weight: itself and what an optimizer keeps."""

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SLACK = 2**20  # bytes of the weights' part that are no numbers


@dataclass(frozen=True)
class LSTMWeights:
    """One LSTM layer's arrays, in Keras's shapes, with the gates in the order i, f, c, o.

    Attributes:
        kernel: (inputs, 4 units).
        recurrent_kernel: (units, 4 units).
        bias: (4 units,).
    """

    kernel: Array
    recurrent_kernel: Array
    bias: Array


@dataclass(frozen=True)
class Network:
    """A network as plain arrays.

    Attributes:
        vocabulary: the characters.
        recurrent_activation: of the gates: ``sigmoid``, or ``hard_sigmoid``, clip(0.2 x + 0.5, 0, 1).
        window: None, or how many characters it reads from a state of zeros.
        embedding: (vocabulary, embedding_size).
        layers: the LSTM layers, the lowest first.
        head_kernel: (units, vocabulary).
        head_bias: (vocabulary,).
        about: what it was trained on.
        dropout: the share of each layer's outputs that training leaves out.
        verified: whether it comes from a file whose digest fits; one that Keras alone wrote has none.
    """

    vocabulary: Vocabulary
    recurrent_activation: str
    window: int | None
    embedding: Array
    layers: tuple[LSTMWeights, ...]
    head_kernel: Array
    head_bias: Array
    about: dict[str, Any]
    dropout: float = 0.0
    verified: bool = False


def shipped() -> Path:
    """The file of the model that ships."""
    return bundled("models/shakespeare.keras")


def read(path: str | Path) -> Network:
    """Read a model file.

    Raises:
        MissingFile: if there is none.
        ModelFileError: if it is damaged, of another kind or of a newer format, or asks for more than LIMITS.
    """
    path = Path(path)
    with opened(path, KIND, REMEDY, LARGEST_FILE) as archive:
        signed = digest.claimed(archive)
        archive.require({CONFIG, WEIGHTS}, {METADATA, digest.NAME})
        archive.require_sizes({CONFIG: LARGEST_TEXT, METADATA: LARGEST_TEXT})
        config = checked_config(path, archive.zip.read(CONFIG).decode("utf-8"))
        shapes = shapes_of(config)
        numbers = sum(math.prod(shape) for of_layer in shapes.values() for shape in of_layer)
        archive.require_sizes({WEIGHTS: 4 * LARGEST_STATE * numbers + _SLACK})
        if archive.window(WEIGHTS).read(len(_SIGNATURE)) != _SIGNATURE:
            raise archive.refused("has weights that cannot be used: they are no HDF5 file")
        found = digest.of(archive.zip)  # with each part's own checksum, which a file without digest has too
        if signed and signed != found:
            raise archive.refused("was altered: its digest does not match")
        arrays = _arrays(archive, shapes)
    return Network(
        vocabulary=Vocabulary(config["vocabulary"]),
        recurrent_activation=config["recurrent_activation"],
        window=config["window"],
        embedding=arrays["embedding"][0],
        layers=tuple(LSTMWeights(*arrays[f"lstm_{index}"]) for index in range(config["layers"])),
        head_kernel=arrays["head"][0],
        head_bias=arrays["head"][1],
        about=config["about"],
        dropout=float(config["dropout"]),
        verified=bool(signed),
    )


def _arrays(archive: Archive, shapes: Mapping[str, tuple[Shape, ...]]) -> dict[str, list[Array]]:
    try:
        with h5py.File(io.BufferedReader(archive.window(WEIGHTS)), "r") as file:
            return {
                name: [
                    hdf5.array(_group(file, name), str(number), shape, f"{name}/{number}")
                    for number, shape in enumerate(of_layer)
                ]
                for name, of_layer in shapes.items()
            }
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise archive.refused(f"has weights that cannot be used: {error}") from error


def _group(file: Any, name: str) -> Any:  # noqa: ANN401 - h5py has no types
    """The group of a layer's arrays, None if there is none.

    It is found by its place alone: the attributes that tell a layer's name are kept in a form which, altered,
    sends HDF5 round in a circle for ever. Keras counts LSTM layers by their class.
    """
    if not name.startswith("lstm_"):
        return hdf5.descend(file, name, "vars")
    number = name.removeprefix("lstm").removesuffix("_0")
    ours = hdf5.descend(file, "layers", f"fast_lstm{number}", "vars")
    return ours or hdf5.descend(file, "layers", f"lstm{number}", "cell", "vars")
