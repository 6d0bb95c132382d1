"""Right solutions of the four exercises, as a learner might write them.

They serve twice: under an exercise that is judged lie the right versions of the others, and every known
mistake is a small edit of one of these functions (see :mod:`dino.grading.mistakes`). What is expected comes
from :mod:`dino.exercises` instead. Only their source is used, in a namespace with what the course provides.
"""

import copy
from collections.abc import Mapping, Sequence

import numpy as np

from dino.grading.provided import Array as Column
from dino.grading.provided import (
    Arrays,
    get_initial_loss,
    get_sample,
    initialize_parameters,
    rnn_backward,
    rnn_forward,
    smooth,
    softmax,
    update_parameters,
)


def clip(gradients: Arrays, maxValue: float) -> Arrays:
    """Every element brought into [-maxValue, maxValue], in new arrays."""
    clipped = copy.deepcopy(gradients)
    for name in ("dWax", "dWaa", "dWya", "db", "dby"):
        clipped[name] = np.clip(clipped[name], -maxValue, maxValue)
    return clipped


def sample(parameters: Arrays, char_to_ix: Mapping[str, int], seed: int) -> list[int]:
    """Indices of one name, drawn letter by letter."""
    Wax, Waa, b = parameters["Wax"], parameters["Waa"], parameters["b"]
    Wya, by = parameters["Wya"], parameters["by"]
    size = len(by)
    newline = char_to_ix["\n"]
    x = np.zeros((size, 1))
    a = np.zeros((len(b), 1))
    indices = []
    count = 0
    while count < 50:
        a = np.tanh(Wax @ x + Waa @ a + b)
        y = softmax(Wya @ a + by)
        np.random.seed(seed + 2 * count)
        index = int(np.random.choice(range(size), p=y.ravel()))
        indices.append(index)
        count += 1
        if index == newline:
            break
        x = np.zeros((size, 1))
        x[index] = 1
    if count == 50:
        indices.append(newline)
    return indices


def optimize(
    X: Sequence[int | None], Y: Sequence[int], a_prev: Column, parameters: Arrays, learning_rate: float = 0.01
) -> tuple[float, Arrays, Column]:
    """One step of training."""
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    gradients, a = rnn_backward(X, Y, parameters, cache)
    gradients = clip(gradients, 5)
    update_parameters(parameters, gradients, learning_rate)
    return loss, gradients, a[len(X) - 1]


def model(
    data_x: Sequence[str],
    ix_to_char: Mapping[int, str],
    char_to_ix: Mapping[str, int],
    num_iterations: int = 35000,
    n_a: int = 50,
    dino_names: int = 7,
    vocab_size: int = 27,
    verbose: bool = False,
) -> tuple[Arrays, str]:
    """Train on names, and print samples every 2,000 iterations."""
    parameters = initialize_parameters(n_a, vocab_size, vocab_size)
    loss = get_initial_loss(vocab_size, dino_names)
    examples = [name.strip() for name in data_x]
    np.random.seed(0)
    np.random.shuffle(examples)
    a_prev = np.zeros((n_a, 1))
    last_name = "abc"
    for j in range(num_iterations):
        example = examples[j % len(examples)]
        letters = [char_to_ix[letter] for letter in example]
        X = [None, *letters]
        Y = [*letters, char_to_ix["\n"]]
        cur_loss, _, a_prev = optimize(X, Y, a_prev, parameters, learning_rate=0.01)
        loss = smooth(loss, cur_loss)
        if j % 2000 == 0:
            print("Iteration: %d, Loss: %f" % (j, loss) + "\n")
            for seed in range(dino_names):
                last_name = get_sample(sample(parameters, char_to_ix, seed), ix_to_char)
                print(last_name.replace("\n", ""))
            print("\n")
    return parameters, last_name
