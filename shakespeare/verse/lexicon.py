"""The words that may be written: how they are spelled, what feet they fit, and which rhyme.

Words stand sorted, so that those with one beginning lie side by side: a node of the tree of spellings is a
range of them. Which words may come next is one bit a word, and sums of these bits say of any range whether
one in it may: a beginning that no longer can fit is left out a letter early, not a line late.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from charlm.run import corpora
from shakespeare.verse.freedoms import ELISION, SYNCOPE
from shakespeare.verse.line import stresses_of
from shakespeare.verse.metre import kind_of
from shakespeare.verse.pronunciation import WORD, normal, pronounce
from shakespeare.verse.rhyme import tails

Bits: TypeAlias = npt.NDArray[np.bool_]
"""One for each word, (words,)."""

Shape: TypeAlias = tuple[tuple[str, ...], str]
"""The stress patterns that a word can be read with, and its kind (see :func:`metre.place`)."""

WORDS = "data/verse_words.txt"

_LETTERS = frozenset("aeiouy")
_LONE = frozenset("aio")
_CLIPPED = frozenset(["'tis", "'twas", "'twere", "'twill", "'twixt", "'gainst", "'mongst"])


@dataclass(frozen=True)
class Entry:
    """A word's stress patterns and the parts of it that rhyme, each as text."""

    stresses: tuple[str, ...]
    tails: tuple[str, ...]


def entry(word: str, *, guessed: bool = False) -> Entry | None:
    """What a poem must know of a word; None where its sound is not known, or guessed and may not be."""
    ways = pronounce(word)
    if not ways or (ways[0].guess and not guessed):
        return None
    plain = {
        stresses for stresses, freedoms in stresses_of(word) if freedoms <= {ELISION, SYNCOPE} and stresses
    }
    endings = {".".join(tail).replace("*", "") for tail in tails(word, plain=True)}
    return Entry(tuple(sorted(plain)), tuple(sorted(endings))) if plain else None


def words_of(text: str) -> list[str]:
    """The words of a text that also stand in it without a capital, sorted: no names, no half words."""
    found = {match.group() for match in WORD.finditer(text)}
    return sorted(
        word
        for word in found
        if word == normal(word)
        and (word in _CLIPPED or word[0] != "'")
        and word[-1] != "'"
        and (word in _LONE if len(word) == 1 else _LETTERS & set(word))
    )


def written(words: Iterable[str]) -> str:
    """The file of words that ships: each with its stress patterns and its rhyming parts."""
    known = {word: found for word in words if (found := entry(word))}
    return "".join(f"{word} {','.join(one.stresses)} {','.join(one.tails)}\n" for word, one in known.items())


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Entry]:
    """The words of that file."""
    entries = {}
    for line in corpora.bundled(WORDS).read_text(encoding="utf-8").splitlines():
        word, stresses, endings = line.split(" ")
        entries[word] = Entry(tuple(stresses.split(",")), tuple(filter(None, endings.split(","))))
    return entries


class Spellings:
    """Words in the order of one spelling of theirs.

    Attributes:
        spelled: the spellings, sorted.
        word: which word each is, (words,).
    """

    def __init__(self, spelled: list[str]) -> None:
        order = sorted(range(len(spelled)), key=spelled.__getitem__)
        self.spelled = [spelled[place] for place in order]
        self.word = np.array(order, dtype=np.intp)
        self._children: dict[tuple[int, int, int], dict[str, tuple[int, int]]] = {}

    def children(self, low: int, high: int, depth: int) -> Mapping[str, tuple[int, int]]:
        """The letters that come next in a range of words that share so many, each with its smaller range."""
        key = low, high, depth
        if key not in self._children:
            found, at = {}, low + (len(self.spelled[low]) == depth)
            while at < high:
                stem = self.spelled[at][: depth + 1]
                end = bisect_left(self.spelled, stem[:-1] + chr(ord(stem[-1]) + 1), at, high)
                found[stem[-1]] = at, end
                at = end
            self._children[key] = found
        return self._children[key]

    def ends(self, low: int, depth: int) -> bool:
        """Whether the first word of a range is whole after so many letters."""
        return len(self.spelled[low]) == depth


class Lexicon:
    """The words that a poem may use.

    Args:
        entries: the words, in lower case, and what is known of each.
        characters: those that the model can spell; words with others are left out.
        capitals: whether lines begin with a capital.
    """

    def __init__(self, entries: Mapping[str, Entry], characters: str, *, capitals: bool) -> None:
        known = set(characters)
        self.words: list[str] = []
        shapes: dict[Shape, int] = {}
        shape_of: list[int] = []
        self.by_tail: dict[str, list[int]] = {}
        self.tails: list[tuple[str, ...]] = []
        spelled, starts = [], []
        for word, one in entries.items():
            usual = (
                word[0].upper() + word[1:] if capitals and (word == "i" or word.startswith("i'")) else word
            )
            start = _capital(usual) if capitals else usual
            if not known.issuperset(usual) or not known.issuperset(start):
                continue
            for tail in one.tails:
                self.by_tail.setdefault(tail, []).append(len(self.words))
            shape_of.append(shapes.setdefault((one.stresses, kind_of(word)), len(shapes)))
            self.words.append(word)
            self.tails.append(one.tails)
            spelled.append(usual)
            starts.append(start)
        self.shapes = list(shapes)
        self.shape_of = np.array(shape_of, dtype=np.intp)
        self.usual = Spellings(spelled)
        self.at_start = Spellings(starts) if capitals else self.usual

    def __len__(self) -> int:
        """How many words there are."""
        return len(self.words)

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Where each word stands."""
        return {word: place for place, word in enumerate(self.words)}

    def partners(self, endings: Iterable[str]) -> Bits:
        """The words that share one of these rhyming parts."""
        bits = np.zeros(len(self), dtype=bool)
        for tail in endings:
            bits[self.by_tail.get(tail, [])] = True
        return bits

    @cached_property
    def partner_counts(self) -> npt.NDArray[np.intp]:
        """How many other words rhyme with each, by its best rhyming part, (words,)."""
        sizes = {tail: len(words) for tail, words in self.by_tail.items()}
        return np.array(
            [max((sizes[tail] for tail in own), default=1) - 1 for own in self.tails], dtype=np.intp
        )


def _capital(word: str) -> str:
    """With its first letter large, behind an apostrophe too: 'Tis."""
    at = 1 if word[0] == "'" and len(word) > 1 else 0
    return word[:at] + word[at].upper() + word[at + 1 :]
