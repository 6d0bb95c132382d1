"""Lines laid on a metre: which feet break, and which freedoms were taken."""

import pytest

from shakespeare.verse import metre as m
from shakespeare.verse.line import fit, syllable_counts, words_and_pauses
from shakespeare.verse.metre import ALL, metre

PENTAMETER = metre("iambic pentameter")


def test_a_plain_line_needs_no_freedom_but_strong_and_weak_words():
    line = fit("When forty winters shall besiege thy brow,", PENTAMETER)
    assert line.metrical and line.syllables == 10 and line.beats == "x/" * 5
    assert line.freedoms <= {m.WEAK_BEAT, m.HEAVY}


@pytest.mark.parametrize(
    ("text", "freedom"),
    [
        ("Pity the world, or else this glutton be,", m.INVERTED),
        ("Now is the time that face should form another,", m.FEMININE),
        ("Which used lives th' executor to be.", "-èd"),
    ],
)
def test_a_freedom_is_named_and_without_it_the_line_breaks(text, freedom):
    assert fit(text, PENTAMETER).metrical and freedom in fit(text, PENTAMETER).freedoms
    assert not fit(text, PENTAMETER, ALL - {freedom}).metrical


def test_the_foot_that_breaks_is_told():
    assert fit("But thou contracted to thine own bright eyes,", PENTAMETER).broken == (2,)
    assert fit("When lofty trees I see barren of leaves,", PENTAMETER).broken == (4,)


def test_a_line_too_short_or_too_long_fits_no_pattern():
    for text in ("I love thee", "I love thee " * 6):
        assert not fit(text, PENTAMETER).pattern and not fit(text, PENTAMETER).metrical


def test_a_word_without_sound_is_told():
    assert fit("I love thee bzzt", PENTAMETER).unknown == ("bzzt",)


def test_a_dash_of_hyphens_parts_words_and_is_a_pause():
    assert words_and_pauses("I'll stay--for self-love") == (
        ("I'll", "stay", "for", "self-love"),
        (False, False, True, False),
    )


def test_all_syllable_counts_are_given():
    assert syllable_counts("heaven") == {1, 2}
    assert syllable_counts("") == {0}


def test_scan_of_the_sonnets(sonnets):
    """The rules were chosen on the first half; this is the second."""
    lines = [line for sonnet in sonnets[len(sonnets) // 2 :] for line in sonnet]
    counted = sum(bool(syllable_counts(line) & {10, 11}) for line in lines)
    metrical = sum(fit(line, PENTAMETER).metrical for line in lines)
    assert counted / len(lines) >= 0.97 and metrical / len(lines) >= 0.90
