"""Syllables and stresses of a line, fitted to a pattern of weak (w) and strong (s) places.

What breaks a foot is the stress of a word of several syllables in a weak place (M. Halle and S. J. Keyser,
1971; P. Kiparsky, The Rhythmic Structure of English Verse, 1977): words of one syllable bend to the metre.
The usual freedoms are named, so that each can be told, and left out.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

from charlm.errors import InvalidOption
from shakespeare.verse.freedoms import SOUND_FREEDOMS
from shakespeare.verse.pronunciation import MOVABLE, normal

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
