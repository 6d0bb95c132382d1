"""Sampling with numbers at the ends of their range, and against exact arithmetic.

Nothing here may raise a floating-point flag of NumPy's: each test runs with all of them as errors.
"""

import itertools
from collections.abc import Iterator
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.errors import NoPrediction
from charlm.sampling import MinP, SamplingOptions, Temperature, TopK, TopP, draw, likeliest, softmax

NEVER = -np.inf
LARGEST = float(np.finfo(np.float32).max)
TINY = [0, 5e-324, 1e-320, 1e-300, 1e-30]
HUGE = [1e30, 1e300, 1.7e308]
OPTIONS = [
    SamplingOptions(*options)
    for options in itertools.product(
        [*TINY, 0.5, 1, 2, *HUGE],
        [None, 1, 2, 10**30],
        [None, 5e-324, 1e-9, 0.5, 1],
        [None, 0, 5e-324, 0.5, 1],
    )
]
LOGITS = {
    "equal": [0.0, 0, 0, 0],
    "equal and huge": [1e30] * 4,
    "equal and the least": [-LARGEST] * 4,
    "one": [3.0],
    "wide": [1e30, -1e30, 0, 1],
    "the range of single precision": [LARGEST, -LARGEST, 0, 1],
    "some never": [NEVER, 0, NEVER, 0.5, NEVER],
    "all but one never": [NEVER, NEVER, -7, NEVER],
    "subnormal": [5e-324, 0, -5e-324, 1e-310],
    "apart": [0, -103.9, -708, -745, -746, -1e4],
    "double: wide": [1e300, -1e300, 1e300, 0],
    "double: its range": [1.7e308, -1.7e308, 0, NEVER],
}
CASES = [
    pytest.param(np.array(logits, dtype=dtype), id=f"{name} {np.dtype(dtype).name}")
    for name, logits in LOGITS.items()
    for dtype in (np.float64, np.float32)
    if not (dtype is np.float32 and name.startswith("double"))
]


class Evenly:
    """In place of a random generator: numbers that lie evenly in [0, 1), and its two ends."""

    def random(self, count: int) -> np.ndarray:
        uniform = (np.arange(count) + 0.5) / count
        uniform[0], uniform[-1] = 0, np.nextafter(1, 0)
        return uniform


@pytest.fixture(autouse=True)
def flags_are_errors() -> Iterator[None]:
    with np.errstate(all="raise"):
        yield


def possible(logits: np.ndarray, options: SamplingOptions) -> set[int]:
    """What may be chosen: the best k, or at temperature 0 the best, and their equals after rounding."""
    below = logits.astype(np.float64)
    if options.temperature not in (0, 1):
        with np.errstate(all="ignore"):
            below = (below - below.max()) / options.temperature
    k = 1 if options.temperature == 0 else min(options.top_k or len(below), len(below))
    worst = sorted(below, reverse=True)[k - 1]
    return {index for index, score in enumerate(below) if score >= worst and score > NEVER}


@pytest.mark.parametrize("logits", CASES)
def test_numbers_of_any_size_are_sampled_with_every_combination_of_options(logits):
    batch = np.tile(logits, (20, 1))
    for options in OPTIONS:
        chosen = options.picker(Evenly())(batch)
        alone = options.picker(Evenly())(logits[None])
        assert chosen.shape == (20,) and alone.shape == (1,)
        assert {*chosen.tolist(), *alone.tolist()} <= possible(logits, options), options
        if options.temperature == 0:
            continue
        scores = batch.astype(np.float64)
        for transform in options.transforms():
            scores = transform(scores)
        probabilities = softmax(scores)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-14)
        assert (probabilities[np.arange(20), chosen] > 0).all(), options


@pytest.mark.parametrize("temperature", TINY)
def test_near_0_the_likeliest_share_all(temperature):
    logits = np.tile([1.0, 3.0, np.nextafter(3.0, 0), 3.0, NEVER], (1000, 1))
    chosen = SamplingOptions(temperature).picker(Evenly())(logits)
    counts = np.bincount(chosen, minlength=5).tolist()
    assert counts == ([0, 1000, 0, 0, 0] if temperature == 0 else [0, 500, 0, 500, 0])


@pytest.mark.parametrize("temperature", HUGE)
def test_a_huge_temperature_makes_all_that_can_be_equally_likely(temperature):
    logits = np.tile([5.0, -3.0, NEVER, 0.0, 40.0], (1000, 1))
    assert np.bincount(SamplingOptions(temperature).picker(Evenly())(logits)).tolist() == [
        250,
        250,
        0,
        250,
        250,
    ]


def exactly(logits: list[float], temperature: float) -> list[Decimal]:
    """Probabilities with sixty digits."""
    with localcontext() as context:
        context.prec, context.Emin = 60, -(10**9)
        best = max(map(Decimal, logits))
        weights = [((Decimal(score) - best) / Decimal(temperature)).exp() for score in logits]
        return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize(
    ("logits", "temperature"),
    [
        ([0.0, 0.5, -1.25, 2.0], 1),
        ([0.0, 0.5, -1.25, 2.0], 0.3),
        ([0.0, 0.5, -1.25, 2.0], 7.5),
        ([1e300, -1e300, 0], 1e300),
        ([LARGEST, 0, -LARGEST], LARGEST),
        ([1e-300, 0, 2e-300], 1e-300),
        ([1e-320, 0, 2e-320], 1e-320),
        ([1e6 + 1, 1e6, 1e6 - 2], 2),
        ([-1e15, -1e15 - 1, -1e15 + 2], 1),
    ],
)
def test_frequencies_are_the_exact_ones(logits, temperature):
    draws = 20_000
    chosen = SamplingOptions(temperature).picker(Evenly())(np.tile(np.array(logits), (draws, 1)))
    for count, probability in zip(
        np.bincount(chosen, minlength=len(logits)), exactly(logits, temperature), strict=True
    ):
        assert abs(int(count) - draws * probability) <= 1
    transformed = softmax(Temperature(temperature)(np.array([logits])))[0]
    for ours, exact in zip(transformed.tolist(), exactly(logits, temperature), strict=True):
        assert ours == pytest.approx(float(exact), rel=1e-14)


weights = st.lists(st.integers(1, 50), min_size=1, max_size=6)


def left(
    weights: list[Fraction], k: int | None, p: Fraction | None, least: Fraction | None
) -> set[int] | None:
    """What top-k, top-p and min-p leave, by fractions; None where rounding may decide."""
    kept = set(range(len(weights)))
    if k is not None:
        worst = sorted(weights, reverse=True)[min(k, len(weights)) - 1]
        kept = {index for index in kept if weights[index] >= worst}
    if p is not None:
        total, order = (
            sum(weights[index] for index in kept),
            sorted(kept, key=lambda index: (-weights[index], -index)),
        )
        sums = list(itertools.accumulate(weights[index] / total for index in order))
        if any(abs(reached - p) < Fraction(1, 10**9) for reached in sums):
            return None
        kept = {index for index, before in zip(order, [0, *sums], strict=False) if before < p}
    if least is not None:
        best = max(weights)
        if any(weight / best == least != 1 for weight in weights):
            return None
        kept = {index for index in kept if weights[index] >= least * best}
    return kept


@given(
    weights=weights,
    power=st.sampled_from([1, 2, 3]),
    k=st.none() | st.integers(1, 7),
    p=st.none() | st.fractions(Fraction(1, 100), 1, max_denominator=100),
    least=st.none() | st.fractions(0, 1, max_denominator=20),
)
def test_filters_and_frequencies_are_those_of_fractions(weights, power, k, p, least):
    powers = [Fraction(weight) ** power for weight in weights]
    kept = left(powers, k, p, least)
    if kept is None:
        return
    options = SamplingOptions(
        1 / power, k, None if p is None else float(p), None if least is None else float(least)
    )
    draws = 1000
    chosen = options.picker(Evenly())(np.tile(np.log(weights), (draws, 1)))
    counts = np.bincount(chosen, minlength=len(weights)).tolist()
    total = sum(powers[index] for index in kept)
    for index, count in enumerate(counts):
        expected = draws * powers[index] / total if index in kept else 0
        assert abs(count - expected) < 2, (counts, kept)  # one for each end of its part of [0, 1)
        assert index in kept or not count


UNUSABLE = [
    [np.nan, 0, 1],
    [0, 1, np.nan],
    [NEVER] * 3,
    [np.inf, 0, 1],
    [np.inf, NEVER, np.nan],
    [np.inf] * 3,
]


@pytest.mark.parametrize("wrong", UNUSABLE, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_without_a_best_are_refused_in_whatever_row_they_are(wrong, dtype):
    alone = np.array([wrong], dtype=dtype)
    among = np.vstack([np.zeros((2, 3), dtype=dtype), alone, np.zeros((1, 3), dtype=dtype)])
    for logits in (alone, among):
        for options in OPTIONS:
            with pytest.raises(
                NoPrediction, match=r"best score for the next character is (nan|inf|-inf); it must"
            ):
                options.picker(np.random.default_rng(0))(logits)
        for transform in (softmax, Temperature(2), MinP(0.5), TopP(0.5), likeliest):
            with pytest.raises(NoPrediction):
                transform(logits)
        with pytest.raises(NoPrediction):
            draw(TopK(2)(logits), np.zeros(len(logits)))
