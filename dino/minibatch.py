"""The equations of :mod:`dino.rnn` for many names at once, in single precision, with dropout.

Row t of a batch holds what each of its names reads at time step t, so one product moves all names on. A
shorter name is padded behind its end, where nothing counts. Three things are more than in the reference: a
character's input weights are a product, Wax^T = E Wx, with few numbers for each character in E; dropout draws
one mask a name for what goes in, for the hidden state and for what comes out (Gal and Ghahramani, "A
Theoretically Grounded Application of Dropout in Recurrent Neural Networks", 2016); and a state is a row,
multiplied from the left. Without dropout a test holds the gradients to those of ``dino/rnn.py``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from charlm.language_model import BLANK
from charlm.vocabulary import Ids

Floats = npt.NDArray[np.float32]
Random = np.random.Generator

EMBEDDING = 32
"""The numbers that stand for a character."""


class Weights:
    """All weights, or all their gradients, as views of one flat buffer.

    Args:
        units: n_a.
        characters: n_y.

    Attributes:
        flat: every number once.
        E: (n_y, EMBEDDING), what stands for each character.
        Wx: (EMBEDDING, n_a).
        U: (n_a, n_a), Waa transposed.
        V: (n_a, n_y), Wya transposed.
        b: (n_a,).
        by: (n_y,).
    """

    def __init__(self, units: int, characters: int) -> None:
        shapes = (
            (characters, EMBEDDING),
            (EMBEDDING, units),
            (units, units),
            (units, characters),
            (units,),
            (characters,),
        )
        ends = np.cumsum([np.prod(shape) for shape in shapes])
        self.flat = np.zeros(ends[-1], np.float32)
        parts = np.split(self.flat, ends[:-1])
        self.E, self.Wx, self.U, self.V, self.b, self.by = (
            part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)
        )

    @classmethod
    def drawn(cls, units: int, characters: int, random: Random) -> "Weights":
        """Random weights: a recurrence that keeps a state's length, and outputs that begin small."""
        weights = cls(units, characters)
        weights.E[...] = random.normal(0, 1, weights.E.shape)
        weights.Wx[...] = random.normal(0, EMBEDDING**-0.5, weights.Wx.shape)
        weights.U[...] = np.linalg.qr(random.normal(0, 1, weights.U.shape))[0]
        weights.V[...] = random.normal(0, 0.5 * units**-0.5, weights.V.shape)
        return weights

    def letters(self) -> dict[str, npt.NDArray[np.float64]]:
        """A copy in the course's shapes: Wax (n_a, n_x), Waa, Wya, b (n_a, 1) and by (n_y, 1)."""
        wide = {
            "Wax": (self.E.astype(np.float64) @ self.Wx).T,
            "Waa": self.U.T,
            "Wya": self.V.T,
            "b": self.b[:, None],
            "by": self.by[:, None],
        }
        return {letter: np.array(array, np.float64) for letter, array in wide.items()}


@dataclass(frozen=True)
class Batch:
    """Names side by side.

    Attributes:
        inputs: (time, names), BLANK first.
        targets: (time, names), each name's characters and its end.
        counted: (time, names), 1 where a name has a target, else 0.
    """

    inputs: Ids
    targets: Ids
    counted: Floats

    @classmethod
    def of(cls, names: Sequence[Ids], end: int) -> "Batch":
        """The batch of some names, each its characters' indices; ``end`` is the index that ends a name."""
        shape = max(map(len, names)) + 1, len(names)
        inputs, targets = np.full(shape, BLANK), np.full(shape, end)
        counted = np.zeros(shape, np.float32)
        for place, name in enumerate(names):
            inputs[1 : len(name) + 1, place] = name
            targets[: len(name), place] = name
            counted[: len(name) + 1, place] = 1
        return cls(inputs, targets, counted)


@dataclass(frozen=True)
class Dropout:
    """Which numbers a batch's names do without; those that stay are scaled so that the mean is the same.

    Attributes:
        embedding: (names, EMBEDDING).
        state: (names, n_a).
        output: (names, n_a).
    """

    embedding: Floats
    state: Floats
    output: Floats

    @classmethod
    def drawn(cls, share: float, names: int, units: int, random: Random) -> "Dropout":
        """Masks that leave out a share of the outputs, and half that share of inputs and states."""

        def mask(left_out: float, size: int) -> Floats:
            kept = random.random((names, size), dtype=np.float32) >= left_out
            return kept.astype(np.float32) / np.float32(1 - left_out)

        return cls(mask(share / 2, EMBEDDING), mask(share / 2, units), mask(share, units))


class Network:
    """Loss and gradients of a batch.

    Args:
        weights: what is differentiated.

    Attributes:
        gradients: of the last batch.
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.gradients = Weights(len(weights.b), len(weights.by))

    def differentiate(self, batch: Batch, dropout: Dropout) -> tuple[float, int]:
        """Fill ``gradients`` with those of the mean loss; return the loss, summed, and how many it sums."""
        w, d = self.weights, self.gradients
        (T, B), n_a = batch.inputs.shape, len(w.b)
        count = int(batch.counted.sum())

        blank = np.zeros((1, EMBEDDING), np.float32)
        x = np.concatenate([w.E, blank])[batch.inputs] * dropout.embedding  # (T, B, EMBEDDING)
        z = (x.reshape(T * B, -1) @ w.Wx + w.b).reshape(T, B, n_a)
        a = np.zeros((T + 1, B, n_a), np.float32)  # a[t + 1] is the state after time step t
        before = np.empty((T, B, n_a), np.float32)  # the state that time step t sees
        for t in range(T):
            np.multiply(a[t], dropout.state, before[t])
            z[t] += before[t] @ w.U
            np.tanh(z[t], a[t + 1])
        out = (a[1:] * dropout.output).reshape(T * B, n_a)
        loss, dy = _cross_entropy(out @ w.V + w.by, batch, count)

        np.matmul(out.T, dy, d.V)
        np.sum(dy, axis=0, out=d.by)
        da = (dy @ w.V.T).reshape(T, B, n_a) * dropout.output
        dz = 1 - a[1:] ** 2
        back = np.ascontiguousarray(w.U.T)
        later: Floats = np.zeros((B, n_a), np.float32)
        for t in reversed(range(T)):
            dz[t] *= da[t] + later
            later = (dz[t] @ back) * dropout.state
        flat = dz.reshape(T * B, n_a)
        np.matmul(before.reshape(T * B, n_a).T, flat, d.U)
        np.matmul(x.reshape(T * B, -1).T, flat, d.Wx)
        np.sum(flat, axis=0, out=d.b)
        dx = (flat @ w.Wx.T).reshape(T, B, -1) * dropout.embedding
        one_hot = np.eye(len(w.by) + 1, dtype=np.float32)[batch.inputs.ravel(), :-1]
        np.matmul(one_hot.T, dx.reshape(T * B, -1), d.E)
        return loss, count


def _cross_entropy(scores: Floats, batch: Batch, count: int) -> tuple[float, Floats]:
    """The loss in nats, summed over what counts, and the derivatives of its mean by the scores."""
    rows, targets, counted = np.arange(len(scores)), batch.targets.ravel(), batch.counted.ravel()
    scores -= scores.max(axis=1, keepdims=True)
    probabilities = np.exp(scores)
    sums = probabilities.sum(axis=1, keepdims=True)
    nats = np.log(sums[:, 0]) - scores[rows, targets]
    probabilities /= sums
    probabilities[rows, targets] -= 1
    probabilities *= (counted / count)[:, None]
    return float(nats @ counted), probabilities


class AdamW:
    """AdamW (Loshchilov and Hutter, 2019) on clipped gradients, with a running average of the weights.

    Args:
        weights: what moves.
        decay: of the weights, in units of the learning rate.
        kept: of the average, the share that an update leaves; less at the beginning.

    Attributes:
        made: updates.
        average: the running average, as ``weights.flat``.
        mean: of the gradients.
        square: of their squares.
    """

    LARGEST_NORM = 1.0

    def __init__(self, weights: Weights, decay: float = 0.1, kept: float = 0.998) -> None:
        self._weights, self._decay, self._kept = weights, decay, kept
        self.made = 0
        self.average = weights.flat.copy()
        self.mean, self.square = np.zeros_like(weights.flat), np.zeros_like(weights.flat)

    def update(self, gradients: Floats, learning_rate: float) -> None:
        """One step; ``gradients`` are scaled down where their norm is above LARGEST_NORM."""
        self.made += 1
        norm = float(np.sqrt(gradients @ gradients))
        if norm > self.LARGEST_NORM:
            gradients *= np.float32(self.LARGEST_NORM / norm)
        self.mean += np.float32(0.1) * (gradients - self.mean)
        self.square += np.float32(0.01) * (gradients**2 - self.square)
        mean = self.mean / np.float32(1 - 0.9**self.made)
        step = mean / (np.sqrt(self.square / np.float32(1 - 0.99**self.made)) + np.float32(1e-8))
        step += np.float32(self._decay) * self._weights.flat
        self._weights.flat -= np.float32(learning_rate) * step
        kept = min(self._kept, (1 + self.made) / (10 + self.made))
        self.average += np.float32(1 - kept) * (self._weights.flat - self.average)


def schedule(update: int, total: int, highest: float) -> float:
    """The learning rate of an update, counted from 0: a hundred that rise, then a cosine down to 2%."""
    rising = min(1.0, (update + 1) / 100)
    return float(highest * rising * (0.02 + 0.49 * (1 + np.cos(np.pi * update / total))))


def batches(lengths: Sequence[int], size: int, seed: int, passed: int = 0) -> Iterator[list[int]]:
    """Endlessly, every name once an epoch, in batches of names that are about as long.

    Args:
        lengths: of the names.
        size: names in a batch.
        seed: with the epoch, of the order.
        passed: this many batches, of all epochs together, are left out at the beginning.
    """
    epoch, first = divmod(passed, -(-len(lengths) // size))
    while True:
        random = np.random.default_rng([seed, epoch])
        order = random.permutation(len(lengths)).tolist()
        pool = 8 * size  # sorting all of them would make the same batches each epoch
        parts = [sorted(order[at : at + pool], key=lengths.__getitem__) for at in range(0, len(order), pool)]
        drawn = [part[at : at + size] for part in parts for at in range(0, len(part), size)]
        yield from [drawn[place] for place in random.permutation(len(drawn))][first:]
        epoch, first = epoch + 1, 0
