"""Rhymes: perfect and feminine ones, and, named as such, those of 1600 and those for the eye.

A rhyme's part of a word is all from its last stressed vowel on; a last syllable that takes a beat (*memory*)
rhymes as if it were stressed. The sounds of 1600 that have parted since follow H. Kökeritz, Shakespeare's
Pronunciation (1953) and D. Crystal, The Oxford Dictionary of Original Shakespearean Pronunciation (2016).
"""

import re
from functools import lru_cache

from shakespeare.verse.dictionary import Phones, is_vowel
from shakespeare.verse.pronunciation import normal, pronounce

PERFECT, FEMININE, OF_1600, EYE = "perfect", "feminine", "of 1600", "eye"
KINDS = (PERFECT, FEMININE, OF_1600, EYE)


@lru_cache(maxsize=200_000)
def rhyme(one: str, two: str) -> str | None:
    """The kind of rhyme of two words, one of KINDS; None for no rhyme, and for a word with itself."""
    one, two = key(one), key(two)
    if one == two:
        return None
    if shared := tails(one) & tails(two):
        return PERFECT if all(sum(phone[-1] == "*" for phone in tail) == 1 for tail in shared) else FEMININE
    if old_tails(one) & old_tails(two):
        return OF_1600
    return EYE if eye(one) & eye(two) else None


@lru_cache(maxsize=100_000)
def sounds(word: str) -> frozenset[object]:
    """All by which a word may rhyme; words that share none of it do not."""
    word = key(word)
    return tails(word) | old_tails(word) | eye(word)


def key(word: str) -> str:
    """What two words must differ in: a word without its capitals and the apostrophes around it."""
    return normal(word).strip("'")


def same_onset(one: str, two: str) -> bool:
    """Whether two words sound the same from before the vowel that rhymes on: *before* and *therefore*."""
    return bool(_with_onset(one) & _with_onset(two))


@lru_cache(maxsize=100_000)
def _with_onset(word: str) -> frozenset[Phones]:
    found = set()
    for way in pronounce(word):
        if not way.freedoms:
            phones = tuple(phone.rstrip("012") + ("*" if is_vowel(phone) else "") for phone in way.phones)
            starts = [len(phones) - len(tail) for tail in _parts(way.phones, "AH ER IH")]
            found |= {phones[max(start - 1, 0) :] for start in starts}
    return frozenset(found)


@lru_cache(maxsize=100_000)
def tails(word: str, *, plain: bool = False) -> frozenset[Phones]:
    """The parts of a word that a perfect rhyme shares: sounds, the vowels with a star in place of stress.

    Args:
        word: the word.
        plain: only of pronunciations that take no freedom, and not the light end of *merited*.
    """
    ways = pronounce(word)
    return frozenset(
        tail
        for way in ways
        if not (plain and way.freedoms)
        for tail in _parts(way.phones, "AH ER IH" if plain else "AH ER")
    )


def _parts(phones: Phones, light: str = "AH ER") -> list[Phones]:
    """Them; vowels that are ``light`` take no beat where they are last."""
    vowels = [at for at, phone in enumerate(phones) if is_vowel(phone)]
    if not vowels:
        return []
    stressed = [at for at in vowels if phones[at][-1] == "1"] or vowels[-1:]
    starts = {stressed[-1], *(at for at in vowels if phones[at][-1] == "2" and at > stressed[-1])}
    promoted = len(vowels) - vowels.index(stressed[-1]) >= 3  # the last of mem-o-ry takes a beat
    if promoted and phones[vowels[-1]][:2] not in light.split():
        starts.add(vowels[-1])
    if len(vowels) == 1 or phones[vowels[-1]][-1] == "2":
        starts.add(vowels[-1])
    return [
        tuple(phone if not is_vowel(phone) else phone[:-1] + "*" for phone in phones[at:]) for at in starts
    ]


# Vowels that met in 1600, the letters that spell them, and what must come behind: R, something else, or any.
_OLD_VOWELS = (
    ("AH UW OW AO AA UH", "o(?!i|u)", "any"),  # love/prove, come/doom, gone/alone, brood/blood
    ("AW OW UW AH", "ou|ow", "any"),  # brow/grow, you/thou
    ("AE EY AA", "a", "other"),  # have/grave, haste/past, was/pass
    ("AE EY AA AO EH", "^ar", "R"),  # are/care, war/bar
    ("IY EY", "ea|ei", "other"),  # speak/break
    ("IY EH", "ea|ee|ie|^e[^aeiou]|^ue", "other"),  # feast/guest, field/held
    ("IH IY EH ER", "ea|ee|ere|ier", "R"),  # ear/bear, here/there
    ("ER AA", "^er|^ar|^ear|^ir", "R"),  # desert/part, herd/beard
    ("ER AO UH", "^or|^our|^ur", "R"),  # word/afford, worth/forth
    ("IH EH", "ed$|ead$", "other"),  # buried/dead
    ("IH AY OY", "^ind|^oi", "other"),  # wind/find, join/line
    ("AH UH UW", "^u", "other"),  # full/dull
    ("AH AO", "ong|oung", "other"),  # tongue/wrong
)
_GROUPS = tuple(
    (frozenset(vowels.split()), re.compile(letters), then) for vowels, letters, then in _OLD_VOWELS
)
_SAME = {"Z": "S", "DH": "TH", "ZH": "SH"}


@lru_cache(maxsize=100_000)
def old_tails(word: str) -> frozenset[tuple[str, ...]]:
    """The parts of a word that a rhyme of 1600 shares: sounds; a number stands for a group of vowels.

    A last voiced s or th rhymed with a voiceless one (this/is), a last -y with that of *die*.
    """
    found, spelled = set(), vowel_letters(word)
    for vowel, *behind in tails(word):
        name, after = vowel[:-1], tuple(_SAME.get(phone, phone) for phone in behind)
        if any(phone[-1] == "*" for phone in after):
            continue
        found.add((name, *after))
        sounded = ("R", *after) if name == "ER" else after
        then = "R" if sounded[:1] == ("R",) else "other"
        for group, (vowels, letters, wanted) in enumerate(_GROUPS):
            if after and name in vowels and wanted in {then, "any"} and letters.search(spelled):
                found.add((str(group), *sounded))
        if name == "AY" or (name == "IY" and _LAST_Y.search(word)):
            found.add(("y", *after))
    return frozenset(found)


_LAST_Y = re.compile("[^aeou](y|ie|ies)$")
_LAST_VOWEL = re.compile(r"[aeiouy]+[^aeiouy]*(?:e|es|ed|'d|est|'st|ues?)?$")


def vowel_letters(word: str) -> str:
    """The letters of a word from those of its last vowel on."""
    match = _LAST_VOWEL.search(word)
    return match.group() if match else word


def eye(word: str) -> frozenset[str]:
    """What an eye rhyme shares: the letters from the last vowel on, or the last but one; three at least."""
    spelled = vowel_letters(word)
    longer = vowel_letters(word.removesuffix(spelled)) + spelled  # over, recover
    return frozenset(letters for letters in (spelled, longer) if len(letters) > 2)
