"""How words sound: the dictionary that ships, and the rules for verse of 1600."""

import re

import pytest

from shakespeare.verse import dictionary
from shakespeare.verse.letters import sounds_of_letters
from shakespeare.verse.pronunciation import pronounce


def sounds(word):
    return {" ".join(way.phones) for way in pronounce(word)}


def test_the_file_that_ships_says_what_cmudict_says(course_data):
    source = course_data("sonnets").parent / "cmudict.dict"
    if not source.is_file():
        pytest.skip("cmudict.dict is not beside the texts")
    lines = source.read_text(encoding="utf-8").splitlines()
    expected = {}
    for line in lines:
        word, *phones = line.split("#")[0].split()
        expected.setdefault(re.sub(r"\(\d\)$", "", word), set()).add(tuple(phones))
    assert len(expected) == 126_052
    for word in list(expected)[::7]:
        assert set(dictionary.look_up(word)) == expected[word]


def test_compact_takes_comments_and_variants():
    import gzip

    packed = dictionary.compact(["read R EH1 D", "read(2) R IY1 D", "a AH0 # a letter", ";;; no word"])
    lines = gzip.decompress(packed).decode("ascii").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["a", "read"] and len(lines[1].split(" ")) == 3


@pytest.mark.parametrize("word", ["", "zzzzq", "é", "~", "'", "a b"])
def test_what_is_no_word_is_not_found(word):
    assert dictionary.look_up(word) == ()


@pytest.mark.parametrize(
    ("word", "sound"),
    [
        ("love", "L AH1 V"),
        ("LOVE’S", "L AH1 V Z"),
        ("feel'st", "F IY1 L S T"),
        ("renewest", "R IH0 N UW1 IH0 S T"),
        ("buriest", "B EH1 R IY0 IH0 S T"),
        ("loveth", "L AH1 V IH0 TH"),
        ("belovèd", "B IH0 L AH1 V IH0 D"),
        ("used", "Y UW1 Z IH0 D"),
        ("o'er", "AO1 R"),
        ("ne'er", "N EH1 R"),
        ("e'en", "IY1 N"),
        ("heav'n", "HH EH1 V N"),
        ("pow'r", "P AW1 R"),
        ("'tis", "T IH1 Z"),
        ("murd'rous", "M ER1 D R AH0 S"),
        ("self-love", "S EH2 L F L AH2 V"),
        ("tann'd", "T AE1 N D"),
        ("memory", "M EH1 M R IY0"),
        ("million", "M IH1 L IY0 AH0 N"),
        ("whereof", "W EH1 R AH2 V"),
        ("maketh", "M EY1 K IH0 TH"),
        ("mak'st", "M EY1 K S T"),
        ("seest", "S IY1 IH0 S T"),
        ("sitteth", "S IH1 T IH0 TH"),
        ("speaketh", "S P IY1 K IH0 TH"),
        ("sit'st", "S IH1 T S T"),
        ("refusest", "R AH0 F Y UW1 Z IH0 S T"),
        ("star'd", "S T EH1 R D"),
        ("stirr'd", "S T ER1 D"),
        ("heavenly", "HH EH1 V N L IY0"),
        ("beautifully", "B Y UW1 T AH0 F AH0 L IY0"),
        ("fev'rous", "F IY1 V R AH0 S"),
    ],
)
def test_a_word_is_said_so(word, sound):
    assert sound in sounds(word)
    assert not any(way.guess for way in pronounce(word))


@pytest.mark.parametrize(
    ("word", "sound"),
    [("maketh", "M AE1 K IH0 TH"), ("servant", "S ER1 V N T"), ("clamorous", "K L AE1 M ER0 UW2 Z")],
)
def test_a_word_is_not_said_so(word, sound):
    assert sound not in sounds(word)


def test_every_pronunciation_of_a_word_is_given():
    assert {"R EH1 D", "R IY1 D"} <= sounds("read")


def test_a_freedom_is_named_and_a_plain_sound_comes_first():
    plain, *others = pronounce("glorious")
    assert not plain.freedoms and plain.stresses == "100"
    assert any(way.freedoms == {"elision"} and way.stresses == "10" for way in others)


def test_a_guess_is_told_as_one():
    (way, *_) = pronounce("brillig")
    assert way.guess and way.stresses in {"10", "01"}


@pytest.mark.parametrize("word", ["bzzt", "Привет", "", "--"])
def test_what_cannot_be_said_has_no_sound(word):
    assert pronounce(word) == ()
    assert sounds_of_letters(word) == ()
