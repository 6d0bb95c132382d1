"""Poems as they are read: other poets' verse, whose form is known."""

import pytest

from shakespeare.verse import scan as reading
from shakespeare.verse.form import form
from shakespeare.verse.line import fit
from shakespeare.verse.metre import metre
from shakespeare.verse.scan import scan

KEATS = """Much have I travell'd in the realms of gold,
And many goodly states and kingdoms seen;
Round many western islands have I been
Which bards in fealty to Apollo hold.
Oft of one wide expanse had I been told
That deep-brow'd Homer ruled as his demesne;
Yet did I never breathe its pure serene
Till I heard Chapman speak out loud and bold:
Then felt I like some watcher of the skies
When a new planet swims into his ken;
Or like stout Cortez when with eagle eyes
He star'd at the Pacific—and all his men
Look'd at each other with a wild surmise—
Silent, upon a peak in Darien."""
WORDSWORTH = """Earth has not anything to show more fair:
Dull would he be of soul who could pass by
A sight so touching in its majesty;
This City now doth, like a garment, wear
The beauty of the morning; silent, bare,
Ships, towers, domes, theatres, and temples lie
Open unto the fields, and to the sky;
All bright and glittering in the smokeless air.
Never did sun more beautifully steep
In his first splendour, valley, rock, or hill;
Ne'er saw I, never felt, a calm so deep!
The river glideth at his own sweet will:
Dear God! the very houses seem asleep;
And all that mighty heart is lying still!"""
DRAYTON = """Since there's no help, come let us kiss and part;
Nay, I have done, you get no more of me,
And I am glad, yea glad with all my heart
That thus so cleanly I myself can free;
Shake hands forever, cancel all our vows,
And when we meet at any time again,
Be it not seen in either of our brows
That we one jot of former love retain.
Now at the last gasp of Love's latest breath,
When, his pulse failing, Passion speechless lies,
When Faith is kneeling by his bed of death,
And Innocence is closing up his eyes,
Now if thou wouldst, when all have given him over,
From death to life thou mightst him yet recover."""
MILTON = """Of Man's first disobedience, and the fruit
Of that forbidden tree whose mortal taste
Brought death into the World, and all our woe,
With loss of Eden, till one greater Man
Restore us, and regain the blissful seat,
Sing, Heavenly Muse, that, on the secret top
Of Oreb, or of Sinai, didst inspire
That shepherd who first taught the chosen seed"""
POPE = """A little learning is a dangerous thing;
Drink deep, or taste not the Pierian spring:
There shallow draughts intoxicate the brain,
And drinking largely sobers us again.
Fired at first sight with what the Muse imparts,
In fearless youth we tempt the heights of arts,
While from the bounded level of our mind
Short views we take, nor see the lengths behind;
But more advanced, behold with strange surprise
New distant scenes of endless science rise!"""
LEAR = """There was an Old Man with a beard,
Who said, "It is just as I feared!
Two Owls and a Hen,
Four Larks and a Wren,
Have all built their nests in my beard!\""""
ANOTHER_LEAR = """There was a Young Lady of Norway,
Who casually sat in a doorway;
When the door squeezed her flat,
She exclaimed, "What of that?"
This courageous Young Lady of Norway."""
A_BEE = """There was an Old Man in a tree,
Who was horribly bored by a Bee;
When they said, "Does it buzz?"
He replied, "Yes, it does!
It's a regular brute of a Bee!\""""
BROOKE = """Not with vain tears, when we're beyond the sun,
We'll beat on the substantial doors, nor tread
Those dusty high-roads of the aimless dead
Plaintive for Earth; but rather turn and run"""


@pytest.mark.parametrize(
    ("text", "name", "scheme"),
    [
        (KEATS, "petrarchan", "ABBAABBACDCDCD"),
        (WORDSWORTH, "petrarchan", "ABBAABBACDCDCD"),
        (DRAYTON, "shakespearean", "ABABCDCDEFEFGG"),
        (MILTON, "blank-verse", "........"),
        (POPE, "couplets", "AABBCCDDEE"),
        (LEAR, "limerick", "AABBA"),
        (ANOTHER_LEAR, "limerick", "AABBA"),
        (A_BEE, "limerick", "AABBA"),
        (BROOKE, "quatrain", "ABBA"),
    ],
    ids=["Keats", "Wordsworth", "Drayton", "Milton", "Pope", "Lear", "Lear again", "a Bee", "Brooke"],
)
def test_a_poem_has_its_form(text, name, scheme):
    (poem,) = scan(text)
    assert (poem.form, poem.scheme) == (name, scheme)
    (asked,) = scan(text, form(name))
    assert asked.scheme == scheme and not any("do not rhyme" in one for one in asked.departures)


@pytest.mark.parametrize("text", [WORDSWORTH, DRAYTON, LEAR, ANOTHER_LEAR], ids=str.split)
def test_all_lines_fit_their_metre(text):
    (poem,) = scan(text)
    assert all(line.fitted.metrical for line in poem.lines)


def test_a_limerick_is_read_in_both_its_metres():
    (poem,) = scan(LEAR)
    assert poem.metre == "anapaestic trimeter and anapaestic dimeter"
    assert [len(line.fitted.beats) for line in poem.lines] == [8, 8, 5, 5, 8]


def test_rhymed_verse_in_no_known_form_is_no_blank_verse():
    (poem,) = scan("\n".join(KEATS.split("\n")[:6] + DRAYTON.split("\n")[:6]))
    assert poem.form == "" and poem.scheme == "ABBAABCDCD.B"


def test_how_many_lines_a_form_of_any_length_may_have_is_told():
    (poem,) = scan("\n".join(POPE.split("\n")[:3]), form("couplets"))
    assert poem.departures == ("it has 3 lines; couplets has 2 to 52 lines, by 2",)


def test_a_lesser_stress_carries_a_beat_where_a_foot_has_two_weak_places():
    line = "When the blue wave rolls nightly on deep Galilee."
    assert fit(line, metre("anapaestic tetrameter")).metrical


def test_a_long_text_without_a_blank_line_is_read_in_parts(monkeypatch):
    monkeypatch.setattr(reading, "LONGEST", 4)
    poems = list(scan("\n".join([POPE] * 3)))
    assert [len(poem.lines) for poem in poems] == [4] * 7 + [2]
    assert [line.number for poem in poems for line in poem.lines] == list(range(1, 31))
