"""What verse may do to the sounds of a word, so that it has a syllable less or more."""

import re
from collections.abc import Iterator
from itertools import pairwise

from shakespeare.verse.dictionary import Phones, is_vowel

ELISION, SYNCOPE, DIAERESIS, ED, EST = "elision", "syncope", "diaeresis", "-èd", "-est"
SOUND_FREEDOMS = (ELISION, SYNCOPE, DIAERESIS, ED, EST)
"""What verse may do to a word: run two vowels together (*bein'*), drop a weak vowel (*mem'ry*), part two
vowels that prose joins (*nati-on*), sound the e of *-ed*, drop that of *-est*. W. Abbott, A Shakespearian
Grammar (1870), paragraphs 460 to 492, lists them."""


def changed(word: str, phones: Phones) -> Iterator[tuple[Phones, str]]:
    """The sounds that a word has by one freedom, each with the freedom."""
    if re.search("[^e]ed$", word) and phones[-1] in {"D", "T"} and phones[-2:-1] not in {("IH0",), ("AH0",)}:
        yield (*phones[:-1], "IH0", "D"), ED
    if re.search(r"[^'e]est$", word) and phones[-3:] == ("IH0", "S", "T") and len(phones) > 3:
        yield (*phones[:-3], "S", "T"), EST
    for at, (one, two) in enumerate(pairwise(phones)):
        before, rest = phones[:at], phones[at + 2 :]
        if is_vowel(one) and is_vowel(two) and one[:2] != "ER":  # glorious, power, being, violet
            if one == "IY0" and at and two[-1] == "0":
                yield (*before, "Y", two, *rest), ELISION
            elif two[-1] == "0":
                yield (*before, one, *(("R",) if two == "ER0" else ()), *rest), ELISION
            elif one[-1] == "0":
                yield (*before, two, *rest), ELISION
        if one == "Y" and two[-1] == "0" and at and "i" in word:  # million, familiar
            yield (*before, "IY0", two, *rest), DIAERESIS
        if one in {"SH", "ZH", "CH"} and two in {"AH0", "ER0"} and _JOINED.search(word):  # nation, patience
            yield (*before, one, "IY0", two, *rest), DIAERESIS
        if (one, two) == ("F", "L") and word.endswith("fully"):
            yield (*before, one, "AH0", two, *rest), DIAERESIS
        if one in {"AY1", "AW1"} and two == "R":  # fire, hour
            yield (*before, one, "ER0", *rest), DIAERESIS
        if at and not is_vowel(phones[at - 1]):
            yield from ((short, SYNCOPE) for short in _without_weak_vowel(phones, at))


_JOINED = re.compile("[ctsx]i(on|ou|en|al|an)")


def _without_weak_vowel(phones: Phones, at: int) -> Iterator[Phones]:
    """A weak vowel dropped: memory, every, difference; heaven, heavenly, fallen; perhaps, believe."""
    before, here, then, rest = phones[:at], phones[at], phones[at + 1], phones[at + 2 :]
    inside = any(map(is_vowel, before))
    if here == "ER0" and is_vowel(then) and then[-1] != "1" and inside:
        yield (*before, "R", then, *rest)
    if here not in {"AH0", "IH0"}:
        return
    if then in {"R", "L", "N", "M", "V", "T", "S"} and rest and rest[0][-1] in "02" and inside:
        yield (*before, then, *rest)
    if then in {"N", "L"} and not rest and inside and before[-1] in {"V", "DH", "Z", "L", "R"}:
        yield (*before, then)
    if (before[-1], then) == ("V", "N") and inside and rest and rest[0] in {"L", "Z"}:
        yield (*before, then, *rest)
    if at == 1 and before[0] in {"P", "B", "T", "S"} and then in {"L", "R"}:
        yield (*before, then, *rest)
