"""From a beginning to a poem, one character at a time."""

import re
from collections.abc import Iterator
from typing import Any, Unpack

import numpy as np

from charlm.errors import require_number
from charlm.generation import stream_text
from charlm.language_model import LanguageModel, Logits
from charlm.sampling import Choices, Picker, SamplingOptions, chosen
from charlm.vocabulary import AdaptedText, Ids, Vocabulary

LENGTH = 400
"""How many characters a poem goes on for, the course's."""

LONGEST_LINE = 200
"""Where lines are counted, this many characters for each of them are enough."""

LINE = 80
"""A finished poem waits no longer for its line's end than for so many characters."""

AFTER = 2 * LINE
"""A finished poem has at most so many characters more than were asked for."""

SAMPLE = 200
"""How many characters show how training goes."""

LINE_END = "\n"


def adapted(vocabulary: Vocabulary, beginning: str) -> AdaptedText:
    """The beginning as a model reads it; an empty one is the start of a line.

    Raises:
        VocabularyError: if there was something, and nothing is left of it.
    """
    if not beginning and LINE_END in vocabulary:
        return AdaptedText(LINE_END, "")
    return vocabulary.adapt(beginning)


def limit(length: int | None, lines: int | None) -> int:
    """How many characters a poem of this length or of this many lines has at most.

    Raises:
        InvalidOption: for a number out of its range.
    """
    if lines is not None:
        require_number("lines", lines, at_least=1)
    if length is None:
        return LENGTH if lines is None else LONGEST_LINE * lines
    require_number("length", length, at_least=0)
    return length


def stream_poem(
    model: LanguageModel[Any],
    beginning: str = "",
    *,
    length: int | None = None,
    lines: int | None = None,
    options: SamplingOptions | None = None,
    seed: int = 0,
    **choices: Unpack[Choices],
) -> Iterator[str]:
    """Yield what follows the beginning, a character at a time.

    Args:
        model: what writes (see :func:`shakespeare.load`).
        beginning: what it reads first, of any length; it is adapted to the model's alphabet.
        length: how many characters; if neither this nor ``lines`` is given, LENGTH and on to the line's end.
        lines: end with the end of this line, counted from the one that the beginning ends in; blank lines do
            not count.
        options: how characters are chosen.
        seed: the same seed gives the same poem.
        choices: ``temperature`` and its kin, in place of ``options``.

    A finished word at the end of the beginning is not lengthened: "So" does not become "Sons".

    Raises:
        InvalidOption: for a number out of its range.
        VocabularyError: for a beginning of which the model knows no character.
    """
    usual = length is None
    length = limit(length, lines)
    require_number("seed", seed, at_least=0)
    options = chosen(options, choices)
    prompt = adapted(model.vocabulary, beginning).text
    pick = finishing(options.picker(np.random.default_rng(seed)), model.vocabulary, prompt)
    room = AFTER if usual else 0
    characters = stream_text(options.on(model), pick, prompt=prompt, limit=length + room)
    return _lines(to_an_end(characters, length) if usual else characters, lines, prompt)


def finishing(pick: Picker, vocabulary: Vocabulary, prompt: str) -> Picker:
    """A picker for one text that does not lengthen the prompt's last word, if it is one of the known words.

    Only where it would be lengthened is another character drawn in place of the first.
    """
    word = re.search(r"[^\W\d_]+(?:['’][^\W\d_]+)*$", prompt)
    letters = np.array([character.isalpha() for character in vocabulary.characters])
    if word is None or letters.all():
        return pick
    first = iter([True])

    def picker(logits: Logits) -> Ids:
        ids = pick(logits)
        if next(first, False) and letters[ids].any() and _is_word(word[0]):
            others = np.where(letters, -np.inf, logits)
            return pick(others) if np.isfinite(others).any() else ids
        return ids

    return picker


def _is_word(word: str) -> bool:
    """Whether it is one of the words that ship."""
    from shakespeare.verse.lexicon import shipped  # noqa: PLC0415 - where a word would be lengthened

    return word.lower().replace("’", "'") in shipped()


def to_an_end(characters: Iterator[str], length: int) -> Iterator[str]:
    """So many characters, and on to the end of the line; where none comes soon, to that of the word."""
    before = ""
    for place, character in enumerate(characters):
        inside_a_word = character.isalnum() or character in "'’"
        over = place - length
        if over >= 0 and (LINE_END in (character, before) or (over >= LINE and not inside_a_word)):
            return
        yield character
        before = character


def _lines(characters: Iterator[str], lines: int | None, prompt: str) -> Iterator[str]:
    """The characters up to the end of a number of written lines, without the last line's end."""
    ended = 0
    written = bool(prompt.rpartition(LINE_END)[2].strip())  # whether there is something in this line
    for character in characters:
        if character == LINE_END:
            ended += written
            written = False
            if ended == lines:
                return
        written = written or not character.isspace()
        yield character
