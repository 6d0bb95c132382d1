"""From logits to the next index, on distributions of four points and on any."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from charlm.errors import InvalidOption
from charlm.sampling import MinP, SamplingOptions, Temperature, TopK, TopP, draw, likeliest, softmax

FOUR = np.log([[0.1, 0.2, 0.3, 0.4]])
TIED = np.log([[0.3, 0.1, 0.3, 0.3]])
NEVER = -np.inf


def kept(logits):
    return np.flatnonzero(logits[0] > NEVER).tolist()


@pytest.mark.parametrize(
    ("transform", "indices"),
    [
        (TopK(1), [3]),
        (TopK(2), [2, 3]),
        (TopK(4), [0, 1, 2, 3]),
        (TopK(9), [0, 1, 2, 3]),
        (TopP(1e-9), [3]),
        (TopP(0.35), [3]),
        (TopP(0.5), [2, 3]),
        (TopP(0.75), [1, 2, 3]),
        (TopP(0.95), [0, 1, 2, 3]),
        (TopP(1), [0, 1, 2, 3]),
        (MinP(0), [0, 1, 2, 3]),
        (MinP(0.4), [1, 2, 3]),
        (MinP(0.6), [2, 3]),
        (MinP(1), [3]),
    ],
)
def test_what_a_filter_keeps_of_four_points(transform, indices):
    filtered = transform(FOUR)
    assert kept(filtered) == indices
    assert filtered[0, indices].tolist() == FOUR[0, indices].tolist()


@pytest.mark.parametrize(
    ("transform", "indices"),
    [(TopK(1), [0, 2, 3]), (TopK(3), [0, 2, 3]), (MinP(1), [0, 2, 3]), (TopP(0.5), [2, 3])],
)
def test_equals_of_the_last_kept_stay_unless_fewer_reach_the_sum(transform, indices):
    assert kept(transform(TIED)) == indices


@pytest.mark.parametrize(("p", "count"), [(0.25, 1), (0.2500001, 2), (0.5, 2), (0.75, 3), (0.7500001, 4)])
def test_top_p_keeps_no_more_than_reach_the_sum_exactly(p, count):
    assert len(kept(TopP(p)(np.zeros((1, 4))))) == count


@pytest.mark.parametrize(("temperature", "power"), [(2, 0.5), (0.5, 2), (1, 1)])
def test_a_temperature_raises_probabilities_to_a_power(temperature, power):
    powers = np.exp(FOUR) ** power
    np.testing.assert_allclose(
        softmax(Temperature(temperature)(FOUR)), powers / powers.sum(), rtol=1e-12, atol=0
    )


def test_options_apply_in_the_order_temperature_top_k_top_p_min_p():
    options = SamplingOptions(min_p=0.1, top_p=0.9, top_k=3, temperature=0.5)
    assert options.transforms() == (Temperature(0.5), TopK(3), TopP(0.9), MinP(0.1))


def test_options_that_are_left_out_are_no_transforms():
    assert SamplingOptions().transforms() == ()


@pytest.mark.parametrize(
    ("options", "indices"),
    [
        (SamplingOptions(top_p=0.5), [2, 3]),
        (SamplingOptions(top_k=2, top_p=0.5), [3]),  # of 3/7 and 4/7, the second is enough
        (SamplingOptions(temperature=10, min_p=0.8), [0, 1, 2, 3]),
        (SamplingOptions(min_p=0.8), [3]),
    ],
)
def test_a_transform_sees_what_those_before_it_left(options, indices):
    pick = options.picker(np.random.default_rng(0))
    assert sorted(set(pick(np.repeat(FOUR, 2000, axis=0)).tolist())) == indices


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("temperature", value) for value in (-0.1, np.nan, np.inf)),
        *(("top_k", value) for value in (0, -1)),
        *(("top_p", value) for value in (0, -0.1, 1.1, np.nan)),
        *(("min_p", value) for value in (-0.1, 1.1, np.nan)),
    ],
)
def test_options_out_of_range_are_refused_when_they_are_made(option, value):
    with pytest.raises(InvalidOption) as caught:
        SamplingOptions(**{option: value})
    assert f"{option.replace('_', '-')} is {value}; it must be" in str(caught.value)


@pytest.mark.parametrize(
    ("logits", "uniform", "chosen"),
    [
        ([0, 0, 0, 0], [0, 0.2499, 0.25, 0.5, 0.75, np.nextafter(1, 0)], [0, 0, 1, 2, 3, 3]),
        ([NEVER, 0, NEVER, 0, NEVER], [0, 0.4999, 0.5, np.nextafter(1, 0)], [1, 1, 3, 3]),
        ([1e30, -1e30], [0, np.nextafter(1, 0)], [0, 0]),
    ],
)
def test_a_draw_is_the_first_whose_cumulative_sum_passes(logits, uniform, chosen):
    rows = np.tile(np.array(logits, dtype=float), (len(uniform), 1))
    assert draw(rows, np.array(uniform)).tolist() == chosen


def test_draws_are_as_frequent_as_the_probabilities_say():
    uniform = (np.arange(1000) + 0.5) / 1000
    chosen = draw(np.repeat(FOUR, 1000, axis=0), uniform)
    assert np.bincount(chosen).tolist() == [100, 200, 300, 400]


def test_the_same_generator_draws_the_same():
    rows = np.repeat(FOUR, 50, axis=0)
    first, again, other = (SamplingOptions().picker(np.random.default_rng(seed))(rows) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()


def test_temperature_0_takes_the_first_of_the_likeliest():
    pick = SamplingOptions(temperature=0, top_k=2).picker(np.random.default_rng(0))
    assert pick(np.array([[1.0, 3.0, 3.0], [2.0, 1.0, 0.0]])).tolist() == [1, 0]
    assert pick is likeliest


def scores(rows=1):
    """Logits of one width, of any finite size, with minus infinity anywhere but in the first column."""
    finite = st.floats(-1e30, 1e30)
    return st.integers(1, 9).flatmap(
        lambda width: st.tuples(
            hnp.arrays(float, (rows, 1), elements=finite),
            hnp.arrays(float, (rows, width - 1), elements=finite | st.just(NEVER) | st.integers(-9, 9)),
        ).map(np.hstack)
    )


filters = st.one_of(
    st.builds(TopK, st.integers(1, 12)),
    st.builds(TopP, st.floats(0, 1, exclude_min=True)),
    st.builds(MinP, st.floats(0, 1)),
)
options = st.builds(
    SamplingOptions,
    temperature=st.sampled_from([0, 1e-320, 1e-9, 0.5, 1, 2, 1e300]),
    top_k=st.none() | st.integers(1, 12),
    top_p=st.none() | st.floats(0, 1, exclude_min=True),
    min_p=st.none() | st.floats(0, 1),
)


@given(scores())
def test_probabilities_are_between_0_and_1_and_sum_to_1(logits):
    probabilities = softmax(logits)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert probabilities.sum() == pytest.approx(1, rel=1e-15 * logits.size, abs=0)
    assert (probabilities[logits == NEVER] == 0).all()


@given(scores(), st.integers(1, 12))
def test_top_k_keeps_k_scores_and_only_equals_more(logits, k):
    row, filtered = logits[0], TopK(k)(logits)[0]
    stays = filtered > NEVER
    possible = np.count_nonzero(row > NEVER)
    assert np.count_nonzero(stays) >= min(k, possible)
    assert np.count_nonzero(row > row[stays].min()) < k
    assert (row[~stays] < row[stays].min()).all()


@given(scores(), filters)
def test_a_filter_keeps_the_likeliest_and_leaves_what_it_keeps_as_it_was(logits, transform):
    before = logits.copy()
    filtered = transform(logits)
    assert filtered.max() == logits.max()
    assert ((filtered == logits) | (filtered == NEVER)).all()
    assert (logits == before).all()


@given(scores(rows=3), filters | st.builds(Temperature, st.floats(1e-3, 1e3)))
def test_each_row_is_transformed_as_if_it_were_alone(logits, transform):
    alone = np.vstack([transform(row[None]) for row in logits])
    assert transform(logits).tolist() == alone.tolist()


@given(scores(), st.builds(TopK, st.integers(1, 12)) | st.builds(MinP, st.floats(0, 1)))
def test_keeping_the_best_twice_is_keeping_them_once(logits, transform):
    assert transform(transform(logits)).tolist() == transform(logits).tolist()


@given(scores(rows=2), options, st.integers(0, 2**32))
def test_only_what_can_be_is_picked_without_a_warning(logits, options, seed):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chosen = options.picker(np.random.default_rng(seed))(logits)
    assert chosen.shape == (2,)
    assert (logits[[0, 1], chosen] > NEVER).all()


@given(scores(), st.integers(0, 2**32))
def test_a_temperature_near_0_picks_one_of_the_likeliest(logits, seed):
    pick = SamplingOptions(temperature=1e-320).picker(np.random.default_rng(seed))
    assert logits[0, pick(logits)[0]] == logits.max()


@given(scores(), options, st.integers(0, 2**32))
def test_single_precision_is_picked_from_as_double_would_be(logits, options, seed):
    single = logits.astype(np.float32)
    picks = [options.picker(np.random.default_rng(seed))(scores) for scores in (single, single.astype(float))]
    assert picks[0].tolist() == picks[1].tolist()
