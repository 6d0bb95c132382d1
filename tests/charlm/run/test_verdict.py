"""What the losses of a run say: told once, at the report where it is first so."""

import pytest

from charlm.run.history import History
from charlm.run.verdict import Advice, only_rose, rises, turned

ADVICE = Advice("CHANGE THIS", "LOWER THAT")


def told_at(tell, training, validation):
    """The reports after which something is told, counted from 1."""
    reports, told = History(), []
    for step, (loss, nats) in enumerate(zip(training, validation, strict=True), start=1):
        reports = reports.extended(step, loss, nats)
        line = tell(reports, ADVICE)
        if line:
            told.append((step, line))
    return told


@pytest.mark.parametrize(
    ("validation", "reports"),
    [
        ([2.0, 1.9, 1.8, 1.7, 1.6, 1.5, 1.4], []),
        ([2.0, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0], [5]),
        ([2.0, 1.5, 1.6, 1.7, 1.4, 1.5, 1.4], []),
        ([1.5, 1.6, 1.5, 1.7, 1.4, 1.5, 1.6], [4]),
        ([None] * 7, []),
    ],
)
def test_held_out_text_that_gets_no_better_is_told_once(validation, reports):
    falling = [2.0 - 0.1 * step for step in range(7)]
    told = told_at(turned, falling, validation)
    assert [step for step, _ in told] == reports
    assert all("learned by heart; CHANGE THIS" in line for _, line in told)
    assert told_at(turned, [1.0] * 7, validation) == []  # nothing is learned at all


@pytest.mark.parametrize(
    ("training", "reports"),
    [
        ([2.0, 1.9, 1.8, 1.7, 1.6, 1.5], []),
        ([2.0, 2.1, 2.2, 2.3, 2.4, 2.5], [4]),
        ([2.0, 1.9, 2.0, 2.1, 2.0, 2.1], []),
        ([2.0, 1.8, 1.9, 2.0, 2.1, 1.0], [5]),
    ],
)
def test_a_training_loss_that_rises_is_told_once(training, reports):
    told = told_at(rises, training, [None] * 6)
    assert [step for step, _ in told] == reports
    assert all("has risen 3 times in a row" in line and line.endswith("; LOWER THAT") for _, line in told)


@pytest.mark.parametrize(
    ("before", "validation", "told"),
    [
        (None, [2.0, 2.1, 2.3], "cost 2.0000 nats per character at first and never less, 2.3000 at the end"),
        (1.3233, [1.3414], "cost 1.3233 nats per character at first and never less, 1.3414"),
        (1.4, [1.3, 1.5], None),
        (None, [2.0], None),
        (None, [None, None], None),
    ],
)
def test_held_out_text_that_only_rose_is_told_at_the_end(before, validation, told):
    steps = tuple(range(1, len(validation) + 1))
    line = only_rose(History(steps, (1.0,) * len(steps), tuple(validation)), before, ADVICE)
    assert (line is None) == (told is None) and (told is None or (told in line and "CHANGE THIS" in line))
