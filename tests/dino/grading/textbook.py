"""A learner's file: solutions in textbook form, written apart from the project's own.

One-hot columns, a loop over time, and a loop over the letters of the backward pass; nothing of the grader is
imported. It brings helpers of its own and leaves others to the course.
"""

import random
import pprint

import numpy as np
import tensorflow as tf
from utils import *
from public_tests import *

data = open("dinos.txt", "r").read().lower()
chars = sorted(set(data))
char_to_ix = {ch: i for i, ch in enumerate(chars)}
PRINT_EVERY = 2000


def one_hot(index, size):
    column = np.zeros((size, 1))
    if index is not None:
        column[index, 0] = 1.0
    return column


def probabilities(scores):
    shifted = scores - scores.max()
    return np.exp(shifted) / np.sum(np.exp(shifted))


def rnn_forward(X, Y, a_prev, parameters):
    size = parameters["Wax"].shape[1]
    states, guesses, inputs = {-1: a_prev.copy()}, {}, {}
    total = 0.0
    for t, index in enumerate(X):
        inputs[t] = one_hot(index, size)
        inner = parameters["Wax"].dot(inputs[t])
        inner += parameters["Waa"].dot(states[t - 1])
        inner += parameters["b"]
        states[t] = np.tanh(inner)
        guesses[t] = probabilities(parameters["Wya"].dot(states[t]) + parameters["by"])
        total += -np.log(guesses[t][Y[t]][0])
    return total, (guesses, states, inputs)


def clip(gradients, maxValue):
    """Clip each gradient, element by element."""
    result = {}
    for name in gradients:
        copied = np.array(gradients[name])
        copied[copied > maxValue] = maxValue
        copied[copied < -maxValue] = -maxValue
        result[name] = copied
    return result


# clip_test(clip)


def sample(parameters, char_to_ix, seed):
    """Write one name."""
    size = parameters["by"].shape[0]
    state = np.zeros((parameters["Waa"].shape[0], 1))
    letter, end = None, char_to_ix["\n"]
    name = []
    while letter != end and len(name) != 50:
        state = np.tanh(
            parameters["Wax"] @ one_hot(letter, size) + parameters["Waa"] @ state + parameters["b"]
        )
        chances = probabilities(parameters["Wya"] @ state + parameters["by"])
        np.random.seed(seed + len(name) + len(name))
        letter = np.random.choice(np.arange(size), p=chances[:, 0])
        name.append(letter)
    if len(name) == 50:
        name.append(end)
    return name


def optimize(X, Y, a_prev, parameters, learning_rate=0.01):
    """One step of gradient descent."""
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    gradients, states = rnn_backward(X, Y, parameters, cache)
    gradients = clip(gradients, 5)
    for key in parameters:
        parameters[key] -= learning_rate * gradients["d" + key]
    return loss, gradients, states[len(X) - 1]


def model(
    data_x, ix_to_char, char_to_ix, num_iterations=35000, n_a=50, dino_names=7, vocab_size=27, verbose=False
):
    """Train and report."""
    parameters = initialize_parameters(n_a, vocab_size, vocab_size)
    loss = get_initial_loss(vocab_size, dino_names)
    names = []
    for line in data_x:
        names.append(line.strip())
    np.random.seed(0)
    np.random.shuffle(names)
    state, last = np.zeros((n_a, 1)), "abc"
    place = 0
    for j in range(num_iterations):
        word = names[place]
        place = 0 if place + 1 == len(names) else place + 1
        X = [None] + [char_to_ix[letter] for letter in word]
        Y = X[1:] + [char_to_ix["\n"]]
        now, _, state = optimize(X, Y, state, parameters)
        loss = smooth(loss, now)
        if verbose and j == 0:
            print("word =", word)
        if j % PRINT_EVERY == 0:
            print(f"Iteration: {j}, Loss: {loss:.6f}\n")
            for seed in range(dino_names):
                last = get_sample(sample(parameters, char_to_ix, seed), ix_to_char)
                print(last.replace("\n", ""))
            print("\n")
    return parameters, last


parameters, last_name = model(
    data.split("\n"), {i: c for c, i in char_to_ix.items()}, char_to_ix, 22001, verbose=True
)
