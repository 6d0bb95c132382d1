"""The pronouncing dictionary that ships: words and their sounds, looked up in one sorted text.

The sounds are those of the CMU Pronouncing Dictionary (Carnegie Mellon University), its ARPAbet: 39 of
them, the vowels with a digit for their stress (1 primary, 2 secondary, 0 none). ``data/README.md`` says how
the file was made, by :func:`compact`, and holds the dictionary's notice.
"""

import gzip
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TypeAlias

from charlm.run import corpora

Phones: TypeAlias = tuple[str, ...]
"""The sounds of a word, such as ``("B", "Y", "UW1", "T", "IY0")``."""

_VOWELS = "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW"
VOWELS = tuple(_VOWELS.split())
_CONSONANTS = "B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH"
CONSONANTS = tuple(_CONSONANTS.split())

# One letter a sound, and a digit behind a vowel, keep the file small.
_LETTER = {sound: chr(ord("A") + place) for place, sound in enumerate(VOWELS)} | {
    sound: chr(ord("a") + place) for place, sound in enumerate(CONSONANTS)
}
_SOUND = {letter: sound for sound, letter in _LETTER.items()}
_SPELLED = re.compile("([A-Za-z])([012]?)")


def compact(lines: Iterable[str]) -> bytes:
    """CMUdict's lines as the file that ships: sorted, each word once with all its pronunciations.

    A comment behind ``#`` and the number of a variant, as in ``read(2)``, are left out.
    """
    words: dict[str, dict[str, None]] = {}
    for line in lines:
        word, *phones = line.split("#")[0].split() or [""]
        if word and not word.startswith(";;;"):
            spelled = "".join(
                _LETTER[phone.rstrip("012")] + phone.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for phone in phones
            )
            words.setdefault(re.sub(r"\(\d+\)$", "", word), {})[spelled] = None
    text = "".join(f"{word} {' '.join(words[word])}\n" for word in sorted(words))
    return gzip.compress(text.encode("ascii"), 9, mtime=0)


def is_vowel(phone: str) -> bool:
    """Whether a sound is a vowel, and so a syllable."""
    return phone[-1].isdigit()


@lru_cache(maxsize=1)
def _text() -> bytes:
    return b"\n" + gzip.decompress(corpora.bundled("data/cmudict.txt.gz").read_bytes())


@cache
def look_up(word: str) -> tuple[Phones, ...]:
    """The pronunciations of a word in lower case; none if the dictionary lacks it."""
    text, sought = _text(), word.encode("utf-8", "replace") + b" "
    low, high = 0, len(text) - 1
    while low < high:  # bisection by bytes; a line begins behind the newline before the middle
        start = text.rfind(b"\n", 0, (low + high) // 2 + 1) + 1
        end = text.find(b"\n", start)
        found = text[start : text.index(b" ", start) + 1]
        if found == sought:
            return tuple(map(_phones, text[start + len(sought) : end].decode("ascii").split()))
        if found[:-1] < sought[:-1]:
            low = end
        else:
            high = start - 1
    return ()


def _phones(spelled: str) -> Phones:
    return tuple(_SOUND[letter] + stress for letter, stress in _SPELLED.findall(spelled))
