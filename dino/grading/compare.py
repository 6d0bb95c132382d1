"""Where a value first differs from the expected one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dino.grading.wire import Unsendable


@dataclass(frozen=True)
class Tolerance:
    """How far two numbers may be apart: machines and formulations differ in the last bits, mistakes do not.

    Attributes:
        relative: times the expected number.
        absolute: beside it.
    """

    relative: float = 1e-6
    absolute: float = 1e-9


@dataclass(frozen=True)
class Difference:
    """The first place where two values part.

    Attributes:
        where: which array and index, or which other property.
        values: ``expected …, got …``; shown for published cases alone.
    """

    where: str
    values: str = ""

    def told(self, case: str, *, published: bool) -> str:
        """The line for people; expected values stay hidden unless they are published."""
        values = f": {self.values}" if published and self.values else ""
        return f"{self.where} ({case}){values}"


def first_difference(
    expected: Any, got: Any, where: str, tolerance: Tolerance | None = None
) -> Difference | None:
    """Compare a value with the expected one, in the order of the expected one.

    A row may be a list, a tuple or a flat array of whole numbers; a number may be an array of one element; a
    dictionary may have more keys than are asked for.

    Args:
        expected: nested dictionaries, rows, arrays, numbers and texts.
        got: what came back.
        where: what the value is called.
        tolerance: for floating-point numbers.
    """
    tolerance = tolerance or Tolerance()
    if isinstance(expected, Mapping):
        return _mapping(expected, got, where, tolerance)
    if isinstance(expected, np.ndarray):
        return _array(expected, got, where, tolerance)
    if isinstance(expected, tuple | list):
        return _row(expected, got, where, tolerance)
    if isinstance(got, np.ndarray) and got.size == 1:
        got = got.item()
    numbers = isinstance(got, int | float) and isinstance(expected, int | float)
    if numbers and not isinstance(got, bool):
        same = got == expected if isinstance(expected, int) else bool(_close(expected, got, tolerance))
    else:
        same = type(got) is type(expected) and got == expected
    if same:
        return None
    if not numbers and type(got) is not type(expected):
        return Difference(f"{where} is {kind(got)}, not {kind(expected)}")
    return Difference(f"{where} differs", f"expected {expected!r}, got {got!r}")


def kind(value: Any) -> str:
    """What a value is, in words."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, Unsendable):
        return f"of type {value.what}"
    names = {dict: "a dictionary", list: "a list", tuple: "a tuple", str: "a text", bool: "a truth value"}
    return names.get(
        type(value), "a number" if isinstance(value, int | float) else f"of type {type(value).__name__}"
    )


def _close(expected: Any, got: Any, tolerance: Tolerance) -> Any:
    return np.isclose(got, expected, rtol=tolerance.relative, atol=tolerance.absolute, equal_nan=True)


def _mapping(expected: Mapping[Any, Any], got: Any, where: str, tolerance: Tolerance) -> Difference | None:
    if not isinstance(got, Mapping):
        return Difference(f"{where} is {kind(got)}, not a dictionary")
    for key, value in expected.items():
        if key not in got:
            return Difference(f"{where} has no key {key!r}")
        difference = first_difference(value, got[key], f"{where}[{key!r}]", tolerance)
        if difference:
            return difference
    return None


def _array(expected: np.ndarray[Any, Any], got: Any, where: str, tolerance: Tolerance) -> Difference | None:
    if not isinstance(got, np.ndarray) or got.shape != expected.shape:
        return Difference(f"{where} is {kind(got)}, not {kind(expected)}")
    differs = ~_close(expected, got, tolerance)
    if not differs.any():
        return None
    index = tuple(int(place) for place in np.argwhere(differs)[0])
    shown = ", ".join(map(str, index))
    return Difference(
        f"{where}[{shown}] differs", f"expected {expected[index].item()!r}, got {got[index].item()!r}"
    )


def _row(expected: Sequence[Any], got: Any, where: str, tolerance: Tolerance) -> Difference | None:
    if isinstance(got, np.ndarray) and got.ndim == 1:
        got = got.tolist()
    if not isinstance(got, list | tuple) or (isinstance(expected, tuple) and len(got) != len(expected)):
        size = f" of {len(got)}" if isinstance(got, list | tuple) else ""
        return Difference(f"{where} is {kind(got)}{size}, not {kind(expected)} of {len(expected)}")
    for place, (ours, theirs) in enumerate(zip(expected, got, strict=False)):
        difference = first_difference(ours, theirs, f"{where}[{place}]", tolerance)
        if difference:
            return difference
    if len(got) != len(expected):
        return Difference(
            f"{where} agrees for {min(len(got), len(expected))} entries, then one is missing or too many",
            f"expected {len(expected)} entries, got {len(got)}",
        )
    return None
