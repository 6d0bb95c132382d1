"""Letter to sound by rule, for words that no dictionary and no other rule knows: a guess, and told as one.

Longest spelling first, left to right, in the manner of H. S. Elovitz and others, Automatic Translation of
English Text to Phonetics by Means of Letter-to-Sound Rules (Naval Research Laboratory, 1976), much shortened.
"""

import re
import unicodedata

from shakespeare.verse.dictionary import VOWELS, Phones

# Spelling, as a regular expression, and its sounds, four spaces apart; a dollar is the word's end.
_TEXT = r"""
eous$|ious$ = IY AH S    ous$ = AH S    tion = SH AH N    (?<=.)sion = ZH AH N    ough = AO    augh = AO
eigh = EY    igh = AY    tch = CH    dge = JH    sch = S K    ch = CH    sh = SH    th = TH    ph = F
wh = W    ck = K    gh =    ^kn = N    ^wr = R    ^ps = S    qu = K W    x = K S    ng$ = NG
nk = NG K    ee = IY    ea = IY    oo = UW    ou = AW    ow$ = OW    ow = AW    oi|oy = OY
ai|ay|ei|ey(?!$) = EY    au|aw = AO    oa = OW    ie = IY    ue$|ew|eu = UW    ar = AA R
er|ir|ur|yr = ER    or = AO R    a(?=[^aeiouy]e$) = EY    i(?=[^aeiouy]e$) = AY    o(?=[^aeiouy]e$) = OW
u(?=[^aeiouy]e$) = UW    y(?=[^aeiouy]e$) = AY    e(?=[^aeiouy]e$) = IY    (?<=[^aeiouy])le$ = AH L
(?<=[aeiouy]..)e$|(?<=[aeiouy].)e$|(?<=[aeiou])e$ =    ^y = Y    y(?=s?$) = IY    es$ = Z    ed$ = D
y|ey$ = IY    a$ = AH    a = AE    e = EH    i = IH    o = AA    u = AH    c(?=[eiy]) = S
g(?=[eiy]) = JH    (.)(?=\1) =    b = B    c = K    d = D    f = F    g = G    h = HH    j = JH    k = K
l = L    m = M    n = N    p = P    q = K    r = R    s = S    t = T    v = V    w = W    z = Z
"""
_RULES = [
    (re.compile(spelling.strip()), tuple(sounds.split()))
    for spelling, _, sounds in (rule.partition(" =") for rule in re.split("    |\n", _TEXT.strip()))
]


def sounds_of_letters(word: str) -> tuple[Phones, ...]:
    """A guess at how a word sounds; none for letters that are not English.

    The stress falls on the first syllable of two, on the third from the end of more.
    """
    plain = unicodedata.normalize("NFKD", word)
    letters = "".join(letter for letter in plain if letter.isalpha())
    if not letters.isascii() or not letters:
        return ()
    phones: list[str] = []
    at = 0
    while at < len(letters):
        for spelling, sounds in _RULES:
            if match := spelling.match(letters, at):
                phones += sounds
                at = match.end()
                break
        else:
            at += 1
    vowels = [place for place, phone in enumerate(phones) if phone in VOWELS]
    if not vowels:
        return ()
    stressed = vowels[max(0, len(vowels) - 3)] if len(vowels) > 1 else vowels[0]
    return (
        tuple(
            phone + ("1" if place == stressed else "0") if phone in VOWELS else phone
            for place, phone in enumerate(phones)
        ),
    )
