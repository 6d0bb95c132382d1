"""What a person begins a poem with, laid on the first line's metre."""

from collections.abc import Sequence
from dataclasses import dataclass

from charlm.errors import WrongCall
from charlm.vocabulary import Vocabulary
from shakespeare.verse.automaton import BETWEEN, Feet, Place, steps
from shakespeare.verse.form import Form
from shakespeare.verse.lexicon import Lexicon, entry
from shakespeare.verse.line import syllable_counts, words_and_pauses
from shakespeare.verse.metre import Metre, kind_of, place
from shakespeare.verse.pronunciation import pronounce
from shakespeare.verse.rhyme import key, same_onset


class BeginningError(WrongCall):
    """A beginning that fits no first line of a form."""


@dataclass(frozen=True)
class Beginning:
    """A beginning that fits.

    Attributes:
        text: as the model reads it, without space behind it.
        feet: where in the metre the line goes on.
        whole: whether it fills the line by itself.
        tails: the parts of its last word that rhyme.
    """

    text: str
    feet: Feet
    whole: bool
    tails: tuple[str, ...]

    def place(self, words: int) -> Place:
        """Where the line goes on, for a lexicon of so many words."""
        return Place(BETWEEN, self.feet, (0, words, 0))


def laid(beginning: str, vocabulary: Vocabulary, form: Form, lexicon: Lexicon) -> Beginning:
    """A beginning as it goes on in line 1.

    Raises:
        VocabularyError: if the model knows none of its characters.
        BeginningError: if it fits no first line of this form; the message says why.
    """
    text = vocabulary.adapt(beginning.strip()).text.strip()
    if "\n" in text:
        raise BeginningError("the beginning has several lines; give the beginning of line 1 alone")
    text = " ".join(text.split())
    words, pauses = words_and_pauses(text)
    if not words:
        raise BeginningError(f"the beginning {beginning!r} has no word; begin with one, or with nothing")
    for word in words:
        if not pronounce(word):
            raise BeginningError(f"the beginning has {word!r}, which cannot be said; take another word")
    metre = form.metre_of(0)
    feet = _reached(words, pauses, metre)
    if not feet:
        raise BeginningError(_reason(text, words, pauses, metre))
    unfinished = frozenset(at for at in feet if at[1] < len(metre.patterns[at[0]]))
    found = entry(words[-1], guessed=True)
    tails = found.tails if found else ()
    if len(unfinished) < len(feet):  # it fills the line, if perhaps not the longest there could be
        _require_rhymes(words[-1], tails, form, lexicon)
        return Beginning(text, frozenset(), True, tails)
    steps(lexicon, metre)  # made before the first line is waited for
    return Beginning(text, unfinished, False, tails)


def _reached(words: Sequence[str], pauses: Sequence[bool], metre: Metre) -> Feet:
    """Where words lead from a line's beginning without breaking a foot."""
    feet: Feet = frozenset((which, 0) for which in range(len(metre.patterns)))
    for word, pause in zip(words, pauses, strict=True):
        feet = frozenset(
            (which, at + len(way.stresses))
            for which, at in feet
            for way in pronounce(word)
            if (placed := place(metre.patterns[which], metre.foot, at, way.stresses, kind_of(word), pause))
            and not placed.broken
        )
    return feet


def _reason(text: str, words: Sequence[str], pauses: Sequence[bool], metre: Metre) -> str:
    fewest, most = min(syllable_counts(text)), max(metre.syllables)
    if fewest > most:
        return (
            f"the beginning has {fewest} syllables, and a line of {metre.name} has "
            f"{' or '.join(map(str, metre.syllables))}; give fewer words"
        )
    for count in range(1, len(words) + 1):
        if not _reached(words[:count], pauses[:count], metre):
            break
    return (
        f"the beginning breaks the {metre.name} at its word {count}, {words[count - 1]!r}, whose stress "
        "falls off the beat; move it or take another word"
    )


def _require_rhymes(word: str, tails: tuple[str, ...], form: Form, lexicon: Lexicon) -> None:
    found = (lexicon.words[place] for place in lexicon.partners(tails).nonzero()[0])
    partners = sum(key(one) != key(word) and not same_onset(one, word) for one in found)
    if partners < form.rhymed_later(0):
        raise BeginningError(
            f"the beginning fills line 1 and ends in {word!r}, and too few words rhyme with that; "
            "end it in another word, or give fewer words"
        )
