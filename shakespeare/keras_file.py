"""Reading a ``.keras`` file without Keras: its config and its weights, checked before anything is allocated.

The file is a zip archive: ``config.json`` tells the class and its arguments, ``model.weights.h5`` holds each
layer's arrays under ``vars``. Nothing in it is ever run.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from charlm.corpora import bundled
from charlm.errors import MissingFile, ModelFileError, VocabularyError
from charlm.files import is_file
from charlm.vocabulary import Vocabulary
from shakespeare import hdf5
from shakespeare.hdf5 import Array, Shape

CLASS_NAME = "CharacterLSTM"
KIND = "model of poems"
REMEDY = "give one that 'shakespeare train', 'finetune' or 'import-course' wrote"
LIMITS = {"units": 4096, "layers": 8, "embedding_size": 4096, "window": 10_000}
LARGEST_VOCABULARY = 10_000
ACTIVATIONS = ("sigmoid", "hard_sigmoid")
_DEPTH = 5  # how deep Keras nests a layer's arrays, and more; a group may be a link to its own parent


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
    """

    vocabulary: Vocabulary
    recurrent_activation: str
    window: int | None
    embedding: Array
    layers: tuple[LSTMWeights, ...]
    head_kernel: Array
    head_bias: Array
    about: dict[str, Any]


def shipped() -> Path:
    """The file of the model that ships."""
    return bundled("models/shakespeare.keras")


def read(path: str | Path) -> Network:
    """Read a model file.

    Raises:
        MissingFile: if there is none.
        ModelFileError: if it is damaged or of another kind, or asks for more than LIMITS.
    """
    path = Path(path)
    config_text, weights = _members(path)
    config = checked_config(path, config_text)
    arrays = _arrays(path, weights, shapes(config))
    return Network(
        vocabulary=Vocabulary(config["vocabulary"]),
        recurrent_activation=config["recurrent_activation"],
        window=config["window"],
        embedding=arrays["embedding"][0],
        layers=tuple(LSTMWeights(*arrays[f"lstm_{index}"]) for index in range(config["layers"])),
        head_kernel=arrays["head"][0],
        head_bias=arrays["head"][1],
        about=config["about"],
    )


def _members(path: Path) -> tuple[str, bytes]:
    """The config's text and the weights' bytes, whole by the archive's own checksums."""
    if not is_file(path):
        raise MissingFile(f"there is no model file {path}; {REMEDY}")
    try:
        with zipfile.ZipFile(path) as archive:
            contents = []
            for name in ("config.json", "model.weights.h5"):
                if name not in archive.namelist():
                    raise ModelFileError(f"{path} is not a {KIND}: it has no {name}; {REMEDY}")
                if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
                    raise ModelFileError(f"{path} has compressed parts, which no {KIND} has; {REMEDY}")
                contents.append(archive.read(name))
        return contents[0].decode("utf-8"), contents[1]
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ModelFileError(
            f"{path} is not a {KIND}, or it is cut short or altered ({error}); {REMEDY}"
        ) from error


def checked_config(path: Path, text: str) -> dict[str, Any]:
    """The arguments in a config, each of its type and within its limits.

    Raises:
        ModelFileError: naming what does not fit.
    """
    try:
        whole = json.loads(text)
        class_name = whole["class_name"]
        config = dict(whole["config"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFileError(f"{path} has a config that cannot be read ({error!r}); {REMEDY}") from error
    if re.search(r'"class_name":\s*"Lambda"', text):
        raise ModelFileError(f"{path} has a Lambda layer, which holds code that is never run here; {REMEDY}")
    if class_name != CLASS_NAME:
        raise ModelFileError(f"{path} is a Keras model of class {class_name!r}, not {CLASS_NAME}; {REMEDY}")
    _check_numbers(path, config)
    _check_words(path, config)
    return config


def _check_numbers(path: Path, config: Mapping[str, Any]) -> None:
    for name, most in LIMITS.items():
        value = config.get(name)
        none = name == "window" and value is None
        if not none and (type(value) is not int or not 1 <= value <= most):
            raise ModelFileError(f"{path}: its {name} is {value!r}, not from 1 to {most:,}; {REMEDY}")


def _check_words(path: Path, config: Mapping[str, Any]) -> None:
    characters = config.get("vocabulary")
    if not isinstance(characters, str) or len(characters) > LARGEST_VOCABULARY:
        raise ModelFileError(
            f"{path}: its vocabulary is not a text of at most {LARGEST_VOCABULARY:,} characters; {REMEDY}"
        )
    try:
        Vocabulary(characters)
    except VocabularyError as error:
        raise ModelFileError(
            f"{path}: its vocabulary is {characters[:20]!r}, not distinct sorted characters; {REMEDY}"
        ) from error
    if config.get("recurrent_activation") not in ACTIVATIONS:
        raise ModelFileError(
            f"{path}: its recurrent activation is {config.get('recurrent_activation')!r}, "
            f"not {' or '.join(ACTIVATIONS)}; {REMEDY}"
        )
    about = config.get("about")
    if not isinstance(about, dict) or not isinstance(about.get("training", []), list):
        raise ModelFileError(f"{path}: what it says about its training is no table; {REMEDY}")


def shapes(config: Mapping[str, Any]) -> dict[str, tuple[Shape, ...]]:
    """The shape of each array of each layer, by a config that was checked."""
    characters, units = len(config["vocabulary"]), config["units"]
    of_layers: dict[str, tuple[Shape, ...]] = {"embedding": ((characters, config["embedding_size"]),)}
    inputs = config["embedding_size"]
    for index in range(config["layers"]):
        of_layers[f"lstm_{index}"] = ((inputs, 4 * units), (units, 4 * units), (4 * units,))
        inputs = units
    of_layers["head"] = ((units, characters), (characters,))
    return of_layers


def _arrays(path: Path, weights: bytes, shapes: Mapping[str, tuple[Shape, ...]]) -> dict[str, list[Array]]:
    try:
        with h5py.File(io.BytesIO(weights), "r") as file:
            groups = dict(_layers(file, _DEPTH))
            return {
                name: [
                    hdf5.array(groups.get(name), str(number), shape, f"{name}/{number}")
                    for number, shape in enumerate(of_layer)
                ]
                for name, of_layer in shapes.items()
            }
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise ModelFileError(f"{path} has weights that cannot be used: {error}; {REMEDY}") from error


def _layers(group: Any, depth: int) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - h5py has no types
    """Each layer's name and the group of its arrays; a layer around a cell keeps them in the cell."""
    of_layer = hdf5.child(group, "vars")
    if isinstance(of_layer, h5py.Group):
        of_cell = hdf5.descend(group, "cell", "vars")
        yield str(of_layer.attrs.get("name", "")), of_layer if len(of_layer) or not of_cell else of_cell
    for name in group if depth else ():
        below = None if name in ("vars", "cell", "optimizer") else hdf5.child(group, name)
        if isinstance(below, h5py.Group):
            yield from _layers(below, depth - 1)
