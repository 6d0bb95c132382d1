"""The losses along a training run: kept within bounds, written as a table, drawn."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charlm.run.files import replacing

MOST_POINTS = 2_000
"""A history has no more, however long the run."""


@dataclass(frozen=True, repr=False)
class History:
    """Losses along a training run, nats per character.

    Attributes:
        steps: after how many updates each was taken.
        training: the mean training loss since the one before.
        validation: the loss on held-out text, None where it was not measured.
    """

    steps: tuple[int, ...] = ()
    training: tuple[float, ...] = ()
    validation: tuple[float | None, ...] = ()

    def __repr__(self) -> str:
        """One short line, however long the run was."""
        last = f", the last after {self.steps[-1]:,} updates" if self.steps else ""
        return f"History({len(self.steps):,} losses{last})"

    @classmethod
    def of(cls, about: Mapping[str, Any]) -> "History":
        """The history that ``vars`` gave, from JSON; ValueError, TypeError or KeyError for anything else."""
        history = cls(
            steps=tuple(map(int, about["steps"])),
            training=tuple(map(float, about["training"])),
            validation=tuple(loss if loss is None else float(loss) for loss in about["validation"]),
        )
        if not len(history.steps) == len(history.training) == len(history.validation):
            raise ValueError("the history has not as many losses as steps")
        return history

    def extended(self, step: int, training: float, validation: float | None = None) -> "History":
        """With one more point; beyond MOST_POINTS every second one is dropped, but never the best."""
        longer = History((*self.steps, step), (*self.training, training), (*self.validation, validation))
        if len(longer.steps) <= MOST_POINTS:
            return longer
        _, best = longer.best() or (None, None)
        stay = [place for place, step in enumerate(longer.steps) if place % 2 == 0 or step == best]
        return History(*(tuple(row[place] for place in stay) for row in vars(longer).values()))

    def best(self) -> tuple[float, int] | None:
        """The lowest loss on held-out text and its step."""
        return min(
            (
                (held_out, step)
                for held_out, step in zip(self.validation, self.steps, strict=True)
                if held_out is not None
            ),
            default=None,
        )

    def write(self, path: Path, period: int, unit: str) -> None:
        """Write a CSV file with one row for each point, with the names that Keras's ``CSVLogger`` uses.

        Args:
            path: the file.
            period: how many updates the unit has.
            unit: of the first column, such as ``epoch``; counted from 0 where a unit is more than one update,
                as Keras does.

        Raises:
            OutputError: if it cannot be written.
        """
        with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow([unit, "loss", "val_loss"])
            for step, training, validation in zip(self.steps, self.training, self.validation, strict=True):
                rows.writerow([step if period == 1 else -(-step // period) - 1, training, validation])
