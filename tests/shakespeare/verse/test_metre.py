"""Metres, and where a word may lie in one."""

import pytest

from charlm.errors import InvalidOption
from shakespeare.verse.line import fit
from shakespeare.verse.metre import metre, place

PENTAMETER = metre("iambic pentameter")


@pytest.mark.parametrize(
    ("at", "stresses", "kind", "pause", "broken"),
    [
        (1, "10", "strong", False, ()),
        (0, "01", "strong", False, ()),
        (0, "10", "strong", False, ()),  # the inverted first foot
        (2, "10", "strong", False, (2,)),
        (2, "10", "strong", True, ()),
        (2, "10", "movable", False, ()),
        (2, "1", "strong", False, ()),
        (2, "0100", "strong", False, ()),
    ],
)
def test_where_a_word_may_lie(at, stresses, kind, pause, broken):
    assert place("wswswswsws", 2, at, stresses, kind, pause).broken == broken


def test_a_word_that_is_too_long_lies_nowhere():
    assert place("ws", 2, 1, "10", "strong", False) is None


def test_metres_have_their_patterns():
    assert metre("trochaic tetrameter").patterns == ("swswswsw", "swswsws")
    assert metre("anapaestic dimeter").syllables == (5, 6, 7)
    assert fit("There was an old man with a beard", metre("anapaestic trimeter")).metrical
    with pytest.raises(InvalidOption, match="it must be one of iambic"):
        metre("iambic pentametre")
