"""The losses along a training run."""

from dataclasses import dataclass
from typing import Any

MOST_POINTS = 2_000
"""A history has no more, however long the run."""


@dataclass(frozen=True)
class History:
    """Losses along a training run, nats per character.

    Attributes:
        steps: after how many updates each was taken.
        training: the smoothed training loss.
        validation: the loss on held-out names, None without any.
    """

    steps: tuple[int, ...]
    training: tuple[float, ...]
    validation: tuple[float | None, ...]

    @classmethod
    def of(cls, about: dict[str, list[Any]]) -> "History":
        """From what ``vars`` gave, as JSON has it; anything else is a ValueError, TypeError or KeyError."""
        history = cls(
            steps=tuple(map(int, about["steps"])),
            training=tuple(map(float, about["training"])),
            validation=tuple(loss if loss is None else float(loss) for loss in about["validation"]),
        )
        if not len(history.steps) == len(history.training) == len(history.validation):
            raise ValueError("the history has not as many losses as steps")
        return history

    def extended(self, step: int, training: float, validation: float | None) -> "History":
        """With one more point; beyond MOST_POINTS every second one gives way, but never the best one."""
        longer = History((*self.steps, step), (*self.training, training), (*self.validation, validation))
        if len(longer.steps) <= MOST_POINTS:
            return longer
        _, best = longer._best() or (None, None)
        stay = [place for place, step in enumerate(longer.steps) if place % 2 == 0 or step == best]
        return History(*(tuple(row[place] for place in stay) for row in vars(longer).values()))

    def _best(self) -> tuple[float, int] | None:
        """The lowest loss on held-out names and its step."""
        return min(
            (
                (held_out, step)
                for held_out, step in zip(self.validation, self.steps, strict=True)
                if held_out is not None
            ),
            default=None,
        )

    def kept(self) -> str:
        """Which weights a model with this history has, and what they cost, in one line."""
        if best := self._best():
            return f"of step {best[1]:,}, the best on held-out names: {best[0]:.4f} nats per character"
        if self.steps:
            return f"of step {self.steps[-1]:,}: training {self.training[-1]:.4f} nats per character"
        return "of a run that was stopped before its first report"
