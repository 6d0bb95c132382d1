"""Syllables and stresses of a line, fitted to a pattern of weak (w) and strong (s) places.

What breaks a foot is the stress of a word of several syllables in a weak place (M. Halle and S. J. Keyser,
1971; P. Kiparsky, The Rhythmic Structure of English Verse, 1977): words of one syllable bend to the metre.
The usual freedoms are named, so that each can be told, and left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from charlm.errors import InvalidOption
from shakespeare.verse.pronunciation import MOVABLE, SOUND_FREEDOMS, WORD, Pronunciation, normal, pronounce

INVERTED, AFTER_PAUSE, FEMININE, WEAK_BEAT, HEAVY, MOVED = (
    "inverted first foot",
    "inversion after a pause",
    "feminine ending",
    "weak syllable on a beat",
    "strong word off the beat",
    "movable stress",
)
FREEDOMS = (*SOUND_FREEDOMS, INVERTED, AFTER_PAUSE, FEMININE, WEAK_BEAT, HEAVY, MOVED)
ALL = frozenset(FREEDOMS)

_FEET = {"iambic": "ws", "trochaic": "sw", "anapaestic": "wws", "dactylic": "sww"}
_LENGTHS = (
    "monometer",
    "dimeter",
    "trimeter",
    "tetrameter",
    "pentameter",
    "hexameter",
    "heptameter",
    "octameter",
)
LINES_KEPT = 60_000
"""So many lines are remembered as they were read, for refrains and for one line under several metres."""

_PAUSE = re.compile(r"[,;:.?!()—–]|--")

# Words of one syllable that carry no beat of their own.
_WEAK = """
a an the and or nor but if of to in on at by for from with as than that this these those my thy his her
its our your their mine thine i me thou thee he him she it we us ye you they them who whom whose which
what is am are art was were be been hath has have had do doth did does dost can could shall should will
would may might must shalt wilt hast wert wast not no so when where while then there how why some such all
yet o oh th' 'tis through
"""
WEAK = frozenset(_WEAK.split())


@dataclass(frozen=True)
class Metre:
    """A metre, and the patterns that its lines may have.

    Args:
        name: such as ``iambic pentameter``.
        patterns: each a string of ``w`` and ``s``; the first is the strict one.
        foot: how many syllables a foot has.
    """

    name: str
    patterns: tuple[str, ...]
    foot: int

    @cached_property
    def syllables(self) -> tuple[int, ...]:
        """How many syllables a line may have."""
        return tuple(sorted({len(pattern) for pattern in self.patterns}))


@lru_cache(maxsize=64)
def metre(name: str) -> Metre:
    """The metre of a name such as ``iambic pentameter`` or ``anapaestic trimeter``.

    Raises:
        InvalidOption: for a name that is none.
    """
    kind, _, length = name.partition(" ")
    if kind not in _FEET or length not in _LENGTHS:
        raise InvalidOption(
            f"metre is {name!r}; it must be one of {', '.join(_FEET)} and one of {', '.join(_LENGTHS)}, "
            "as in 'iambic pentameter'"
        )
    foot = _FEET[kind]
    strict = foot * (_LENGTHS.index(length) + 1)
    others = {
        "iambic": [strict + "w"],
        "trochaic": [strict[:-1]],
        "anapaestic": [strict[1:], strict + "w", strict[1:] + "w"],
        "dactylic": [strict[:-1], strict[:-2]],
    }
    return Metre(name, (strict, *others[kind]), len(foot))


@dataclass(frozen=True)
class Placed:
    """How a word lies on a pattern: the feet that it breaks, from 1, and the freedoms that it takes."""

    broken: tuple[int, ...] = ()
    freedoms: frozenset[str] = frozenset()

    @cached_property
    def cost(self) -> float:
        """By which ways are compared: a broken foot outweighs all freedoms."""
        return len(self.broken) + 0.01 * len(self.freedoms)


@lru_cache(maxsize=100_000)
def place(
    pattern: str, foot: int, at: int, stresses: str, kind: str, pause: bool, allowed: frozenset[str] = ALL
) -> Placed | None:
    """A word laid on a pattern from the place ``at`` on; None if it is too long.

    Args:
        pattern: weak and strong places.
        foot: syllables of a foot.
        at: the place of its first syllable, from 0.
        stresses: a digit a syllable.
        kind: ``weak`` or ``strong`` word, or ``movable``.
        pause: whether a pause is before it.
        allowed: the freedoms that may be taken.
    """
    end = at + len(stresses)
    if end > len(pattern):
        return None
    broken, freedoms = [], set()

    def take(freedom: str, here: int) -> None:
        if freedom in allowed:
            freedoms.add(freedom)
        else:
            broken.append(here // foot + 1)

    single = len(stresses) == 1
    for here, stress in enumerate(stresses, at):
        strong = pattern[here] == "s"
        if single:
            if strong and kind == "weak":
                take(WEAK_BEAT, here)
            elif not strong and kind == "strong" and stress == "1":
                take(HEAVY, here)
        elif stress == "1" and not strong:
            if pattern[here : here + 2] == "ws" and here == at and here == 0 and foot == 2:
                take(INVERTED, here)
            elif pattern[here : here + 2] == "ws" and here == at and pause and foot == 2:
                take(AFTER_PAUSE, here)
            elif MOVED in allowed and (kind == "movable" or _lands(stresses, pattern[at:end], foot)):
                freedoms.add(MOVED)
            else:
                broken.append(here // foot + 1)
        elif stress == "0" and strong and not (here > at and stresses[here - at - 1] == "1"):
            take(WEAK_BEAT, here)
    if end == len(pattern) and foot == 2 and pattern[0] == "w" and pattern[-1] == "w":
        take(FEMININE, end - 1)
    return Placed(tuple(dict.fromkeys(broken)), frozenset(freedoms))


def _lands(stresses: str, places: str, foot: int) -> bool:
    """Whether a lesser stress of a word falls on a beat; where a foot has two weak places, that will do."""
    return foot == 3 and any(
        stress == "2" and here == "s" for stress, here in zip(stresses, places, strict=True)
    )


@lru_cache(maxsize=100_000)
def kind_of(word: str) -> str:
    """``weak``, ``strong`` or ``movable``, as :func:`place` takes it."""
    plain = normal(word)
    return "weak" if plain in WEAK else "movable" if plain in MOVABLE else "strong"


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
