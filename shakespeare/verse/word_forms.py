"""The sounds of a word in prose: from the dictionary, or by rules for the English of 1600.

The rules build on the dictionary: *feed'st*, *burieth* and *unthrifty* are its words with an ending or a
beginning.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from shakespeare.verse.dictionary import Phones, is_vowel, look_up
from shakespeare.verse.freedoms import ELISION, SYNCOPE, changed
from shakespeare.verse.letters import sounds_of_letters

# What the dictionary lacks or knows in its modern sound alone: a word and its sounds.
_SPECIAL = """
o'er AO1 R; e'er EH1 R; ne'er N EH1 R; e'en IY1 N; ev'n IY1 N; ta'en T EY1 N; th' DH; t' T; i' IH0; o'
AH0; a' AH0; 't T; 's S; wi' W IH1; 'gainst G EH1 N S T; 'neath N IY1 TH; i'th' IH0 TH; o'th' AH0 TH;
'mongst M AH1 NG S T; 'twixt T W IH1 K S T; twixt T W IH1 K S T; betwixt B IH0 T W IH1 K S T; 'gan G AE1
N; 'gins G IH1 N Z; 'tween T W IY1 N; 'twas T W AA1 Z; 'twere T W ER1; 'twill T W IH1 L; 'twould T W UH1
D; on't AO1 N T; is't IH1 S T; be't B IY1 T; for't F AO1 R T; in't IH1 N T; y' Y; thou'rt DH AW1 R T;
thou'lt DH AW1 L T; ere EH1 R; methinks M IY0 TH IH1 NG K S; whoe'er HH UW0 EH1 R; whate'er W AH0 T EH1 R;
where'er W EH0 R EH1 R; whene'er W EH0 N EH1 R; howe'er HH AW0 EH1 R; doth D AH1 TH; dost D AH1 S T;
wouldst W UH1 D S T; couldst K UH1 D S T; shouldst SH UH1 D S T; didst D IH1 D S T; hadst HH AE1 D S T;
mayst M EY1 S T; canst K AE1 N S T; wert W ER1 T; wast W AA1 S T; durst D ER1 S T; hither HH IH1 DH ER0;
thither DH IH1 DH ER0; whither W IH1 DH ER0; heaven HH EH1 V AH0 N/HH EH1 V N; wind W IH1 N D/W AY1 N D;
prove P R UW1 V; wherefore W EH1 R F AO2 R; therefore DH EH1 R F AO2 R; aught AO1 T; nought N AO1 T;
spirit S P IH1 R IH0 T/S P R AY1 T; oft AO1 F T; antique AE1 N T IY0 K/AE0 N T IY1 K; sepulchre S EH1 P
AH0 L K ER0; ah AA1; o OW1; oh OW1; a AH0/EY1; i AY1; against AH0 G EH1 N S T/AH0 G EY1 N S T; again AH0 G
EH1 N/AH0 G EY1 N; withal W IH0 DH AO1 L; are AA1 R; ye Y IY1; yea Y EY1; saith S EH1 TH; gaol JH EY1 L;
sovereign S AA1 V R AH0 N/S AA1 V ER0 AH0 N; been B IH1 N/B IY1 N; real R IY1 L/R IY1 AH0 L; ideal AY0 D
IY1 L/AY0 D IY1 AH0 L; demesne D IH0 M EY1 N/D IH0 M IY1 N; forsooth F ER0 S UW1 TH; beauteous B Y UW1 T
IY0 AH0 S; piteous P IH1 T IY0 AH0 S; prithee P R IH1 DH IY0; darien D EH1 R IY0 AH0 N/D EH1 R IY0 EH2 N;
sooth S UW1 TH; sinew S IH1 N Y UW0; sinews S IH1 N Y UW0 Z; physic F IH1 Z IH0 K; hearken HH AA1 R K AH0
N; scathe S K EY1 DH; lieve L IY1 V; glutton G L AH1 T AH0 N; sluggard S L AH1 G ER0 D; forbear F ER0 B
EH1 R; forswore F ER0 S W AO1 R; vouchsafe V AW0 CH S EY1 F; durance D UH1 R AH0 N S; lineament L IH1 N
IY0 AH0 M AH0 N T; sirrah S IH1 R AH0; burthen B ER1 DH AH0 N; sallow S AE1 L OW0; strumpet S T R AH1 M P
AH0 T; vesture V EH1 S CH ER0; ducat D AH1 K AH0 T; doublet D AH1 B L AH0 T; methink M IY0 TH IH1 NG K;
quietus K W AY0 IY1 T AH0 S; basilisk B AE1 Z AH0 L IH0 S K; amerce AH0 M ER1 S; descant D EH1 S K AE0 N
T; entreat EH0 N T R IY1 T; assay AH0 S EY1/AE1 S EY0
"""
SPECIAL = {
    word: tuple(tuple(way.split()) for way in sounds.split("/"))
    for word, _, sounds in (one.strip().partition(" ") for one in " ".join(_SPECIAL.split()).split(";"))
}

_VOICELESS = {"P", "T", "K", "F", "TH", "S", "SH", "CH"}
_SIBILANT = {"S", "Z", "SH", "ZH", "CH", "JH"}
_PREFIXES = {
    "un": "AH0 N", "re": "R IY0", "out": "AW2 T", "over": "OW2 V ER0", "o'er": "AO2 R", "fore": "F AO2 R",
    "mis": "M IH0 S", "dis": "D IH0 S", "be": "B IH0", "en": "EH0 N", "em": "EH0 M",
    "a": "AH0", "in": "IH0 N",
    "under": "AH2 N D ER0", "up": "AH2 P", "self": "S EH2 L F", "fair": "F EH2 R",
}  # fmt: skip
_SUFFIXES = {
    "ness": "N AH0 S", "less": "L AH0 S", "ful": "F AH0 L", "ly": "L IY0", "ing": "IH0 NG", "er": "ER0",
    "like": "L AY2 K", "ment": "M AH0 N T", "ward": "W ER0 D", "wards": "W ER0 D Z", "some": "S AH0 M",
    "ish": "IH0 SH", "y": "IY0", "able": "AH0 B AH0 L", "hood": "HH UH2 D", "ship": "SH IH2 P", "or": "ER0",
    "ous": "AH0 S", "al": "AH0 L", "en": "AH0 N",
}  # fmt: skip


@lru_cache(maxsize=100_000)
def known(word: str) -> tuple[Phones, ...]:
    """The pronunciations of a word in the dictionary or by a rule; none if neither knows it."""
    if not word or not any(character.isalpha() for character in word):
        return ()
    if word in SPECIAL:
        return SPECIAL[word]
    found = look_up(word) or look_up(word.strip("'"))
    if found:
        return tuple(dict.fromkeys(_steady(phones) for phones in found))
    for rule in (_compound, _possessive, _apostrophe, _ending, _spelling, _beginning):
        if found := tuple(dict.fromkeys(rule(word))):
            return found
    return ()


def _steady(phones: Phones) -> Phones:
    """The dictionary gives a few words of two syllables no stress; the first one gets it."""
    if any(phone[-1] == "1" for phone in phones) or not any(map(is_vowel, phones)):
        return phones
    first = next(at for at, phone in enumerate(phones) if is_vowel(phone))
    if sum(map(is_vowel, phones)) == 1:
        return phones
    return (*phones[:first], phones[first][:-1] + "1", *phones[first + 1 :])


def _compound(word: str) -> Iterator[Phones]:
    """self-love, all-eating: part after part; one of a single syllable is not fixed in stress."""
    if "-" not in word.strip("-"):
        return
    joined: list[Phones] = [()]
    for part in word.split("-"):
        ways = (known(part) or sounds_of_letters(part))[:2] if part else ()
        joined = [(*before, *_light(sounds)) for before in joined for sounds in ways][:8] or joined
    yield from (phones for phones in joined if phones)


def _light(phones: Phones) -> Phones:
    single = sum(map(is_vowel, phones)) == 1
    return tuple(phone.replace("1", "2") for phone in phones) if single else phones


def _possessive(word: str) -> Iterator[Phones]:
    if word.endswith("'s"):
        for phones in known(word[:-2]):
            last = phones[-1]
            yield (
                *phones,
                *(("IH0", "Z") if last in _SIBILANT else ("S",) if last in _VOICELESS else ("Z",)),
            )
    elif word.endswith("s'"):
        yield from known(word[:-1])


def _apostrophe(word: str) -> Iterator[Phones]:
    """Letters left out: th'expense, feed'st, tann'd, stol'n, wand'ring, heav'n, pow'r."""
    if word.startswith(("th'", "t'", "y'")) and len(word) > 3:
        head, rest = word.split("'", 1)
        yield from ((*SPECIAL[f"{head}'"][0], *phones) for phones in known(rest))
    for contraction, sound in {
        "'ll": "L",
        "'ve": "V",
        "'re": "R",
        "'m": "M",
        "'rt": "R T",
        "'lt": "L T",
    }.items():
        if word.endswith(contraction):
            yield from ((*phones, *sound.split()) for phones in known(word.removesuffix(contraction)))
    if word.endswith("'st"):
        yield from ((*phones, "S", "T") for phones in _stem(word[:-3], "'"))
    elif word.endswith("'t"):  # it
        yield from ((*phones, "T") for phones in known(word[:-2]))
    elif word.endswith("'d"):
        yield from (phones for phones in look_up(f"{word[:-2]}ed") if phones[-2][:2] not in {"IH", "AH"})
        yield from (_with_d(phones) for phones in _stem(word[:-2], "'"))
    head, _, tail = word.partition("'")
    if head and tail:
        for whole in (*(f"{head}{letter}{tail}" for letter in "eoi"), head + tail):
            if found := look_up(whole) or tuple(_ending(whole)):
                for phones in found:
                    short = [way for way, freedom in changed("", phones) if freedom in (SYNCOPE, ELISION)]
                    yield from short or [phones]
                return


def _with_d(phones: Phones) -> Phones:
    if phones[-1] in {"T", "D"}:
        return (*phones, "IH0", "D")
    return (*phones, "T" if phones[-1] in _VOICELESS else "D")


_MAY_DROP_E = re.compile("(^|[^aeiou])(e|[aeiou][^aeiouxwy])$")


def _stem(stem: str, ending: str) -> Iterator[Phones]:
    """What an ending was put to: feed-, tak(e)-, se(e)-, stopp-, buri- (bury)."""
    tries = [stem, stem + "e"] if ending[0] in "aeioy'" else [stem]
    if len(tries) > 1 and _MAY_DROP_E.search(stem) and look_up(stem + "e"):
        tries.reverse()  # maketh is of make, not of the name Mak
        if ending == "'":  # but sit'st is of sit, though there is a site
            yield from look_up(stem)
    if len(stem) > 2 and stem[-1] == stem[-2]:
        tries.insert(1, stem[:-1])
    if stem.endswith("i"):
        tries.insert(0, stem[:-1] + "y")
    for spelled in tries:
        if len(spelled) > 1 and (found := known(spelled)):
            yield from found
            return


def _ending(word: str) -> Iterator[Phones]:
    """-est, -eth, -ed, -st, -s and the endings that make a word of another."""
    endings = [("est", "IH0 S T"), ("eth", "IH0 TH"), ("st", "S T")]
    for ending, sound in endings:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            yield from ((*phones, *sound.split()) for phones in _stem(word.removesuffix(ending), ending))
            return
    if word.endswith(("èd", "éd")):  # belovèd: said in full
        for phones in known(word[:-2] + "ed"):
            yield phones if phones[-2][:2] in {"IH", "AH"} else (*phones[:-1], "IH0", "D")
    elif word.endswith("ed") and len(word) > 4:
        yield from (_with_d(phones) for phones in _stem(word[:-2], "ed"))
    elif word.endswith("ies"):
        yield from ((*phones, "Z") for phones in _stem(word[:-2], "s"))
    elif word.endswith("s") and len(word) > 3 and not word.endswith(("ss", "ous")):
        yield from _possessive(f"{word.removesuffix('s')}'s")
        if word.endswith("es"):
            yield from _possessive(f"{word.removesuffix('es')}'s")
    for ending, sound in _SUFFIXES.items():
        stem = word.removesuffix(ending)
        if ending == "ous" and stem[-1:] in {"e", "i"}:  # piteous and gracious are not of pite and graci
            continue
        if stem != word and len(stem) > 2 and (found := tuple(_stem(stem, ending))):
            yield from ((*phones, *sound.split()) for phones in found)
            return  # temperate-ly is not temperatel-y as well


def _spelling(word: str) -> Iterator[Phones]:
    """British and old spellings: honour, sepulchre, hearken'd, publick, musick."""
    for old, new in (
        ("our", "or"),
        ("tre", "ter"),
        ("ise", "ize"),
        ("ick", "ic"),
        ("ence", "ense"),
        ("dge", "dg"),
    ):
        if old in word and word.replace(old, new) != word:
            yield from known(word.replace(old, new))


def _beginning(word: str) -> Iterator[Phones]:
    for prefix, sound in _PREFIXES.items():
        rest = word.removeprefix(prefix)
        if rest != word and len(rest) > 2:
            yield from ((*sound.split(), *phones) for phones in known(rest))
    for at in range(3, len(word) - 1):  # two words in one: whereof, gazehound
        one, two = look_up(word[:at]), look_up(word[at:])
        whole = len(word) - at > 3 or word[at:] in _SHORT_PARTS
        if one and two and whole and any("1" in phone for phone in two[0]):
            yield (*one[0], *(phone.replace("1", "2") for phone in two[0]))
            return


_LAST_PARTS = "of in on to by at up so men man son day eye sun sea god all our"
_SHORT_PARTS = frozenset(_LAST_PARTS.split())
