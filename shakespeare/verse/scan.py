"""Verse as it is read: each line's syllables, beats and rhyme, and the form that a poem has or misses."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from shakespeare.verse.form import FORMS, FREE, PENTAMETER, Form
from shakespeare.verse.line import Fitted, fit, syllable_counts, words_and_pauses
from shakespeare.verse.metre import Metre, metre
from shakespeare.verse.rhyme import EYE, FEMININE, OF_1600, PERFECT, rhyme, sounds
from shakespeare.verse.scanned import ScannedLine, ScannedPoem, departures

MOST_WORDS = 60
"""A line of more words is prose; it is not read as verse."""

LONGEST = 1_000
"""A poem of more lines without a blank one is read in parts of so many, which keeps memory in bounds."""

FEWEST_BLANK = 4
"""Fewer lines without rhyme are not called blank verse."""

REACH = 14
"""Without a form, rhymes are sought among so many lines before."""

_HEADING = re.compile(r"\W*(?:[IVXLCDM]+|\d+)\W*$")
_METRES = (PENTAMETER, "iambic tetrameter", "iambic trimeter", "iambic hexameter", "trochaic tetrameter",
           "anapaestic trimeter", "anapaestic tetrameter", "dactylic tetrameter",
           "iambic heptameter", "trochaic octameter")  # fmt: skip


def scan(text: str, form: Form | None = None) -> Iterator[ScannedPoem]:
    """Yield the poems of a text, which blank lines or numbers between them part.

    Args:
        text: verse; tabs and spaces around a line do not count.
        form: what each is compared with; left out: the form is looked for.
    """
    for lines in poems_of(text, form):
        yield scan_poem(lines, form)


def poems_of(text: str, form: Form | None) -> Iterator[list[tuple[int, str]]]:
    """Each poem's lines with their numbers: a block, or all under a heading if together they are one."""
    wanted = len(form) if form else 14
    blocks: list[list[tuple[int, str]]] = [[]]

    def given() -> Iterator[list[tuple[int, str]]]:
        whole = [line for block in blocks for line in block]
        if len(blocks) > 1 and len(whole) == wanted:
            yield whole
        else:
            yield from filter(None, blocks)

    for number, spaced in enumerate(text.split("\n"), start=1):
        line = " ".join(spaced.split())
        if _HEADING.match(line) and (line != "I" or not blocks[-1]):
            yield from given()
            blocks = [[]]
        elif words_and_pauses(line[:200])[0]:
            blocks[-1].append((number, line))
            if len(blocks[-1]) == LONGEST:
                yield from given()
                blocks = [[]]
        elif blocks[-1]:
            blocks.append([])
            if sum(map(len, blocks)) > wanted:
                yield from given()
                blocks = [[]]
    yield from given()


def scan_poem(numbered: Sequence[tuple[int, str]], form: Form | None = None) -> ScannedPoem:
    """One poem's lines, read under a form, or under the metre and the form that suit them best."""
    texts = [line for _, line in numbered]
    ends = [words_and_pauses(text[-200:])[0][-1:] for text in texts]
    last = [words[0] if words else "" for words in ends]
    letters = "".join(_scheme(last))
    read_as = _form_of(texts, last, letters, form)
    one = form.metre_of(0) if form else None if read_as else _best_metre(texts)
    measures = [
        read_as.metre_of(place) if read_as else one or metre(PENTAMETER) for place in range(len(texts))
    ]
    rhymes = _rhymes(read_as, last) if read_as else list(_neighbours(letters, last))
    if read_as and all(kind for *_, kind in rhymes):
        letters = read_as.letters
    lines = tuple(
        ScannedLine(text, number, _fit(text, measure), _counts(text), letter)
        for (number, text), measure, letter in zip(numbered, measures, letters, strict=True)
    )
    missed = tuple(departures(lines, form, read_as, rhymes, last)) if form else ()
    name = read_as.name if read_as and not missed else ""
    measure = read_as.measure if read_as else measures[0].name
    return ScannedPoem(lines, measure, name, tuple(rhymes), missed, form is not None)


def _form_of(texts: Sequence[str], last: Sequence[str], letters: str, form: Form | None) -> Form | None:
    """The form that a poem is read under: of the one asked for the nearest variant, else the first it has."""
    if form:
        near = form.readings(len(texts))
        return max(near, key=lambda one: sum(bool(kind) for *_, kind in _rhymes(one, last)), default=None)
    for known in FORMS.values():
        for one in known.readings(len(texts)):
            if _has(one, texts, last, letters):
                return one
    return None


def _rhymes(form: Form, last: Sequence[str]) -> list[tuple[int, int, str | None]]:
    """Each line with one before that it must rhyme with: the nearest, unless it rhymes with another alone.

    A limerick may end in the word of its second line again, which then rhymes with the first.
    """
    found = []
    for line, word in enumerate(last):
        if earlier := form.earlier(line):
            kinds = {before: rhyme(last[before], word) for before in earlier}
            before = next((one for one in reversed(earlier) if kinds[one]), earlier[-1])
            found.append((before, line, kinds[before]))
    return found


def _has(form: Form, texts: Sequence[str], last: Sequence[str], letters: str) -> bool:
    """Whether a poem has a form of its length: its rhymes, few where it has none, and most of its metre."""
    pairs = _rhymes(form, last)
    if not all(kind for *_, kind in pairs):
        return False
    if not pairs and (len(texts) < FEWEST_BLANK or 2 * letters.count(FREE) <= len(texts)):
        return False
    metrical = sum(_fit(text, form.metre_of(place)).metrical for place, text in enumerate(texts))
    return metrical * 4 >= len(form) * 3


def _fit(text: str, measure: Metre) -> Fitted:
    if text.count(" ") >= MOST_WORDS or len(text) > 20 * MOST_WORDS:
        return Fitted((), (), "", (), frozenset())
    return fit(text, measure)


def _counts(text: str) -> frozenset[int]:
    prose = text.count(" ") >= MOST_WORDS or len(text) > 20 * MOST_WORDS
    return frozenset() if prose else syllable_counts(text)


@lru_cache(maxsize=1)
def _measures() -> tuple[Metre, ...]:
    return tuple(map(metre, _METRES))


def _best_metre(texts: Sequence[str]) -> Metre:
    """The metre in which most of the first lines have no broken foot; of equals, the earlier in the list."""
    some = texts[:20]
    best, most = _measures()[0], -1
    for one in _measures():
        long_enough = [text for text in some if not _counts(text).isdisjoint(one.syllables)]
        if len(long_enough) > most:  # else it cannot be better
            metrical = sum(_fit(text, one).metrical for text in long_enough)
            if metrical > most:
                best, most = one, metrical
        if one is _measures()[0] and most * 4 >= len(some) * 3:
            break
    return best


def _scheme(last: Sequence[str]) -> Iterator[str]:
    """A letter for each line: that of an earlier line that it rhymes with, the truest, then the nearest."""
    order = {PERFECT: 0, FEMININE: 0, OF_1600: 1, EYE: 2}
    group = list(range(len(last)))
    heard = [sounds(word) for word in last]
    for line, word in enumerate(last):
        found = [
            (order[kind], line - before, before)
            for before in range(max(0, line - REACH), line)
            if not heard[line].isdisjoint(heard[before]) and (kind := rhyme(last[before], word))
        ]
        if found:
            group[line] = group[min(found)[2]]
    sizes, names = Counter(group), dict[int, str]()
    for one in group:
        if sizes[one] == 1:
            yield FREE
            continue
        if one not in names:
            names[one] = chr(ord("A") + len(names) % 26)
        yield names[one]


def _neighbours(letters: str, last: Sequence[str]) -> Iterator[tuple[int, int, str | None]]:
    latest: dict[str, int] = {}
    for line, letter in enumerate(letters):
        if letter != FREE:
            if letter in latest and line - latest[letter] <= REACH:
                yield latest[letter], line, rhyme(last[latest[letter]], last[line])
            latest[letter] = line
