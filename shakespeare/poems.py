"""From a beginning to a poem, one character at a time."""

from collections.abc import Iterator
from typing import Any, Unpack

import numpy as np

from charlm.errors import require_number
from charlm.generation import stream_text
from charlm.language_model import LanguageModel
from charlm.sampling import Choices, SamplingOptions, chosen
from charlm.vocabulary import AdaptedText, Vocabulary

LENGTH = 400
"""How many characters a poem goes on for, the course's."""

LONGEST_LINE = 200
"""Where lines are counted, this many characters for each of them are enough."""

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
        length: how many characters; LENGTH if neither this nor ``lines`` is given.
        lines: end with the end of this line, counted from the one that the beginning ends in; blank lines do
            not count.
        options: how characters are chosen.
        seed: the same seed gives the same poem.
        choices: ``temperature`` and its kin, in place of ``options``.

    Raises:
        InvalidOption: for a number out of its range.
        VocabularyError: for a beginning of which the model knows no character.
    """
    length = limit(length, lines)
    require_number("seed", seed, at_least=0)
    pick = chosen(options, choices).picker(np.random.default_rng(seed))
    prompt = adapted(model.vocabulary, beginning).text
    return _lines(stream_text(model, pick, prompt=prompt, limit=length), lines, prompt)


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
