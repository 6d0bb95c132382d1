"""Stochastic gradient descent, one name at a time, and the order of the names."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from dino.rnn import BackpropagationThroughTime
from dino.sequences import Sequences

CLIP = 5.0
"""The bound of every gradient, the course's."""


def descend(
    network: BackpropagationThroughTime,
    sequences: Sequences,
    order: Iterator[int],
    *,
    learning_rate: float,
    carry_state: bool,
) -> Iterator[tuple[float, int]]:
    """Train on one name after the other; yield each one's loss in nats and its number of predictions.

    Args:
        network: its parameters are updated in place.
        sequences: the names.
        order: which name comes next; the training ends with it.
        learning_rate: of gradient descent on the clipped gradients.
        carry_state: start each name from the hidden state that the last one ended in, as the course does,
            in place of zeros.
    """
    state: npt.NDArray[np.float64] | None = None
    for index in order:
        inputs, targets = sequences[index]
        loss = network.forward(inputs, targets, state)
        network.backward(inputs, targets)
        network.clip(CLIP)
        network.descend(learning_rate)
        if carry_state:
            state = network.hidden[len(inputs)]
        yield loss, len(inputs)


def shuffled_epochs(count: int, seed: int, passed: int = 0) -> Iterator[int]:
    """Every index once an epoch, in an order that depends on the seed and the epoch alone; without end.

    Args:
        count: how many indices there are.
        seed: of the orders.
        passed: this many, of all epochs together, are left out at the beginning.
    """
    epoch, first = divmod(passed, count)
    while True:
        yield from np.random.default_rng([seed, epoch]).permutation(count)[first:].tolist()
        epoch, first = epoch + 1, 0
