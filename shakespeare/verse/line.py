"""A line of verse, read under a metre: how its words are said, where its beats fall, which foot breaks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shakespeare.verse.metre import ALL, Metre, Placed, kind_of, place
from shakespeare.verse.pronunciation import WORD, Pronunciation, pronounce

LINES_KEPT = 60_000
"""So many lines are remembered as they were read, for refrains and for one line under several metres."""

_PAUSE = re.compile(r"[,;:.?!()—–]|--")


@dataclass(frozen=True)
class Fitted:
    """A line as it is read under a metre.

    Attributes:
        words: its words.
        ways: how each is pronounced.
        pattern: the pattern of the metre that it was laid on; empty if none has as many syllables.
        broken: the feet that break, counted from 1.
        freedoms: those that it takes.
        unknown: words that have no sound, such as ``bzw``.
    """

    words: tuple[str, ...]
    ways: tuple[Pronunciation, ...]
    pattern: str
    broken: tuple[int, ...]
    freedoms: frozenset[str]
    unknown: tuple[str, ...] = ()

    @property
    def syllables(self) -> int:
        """How many syllables it has, said so."""
        return sum(len(way.stresses) for way in self.ways)

    @property
    def beats(self) -> str:
        """A mark a syllable: / where a beat falls, x elsewhere; without a pattern, the words' stresses."""
        if self.pattern:
            return "".join("/" if place == "s" else "x" for place in self.pattern)
        return "".join("/" if stress == "1" else "x" for way in self.ways for stress in way.stresses)

    @property
    def metrical(self) -> bool:
        """Whether no foot breaks."""
        return bool(self.pattern) and not self.broken

    @property
    def guessed(self) -> tuple[str, ...]:
        """The words whose sound was guessed from their letters."""
        return tuple(word for word, way in zip(self.words, self.ways, strict=True) if way.guess)


@lru_cache(maxsize=LINES_KEPT)
def words_and_pauses(line: str) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """A line's words, and whether a pause is before each."""
    words, pauses, end = [], [], 0
    for match in WORD.finditer(line):
        words.append(match.group())
        pauses.append(bool(_PAUSE.search(line, end, match.start())))
        end = match.end()
    return tuple(words), tuple(pauses)


@lru_cache(maxsize=LINES_KEPT)
def syllable_counts(line: str, allowed: frozenset[str] = ALL) -> frozenset[int]:
    """All numbers of syllables that a line can be read with."""
    counts = {0}
    for word in words_and_pauses(line)[0]:
        lengths = _heard(word, allowed)[1].lengths
        counts = {count + length for count in counts for length in lengths}
    return frozenset(counts)


@lru_cache(maxsize=LINES_KEPT)
def fit(line: str, metre: Metre, allowed: frozenset[str] = ALL) -> Fitted:
    """Read a line so that as few feet as possible break, and then with as few freedoms as possible."""
    words, pauses = words_and_pauses(line)
    heard = [_heard(word, allowed) for word in words]
    unknown = tuple(word for word, (ways, _) in zip(words, heard, strict=True) if not ways)
    plain = tuple(ways[0] if ways else Pronunciation(()) for ways, _ in heard)
    counts, best = syllable_counts(line, allowed), None
    for pattern in metre.patterns:
        if words and len(pattern) in counts:
            path = _laid([shape for _, shape in heard], pauses, pattern, metre.foot, allowed)
            if path and (best is None or path[0] < best[1][0]):
                best = pattern, path
    if best is None:
        return Fitted(words, plain, "", (), frozenset(), unknown)
    pattern, path = best
    chosen, broken, freedoms = list(plain), set[int](), set[str]()
    for at in range(len(words) - 1, -1, -1):
        _, path, way, placed = path
        chosen[at] = heard[at][0][way]
        broken.update(placed.broken)
        freedoms |= placed.freedoms | chosen[at].freedoms
    return Fitted(words, tuple(chosen), pattern, tuple(sorted(broken)), frozenset(freedoms))


@dataclass(frozen=True, eq=False)
class _Shape:
    """What a metre hears of a word; there is one for all words that are alike in it.

    Attributes:
        ways: for each pronunciation its stresses, and what its freedoms cost.
        kind: see :func:`place`.
        lengths: how many syllables it can have.
    """

    ways: tuple[tuple[str, float], ...]
    kind: str
    lengths: frozenset[int]


@lru_cache(maxsize=100_000)
def _heard(word: str, allowed: frozenset[str]) -> tuple[tuple[Pronunciation, ...], _Shape]:
    """A word's pronunciations, of those with the same stresses the plainest one; and its shape."""
    found: dict[str, Pronunciation] = {}
    for way in pronounce(word):
        if way.freedoms <= allowed:
            found.setdefault(way.stresses, way)
    ways = tuple((stresses, 0.01 * len(way.freedoms)) for stresses, way in found.items())
    return tuple(found.values()), _shape(ways, kind_of(word))


@lru_cache(maxsize=10_000)
def _shape(ways: tuple[tuple[str, float], ...], kind: str) -> _Shape:
    return _Shape(ways, kind, frozenset(len(stresses) for stresses, _ in ways))


_Path = tuple[float, Any, int, Placed]
"""A way through a line's first words: its cost, the path before the last of them, which pronunciation that
one has, and how it lies."""


def _laid(
    shapes: Sequence[_Shape], pauses: Sequence[bool], pattern: str, foot: int, allowed: frozenset[str]
) -> _Path | None:
    """The cheapest way through the words that fills a pattern: by place reached, word after word."""
    reached: dict[int, _Path] = {0: (0.0, None, 0, Placed())}
    for shape, pause in zip(shapes, pauses, strict=True):
        before, reached = reached, {}
        for at, path in before.items():
            for end, cost, way, placed in _steps(shape, pattern, foot, at, pause, allowed):
                total = path[0] + cost
                if end not in reached or total < reached[end][0]:
                    reached[end] = total, path, way, placed
    return reached.get(len(pattern))


@lru_cache(maxsize=100_000)
def _steps(
    shape: _Shape, pattern: str, foot: int, at: int, pause: bool, allowed: frozenset[str]
) -> tuple[tuple[int, float, int, Placed], ...]:
    """Where a word leads from a place in a pattern: to each, the cost and which pronunciation is cheapest."""
    best: dict[int, tuple[int, float, int, Placed]] = {}
    for way, (stresses, extra) in enumerate(shape.ways):
        end = at + len(stresses)
        placed = place(pattern, foot, at, stresses, shape.kind, pause, allowed)
        if placed and (end not in best or placed.cost + extra < best[end][1]):
            best[end] = end, placed.cost + extra, way, placed
    return tuple(best.values())


def stresses_of(word: str) -> Iterator[tuple[str, frozenset[str]]]:
    """A word's stress patterns, each with the freedoms of sound that it takes."""
    for way in _heard(word, ALL)[0]:
        yield way.stresses, way.freedoms
