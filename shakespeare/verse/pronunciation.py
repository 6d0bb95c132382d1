"""How a word sounds: from the dictionary, by rules for the English of 1600, else guessed from its letters.

The rules build on the dictionary: *feed'st*, *burieth* and *unthrifty* are its words with an ending or a
beginning. Where a word stands for several pronunciations, all are given, for a line may need any of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from charlm.vocabulary import STRAIGHT
from shakespeare.verse.dictionary import Phones, look_up
from shakespeare.verse.letters import sounds_of_letters

WORD = re.compile(r"['’]?[^\W\d_]+(?:['’-]+[^\W\d_]+)*['’]?")
"""A word in a line: letters, with apostrophes around or in it and hyphens in it."""

LONGEST = 45
"""What has more letters is no word."""

ELISION, SYNCOPE, DIAERESIS, ED, EST = "elision", "syncope", "diaeresis", "-èd", "-est"
SOUND_FREEDOMS = (ELISION, SYNCOPE, DIAERESIS, ED, EST)
"""What verse may do to a word: run two vowels together (*bein'*), drop a weak vowel (*mem'ry*), part two
vowels that prose joins (*nati-on*), sound the e of *-ed*, drop that of *-est*. W. Abbott, A Shakespearian
Grammar (1870), paragraphs 460 to 492, lists them."""

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
T; entreat EH0 N T R IY1 T
"""
SPECIAL = {
    word: tuple(tuple(way.split()) for way in sounds.split("/"))
    for word, _, sounds in (one.strip().partition(" ") for one in " ".join(_SPECIAL.split()).split(";"))
}

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
relapse produce defects commerce conceit triumphant misprision
"""
MOVABLE = frozenset(_MOVABLE.split())

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


def is_vowel(phone: str) -> bool:
    """Whether a sound is a vowel, and so a syllable."""
    return phone[-1].isdigit()


def normal(word: str) -> str:
    """A word as it is looked up: in lower case, with straight apostrophes."""
    return word.translate(STRAIGHT).lower()


@lru_cache(maxsize=100_000)
def pronounce(word: str) -> tuple[Pronunciation, ...]:
    """All pronunciations of a word, the plain ones first; none for what has no letter, or too many."""
    word = normal(word)
    if len(word) > LONGEST:
        return ()
    plain = _known(word)
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
        for changed, freedom in _changed(word, phones):
            yield changed, (freedom,)
            for again, other in _changed(word, changed):
                if other in (ELISION, SYNCOPE):
                    yield again, (freedom, other)


def _changed(word: str, phones: Phones) -> Iterator[tuple[Phones, str]]:
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


@lru_cache(maxsize=100_000)
def _known(word: str) -> tuple[Phones, ...]:
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
        sounds = pronounce(part)[:2] if part else ()
        joined = [
            (*before, *_light(way.phones))
            for before in joined
            for way in sounds
            if not way.freedoms or way.guess
        ][:8] or joined
    yield from (phones for phones in joined if phones)


def _light(phones: Phones) -> Phones:
    single = sum(map(is_vowel, phones)) == 1
    return tuple(phone.replace("1", "2") for phone in phones) if single else phones


def _possessive(word: str) -> Iterator[Phones]:
    if word.endswith("'s"):
        for phones in _known(word[:-2]):
            last = phones[-1]
            yield (
                *phones,
                *(("IH0", "Z") if last in _SIBILANT else ("S",) if last in _VOICELESS else ("Z",)),
            )
    elif word.endswith("s'"):
        yield from _known(word[:-1])


def _apostrophe(word: str) -> Iterator[Phones]:
    """Letters left out: th'expense, feed'st, tann'd, stol'n, wand'ring, heav'n, pow'r."""
    if word.startswith(("th'", "t'", "y'")) and len(word) > 3:
        head, rest = word.split("'", 1)
        yield from ((*SPECIAL[f"{head}'"][0], *phones) for phones in _known(rest))
    for contraction, sound in {
        "'ll": "L",
        "'ve": "V",
        "'re": "R",
        "'m": "M",
        "'rt": "R T",
        "'lt": "L T",
    }.items():
        if word.endswith(contraction):
            yield from ((*phones, *sound.split()) for phones in _known(word.removesuffix(contraction)))
    if word.endswith("'st"):
        yield from ((*phones, "S", "T") for phones in _stem(word[:-3], "'"))
    elif word.endswith("'t"):  # it
        yield from ((*phones, "T") for phones in _known(word[:-2]))
    elif word.endswith("'d"):
        yield from (phones for phones in look_up(f"{word[:-2]}ed") if phones[-2][:2] not in {"IH", "AH"})
        yield from (_with_d(phones) for phones in _stem(word[:-2], "'"))
    head, _, tail = word.partition("'")
    if head and tail:
        for whole in (*(f"{head}{letter}{tail}" for letter in "eoi"), head + tail):
            if found := look_up(whole) or tuple(_ending(whole)):
                for phones in found:
                    short = [way for way, freedom in _changed("", phones) if freedom in (SYNCOPE, ELISION)]
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
        if len(spelled) > 1 and (found := _known(spelled)):
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
        for phones in _known(word[:-2] + "ed"):
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
            yield from _known(word.replace(old, new))


def _beginning(word: str) -> Iterator[Phones]:
    for prefix, sound in _PREFIXES.items():
        rest = word.removeprefix(prefix)
        if rest != word and len(rest) > 2:
            yield from ((*sound.split(), *phones) for phones in _known(rest))
    for at in range(3, len(word) - 1):  # two words in one: whereof, gazehound
        one, two = look_up(word[:at]), look_up(word[at:])
        whole = len(word) - at > 3 or word[at:] in _SHORT_PARTS
        if one and two and whole and any("1" in phone for phone in two[0]):
            yield (*one[0], *(phone.replace("1", "2") for phone in two[0]))
            return


_LAST_PARTS = "of in on to by at up so men man son day eye sun sea god all our"
_SHORT_PARTS = frozenset(_LAST_PARTS.split())
