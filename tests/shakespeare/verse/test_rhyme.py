"""Which words rhyme, and how."""

import random
from collections import Counter

import pytest

from shakespeare.verse.line import words_and_pauses
from shakespeare.verse.rhyme import EYE, FEMININE, OF_1600, PERFECT, rhyme, same_onset

PAIRS = [(0, 2), (1, 3), (4, 6), (5, 7), (8, 10), (9, 11), (12, 13)]


@pytest.mark.parametrize(
    ("one", "two", "kind"),
    [
        ("day", "may", PERFECT),
        ("thee", "memory", PERFECT),
        ("another", "mother", FEMININE),
        ("viewest", "renewest", FEMININE),
        ("love", "prove", OF_1600),
        ("die", "memory", OF_1600),
        ("past", "waste", OF_1600),
        ("desert", "part", OF_1600),
        ("gazeth", "amazeth", FEMININE),
        ("seen", "been", PERFECT),
        ("husband", "millioned", None),
        ("love", "hate", None),
        ("love", "Love", None),
        ("it", "it", None),
        ("bzzt", "bzzt's", None),
    ],
)
def test_two_words_rhyme_so(one, two, kind):
    assert rhyme(one, two) == kind == rhyme(two, one)


def test_an_eye_rhyme_is_named():
    assert rhyme("cough", "bough") == rhyme("over", "recover") == EYE


def test_what_sounds_the_same_before_the_rhyme_is_told():
    assert same_onset("before", "therefore") and not same_onset("day", "may")
    assert not same_onset("desired", "fired")


def last(line):
    return words_and_pauses(line)[0][-1]


def test_rhymes_of_the_sonnets(sonnets):
    """The rules were chosen on the first half; this is the second."""
    second = sonnets[len(sonnets) // 2 :]
    kinds = [[rhyme(last(one[a]), last(one[b])) for a, b in PAIRS] for one in second]
    found = [kind is not None for poem in kinds for kind in poem]
    assert sum(found) / len(found) >= 0.93
    assert sum(all(poem) for poem in kinds) / len(kinds) >= 0.70


def test_random_line_ends_hardly_ever_rhyme(sonnets):
    ends = [last(line) for one in sonnets for line in one]
    draw = random.Random(0)
    kinds = Counter(rhyme(*draw.sample(ends, 2)) for _ in range(20_000))
    assert 1 - kinds[None] / 20_000 <= 0.02
