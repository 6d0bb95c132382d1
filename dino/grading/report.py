"""What grading a file comes to, and its form as JSON."""

from dataclasses import dataclass
from typing import Any, ClassVar

VERSION = 1
"""Of the JSON form; it grows when a field changes its meaning or goes."""


@dataclass(frozen=True)
class Result:
    """One exercise.

    Attributes:
        name: the graded function.
        points: given.
        max_points: that could be given.
        first_difference: where the learner's function first leaves the right path; None if it passed.
        diagnosis: what mistake that looks like; None if it passed.
        hint: an idea to think about; None if it passed.
        notes: what is worth knowing and costs nothing.
        mistakes: the names of the known mistakes that explain it.
    """

    name: str
    points: float
    max_points: float
    first_difference: str | None = None
    diagnosis: str | None = None
    hint: str | None = None
    notes: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all points were given."""
        return self.diagnosis is None


@dataclass(frozen=True)
class Report:
    """One file.

    Attributes:
        file: its path as it was given.
        seed: of the fresh cases.
        results: one for each exercise.
        edition: of the assignment, in words.
        remarks: what is worth knowing about the file as a whole.
        edition_name: as ``--edition`` takes it.
    """

    file: str
    seed: int
    results: tuple[Result, ...]
    edition: str = ""
    remarks: tuple[str, ...] = ()
    edition_name: str = ""

    @property
    def points(self) -> float:
        """All points given."""
        return rounded(sum(result.points for result in self.results))

    @property
    def max_points(self) -> float:
        """All points that could be given."""
        return rounded(sum(result.max_points for result in self.results))

    @property
    def passed(self) -> bool:
        """Whether every exercise passed."""
        return all(result.passed for result in self.results)

    def as_json(self) -> dict[str, Any]:
        """The documented form: see README, "Grading"."""
        return {
            "version": VERSION,
            "file": self.file,
            "edition": self.edition_name,
            "seed": self.seed,
            "points": self.points,
            "max_points": self.max_points,
            "exercises": [
                {
                    "name": result.name,
                    "passed": result.passed,
                    "points": result.points,
                    "max_points": result.max_points,
                    "first_difference": result.first_difference,
                    "diagnosis": result.diagnosis,
                    "hint": result.hint,
                    "notes": list(result.notes),
                }
                for result in self.results
            ],
            **({"remarks": list(self.remarks)} if self.remarks else {}),
        }


@dataclass(frozen=True)
class Ungraded:
    """A file that could not be graded.

    Attributes:
        file: its path as it was given.
        reason: why, in one line.
    """

    file: str
    reason: str
    passed: ClassVar[bool] = False

    def as_json(self) -> dict[str, Any]:
        """The file and the reason, as ``error``."""
        return {"file": self.file, "error": self.reason}


def rounded(points: float) -> float:
    """Points to two decimals, whole ones as whole numbers."""
    shown = round(points, 2)
    return int(shown) if shown == int(shown) else shown
