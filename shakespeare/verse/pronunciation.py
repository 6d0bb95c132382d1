"""How a word sounds: as in prose, with verse's freedoms, or guessed from its letters.

Where a word stands for several pronunciations, all are given, for a line may need any of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from charlm.vocabulary import STRAIGHT
from shakespeare.verse.dictionary import Phones, is_vowel
from shakespeare.verse.freedoms import ELISION, SYNCOPE, changed
from shakespeare.verse.letters import sounds_of_letters
from shakespeare.verse.word_forms import known

WORD = re.compile(r"['’]?[^\W\d_]+(?:['’-][^\W\d_]+)*['’]?")
"""A word in a line: letters, with apostrophes around or in it and hyphens in it."""

LONGEST = 45
"""What has more letters is no word."""

# Written apart or in verse, these take their stress where the line puts it.
_MOVABLE = """
into unto upon within without therein thereof thereby whereof wherein whereby herein hereof myself thyself
himself herself itself yourself themselves ourselves although whereon thereon whereto thereto whereat
wherewith therewith hereafter throughout something nothing sometime sometimes every any many other either
neither never ever being another whether before behind beneath beside between among against above about
away o'erthrow outright forever somewhat nobody everywhere elsewhere forsooth perhaps indeed record
increase absent present perfect divine supreme complete extreme obscure profane confined unborn unknown
unseen misplaced canonized therefore wherefore whereupon thereupon until hence aspect access comfort
contract contrary revenue exile torment survey perfume converse convert antique adverse envy process
precious outworn forlorn sincere unused unkind untrue unfair untold unbred unjust insults conduct effect
relapse produce defects commerce conceit triumphant misprision likewise
"""
MOVABLE = frozenset(_MOVABLE.split())


@dataclass(frozen=True)
class Pronunciation:
    """One way to say a word.

    Attributes:
        phones: its sounds (see :mod:`shakespeare.verse.dictionary`).
        freedoms: which of SOUND_FREEDOMS it takes.
        guess: whether it was guessed from the letters.
    """

    phones: Phones
    freedoms: frozenset[str] = frozenset()
    guess: bool = False

    @cached_property
    def stresses(self) -> str:
        """A digit for each syllable: 1 primary, 2 secondary, 0 none."""
        return "".join(phone[-1] for phone in self.phones if is_vowel(phone))


def normal(word: str) -> str:
    """A word as it is looked up: in lower case, with straight apostrophes."""
    return word.translate(STRAIGHT).lower()


@lru_cache(maxsize=100_000)
def pronounce(word: str) -> tuple[Pronunciation, ...]:
    """All pronunciations of a word, the plain ones first; none for what has no letter, or too many."""
    word = normal(word)
    if len(word) > LONGEST:
        return ()
    plain = known(word)
    guess = not plain
    if guess:
        plain = sounds_of_letters(word)
    found: dict[Phones, Pronunciation] = {}
    for phones, freedoms in _ways(word, plain):
        found.setdefault(phones, Pronunciation(phones, frozenset(freedoms), guess))
    return tuple(found.values())


def _ways(word: str, plain: tuple[Phones, ...]) -> Iterator[tuple[Phones, tuple[str, ...]]]:
    """Plain sounds, then what each freedom makes of them; of the longer ones, two freedoms together."""
    once = [(phones, ()) for phones in plain]
    yield from once
    for phones, _ in once:
        for other, freedom in changed(word, phones):
            yield other, (freedom,)
            for shorter, second in changed(word, other):
                if second in (ELISION, SYNCOPE):
                    yield shorter, (freedom, second)
