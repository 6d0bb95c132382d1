"""The course's functions as a textbook has them: one-hot vectors, one time step after the other.

Written from the formulas, as the yardstick of ours; nothing is shared with the project's own.
"""

from types import SimpleNamespace

import numpy as np
import pytest


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / e.sum(axis=0)


def one_hot(index, size):
    x = np.zeros((size, 1))
    if index is not None:
        x[index] = 1
    return x


def rnn_forward(X, Y, a_prev, parameters):
    Wax, Waa, Wya, b, by = (parameters[name] for name in ("Wax", "Waa", "Wya", "b", "by"))
    x, a, y_hat, loss = {}, {-1: a_prev}, {}, 0
    for t in range(len(X)):
        x[t] = one_hot(X[t], Wax.shape[1])
        a[t] = np.tanh(Wax @ x[t] + Waa @ a[t - 1] + b)
        y_hat[t] = softmax(Wya @ a[t] + by)
        loss -= np.log(y_hat[t][Y[t], 0])
    return loss, (y_hat, a, x)


def rnn_backward(X, Y, parameters, cache):
    y_hat, a, x = cache
    gradients = {f"d{name}": np.zeros_like(array) for name, array in parameters.items()}
    da_next = np.zeros_like(a[0])
    for t in reversed(range(len(X))):
        dy = y_hat[t] - one_hot(Y[t], len(y_hat[t]))
        gradients["dWya"] += dy @ a[t].T
        gradients["dby"] += dy
        dz = (1 - a[t] ** 2) * (parameters["Wya"].T @ dy + da_next)
        gradients["dWax"] += dz @ x[t].T
        gradients["dWaa"] += dz @ a[t - 1].T
        gradients["db"] += dz
        da_next = parameters["Waa"].T @ dz
    return gradients, a


def optimize(X, Y, a_prev, parameters, learning_rate):
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    gradients, a = rnn_backward(X, Y, parameters, cache)
    for name, gradient in gradients.items():
        np.clip(gradient, -5, 5, out=gradient)
        parameters[name[1:]] -= learning_rate * gradient
    return loss, gradients, a[len(X) - 1]


def sample(parameters, newline, seed):
    size, hidden = parameters["Wya"].shape
    x, a, indices = np.zeros((size, 1)), np.zeros((hidden, 1)), []
    while len(indices) < 50 and newline not in indices:
        a = np.tanh(parameters["Wax"] @ x + parameters["Waa"] @ a + parameters["b"])
        y = softmax(parameters["Wya"] @ a + parameters["by"])
        np.random.seed(seed + 2 * len(indices))
        indices.append(int(np.random.choice(range(size), p=y.ravel())))
        x = one_hot(indices[-1], size)
    return [*indices, newline] if len(indices) == 50 else indices


@pytest.fixture(scope="session")
def textbook():
    return SimpleNamespace(
        softmax=softmax, rnn_forward=rnn_forward, rnn_backward=rnn_backward, optimize=optimize, sample=sample
    )
