"""Choosing by what was written: strategies that see the history, and the model through which they see it.

Such a strategy is a frozen dataclass from scores (batch, vocabulary) and the indices read so far, (batch,
length), the prompt among them, to scores. The history is a part of the state of :class:`Remembering`, a
language model around another, so the loop and the pickers know nothing of it. Names and meaning follow
Hugging Face transformers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np

from charlm.errors import require_number
from charlm.language_model import LanguageModel, Logits, State
from charlm.vocabulary import Ids, Vocabulary

Strategy = Callable[[Logits, Ids], Logits]


@dataclass(frozen=True)
class RepetitionPenalty:
    """Make what was written before less probable: a score above 0 is divided by ``value``, others multiplied.

    (Keskar and others 2019, CTRL, section 4.1.) A value below 1 makes it more probable.
    """

    value: float

    def __post_init__(self) -> None:
        require_number("the repetition penalty", self.value, at_least=0.01, at_most=100)

    def __call__(self, logits: Logits, history: Ids) -> Logits:
        """Scores with those of the characters in each row's history penalized."""
        seen = np.zeros(logits.shape, dtype=bool)
        np.put_along_axis(seen, history, True, axis=1)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            penalized = np.where(logits < 0, logits * self.value, logits / self.value)
        return np.where(seen, penalized, logits)


@dataclass(frozen=True)
class NoRepeatNGram:
    """Rule out every character that would write ``size`` characters in a row a second time.

    Where that would leave none, it rules out none.
    """

    size: int

    def __post_init__(self) -> None:
        require_number("the size of what must not be repeated", self.size, at_least=1)

    def __call__(self, logits: Logits, history: Ids) -> Logits:
        """Scores with what would repeat at minus infinity."""
        if history.shape[1] < self.size:
            return logits
        written = np.lib.stride_tricks.sliding_window_view(history, self.size, axis=1)
        last = history[:, history.shape[1] - self.size + 1 :]
        repeated = (written[:, :, :-1] == last[:, None]).all(axis=2)  # (batch, places)
        rows, places = np.nonzero(repeated)
        masked = np.array(logits, dtype=np.float64)
        masked[rows, written[rows, places, -1]] = -np.inf
        left = np.isfinite(masked).any(axis=1, keepdims=True)
        return np.where(left, masked, logits)


class Remembering(Generic[State]):
    """A language model that also remembers what it has read; its state is (the model's, the history).

    Args:
        model: what predicts.
        strategies: what changes its scores, in this order.
    """

    def __init__(self, model: LanguageModel[State], strategies: Sequence[Strategy]) -> None:
        self._model, self._strategies = model, tuple(strategies)

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that the model reads and writes."""
        return self._model.vocabulary

    def start(self, batch_size: int) -> tuple[State, Ids]:
        """The model's, and nothing read."""
        return self._model.start(batch_size), np.empty((batch_size, 0), dtype=np.intp)

    def advance(self, state: tuple[State, Ids], ids: Ids) -> tuple[State, Ids]:
        """The model's, and one character more."""
        inner, history = state
        return self._model.advance(inner, ids), np.concatenate([history, ids[:, None]], axis=1)

    def logits(self, state: tuple[State, Ids]) -> Logits:
        """The model's scores, as the strategies change them."""
        inner, history = state
        logits = self._model.logits(inner)
        for strategy in self._strategies:
            logits = strategy(logits, history)
        return logits


def remembering(model: LanguageModel[Any], strategies: Sequence[Strategy]) -> LanguageModel[Any]:
    """The model with these strategies; itself without any."""
    return Remembering(model, strategies) if strategies else model
