"""The functions that the course hands out beside the exercises, for the process under test.

They are written with columns and dictionaries by time step, as learners know them, and need NumPy alone, so
that they tell nothing of the graded functions. ``utils`` and ``rnn_utils`` mean this file while grading.
Shapes: Wax (n_a, n_x), Waa (n_a, n_a), Wya (n_y, n_a), b (n_a, 1), by (n_y, 1); losses in nats.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Arrays = dict[str, Array]
Cache = tuple[dict[int, Array], dict[int, Array], dict[int, Array]]

__all__ = [
    "get_initial_loss",
    "get_sample",
    "initialize_parameters",
    "print_sample",
    "rnn_backward",
    "rnn_forward",
    "rnn_step_backward",
    "rnn_step_forward",
    "smooth",
    "softmax",
    "update_parameters",
]


def softmax(x: Array) -> Array:
    """Probabilities of each column."""
    exponentials = np.exp(x - np.max(x, axis=0))
    probabilities: Array = exponentials / exponentials.sum(axis=0)
    return probabilities


def smooth(loss: float, cur_loss: float) -> float:
    """The running loss with 0.1% of the current one."""
    return 0.999 * loss + 0.001 * cur_loss


def get_initial_loss(vocab_size: int, seq_length: int) -> float:
    """The loss of equal chances."""
    return float(-np.log(1.0 / vocab_size) * seq_length)


def get_sample(sample_ix: Sequence[int], ix_to_char: Mapping[int, str]) -> str:
    """The text that indices spell, its first letter upper-cased."""
    text = "".join(ix_to_char[int(ix)] for ix in sample_ix)
    return text[:1].upper() + text[1:]


def print_sample(sample_ix: Sequence[int], ix_to_char: Mapping[int, str]) -> None:
    """Print what :func:`get_sample` spells."""
    print(get_sample(sample_ix, ix_to_char), end="")


def initialize_parameters(n_a: int, n_x: int, n_y: int) -> Arrays:
    """Small random weights and zero biases, after seeding with 1."""
    np.random.seed(1)
    weights = {"Wax": (n_a, n_x), "Waa": (n_a, n_a), "Wya": (n_y, n_a)}
    parameters = {name: np.random.randn(*shape) * 0.01 for name, shape in weights.items()}
    return {**parameters, "b": np.zeros((n_a, 1)), "by": np.zeros((n_y, 1))}


def rnn_step_forward(parameters: Arrays, a_prev: Array, x: Array) -> tuple[Array, Array]:
    """One time step: the hidden state (n_a, 1), and the probabilities (n_y, 1)."""
    a = np.tanh(parameters["Wax"] @ x + parameters["Waa"] @ a_prev + parameters["b"])
    return a, softmax(parameters["Wya"] @ a + parameters["by"])


def rnn_forward(
    X: Sequence[int | None], Y: Sequence[int], a0: Array, parameters: Arrays, vocab_size: int | None = None
) -> tuple[float, Cache]:
    """The summed loss, and (y_hat, a, x) by time step, with the state before at -1."""
    x: dict[int, Array] = {}
    a: dict[int, Array] = {-1: np.copy(a0)}
    y_hat: dict[int, Array] = {}
    loss = 0.0
    for t in range(len(X)):
        x[t] = np.zeros((vocab_size or parameters["Wax"].shape[1], 1))
        if X[t] is not None:
            x[t][X[t]] = 1
        a[t], y_hat[t] = rnn_step_forward(parameters, a[t - 1], x[t])
        loss -= float(np.log(y_hat[t][Y[t], 0]))
    return loss, (y_hat, a, x)


def rnn_step_backward(
    dy: Array, gradients: Arrays, parameters: Arrays, x: Array, a: Array, a_prev: Array
) -> Arrays:
    """Add one time step's share to the gradients, which also carry da_next."""
    gradients["dWya"] += dy @ a.T
    gradients["dby"] += dy
    da = parameters["Wya"].T @ dy + gradients["da_next"]
    daraw = (1 - a * a) * da
    gradients["db"] += daraw
    gradients["dWax"] += daraw @ x.T
    gradients["dWaa"] += daraw @ a_prev.T
    gradients["da_next"] = parameters["Waa"].T @ daraw
    return gradients


def rnn_backward(
    X: Sequence[int | None], Y: Sequence[int], parameters: Arrays, cache: Cache
) -> tuple[Arrays, dict[int, Array]]:
    """The gradients dWax, dWaa, dWya, db and dby of the loss, and the hidden states by time step."""
    y_hat, a, x = cache
    gradients: dict[str, Any] = {f"d{name}": np.zeros_like(weights) for name, weights in parameters.items()}
    gradients["da_next"] = np.zeros_like(a[0])
    for t in reversed(range(len(X))):
        dy = np.copy(y_hat[t])
        dy[Y[t]] -= 1
        gradients = rnn_step_backward(dy, gradients, parameters, x[t], a[t], a[t - 1])
    del gradients["da_next"]
    return gradients, a


def update_parameters(parameters: Arrays, gradients: Arrays, lr: float) -> Arrays:
    """One step of gradient descent, in place; the same dictionary is returned."""
    for name in ("Wax", "Waa", "Wya", "b", "by"):
        parameters[name] -= lr * gradients[f"d{name}"]
    return parameters
