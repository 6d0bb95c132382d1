"""Forms by name, and schemes of one's own."""

import pytest

from charlm.errors import InvalidOption
from shakespeare.verse.form import FORMS, form


def test_forms_have_their_lines():
    assert {name: len(one) for name, one in FORMS.items()} == {
        "shakespearean": 14,
        "petrarchan": 14,
        "quatrain": 4,
        "couplets": 8,
        "blank-verse": 14,
        "limerick": 5,
    }
    assert form("Sonnet") is form("shakespearean")


def test_which_lines_rhyme():
    one = form("sonnet")
    assert one.earlier(2) == (0,) and one.earlier(0) == () and one.rhymed_later(12) == 1
    assert one.pairs() == [(0, 2), (1, 3), (4, 6), (5, 7), (8, 10), (9, 11), (12, 13)]
    assert form("..").pairs() == []


def test_a_scheme_of_one_s_own_and_its_metre():
    one = form("AB AB: iambic tetrameter")
    assert one.letters == "ABAB" and one.metre_of(3).name == "iambic tetrameter"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("villanelle", "it must be one of shakespearean"),
        ("", "it must be one of"),
        ("ABAC", "'B' stands once"),
        ("A" * 1000, "form has 1,000 lines; 200 are the most"),
        ("A1A1", "a scheme has a letter for each line"),
        ("AA: iambic", "metre is 'iambic'"),
    ],
)
def test_what_is_no_form_is_told(name, told):
    with pytest.raises(InvalidOption, match=told):
        form(name)
