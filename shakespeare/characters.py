"""What the indices of anyone's model mean, in the forms in which people have it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from charlm.errors import InvalidOption
from charlm.vocabulary import Vocabulary

Characters: TypeAlias = (
    Vocabulary | str | Sequence[str] | Mapping[str, int] | Mapping[int, str] | Callable[[int], str] | Any
)
"""What a model's indices mean, in the order of the indices; see :func:`characters_of`."""


def characters_of(vocabulary: Characters, size: int) -> tuple[str, ...]:
    """The character that each of a model's indices stands for, "" for an index that stands for none.

    Args:
        vocabulary: characters in the order of their indices (a string, or a list with "", "[UNK]" or "<pad>"
            for an index of none); a dictionary between characters and indices, either way; a
            ``StringLookup`` or ``TextVectorization`` layer; a function from an index to its character.
        size: how many indices the model scores.

    Raises:
        InvalidOption: if it is none of these, or of another size.
    """
    if isinstance(vocabulary, Vocabulary):
        entries: list[Any] = list(vocabulary.characters)
    elif hasattr(vocabulary, "get_vocabulary"):
        entries = list(vocabulary.get_vocabulary())
    elif isinstance(vocabulary, Mapping):
        entries = _listed(vocabulary, size)
    elif callable(vocabulary):
        entries = _named(vocabulary, size)
    else:
        entries = list(vocabulary)
    characters = tuple(_character(entry) for entry in entries)
    if len(characters) != size:
        raise InvalidOption(
            f"the model scores {size} indices, and the vocabulary names {len(characters)}; give them all, in "
            "the order of the indices, with '' for one of no character, as in vocabulary=['', *characters]"
        )
    named = [character for character in characters if character]
    if len(set(named)) < len(named) or not named:
        twice = next((character for character in named if named.count(character) > 1), "")
        raise InvalidOption(
            f"the vocabulary names {twice!r} more than once; give each once, in the order of the indices"
            if named
            else "the vocabulary names no character; give them in the order of the indices"
        )
    return characters


def _listed(vocabulary: Mapping[Any, Any], size: int) -> list[Any]:
    """A dictionary's characters in the order of their indices."""
    pairs = {
        (key if isinstance(key, str) else value): (value if isinstance(key, str) else key)
        for key, value in vocabulary.items()
    }
    entries = [""] * size
    for character, index in pairs.items():
        if not isinstance(index, (int, np.integer)) or not 0 <= index < size:
            raise InvalidOption(
                f"the vocabulary gives {character!r} the index {index!r}, and the model scores 0 to "
                f"{size - 1}; give a dictionary between characters and the model's indices"
            )
        entries[int(index)] = character
    return entries


def _named(function: Callable[[int], Any], size: int) -> list[Any]:
    try:
        return [function(index) for index in range(size)]
    except Exception as error:
        raise InvalidOption(
            f"the vocabulary's function fails: {type(error).__name__}: {error}; give one from an index, "
            f"0 to {size - 1}, to its character"
        ) from error


def _character(entry: Any) -> str:  # noqa: ANN401
    """One character, or "" for none."""
    text = entry.decode() if isinstance(entry, bytes) else entry
    special = isinstance(text, str) and len(text) > 1 and (text[0] + text[-1]) in ("[]", "<>")
    if not isinstance(text, str) or (len(text) > 1 and not special):
        raise InvalidOption(
            f"the vocabulary has {text!r} for an index; each must be one character, or '' or '[UNK]' for none"
        )
    return "" if special or text == "\0" else str(text)
