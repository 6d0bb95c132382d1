"""The config in a ``.keras`` file: what a network is made with, each of its type and within its limits."""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from charlm.errors import ModelFileError, VocabularyError, WrongCall
from charlm.run.checkpoints import Checkpoint, unusable
from charlm.vocabulary import MOST_CHARACTERS, Vocabulary
from shakespeare.hdf5 import Shape
from shakespeare.training_settings import MOST_LAYERS, MOST_UNITS

CLASS_NAME = "CharacterLSTM"
REMEDY = "give one that 'shakespeare train', 'finetune' or 'import-course' wrote"
LIMITS = {"units": MOST_UNITS, "layers": MOST_LAYERS, "embedding_size": 4096, "window": 10_000}
ACTIVATIONS = ("sigmoid", "hard_sigmoid")


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
