"""The course's functions, under its names and signatures, as a learner would be glad to read them.

``from dino.exercises import *`` serves the course's notebook (Deep Learning Specialization, Sequence Models,
week 1, "Character level language model - Dinosaurus Island"). Vectors are columns, everything that has a time
step is a dictionary by time step, and NumPy is all that is needed; :mod:`dino.rnn` has the same equations for
a whole sequence.

Shapes: x (n_x, 1), a (n_a, 1), y_hat (n_y, 1); a parameter dictionary holds Wax (n_a, n_x), Waa (n_a, n_a),
Wya (n_y, n_a), b (n_a, 1) and by (n_y, 1). Losses are in nats.
"""

import copy
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

__all__ = [
    "clip",
    "get_initial_loss",
    "get_sample",
    "initialize_parameters",
    "model",
    "optimize",
    "print_sample",
    "rnn_backward",
    "rnn_forward",
    "rnn_step_backward",
    "rnn_step_forward",
    "sample",
    "smooth",
    "softmax",
    "update_parameters",
]

Column = npt.NDArray[np.float64]
Arrays = dict[str, npt.NDArray[np.float64]]
Cache = tuple[dict[int, Column], dict[int, Column], dict[int, Column]]


def softmax(x: npt.ArrayLike) -> Column:
    """Probabilities of each column, shifted by its maximum so that no score overflows."""
    exponentials = np.exp(x - np.max(x, axis=0))
    probabilities: Column = exponentials / exponentials.sum(axis=0)
    return probabilities


def smooth(loss: float, cur_loss: float) -> float:
    """The running loss with 0.1% of the current one."""
    return 0.999 * loss + 0.001 * cur_loss


def get_initial_loss(vocab_size: int, seq_length: int) -> float:
    """The loss of equal chances over ``seq_length`` characters."""
    return float(-np.log(1.0 / vocab_size) * seq_length)


def get_sample(sample_ix: Sequence[int], ix_to_char: Mapping[int, str]) -> str:
    """The text that indices spell, its first letter upper-cased, its newline kept."""
    text = "".join(ix_to_char[int(ix)] for ix in sample_ix)
    return text[:1].upper() + text[1:]


def print_sample(sample_ix: Sequence[int], ix_to_char: Mapping[int, str]) -> None:
    """Print what :func:`get_sample` spells; the course's notebook used it until 2020."""
    print(get_sample(sample_ix, ix_to_char), end="")


def initialize_parameters(n_a: int, n_x: int, n_y: int) -> Arrays:
    """Small random weights and zero biases; seeds NumPy's global generator with 1."""
    np.random.seed(1)
    weights = {"Wax": (n_a, n_x), "Waa": (n_a, n_a), "Wya": (n_y, n_a)}
    parameters = {name: np.random.randn(*shape) * 0.01 for name, shape in weights.items()}
    return {**parameters, "b": np.zeros((n_a, 1)), "by": np.zeros((n_y, 1))}


def rnn_step_forward(parameters: Arrays, a_prev: Column, x: Column) -> tuple[Column, Column]:
    """One time step forwards: the hidden state, and the probabilities of the next character."""
    a = np.tanh(parameters["Wax"] @ x + parameters["Waa"] @ a_prev + parameters["b"])
    return a, softmax(parameters["Wya"] @ a + parameters["by"])


def rnn_forward(
    X: Sequence[int | None], Y: Sequence[int], a_prev: Column, parameters: Arrays
) -> tuple[float, Cache]:
    """The loss of a sequence, and what the backward pass needs.

    Args:
        X: the input's index at each time step; None is the vector of zeros.
        Y: the index that should follow at each.
        a_prev: the hidden state before.
        parameters: see the module.

    Returns:
        The loss, and (y_hat, a, x) by time step; the state before stands in ``a`` at -1.

    Raises:
        ValueError: if X and Y are not of one length.
    """
    if len(X) != len(Y):
        raise ValueError(f"X has {len(X)} time steps and Y {len(Y)}; each input has one target")
    x: dict[int, Column] = {}
    a: dict[int, Column] = {-1: np.copy(a_prev)}
    y_hat: dict[int, Column] = {}
    loss = 0.0
    for t in range(len(X)):
        x[t] = np.zeros((parameters["Wax"].shape[1], 1))
        if X[t] is not None:
            x[t][X[t]] = 1
        a[t], y_hat[t] = rnn_step_forward(parameters, a[t - 1], x[t])
        loss -= float(np.log(y_hat[t][Y[t], 0]))
    return loss, (y_hat, a, x)


def rnn_step_backward(
    dy: Column, gradients: Arrays, parameters: Arrays, x: Column, a: Column, a_prev: Column
) -> Arrays:
    """One time step backwards: add its share to the gradients, which also carry da_next."""
    da = parameters["Wya"].T @ dy + gradients["da_next"]
    dz = (1 - a * a) * da  # z is what tanh is taken of
    gradients["dWya"] += dy @ a.T
    gradients["dby"] += dy
    gradients["dWax"] += dz @ x.T
    gradients["dWaa"] += dz @ a_prev.T
    gradients["db"] += dz
    gradients["da_next"] = parameters["Waa"].T @ dz
    return gradients


def rnn_backward(
    X: Sequence[int | None], Y: Sequence[int], parameters: Arrays, cache: Cache
) -> tuple[Arrays, dict[int, Column]]:
    """The gradients dWax, dWaa, dWya, db and dby of the loss, and the hidden states by time step."""
    y_hat, a, x = cache
    gradients = {f"d{name}": np.zeros_like(weights) for name, weights in parameters.items()}
    gradients["da_next"] = np.zeros_like(a[0])
    for t in reversed(range(len(X))):
        dy = np.copy(y_hat[t])
        dy[Y[t]] -= 1
        gradients = rnn_step_backward(dy, gradients, parameters, x[t], a[t], a[t - 1])
    del gradients["da_next"]
    return gradients, a


def update_parameters(parameters: Arrays, gradients: Arrays, learning_rate: float) -> Arrays:
    """One step of gradient descent, in place; the same dictionary is returned."""
    for name in ("Wax", "Waa", "Wya", "b", "by"):
        parameters[name] -= learning_rate * gradients[f"d{name}"]
    return parameters


def clip(gradients: Arrays, maxValue: float) -> Arrays:
    """Every element brought into [-maxValue, maxValue], in new arrays."""
    clipped = copy.deepcopy(gradients)
    for name in ("dWax", "dWaa", "dWya", "db", "dby"):
        clipped[name] = np.clip(clipped[name], -maxValue, maxValue)
    return clipped


def sample(parameters: Arrays, char_to_ix: Mapping[str, int], seed: int) -> list[int]:
    """Indices of one name, drawn letter by letter; at most 50, and a newline last.

    NumPy's global generator is seeded with ``seed + 2 * count`` before each draw, as the course does it.
    """
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
    """One step of training: forward, backward, clip at 5, update in place.

    Returns:
        The loss, the clipped gradients, and the last hidden state.
    """
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
    """Train on names, and print samples every 2,000 iterations; seeds NumPy's global generator with 0.

    Args:
        data_x: the names; the list is left as it is.
        ix_to_char: the character of each index.
        char_to_ix: the index of each character.
        num_iterations: how many names are learned from.
        n_a: hidden units.
        dino_names: how many names are sampled at a time.
        vocab_size: n_x = n_y.
        verbose: also print the first example, and the number of the first, the last and the first name again.

    Returns:
        The trained parameters, and the last name sampled, with its newline; "abc" before any.

    Raises:
        TypeError: for a text in place of a list, whose letters would be taken for names.
    """
    if isinstance(data_x, str):
        raise TypeError("data_x is a text and must be a list of names, such as data_x.splitlines()")
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
        if verbose and j in (0, len(examples) - 1, len(examples)):
            print("j = ", j, "idx = ", j % len(examples))
        if verbose and j == 0:
            print("single_example =", example)
            print("single_example_chars", list(example))
            print("single_example_ix", letters)
            print(" X = ", X, "\n", "Y = ", Y, "\n")
        if j % 2000 == 0:
            print("Iteration: %d, Loss: %f" % (j, loss) + "\n")
            for seed in range(dino_names):
                last_name = get_sample(sample(parameters, char_to_ix, seed), ix_to_char)
                print(last_name.replace("\n", ""))
            print("\n")
    return parameters, last_name
