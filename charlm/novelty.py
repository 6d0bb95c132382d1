"""How much of a text is copied from a corpus.

Every span of one length gets a 64-bit hash, a polynomial of its characters in powers of an odd number. Sums
from the start of a piece of text give the hash of any span in it at once,

    hash(first, length) = (sums[first + length] - sums[first]) / base ** first        modulo 2 ** 64

so looking for the spans of a text takes one pass over the corpus, piece by piece, whatever their length; a
span counts only where the characters themselves agree. The longest span is found by bisection, which a piece
needs only where it beats the longest so far.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

SPAN = 20
"""How long a span is before it counts as copied."""

_PIECE = 1 << 18  # characters of the corpus that are hashed at a time
_BITS = np.uint64(20)  # a table of this many bits of the hash rules out most spans at once
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)


@dataclass(frozen=True)
class Copying:
    """What a text has in common with a corpus.

    Attributes:
        longest: the longest span of the text that stands in the corpus.
        line: the line of the corpus with the most of that span.
        copied: how many of the text's spans of SPAN characters stand in the corpus.
        spans: how many there are.
    """

    longest: str
    line: str
    copied: int
    spans: int

    @property
    def share(self) -> float:
        """The share of the spans that is copied; 0 for a text shorter than one."""
        return self.copied / self.spans if self.spans else 0.0

    def __str__(self) -> str:
        """The figures in one line."""
        start = self.longest[:60]
        more = " …" if len(self.longest) > len(start) else ""
        return (
            f"{self.share:.2%} of its {SPAN}-character spans; the longest copy has "
            f"{len(self.longest):,} characters: {start!r}{more}"
        )

    def figures(self) -> dict[str, Any]:
        """The same for JSON."""
        return {"share": self.share, "longest": self.longest, "line": self.line}


def copying(text: str, corpus: str) -> Copying:
    """How much of ``text`` is found word for word in ``corpus``, in time linear in both."""
    spans = [text[first : first + SPAN] for first in range(len(text) - SPAN + 1)]
    sought = _Spans(text)
    found: set[str] = set()
    longest, place = 0, 0
    for start, piece in _pieces(corpus, len(text)):
        hashed = _Hashed(piece)
        for first in sought.places(hashed, SPAN):
            found.add(piece[first : first + SPAN])
        longer, first = sought.longest(hashed, longest)
        if longer > longest:
            longest, place = longer, start + first
    return Copying(
        longest=corpus[place : place + longest],
        line=_line(corpus, place, longest),
        copied=sum(span in found for span in spans),
        spans=len(spans),
    )


def _pieces(corpus: str, longest: int) -> Iterator[tuple[int, str]]:
    """Pieces of the corpus and their offsets; each overlaps the next by the longest possible span."""
    step = max(_PIECE, longest)
    for start in range(0, len(corpus), step):
        yield start, corpus[start : start + step + longest - 1]


class _Hashed:
    """A text and the sums that hash its spans."""

    def __init__(self, text: str) -> None:
        self.text = text
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
        self._scale = _powers(_INVERSE, len(codes) + 1)
        self._sums = np.zeros(len(codes) + 1, dtype=np.uint64)
        np.cumsum((codes + np.uint64(1)) * _powers(_BASE, len(codes)), out=self._sums[1:])

    def hashes(self, length: int) -> Hashes:
        """The hash of each span of this length, (spans,); none if the text is shorter."""
        if length >= len(self._sums):
            return np.empty(0, dtype=np.uint64)
        sums: Hashes = self._sums[length:] - self._sums[: len(self._sums) - length]
        sums *= self._scale[: len(sums)]
        return sums


class _Spans:
    """The spans of a text, to be looked for in pieces of a corpus."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[int, tuple[Hashes, npt.NDArray[np.bool_], npt.NDArray[np.intp]]] = {}

    @cached_property
    def _hashed(self) -> _Hashed:
        return _Hashed(self._text)

    def _of(self, length: int) -> tuple[Hashes, npt.NDArray[np.bool_], npt.NDArray[np.intp]]:
        """The distinct hashes of this length, sorted, a table of their first bits, and where each one is."""
        if length not in self._known:
            hashes, first = np.unique(self._hashed.hashes(length), return_index=True)
            table = np.zeros(1 << int(_BITS), dtype=np.bool_)
            table[hashes >> (np.uint64(64) - _BITS)] = True
            self._known = {
                SPAN: self._known.get(SPAN, (hashes, table, first)),
                length: (hashes, table, first),
            }
        return self._known[length]

    def places(self, piece: _Hashed, length: int) -> list[int]:
        """Where the piece has spans of this length that the text has too; each span once."""
        hashes, table, first_in_text = self._of(length)
        theirs = piece.hashes(length)
        maybe = np.flatnonzero(table[theirs >> (np.uint64(64) - _BITS)])
        if not maybe.size:
            return []
        at = np.minimum(np.searchsorted(hashes, theirs[maybe]), len(hashes) - 1)
        equal = hashes[at] == theirs[maybe]
        distinct, once = np.unique(at[equal], return_index=True)
        return [
            int(first)
            for first, own in zip(maybe[equal][once], first_in_text[distinct], strict=True)
            if piece.text[first : first + length] == self._text[own : own + length]
        ]

    def longest(self, piece: _Hashed, beaten: int) -> tuple[int, int]:
        """The length of the longest common span and where it is; ``beaten`` and 0 if it is no longer."""
        place = self.places(piece, beaten + 1)
        if not place:
            return beaten, 0
        found, first, too_long = beaten + 1, place[0], len(self._text) + 1
        while found + 1 < too_long:
            # Double first: a span is far shorter than the text, and long spans are slow to compare.
            middle = min((found + too_long) // 2, 2 * found)
            place = self.places(piece, middle)
            if place:
                found, first = middle, place[0]
            else:
                too_long = middle
        return found, first


def _powers(base: int, count: int) -> Hashes:
    """The powers of a number from 0 on, modulo 2 ** 64."""
    powers: Hashes = np.full(count, base, dtype=np.uint64)
    powers[:1] = 1
    return np.multiply.accumulate(powers)


def _line(corpus: str, place: int, length: int) -> str:
    """The line that holds most of a span."""
    parts = corpus[place : place + length].split("\n")
    best = max(range(len(parts)), key=lambda part: len(parts[part]))
    start = place + sum(len(part) + 1 for part in parts[:best])
    end = corpus.find("\n", start)
    return corpus[corpus.rfind("\n", 0, start) + 1 : None if end < 0 else end]
