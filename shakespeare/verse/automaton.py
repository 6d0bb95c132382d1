"""What may come next in a line: letters that can still become words, and words that can still fill the
metre.

A line's writing is at a :class:`Place`. For each, :meth:`LineAutomaton.mask` says which characters of the
model's alphabet keep the line possible: a letter only if a word with it exists, fits the feet that are left
and leaves room for the last word, which must be one of those given (the rhymes).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from charlm.vocabulary import Vocabulary
from shakespeare.verse.freedoms import DIAERESIS, ED, EST
from shakespeare.verse.lexicon import Bits, Lexicon, Shape, Spellings
from shakespeare.verse.metre import AFTER_PAUSE, ALL, Metre, place

ALLOWED = ALL - {AFTER_PAUSE, DIAERESIS, ED, EST}
"""The freedoms that are taken in writing; reading forgives more."""

PAUSES, ENDS = ",;:", ",;:.?!"
"""Marks that may stand in a line, and at the end of one."""

LAST = ".?!"
"""Marks of which one ends a poem."""

Feet: TypeAlias = frozenset[tuple[int, int]]
"""Where in the metre a line can be: (which of its patterns, how many syllables of it are filled)."""

INSIDE, MARKED, BETWEEN, CLOSED, DONE = "inside", "marked", "between", "closed", "done"
"""In a word; behind a mark in a line; before a word; behind a line's last mark; behind its newline."""


@dataclass(frozen=True)
class Place:
    """How far a line has come.

    Attributes:
        phase: one of INSIDE, MARKED, BETWEEN, CLOSED, DONE.
        feet: the syllables filled by the words before.
        node: the range of words that begin like this one, and how many letters there are of it.
        start: whether the line begins with this word.
        word: the last word, of a line that is closed or done.
        after: the feet if the last word is not the line's last one.
    """

    phase: str
    feet: Feet
    node: tuple[int, int, int]
    start: bool = False
    word: int = -1
    after: Feet = frozenset()


class Steps:
    """Where words lead in a metre, of each once for all lines.

    Args:
        shapes: the lexicon's.
        metre: the metre.

    Attributes:
        spots: all places in the metre: (which of its patterns, how many syllables of it are filled).
        full: those at a pattern's end, (spots,).
    """

    def __init__(self, shapes: Sequence[Shape], metre: Metre) -> None:
        self.shapes, self.metre = shapes, metre
        lengths = [len(pattern) for pattern in metre.patterns]
        self.spots = [(which, at) for which, length in enumerate(lengths) for at in range(length + 1)]
        self.full = np.array([at == lengths[which] for which, at in self.spots])
        self._number = {spot: number for number, spot in enumerate(self.spots)}
        self._from: dict[tuple[int, int], Bits] = {}

    def landings(self, at: tuple[int, int]) -> Bits:
        """Where a word of each shape leads from one spot without breaking a foot, (shapes, spots)."""
        if at not in self._from:
            which, filled = at
            pattern, foot = self.metre.patterns[which], self.metre.foot
            bits = np.zeros((len(self.shapes), len(self.spots)), dtype=bool)
            for shape, (stresses, kind) in enumerate(self.shapes):
                for one in stresses:
                    placed = place(pattern, foot, filled, one, kind, False, ALLOWED)
                    if placed and not placed.broken:
                        bits[shape, self._number[which, filled + len(one)]] = True
            self._from[at] = bits
        return self._from[at]


@lru_cache(maxsize=64)
def steps(lexicon: Lexicon, metre: Metre) -> Steps:
    """The steps of a lexicon's words in a metre."""
    return Steps(lexicon.shapes, metre)


class LineAutomaton:
    """One line's rules.

    Args:
        lexicon: the words.
        vocabulary: the model's alphabet.
        metre: of the line.
        last_words: those that may end it.
        final: whether it ends the poem.
        last_only: whether no other words may come (the rhyme, sought by itself).
    """

    def __init__(
        self,
        lexicon: Lexicon,
        vocabulary: Vocabulary,
        metre: Metre,
        last_words: Bits,
        *,
        final: bool = False,
        last_only: bool = False,
    ) -> None:
        self.lexicon, self.vocabulary, self.metre = lexicon, vocabulary, metre
        self.last_words, self.final, self.last_only = last_words, final, last_only
        self._index = {character: index for index, character in enumerate(vocabulary.characters)}
        self._steps = steps(lexicon, metre)
        self._possible: dict[Feet, tuple[Bits, Bits, Bits]] = {}
        self._going_on: dict[tuple[Feet, int], Feet] = {}
        self._sums: dict[tuple[Feet, bool], npt.NDArray[np.intp]] = {}
        self._masks: dict[Place, Bits] = {}
        self._last_shapes = np.unique(lexicon.shape_of[last_words])
        self._room = self._with_room()

    def start(self) -> Place:
        """The place before a line's first letter."""
        nowhere = frozenset((which, 0) for which in range(len(self.metre.patterns)))
        return Place(BETWEEN, nowhere, (0, len(self.lexicon), 0), start=True)

    def _with_room(self) -> Bits:
        """The spots from which words of one syllable and a last word can fill the metre, (spots,)."""
        full = self._steps.full
        room = np.zeros(len(full), dtype=bool)
        for number in range(len(full) - 1, -1, -1):  # a spot's next one stands behind it
            if not full[number]:
                last = self._steps.landings(self._steps.spots[number])[self._last_shapes]
                room[number] = room[number + 1] or last[:, full].any()
        return room

    def _reached(self, feet: Feet) -> tuple[Bits, Bits, Bits]:
        """Which words may come as the last, which with more to follow, and where each shape then leads."""
        if feet not in self._possible:
            reached = np.logical_or.reduce([self._steps.landings(at) for at in feet])
            ending, onward = reached[:, self._steps.full].any(axis=1), reached & self._room
            going = onward.any(axis=1) & (not self.last_only)
            shape_of = self.lexicon.shape_of
            self._possible[feet] = ending[shape_of] & self.last_words, going[shape_of], onward
        return self._possible[feet]

    def going_on(self, feet: Feet, shape: int) -> Feet:
        """Where the metre stands after a word that is not the last, if it leaves room for a last one."""
        if (feet, shape) not in self._going_on:
            onward = self._reached(feet)[2][shape].nonzero()[0]
            self._going_on[feet, shape] = frozenset(self._steps.spots[number] for number in onward)
        return self._going_on[feet, shape]

    def possible(self, feet: Feet) -> tuple[Bits, Bits]:
        """Which words may come: as the last, and with more to follow; bits in the lexicon's order."""
        return self._reached(feet)[:2]

    def _summed(self, feet: Feet, start: bool) -> npt.NDArray[np.intp]:
        """How many of the first words in the order of the spellings may come, (words + 1,)."""
        if (feet, start) not in self._sums:
            ends, goes = self.possible(feet)
            self._sums[feet, start] = np.concatenate(
                [[0], np.cumsum((ends | goes)[self._spellings(start).word])]
            )
        return self._sums[feet, start]

    def _spellings(self, start: bool) -> Spellings:
        return self.lexicon.at_start if start else self.lexicon.usual

    def mask(self, here: Place) -> Bits:
        """Which characters may come next, (vocabulary,)."""
        if here not in self._masks:
            bits = np.zeros(len(self.vocabulary), dtype=bool)
            bits[[self._index[one] for one in self._next(here) if one in self._index]] = True
            self._masks[here] = bits
        return self._masks[here]

    def _next(self, here: Place) -> list[str]:
        if here.phase == MARKED:
            return [*(" " if here.after else ""), *("\n" if here.word >= 0 and not self.final else "")]
        if here.phase == CLOSED:
            return ["\n"]
        sums, (ends, goes) = self._summed(here.feet, here.start), self.possible(here.feet)
        low, high, depth = here.node
        spellings = self._spellings(here.start)
        children = spellings.children(low, high, depth)
        found = [letter for letter, (first, end) in children.items() if sums[end] > sums[first]]
        if depth and spellings.ends(low, depth):
            word = spellings.word[low]
            if goes[word]:
                found += [" ", *PAUSES]
            if ends[word]:
                marks = [mark for mark in LAST if mark in self.vocabulary]
                found += (marks or ["\n"]) if self.final else ["\n", *ENDS]
        return found

    def step(self, here: Place, character: str) -> Place:
        """The place after one of the characters that may come."""
        if here.phase in {MARKED, CLOSED}:
            if character == "\n":
                return Place(DONE, here.feet, here.node, word=here.word)
            return Place(BETWEEN, here.after, (0, len(self.lexicon), 0))
        low, _, depth = here.node
        spellings = self._spellings(here.start)
        if character not in f" \n{ENDS}":
            range_of_it = spellings.children(*here.node)[character]
            return Place(INSIDE, here.feet, (*range_of_it, depth + 1), here.start)
        word = int(spellings.word[low])
        ends, goes = self.possible(here.feet)
        after = self.going_on(here.feet, int(self.lexicon.shape_of[word])) if goes[word] else frozenset()
        last = word if ends[word] else -1
        if character == " ":
            return Place(BETWEEN, after, (0, len(self.lexicon), 0))
        if character in PAUSES:
            return Place(MARKED, here.feet, here.node, word=-1 if self.final else last, after=after)
        return Place(DONE if character == "\n" else CLOSED, here.feet, here.node, word=last)
