"""What is told of a line and of a poem that were read."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shakespeare.verse.form import Form
from shakespeare.verse.line import Fitted
from shakespeare.verse.metre import HEAVY, WEAK_BEAT
from shakespeare.verse.rhyme import KINDS


@dataclass(frozen=True)
class ScannedLine:
    """A line as it is read.

    Attributes:
        text: the line.
        number: its place in the text, from 1.
        fitted: how it fits the metre.
        counts: all numbers of syllables that it can be read with.
        letter: of its rhyme; FREE if it has none.
    """

    text: str
    number: int
    fitted: Fitted
    counts: frozenset[int]
    letter: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of it, each in a few words."""
        fitted = self.fitted
        return (
            *(f"foot {foot} breaks" for foot in fitted.broken),
            *(f"{word} has no sound" for word in fitted.unknown),
            *(["too long for a line"] if not self.counts and not self.fitted.unknown else []),
            *sorted(fitted.freedoms - {WEAK_BEAT, HEAVY}),  # these are in most lines
            *(f"{word} is a guess" for word in fitted.guessed),
        )

    def figures(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "line": self.number,
            "text": self.text,
            "syllables": self.fitted.syllables if self.counts else None,
            "possible": sorted(self.counts),
            "beats": self.fitted.beats,
            "metrical": self.fitted.metrical,
            "broken": list(self.fitted.broken),
            "freedoms": sorted(self.fitted.freedoms),
            "rhyme": self.letter,
            "unknown": list(self.fitted.unknown),
            "guessed": list(self.fitted.guessed),
        }


@dataclass(frozen=True)
class ScannedPoem:
    """A poem as it is read.

    Attributes:
        lines: its lines.
        metre: the name of that which it was read in.
        form: the name of the form that it has; empty if none is known.
        pairs: the lines, from 0, that rhyme or should, and the kind of rhyme, None for none.
        departures: where it departs from the form that was asked for.
        asked: whether one was.
    """

    lines: tuple[ScannedLine, ...]
    metre: str
    form: str
    pairs: tuple[tuple[int, int, str | None], ...]
    departures: tuple[str, ...]
    asked: bool

    @property
    def scheme(self) -> str:
        """A letter for each line."""
        return "".join(line.letter for line in self.lines)

    def summary(self) -> str:
        """Form, metre and rhymes in a line."""
        metrical = sum(line.fitted.metrical for line in self.lines)
        kinds = Counter(kind for *_, kind in self.pairs)
        told = ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS if kinds[kind]) or "none"
        scheme = self.scheme if len(self.lines) <= 80 else f"{self.scheme[:80]}…"
        name = self.form or ("departs from the form" if self.departures else "no form that is known")
        return f"{name}: {scheme}; {metrical} of {len(self.lines)} lines in {self.metre}; rhymes: {told}"

    def figures(self) -> dict[str, Any]:
        """All of it for JSON."""
        return {
            "form": self.form or None,
            "scheme": self.scheme,
            "metre": self.metre,
            "lines": [line.figures() for line in self.lines],
            "rhymes": [
                {"lines": [self.lines[one].number, self.lines[two].number], "kind": kind}
                for one, two, kind in self.pairs
            ],
            "departures": list(self.departures) if self.asked else None,
        }


def departures(
    lines: Sequence[ScannedLine],
    form: Form,
    read_as: Form | None,
    pairs: Sequence[tuple[int, int, str | None]],
    last: Sequence[str],
) -> Iterator[str]:
    """Where a poem departs from a form, a line each."""
    if read_as is None:
        most = f"{len(form.unit)} to {form.longest} lines, by {len(form.unit)}" if form.unit else len(form)
        yield f"it has {len(lines)} line{'s' * (len(lines) != 1)}; {form.name} has {most}"
        return
    for place, line in enumerate(lines):
        allowed = read_as.metre_of(place)
        if line.fitted.unknown:
            yield f"line {line.number}: {', '.join(line.fitted.unknown)} has no sound"
        elif not line.fitted.pattern:
            counts = " or ".join(map(str, sorted(line.counts)[:4])) or "too many"
            right = " or ".join(map(str, allowed.syllables))
            yield f"line {line.number}: {counts} syllables; {allowed.name} has {right}"
        elif line.fitted.broken:
            yield f"line {line.number}: foot {' and '.join(map(str, line.fitted.broken))} breaks"
    for one, two, kind in pairs:
        if kind is None:
            numbers = f"{lines[one].number} and {lines[two].number}"
            yield f"lines {numbers}: {last[one]} and {last[two]} do not rhyme"
