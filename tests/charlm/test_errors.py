"""The tree of exceptions, and the check of numbers."""

import inspect
import math

import pytest

from charlm import errors
from charlm.errors import CharLMError, InvalidOption, UnknownCharacter, require_number

TREE = [error for _, error in inspect.getmembers(errors, inspect.isclass) if issubclass(error, CharLMError)]


def drawn_depths() -> dict[str, int]:
    """How deep each exception stands in the picture at the top of the module."""
    picture = [line for line in errors.__doc__.splitlines() if line.startswith("    ")]
    branch = "├└│─ "
    return {
        line.strip(branch).split()[0]: (len(line) - len(line.lstrip(branch))) // 4 - 1 for line in picture
    }


def test_the_picture_of_the_tree_is_true():
    depths = {error.__name__: error.__mro__.index(CharLMError) for error in TREE}
    assert drawn_depths() == depths


@pytest.mark.parametrize("error", TREE)
def test_a_wrong_call_ends_with_2_and_a_failed_job_with_1(error):
    assert error.exit_code == (2 if issubclass(error, errors.WrongCall) else 1)


def test_values_and_texts_out_of_range_are_value_errors():
    assert issubclass(InvalidOption, ValueError)
    assert issubclass(UnknownCharacter, ValueError)


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        (0, {"at_least": 0}),
        (1, {"at_least": 1, "at_most": 1}),
        (1e-300, {"above": 0}),
        (0.999, {"below": 1}),
        (-1e300, {}),
    ],
)
def test_a_number_within_its_bounds_passes(value, bounds):
    require_number("size", value, **bounds)


@pytest.mark.parametrize(
    ("value", "bounds", "message"),
    [
        (-1, {"at_least": 0}, "size is -1; it must be 0 or more"),
        (0, {"above": 0, "at_most": 1}, "size is 0; it must be above 0 and 1 or less"),
        (1.5, {"above": 0, "at_most": 1}, "size is 1.5; it must be above 0 and 1 or less"),
        (1, {"at_least": 0, "below": 1}, "size is 1; it must be 0 or more and below 1"),
        (5000, {"at_most": 4096}, "size is 5000; it must be 4,096 or less"),
        (math.nan, {"at_least": 0}, "size is nan; it must be 0 or more"),
        (math.inf, {"above": 0}, "size is inf; it must be above 0"),
        (math.nan, {}, "size is nan; it must be a finite number"),
    ],
)
def test_a_number_out_of_its_bounds_is_named_with_what_is_allowed(value, bounds, message):
    with pytest.raises(InvalidOption) as caught:
        require_number("size", value, **bounds)
    assert str(caught.value) == message
