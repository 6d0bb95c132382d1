"""What a checkpoint says, checked before a run goes on from it: a file may be whole and make no sense.

Every number must be of its kind and finite, so nothing that was good before is lost to one that is not.
"""

import json
import math
import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from charlm.errors import WrongCall
from charlm.run.array_file import Arrays
from charlm.run.checkpoints import Checkpoint, unusable
from shakespeare.keras_config import CLASS_NAME, checked_config, shapes_of
from shakespeare.network import CharacterLSTM


def network_in(checkpoint: Checkpoint, path: Path) -> CharacterLSTM:
    """A network of the shape that the checkpoint is of, its weights still to be put in place.

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
    try:
        return CharacterLSTM(**config)
    except TypeError as error:
        raise unusable(path, error) from error


def position(checkpoint: Checkpoint | None, path: Path, epochs: int, batches: int) -> tuple[int, int]:
    """The epoch and the batch to go on with, counted from 0.

    Args:
        checkpoint: what the run goes on from, or None.
        path: where it was read.
        epochs: how many the run will have.
        batches: how many an epoch has.

    Raises:
        WrongCall: if the run was longer.
        ModelFileError: if what the checkpoint says of its progress makes no sense.
    """
    if checkpoint is None:
        return 0, 0
    progress = checkpoint.progress
    try:
        _require_count(progress["epochs"])
        epoch, batch = _require_count(progress["epoch"]), _require_count(progress["batches"], batches)
        _check_losses(progress["kept"], epoch, batch, batch == batches)
        if progress["patience"] is not None:
            waited, best = progress["patience"]
            _require_count(waited)
            _require_finite(best, or_none=True)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise unusable(path, error) from error
    if epoch >= epochs:
        raise WrongCall(f"{path} has come to epoch {epoch + 1:,} already; --epochs must be at least as many")
    return epoch, batch


def _check_losses(kept: Mapping[str, Any], epoch: int, batch: int, at_end: bool) -> None:
    """Check what :meth:`shakespeare.best_weights.KeepBest.restore` takes, of that moment of a run."""
    if kept["best"] is not None:
        epochs, nats = kept["best"]
        _require_count(epochs, epoch)
        _require_finite(nats, or_none=True)
    for passed, training, validation in kept["history"]:
        _require_finite(passed)
        _require_finite(training)
        _require_finite(validation, or_none=True)
    for training, validation in kept["epochs"]:
        _require_finite(training)
        _require_finite(validation, or_none=True)
    taken, nats = kept["taken"]
    _require_count(taken, batch)
    _require_finite(nats)
    if len(kept["epochs"]) != epoch or ((epoch or at_end) and not kept["history"]):
        raise ValueError(f"it has losses of {len(kept['epochs'])} epochs, and is of epoch {epoch}")


def require_like(checkpoint: Checkpoint, arrays: Arrays, path: Path) -> None:
    """Check that a checkpoint has arrays of the same names, shapes and types as these, and all finite.

    Raises:
        ModelFileError: naming one that does not fit.
    """
    try:
        for name, array in arrays.items():
            found = checkpoint.arrays[name]
            if (found.shape, found.dtype) != (array.shape, array.dtype) or not np.isfinite(found).all():
                raise ValueError(f"{name} does not fit, or holds numbers that are not finite")
    except (KeyError, ValueError) as error:
        raise unusable(path, error) from error


def _require_count(value: object, most: float = math.inf) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"{reprlib.repr(value)} is not a whole number within its range")
    return value


def _require_finite(value: object, *, or_none: bool = False) -> None:
    if or_none and value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{reprlib.repr(value)} is no finite number")
