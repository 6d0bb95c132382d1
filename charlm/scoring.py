"""How well a model predicts text: its cost in nats per character."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charlm.language_model import BLANK, LanguageModel, Logits, State
from charlm.sampling import best_scores
from charlm.vocabulary import Ids

_BLOCK = 1024  # characters that are scored at a time


@dataclass(frozen=True)
class Evaluation:
    """A table of costs; as a string it is the table.

    Attributes:
        title: what was scored, and with what the baselines were fitted.
        rows: what predicts, and its mean cost in nats per character.
    """

    title: str
    rows: tuple[tuple[str, float], ...]

    def __str__(self) -> str:
        """The title, and a line for each row."""
        width = max((len(what) for what, _ in self.rows), default=0)
        return "\n".join([self.title, *(f"  {what:<{width}} {nats:.4f}" for what, nats in self.rows)])


def log_softmax(logits: Logits) -> Logits:
    """Logarithms of the probabilities along the last axis.

    Raises:
        NoPrediction: if there are none, see :mod:`charlm.sampling`.
    """
    with np.errstate(over="ignore", under="ignore"):  # the results, minus infinity and 0, are right
        shifted = logits - best_scores(logits)
        logarithms: Logits = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logarithms


def costs(logits: Logits, targets: Ids) -> Logits:
    """-log p of each row's target, in nats, (batch,), for logits (batch, vocabulary) and targets (batch,).

    Raises:
        NoPrediction: if a row has no probabilities.
    """
    return -log_softmax(logits)[np.arange(len(targets)), targets]


def nats_per_character(
    model: LanguageModel[State], sequences: Sequence[Ids], *, batch_size: int = 1024
) -> float:
    """The mean of -log p over every character of the sequences, each read from the start state.

    Args:
        model: what predicts.
        sequences: indices, each (length,); one or more characters in all.
        batch_size: how many sequences are read side by side.
    """
    by_length = sorted(sequences, key=len)  # rows of equal length waste no steps
    nats = 0.0
    for first in range(0, len(by_length), batch_size):
        rows = by_length[first : first + batch_size]
        lengths = np.array([len(row) for row in rows])
        ids = np.zeros((len(rows), lengths[-1]), dtype=np.intp)
        for padded, row in zip(ids, rows, strict=True):
            padded[: len(row)] = row
        state = model.start(len(rows))
        for time, column in enumerate(ids.T):
            inside = time < lengths
            nats += float(costs(model.logits(state), column)[inside].sum(dtype=np.float64))
            if time + 1 < lengths[-1]:
                state = model.advance(state, column)
    return nats / sum(len(row) for row in sequences)


def costs_in_text(model: LanguageModel[Any], ids: Ids, window: int | None = None) -> Logits:
    """-log p of every character but the first, in nats, each predicted from those before, (length - 1,).

    Args:
        model: what predicts.
        ids: (length,), two or more.
        window: how many characters the model looks back at; then many are predicted side by side. None: all.
    """
    blocks = []
    state = model.start(1)
    for first in range(0, len(ids) - 1, _BLOCK):
        targets = ids[first + 1 : first + 1 + _BLOCK]
        if window is None:
            logits = np.empty((len(targets), len(model.vocabulary)))
            for row, character in enumerate(ids[first : first + len(targets)]):
                state = model.advance(state, np.array([character]))
                logits[row] = model.logits(state)[0]
        else:
            side_by_side = model.start(len(targets))
            for back in reversed(range(window)):
                places = np.arange(first, first + len(targets)) - back
                side_by_side = model.advance(side_by_side, np.where(places < 0, BLANK, ids[places]))
            logits = model.logits(side_by_side).astype(np.float64)
        blocks.append(costs(logits, targets))
    return np.concatenate(blocks)
