"""The course's training run: its order, its state, its smoothed loss."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from dino.fast_rnn import BackpropagationThroughTime, Parameters
from dino.training import Sequences, descend

SMOOTHING = 0.999
"""How much of the smoothed loss stays at each iteration."""


def smooth(loss: float, cur_loss: float) -> float:
    """The running loss with 0.1% of the current one, nats."""
    return loss * SMOOTHING + cur_loss * (1 - SMOOTHING)


def get_initial_loss(vocab_size: int, seq_length: int) -> float:
    """The loss of equal chances over ``seq_length`` characters, nats."""
    return -math.log(1 / vocab_size) * seq_length


def shuffled(data_x: Sequence[str]) -> list[str]:
    """The names, stripped, in the course's order; seeds NumPy's global generator with 0."""
    examples = [example.strip() for example in data_x]
    np.random.seed(0)
    np.random.shuffle(examples)
    return examples


def course_training(
    examples: Sequence[str],
    parameters: Parameters,
    char_to_ix: Mapping[str, int],
    *,
    num_iterations: int,
    dino_names: int = 7,
) -> Iterator[tuple[int, float]]:
    """Train as the course does on names in the order given; yield each iteration's number and smoothed loss.

    The hidden state carries over from one name to the next; the learning rate is 0.01.

    Args:
        examples: the names, shuffled already.
        parameters: updated in place.
        char_to_ix: the index of each character.
        num_iterations: how many names are learned from; they come round again.
        dino_names: the smoothed loss starts as that of so many characters.
    """
    newline = char_to_ix["\n"]
    ids = [newline]
    for example in examples:
        ids += [*(char_to_ix[character] for character in example), newline]
    sequences = Sequences(np.array(ids), newline)
    order = itertools.islice(itertools.cycle(range(len(examples))), num_iterations)
    network = BackpropagationThroughTime(parameters, sequences.longest)
    loss = get_initial_loss(parameters.vocabulary_size, dino_names)
    steps = descend(network, sequences, order, learning_rate=0.01, carry_state=True)
    for iteration, (cur_loss, _) in enumerate(steps):
        loss = smooth(loss, cur_loss)
        yield iteration, loss
