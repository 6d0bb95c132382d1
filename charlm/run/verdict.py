"""What the losses of a run say to the person who trains: that it has turned, and what to change."""

from dataclasses import dataclass
from itertools import pairwise

from charlm.run.history import History

IN_A_ROW = 3
"""So many reports without improvement, or of a rising training loss, are told."""


@dataclass(frozen=True)
class Advice:
    """What to change, in the words of whoever began the run.

    Attributes:
        learns_by_heart: where held-out text gets worse while the training loss falls.
        rises: where the training loss rises.
        holds_out: where nothing is held out.
    """

    learns_by_heart: str = "train for less long, take a smaller model or more text"
    rises: str = "lower the learning rate"
    holds_out: str = "--validation 0.1 holds some out"


def turned(reports: History, advice: Advice) -> str | None:
    """What to say where held-out text has got no better for IN_A_ROW reports, exactly then; else None."""
    scores = [(nats, step) for nats, step in zip(reports.validation, reports.steps, strict=True) if nats]
    if not scores or len(scores) - 1 - scores.index(min(scores)) != IN_A_ROW:
        return None
    best, now, training = min(scores)[0], scores[-1][0], reports.training
    if not training[-1] < training[-1 - IN_A_ROW]:
        return None
    return (
        f"held-out text has got no better for {IN_A_ROW} reports ({best:.4f} at best, now {now:.4f}) while "
        f"the training loss falls: what is learned now is learned by heart; {advice.learns_by_heart}"
    )


def rises(reports: History, advice: Advice) -> str | None:
    """What to say where the training loss has risen IN_A_ROW times, exactly then; else None."""
    last = reports.training[-2 - IN_A_ROW :]
    steps = [after > before for before, after in pairwise(last)]
    if steps[-IN_A_ROW:] != [True] * IN_A_ROW or (len(steps) > IN_A_ROW and steps[0]):
        return None
    return (
        f"the training loss has risen {IN_A_ROW} times in a row, from {last[-1 - IN_A_ROW]:.4f} to "
        f"{last[-1]:.4f}; {advice.rises}"
    )


def only_rose(reports: History, before: float | None, advice: Advice) -> str | None:
    """What to say at the end of a run whose held-out loss never fell below where it began; else None.

    Args:
        reports: all of the run.
        before: what the held-out text cost before the first update, if the model had learned before.
        advice: what to change.
    """
    scores = [nats for nats in (before, *reports.validation) if nats is not None]
    if len(scores) < 2 or min(scores) < scores[0] or scores[-1] <= scores[0]:
        return None
    return (
        f"held-out text cost {scores[0]:.4f} nats per character at first and never less, {scores[-1]:.4f} "
        "at the end: it may be of another kind than what is learned from, or too much is learned by heart; "
        f"{advice.learns_by_heart}"
    )
