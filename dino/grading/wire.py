"""Values on their way to a process under test and back: JSON, with arrays as their bytes.

Nothing is pickled, so reading what comes back can run nothing. This file needs NumPy alone; the process
under test loads it by its path.
"""

import base64
import json
from typing import Any

import numpy as np

DEEPEST = 8
"""How deeply containers may lie in each other; what is deeper, or contains itself, becomes Unsendable."""

LARGEST = 4_000_000
"""The most numbers of an array, or entries of a container, that are sent."""

KINDS = "biuf"
"""The kinds of array that are sent: booleans, whole numbers and floating-point numbers."""


class Unsendable:
    """Stands for a value of a type that no exercise returns.

    Args:
        what: the type's name.
    """

    def __init__(self, what: str) -> None:
        self.what = what

    def __eq__(self, other: object) -> bool:
        """Two of the same type count as the same."""
        return isinstance(other, Unsendable) and other.what == self.what

    def __hash__(self) -> int:
        """By the type's name."""
        return hash(self.what)


def dump(value: Any) -> str:
    """One line of JSON."""
    return json.dumps(_packed(value, DEEPEST))


def load(text: str) -> Any:
    """The value that :func:`dump` wrote.

    Raises:
        ValueError: if it did not write this.
    """
    try:
        return _unpacked(json.loads(text))
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError(f"not a value from the process under test: {error!r}") from None


def _packed(value: Any, depth: int) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.ndarray) and value.dtype.kind in KINDS and value.size <= LARGEST:
        plain = np.asarray(value, dtype=value.dtype.newbyteorder("<"), order="C")
        data = base64.b64encode(plain.tobytes()).decode()
        return {"array": [plain.dtype.str, list(plain.shape), data]}
    if depth and isinstance(value, list | tuple | range) and len(value) <= LARGEST:
        return {
            type(value).__name__ if type(value) is tuple else "list": [_packed(v, depth - 1) for v in value]
        }
    if depth and isinstance(value, dict) and len(value) <= LARGEST:
        return {"dict": [[_packed(k, depth - 1), _packed(v, depth - 1)] for k, v in value.items()]}
    return {"other": type(value).__name__[:40]}


def _unpacked(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "array":
        dtype, shape, data = content
        if np.dtype(dtype).kind not in KINDS:
            raise ValueError(f"an array of {dtype}")
        array = np.frombuffer(base64.b64decode(data, validate=True), dtype=dtype)
        return array.astype(array.dtype.newbyteorder("=")).reshape([int(size) for size in shape])
    if kind == "dict":
        return {_unpacked(key): _unpacked(item) for key, item in content}
    if kind == "other":
        return Unsendable(str(content))
    if kind not in ("list", "tuple"):
        raise ValueError(f"a value of kind {kind!r}")
    items = [_unpacked(item) for item in content]
    return tuple(items) if kind == "tuple" else items
