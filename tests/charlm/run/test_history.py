"""The losses along a run, however long it is."""

import pytest

from charlm.run.history import MOST_POINTS, History


@pytest.mark.parametrize("best", [None, 1_001, 1_002, 1_003, 1_004])
def test_a_long_history_keeps_its_beginning_its_end_and_its_best(best):
    history = History()
    for step in range(1, 2 * MOST_POINTS):
        history = history.extended(step, 2.0, 1 + abs(step - best) / 1000 if best else None)
    assert MOST_POINTS / 2 < len(history.steps) <= MOST_POINTS
    assert history.steps[0] == 1 and history.steps[-1] == 2 * MOST_POINTS - 1
    assert list(history.steps) == sorted(set(history.steps))
    if best:
        assert history.best() == (1.0, best)
        rows = zip(history.steps, history.validation, strict=True)
        assert all(held_out == 1 + abs(step - best) / 1000 for step, held_out in rows)


def test_the_log_has_a_row_for_each_report(tmp_path):
    history = History().extended(100, 2.5).extended(200, 2.25, 2.5).extended(230, 2.0, 2.75)
    history.write(tmp_path / "names.csv", 1, "step")
    assert (tmp_path / "names.csv").read_text().splitlines() == [
        "step,loss,val_loss",
        "100,2.5,",
        "200,2.25,2.5",
        "230,2.0,2.75",
    ]
    history.write(tmp_path / "poems.csv", 100, "epoch")
    assert [row.split(",")[0] for row in (tmp_path / "poems.csv").read_text().splitlines()[1:]] == [*"012"]
