"""What may come next in a line: letters that can still become words, and words that can still fill the
metre.

A line's writing is at a :class:`Place`. For each, :meth:`LineAutomaton.mask` says which characters of the
model's alphabet keep the line possible: a letter only if a word with it exists, fits the feet that are left
and leaves room for the last word, which must be one of those given (the rhymes).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from charlm.vocabulary import Vocabulary
from shakespeare.verse.lexicon import Bits, Lexicon, Shape, Spellings
from shakespeare.verse.metre import AFTER_PAUSE, ALL, Metre, place
from shakespeare.verse.pronunciation import DIAERESIS, ED, EST

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
    """

    def __init__(self, shapes: Sequence[Shape], metre: Metre) -> None:
        self.shapes, self.metre = shapes, metre
        self.full = frozenset((which, len(pattern)) for which, pattern in enumerate(metre.patterns))
        self._from: dict[tuple[int, int], list[Feet]] = {}

    def landings(self, at: tuple[int, int]) -> list[Feet]:
        """For each shape where a word of it leads from one place; nowhere if it breaks a foot."""
        if at not in self._from:
            pattern, foot = self.metre.patterns[at[0]], self.metre.foot
            self._from[at] = [
                frozenset(
                    (at[0], at[1] + len(one))
                    for one in stresses
                    if (placed := place(pattern, foot, at[1], one, kind, False, ALLOWED))
                    and not placed.broken
                )
                for stresses, kind in self.shapes
            ]
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
        self._bits_of: dict[Feet, tuple[Bits, Bits]] = {}
        self._sums: dict[tuple[Feet, bool], npt.NDArray[np.intp]] = {}
        self._masks: dict[Place, Bits] = {}
        self._last_shapes = set(lexicon.shape_of[last_words].tolist())
        self._room: dict[tuple[int, int], bool] = {}

    def start(self) -> Place:
        """The place before a line's first letter."""
        nowhere = frozenset((which, 0) for which in range(len(self.metre.patterns)))
        return Place(BETWEEN, nowhere, (0, len(self.lexicon), 0), start=True)

    def _has_room(self, at: tuple[int, int]) -> bool:
        """Whether words of one syllable and a last word can fill the metre from here on."""
        if at not in self._room:
            length, landings = len(self.metre.patterns[at[0]]), self._steps.landings(at)
            self._room[at] = any(landings[shape] & self._steps.full for shape in self._last_shapes) or (
                at[1] + 1 < length and self._has_room((at[0], at[1] + 1))
            )
        return self._room[at]

    def going_on(self, feet: Feet, shape: int) -> Feet:
        """Where the metre stands after a word that is not the last, if it leaves room for a last one."""
        full = self._steps.full
        return frozenset(
            to
            for at in feet
            for to in self._steps.landings(at)[shape]
            if to not in full and self._has_room(to)
        )

    def possible(self, feet: Feet) -> tuple[Bits, Bits]:
        """Which words may come: as the last, and with more to follow; bits in the lexicon's order."""
        if feet not in self._bits_of:
            shapes, full = range(len(self.lexicon.shapes)), self._steps.full
            landings = [self._steps.landings(at) for at in feet]
            ending = np.array([any(to[shape] & full for to in landings) for shape in shapes])
            going = np.array([not self.last_only and bool(self.going_on(feet, shape)) for shape in shapes])
            shape_of = self.lexicon.shape_of
            self._bits_of[feet] = ending[shape_of] & self.last_words, going[shape_of]
        return self._bits_of[feet]

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
                return replace(here, phase=DONE)
            return Place(BETWEEN, here.after, (0, len(self.lexicon), 0))
        low, _, depth = here.node
        spellings = self._spellings(here.start)
        if character not in f" \n{ENDS}":
            return replace(here, phase=INSIDE, node=(*spellings.children(*here.node)[character], depth + 1))
        word = int(spellings.word[low])
        ends, goes = self.possible(here.feet)
        after = self.going_on(here.feet, int(self.lexicon.shape_of[word])) if goes[word] else frozenset()
        last = word if ends[word] else -1
        if character == " ":
            return Place(BETWEEN, after, (0, len(self.lexicon), 0))
        if character in PAUSES:
            return Place(MARKED, here.feet, here.node, word=-1 if self.final else last, after=after)
        return Place(DONE if character == "\n" else CLOSED, here.feet, here.node, word=last)
