"""Wrong files of every kind are told the truth, and right ones in any spelling lose nothing.

The collection's form: ``benchmarks/grader_cases.py``; the same as a table: ``benchmarks/grader_mistakes.py``.
"""

import pytest
from grader_cases import cases
from grader_mistakes import COLUMNS, graded, verdict

WRONG = cases("wrong", "alike")
RIGHT = cases("right")

FEW_WRONG = {
    "wrong-2021-clip: half the bound",
    "wrong-2021-clip: copy as a function",
    "wrong-2021-sample: the seed times the counter",
    "wrong-2021-sample: b flattened",
    "wrong-2021-sample: or in place of and",
    "wrong-2021-optimize: the second state",
    "wrong-2021-optimize: updated with what came before clipping",
    "wrong-2021-model: every second name",
    "wrong-2021-model: seeds by twos",
    "wrong-2020-model: the seed stays",
    "alike-2021-sample: what insert returns",
    "alike-2021-model: the state halved",
}
FEW_RIGHT = {
    "right-2021-clip: a class",
    "right-2021-sample: imports of one's own",
    "right-2020-optimize: clip for what it does in place",
    "right-2020-model: a folder of one's own",
}


def assert_told(case):
    result = graded(case)
    assert verdict(case, result) in COLUMNS[:2], (result.diagnosis, result.mistakes)
    assert result.first_difference and result.hint and "\n" not in result.diagnosis


def assert_all_points(case, seed):
    result = graded(case, seed)
    assert result.points == result.max_points and result.passed, result


@pytest.mark.parametrize("case", [case for case in WRONG if str(case) in FEW_WRONG], ids=str)
def test_a_few_wrong_files_are_told_the_truth(case):
    assert_told(case)


@pytest.mark.parametrize("case", [case for case in RIGHT if str(case) in FEW_RIGHT], ids=str)
def test_a_few_right_files_lose_nothing(case):
    assert_all_points(case, 1)


def test_the_collection_is_large_and_its_titles_are_its_own():
    assert {str(case) for case in [*WRONG, *RIGHT]} >= FEW_WRONG | FEW_RIGHT
    assert len(WRONG) >= 160 and all(case.told for case in WRONG)
    for edition in ("2020", "2021"):
        assert sum(case.edition == edition for case in RIGHT) >= 60
    assert len({str(case) for case in [*WRONG, *RIGHT]}) == len(WRONG) + len(RIGHT)


@pytest.mark.slow
@pytest.mark.parametrize("case", WRONG[::8], ids=str)
def test_a_wrong_file_is_told_the_truth(case):
    """One of eight; ``benchmarks/grader_mistakes.py`` grades all of them."""
    assert_told(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", RIGHT[::2], ids=str)
def test_a_right_file_loses_nothing_with_another_seed(case):
    assert_all_points(case, 2)
