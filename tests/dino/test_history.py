"""The losses along a run, however long it is."""

import pytest

from dino.history import MOST_POINTS, History


@pytest.mark.parametrize("scored", [True, False])
def test_a_long_history_keeps_its_beginning_its_end_and_its_best(scored):
    history = History((), (), ())
    for step in range(1, 2 * MOST_POINTS):
        history = history.extended(step, 2.0, abs(step - 3_332) / 1000 + 1 if scored else None)
    assert MOST_POINTS / 2 < len(history.steps) <= MOST_POINTS
    assert history.steps[0] == 1 and history.steps[-1] == 2 * MOST_POINTS - 1
    assert list(history.steps) == sorted(set(history.steps))
    if scored:
        assert history.kept().startswith("of step 3,332, the best on held-out names: 1.0000")
        assert all(
            held_out == abs(step - 3_332) / 1000 + 1
            for step, held_out in zip(history.steps, history.validation, strict=True)
        )
