"""LanguageModel: the three-method protocol that every model here offers."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from charlm.vocabulary import Ids, Vocabulary

Logits = npt.NDArray[np.floating]
"""Scores for the next character, shape (batch, vocabulary); softmax makes probabilities of them."""

State = TypeVar("State")

BLANK = -1
"""The index of no character: a model that is given it reads a vector of zeros."""


class LanguageModel(Protocol[State]):
    """Predicts the next character from all those before.

    A model keeps no state of its own: the state is an argument and a result. It is a NumPy array whose first
    axis is the batch, or a tuple of such states; nothing else about it is known outside the model.
    """

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that the model reads and writes."""
        ...

    def start(self, batch_size: int) -> State:
        """The state before any character, for each row of a batch."""
        ...

    def advance(self, state: State, ids: Ids) -> State:
        """The state after reading one character for each row, ``ids`` (batch,)."""
        ...

    def logits(self, state: State) -> Logits:
        """Scores for the next character, shape (batch, vocabulary)."""
        ...


class WindowModel:
    """A model that reads a window of the last characters anew for each one; its state is that window.

    Args:
        vocabulary: the characters.
        window: how many it reads.
        logits: scores (batch, vocabulary) for windows (batch, window).
        before: the index that stands before the beginning of a text.
    """

    def __init__(
        self, vocabulary: Vocabulary, window: int, logits: Callable[[Ids], Logits], before: int = BLANK
    ) -> None:
        self._vocabulary, self.window, self.logits, self._before = vocabulary, window, logits, before

    def __repr__(self) -> str:
        """One short line."""
        return f"WindowModel(the last {self.window} of {len(self._vocabulary)} characters)"

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that the model reads and writes."""
        return self._vocabulary

    def start(self, batch_size: int) -> Ids:
        """Windows of nothing."""
        return np.full((batch_size, self.window), self._before, dtype=np.intp)

    def advance(self, state: Ids, ids: Ids) -> Ids:
        """The windows moved on by one character."""
        return np.concatenate([state[:, 1:], ids[:, None]], axis=1)


def read_text(model: LanguageModel[State], state: State, text: Sequence[int] | Ids, batch_size: int) -> State:
    """The state after every row has read the same text, ``text`` (length,)."""
    for character in text:
        state = model.advance(state, np.full(batch_size, character))
    return state


def take_rows(state: State, rows: npt.NDArray[np.bool_]) -> State:
    """The state of only those rows of the batch that ``rows`` (batch,) marks."""
    if isinstance(state, tuple):
        return tuple(take_rows(part, rows) for part in state)  # type: ignore[return-value]
    return state[rows]  # type: ignore[index, no-any-return]
