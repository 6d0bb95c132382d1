"""Which words a model may write, and whether it knows any."""

from functools import lru_cache
from typing import Any

import numpy as np

from charlm.errors import VocabularyError
from charlm.generation import generate_texts
from charlm.language_model import LanguageModel
from charlm.sampling import SamplingOptions
from charlm.scoring import nats_per_character
from charlm.vocabulary import Vocabulary
from shakespeare.verse.lexicon import Entry, Lexicon, entry, shipped
from shakespeare.verse.pronunciation import WORD, normal

FEWEST_WORDS = 200
"""With fewer words that a model can spell, no poem is tried."""

_COMMON = "the that with love thou heart when time which make should world eyes night sweet beauty"
_KNOWN_BY = 0.2
"""A model that knows English reads its commonest words for so many nats a character less than backwards."""


@lru_cache(maxsize=8)
def lexicon(vocabulary: Vocabulary, more: frozenset[str] = frozenset()) -> Lexicon:
    """The words that ship and ``more``, as far as an alphabet can spell them.

    Raises:
        VocabularyError: if that is hardly a word, or there is no space or no newline to part them.
    """
    for needed, name in ((" ", "space"), ("\n", "newline")):
        if needed not in vocabulary:
            raise VocabularyError(
                f"this model's alphabet has no {name}, so it writes no lines of words; take another"
            )
    entries: dict[str, Entry] = dict(shipped())
    for word in sorted(more):
        if word not in entries and (found := entry(word, guessed=True)):
            entries[word] = found
    words = Lexicon(entries, vocabulary.characters, capitals=vocabulary.has_capitals)
    if len(words) < FEWEST_WORDS:
        raise VocabularyError(
            f"this model's alphabet, {vocabulary.printable()}, spells {len(words)} words of English; "
            "take a model that learned from English verse"
        )
    return words


def invented(model: LanguageModel[Any], options: SamplingOptions, seed: int) -> frozenset[str]:
    """All the words, real or not, in a few lines that a model writes freely."""
    pick = options.picker(np.random.default_rng([seed, 1]))
    texts = generate_texts(model, pick, 64, prompt="\n", limit=200, stop=None)
    words = (normal(match.group()) for text in texts for match in WORD.finditer(text[: text.rfind(" ")]))
    return frozenset(word for word in words if 1 < len(word) < 16 and word[-1] != "'")


def knows_english(model: LanguageModel[Any], words: Lexicon) -> bool:
    """Whether common words cost a model less than the same letters from last to first."""
    some = [word for word in _COMMON.split() if word in words.index] or words.words[:: len(words) // 16]
    usual, backwards = (
        nats_per_character(model, [model.vocabulary.encode(f" {word}") for word in spelled])
        for spelled in (some, [word[::-1] for word in some])
    )
    return usual < backwards - _KNOWN_BY
