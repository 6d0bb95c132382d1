"""Counting models with backoff: the baselines that a network has to beat.

A model of order n predicts a character from the n - 1 before it. Each order is interpolated with the one
below by Witten and Bell's rule (1991, method C): a context seen N times, followed by T different characters,
gives the share T / (N + T) to the shorter context; the shortest falls back on equal chances.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from charlm.vocabulary import Ids

UNSEEN = -1


class NGram:
    """An n-gram model fitted on sequences of indices.

    Args:
        order: n, 1 or more; 1 is the unigram.
        sequences: what it counts; no context reaches over the start of a sequence.
        vocabulary_size: how many different characters there can be.
    """

    def __init__(self, order: int, sequences: Sequence[Ids], vocabulary_size: int) -> None:
        self.order = order
        self.vocabulary_size = vocabulary_size
        self._contexts: list[Ids] = []  # for each length of context, the sorted keys of those seen
        self._pairs: list[Ids] = []  # the sorted keys of (context, next character) seen
        self._pair_counts: list[Ids] = []
        self._totals: list[Ids] = []  # N of each context
        self._types: list[Ids] = []  # T of each context
        targets, history = self._aligned(sequences)
        ranks: Ids = np.zeros(len(targets), dtype=np.intp)
        for older in range(order):
            keys = self._context_keys(ranks, history, older)
            contexts, ranks = np.unique(keys, return_inverse=True)
            pairs, counts = np.unique(ranks * vocabulary_size + targets, return_counts=True)
            self._contexts.append(contexts)
            self._pairs.append(pairs)
            self._pair_counts.append(counts)
            self._totals.append(np.bincount(ranks, minlength=len(contexts)))
            self._types.append(np.bincount(pairs // vocabulary_size, minlength=len(contexts)))

    def nats(self, sequences: Sequence[Ids]) -> npt.NDArray[np.float64]:
        """The cost -log p of every character of the sequences, in nats, one after the other."""
        targets, history = self._aligned(sequences)
        probability = np.full(len(targets), 1 / self.vocabulary_size)
        ranks: Ids = np.zeros(len(targets), dtype=np.intp)
        for older in range(self.order):
            keys = self._context_keys(ranks, history, older)
            ranks = np.where(ranks == UNSEEN, UNSEEN, _find(self._contexts[older], keys))
            seen = ranks != UNSEEN
            at = ranks[seen]
            pairs = _find(self._pairs[older], at * self.vocabulary_size + targets[seen])
            counts = np.where(pairs == UNSEEN, 0, self._pair_counts[older][pairs])
            total, types = self._totals[older][at], self._types[older][at]
            probability[seen] = (counts + types * probability[seen]) / (total + types)
        costs: npt.NDArray[np.float64] = -np.log(probability)
        return costs

    def _aligned(self, sequences: Sequence[Ids]) -> tuple[Ids, Ids]:
        """All characters in a row, and the order - 1 characters before each, (characters, order - 1).

        Before the start of a sequence stands an index that is no character.
        """
        reach = self.order - 1
        start = np.full(reach, self.vocabulary_size)
        padded = np.concatenate([part for sequence in sequences for part in (start, sequence)] or [start])
        is_target = np.concatenate(
            [part for sequence in sequences for part in (start < 0, np.ones(len(sequence), bool))]
            or [start < 0]
        )
        places = np.flatnonzero(is_target)
        return padded[places], padded[places[:, None] - np.arange(1, reach + 1)]

    def _context_keys(self, ranks: Ids, history: Ids, length: int) -> Ids:
        """Keys of the contexts of one length, each made from the rank of the next shorter one."""
        if not length:
            return np.zeros(len(ranks), dtype=np.intp)
        return ranks * (self.vocabulary_size + 1) + history[:, length - 1]


def _find(sorted_keys: Ids, keys: Ids) -> Ids:
    """Where each key stands among sorted ones, or UNSEEN."""
    if not len(sorted_keys):
        return np.full(len(keys), UNSEEN)
    places = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    return np.where(sorted_keys[places] == keys, places, UNSEEN)
