"""The losses along a run, however long it is."""

import pytest

from dino.history import MOST_POINTS, History


@pytest.mark.parametrize("best", [None, 1_001, 1_002, 1_003, 1_004])
def test_a_long_history_keeps_its_beginning_its_end_and_its_best(best):
    history = History((), (), ())
    for step in range(1, 2 * MOST_POINTS):
        history = history.extended(step, 2.0, 1 + abs(step - best) / 1000 if best else None)
    assert MOST_POINTS / 2 < len(history.steps) <= MOST_POINTS
    assert history.steps[0] == 1 and history.steps[-1] == 2 * MOST_POINTS - 1
    assert list(history.steps) == sorted(set(history.steps))
    if best:
        assert history.kept().startswith(f"of step {best:,}, the best on held-out names: 1.0000")
        rows = zip(history.steps, history.validation, strict=True)
        assert all(held_out == 1 + abs(step - best) / 1000 for step, held_out in rows)
