"""Reading a ``.keras`` file without Keras: its config and its weights, checked before anything is allocated.

The file is a zip archive: ``config.json`` tells the class and its arguments, ``model.weights.h5`` holds each
layer's arrays under ``vars``, ``digest.json`` a digest of the rest. Nothing in it is ever run.
"""

import io
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py

from charlm.errors import ModelFileError, VocabularyError, WrongCall
from charlm.run.checkpoints import Checkpoint, unusable
from charlm.run.corpora import bundled
from charlm.run.files import is_file
from charlm.vocabulary import MOST_CHARACTERS, Vocabulary
from shakespeare import hdf5
from shakespeare.archive import DIGEST, Archive, opened
from shakespeare.hdf5 import Shape
from shakespeare.training_settings import MOST_LAYERS, MOST_UNITS
from shakespeare.weights import Array, LSTMWeights, Network

KIND = "model of poems"
CLASS_NAME = "CharacterLSTM"
CLASS_NAMES = (CLASS_NAME, "NotebookLSTM")
"""What ``shakespeare`` trains, and what the course's notebook does; their weights are the same."""

REMEDY = "give one that 'shakespeare train', 'finetune' or 'import-course' wrote"
LIMITS = {"units": MOST_UNITS, "layers": MOST_LAYERS, "embedding_size": 4096, "window": 10_000}
ACTIVATIONS = ("sigmoid", "hard_sigmoid")

CONFIG, WEIGHTS, METADATA = "config.json", "model.weights.h5", "metadata.json"
LARGEST_FILE = 2**28
"""The most bytes of a file, of 67 million numbers, which are looked through within a second."""

LARGEST_TEXT = 2**20
"""The most bytes of each part but the weights."""

LARGEST_STATE = 4
"""The weights' part holds at most this many numbers for each weight: itself and what an optimizer keeps."""

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SLACK = 2**20  # bytes of the weights' part that are no numbers


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
    if is_file(path) and _begins_as_hdf5(path):
        raise ModelFileError(
            f"{path} is an HDF5 file, as older Keras wrote them; if it is the course's, "
            f"'shakespeare import-course {path}' makes a model of it"
        )
    with opened(path, KIND, REMEDY, LARGEST_FILE) as archive:
        claimed = archive.claimed()
        archive.require({CONFIG, WEIGHTS}, {METADATA, DIGEST})
        archive.require_sizes({CONFIG: LARGEST_TEXT, METADATA: LARGEST_TEXT})
        config = checked_config(path, archive.zip.read(CONFIG).decode("utf-8"))
        shapes = shapes_of(config)
        numbers = sum(math.prod(shape) for of_layer in shapes.values() for shape in of_layer)
        archive.require_sizes({WEIGHTS: 4 * LARGEST_STATE * numbers + _SLACK})
        if archive.window(WEIGHTS).read(len(_SIGNATURE)) != _SIGNATURE:
            raise archive.refused("has weights that cannot be used: they are no HDF5 file")
        archive.verify(claimed)
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
        verified=claimed is not None,
    )


def _begins_as_hdf5(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_SIGNATURE)) == _SIGNATURE
    except OSError:
        return False  # whatever ails the file is told where it is opened


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
        return hdf5.find(file, name, "vars")
    number = name.removeprefix("lstm").removesuffix("_0")
    ours = hdf5.find(file, "layers", f"fast_lstm{number}", "vars")
    return ours or hdf5.find(file, "layers", f"lstm{number}", "cell", "vars")


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
    if class_name not in CLASS_NAMES:
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
    rate = config.get("dropout")
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < 1:
        raise ModelFileError(f"{path}: its dropout is {rate!r}, not a number from 0 to below 1; {REMEDY}")


def _check_words(path: Path, config: Mapping[str, Any]) -> None:
    characters = config.get("vocabulary")
    if not isinstance(characters, str) or len(characters) > MOST_CHARACTERS:
        raise ModelFileError(
            f"{path}: its vocabulary is not a text of at most {MOST_CHARACTERS:,} characters; {REMEDY}"
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


def shapes_of(config: Mapping[str, Any]) -> dict[str, tuple[Shape, ...]]:
    """The shape of each array of each layer."""
    characters, units = len(config["vocabulary"]), config["units"]
    shapes: dict[str, tuple[Shape, ...]] = {"embedding": ((characters, config["embedding_size"]),)}
    inputs = config["embedding_size"]
    for index in range(config["layers"]):
        shapes[f"lstm_{index}"] = ((inputs, 4 * units), (units, 4 * units), (4 * units,))
        inputs = units
    shapes["head"] = ((units, characters), (characters,))
    return shapes


def config_in(checkpoint: Checkpoint, path: Path) -> dict[str, Any]:
    """The arguments of the network in a run's checkpoint.

    Raises:
        WrongCall: if it is of a run that is none of poems.
        ModelFileError: if it makes no sense, or asks for more numbers than are in the file ``path``.
    """
    if "network" not in checkpoint.progress:
        raise WrongCall(
            f"{path} is of another run, which did not train a network of poems; call it as it was called, or "
            "leave --resume out to begin anew"
        )
    whole = {"class_name": CLASS_NAME, "config": checkpoint.progress["network"]}
    config = checked_config(path, json.dumps(whole))
    numbers = sum(math.prod(shape) for of_layer in shapes_of(config).values() for shape in of_layer)
    if numbers > sum(array.size for array in checkpoint.arrays.values()):
        raise unusable(path, ValueError(f"its network has {numbers:,} weights, more than are in it"))
    return config
