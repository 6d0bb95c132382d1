"""What each freedom of metre, and each kind of rhyme, gives in ``scan`` on Shakespeare's Sonnets.

    python benchmarks/verse_freedoms.py

The rules were chosen on the first half of his 152 sonnets of fourteen lines; the second half is beside it.
"""

import random
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from charlm.run import corpora
from shakespeare.verse import line as reading
from shakespeare.verse.form import form
from shakespeare.verse.freedoms import SOUND_FREEDOMS
from shakespeare.verse.line import fit, syllable_counts, words_and_pauses
from shakespeare.verse.metre import ALL, FREEDOMS, metre
from shakespeare.verse.rhyme import EYE, FEMININE, OF_1600, PERFECT, key, rhyme, tails

PENTAMETER = metre("iambic pentameter")
PAIRS = form("sonnet").pairs()
RANDOM_PAIRS = 20_000

Poem = Sequence[str]
Test = Callable[[str, str], bool]


def sonnets() -> list[Poem]:
    """Those of fourteen lines."""
    text = corpora.load("sonnets", bundled_as="").text
    blocks = (
        [line.strip() for line in block.split("\n") if line.strip()] for block in re.split(r"\n\s*\n", text)
    )
    return [block for block in blocks if len(block) == 14]


def metrical(poems: Sequence[Poem], allowed: frozenset[str]) -> tuple[float, float]:
    """The shares of lines of ten or eleven syllables, and of those without a broken foot."""
    lines = [line for poem in poems for line in poem]
    counted = sum(bool(syllable_counts(line, allowed) & {10, 11}) for line in lines)
    return counted / len(lines), sum(fit(line, PENTAMETER, allowed).metrical for line in lines) / len(lines)


def rhymed(poems: Sequence[Poem], test: Test) -> tuple[float, float]:
    """The shares of pairs that rhyme, and of poems whose pairs all do."""
    found = [[test(last(poem[one]), last(poem[two])) for one, two in PAIRS] for poem in poems]
    return sum(map(sum, found)) / (len(found) * len(PAIRS)), sum(map(all, found)) / len(found)


def by_chance(poems: Sequence[Poem], test: Test) -> float:
    """The share of random pairs of line ends that are called a rhyme."""
    ends, draw = [last(line) for poem in poems for line in poem], random.Random(0)
    return sum(test(*draw.sample(ends, 2)) for _ in range(RANDOM_PAIRS)) / RANDOM_PAIRS


def last(line: str) -> str:
    """Its last word."""
    return words_and_pauses(line)[0][-1]


def plain(one: str, two: str) -> bool:
    """A rhyme of the dictionary's own sounds, without a freedom."""
    return key(one) != key(two) and bool(tails(key(one), plain=True) & tails(key(two), plain=True))


def kinds(*allowed: str) -> Test:
    """Rhymes of these kinds."""
    return lambda one, two: rhyme(one, two) in allowed


def main() -> None:
    """Print both tables as they stand in models/README.md."""
    poems = sonnets()
    halves = poems[: len(poems) // 2], poems[len(poems) // 2 :]
    print("| freedoms | 10 or 11 syllables | no broken foot | second half | |\n|---|---|---|---|---|")
    rows = {
        "none": frozenset[str](),
        "those of sound alone": frozenset(SOUND_FREEDOMS),
        "all": ALL,
        **{f"all but {freedom}": ALL - {freedom} for freedom in FREEDOMS},
    }
    for name, allowed in rows.items():
        shares = [f"{share:.1%}" for half in halves for share in metrical(half, allowed)]
        print(f"| {name} | {' | '.join(shares)} |")
        reading.fit.cache_clear()
    print("\n| rhymes | pairs | whole schemes | second half | | random pairs |\n|---|---|---|---|---|---|")
    for name, test in {
        "perfect or feminine, no freedom": plain,
        "perfect": kinds(PERFECT),
        "and feminine": kinds(PERFECT, FEMININE),
        "and of 1600": kinds(PERFECT, FEMININE, OF_1600),
        "and for the eye": kinds(PERFECT, FEMININE, OF_1600, EYE),
    }.items():
        shares = [f"{share:.1%}" for half in halves for share in rhymed(half, test)]
        print(f"| {name} | {' | '.join(shares)} | {by_chance(poems, test):.2%} |")


if __name__ == "__main__":
    main()
