"""The course's functions, under the course's names and signatures.

They are adapters: the mathematics is in :mod:`dino.rnn`, sampling in :mod:`charlm.generation`, the training
loop in :mod:`dino.course`. ``from dino.exercises import *`` serves the course's notebook (Deep Learning
Specialization, Sequence Models, week 1, "Character level language model - Dinosaurus Island"). A parameter
dictionary holds Wax (n_a, n_x), Waa (n_a, n_a), Wya (n_y, n_a), b (n_a, 1) and by (n_y, 1); losses are in
nats.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from charlm import sampling
from charlm.generation import stream_ids
from charlm.language_model import BLANK, Logits
from charlm.sampling import Picker
from charlm.vocabulary import Ids, Vocabulary
from dino.course import course_training, get_initial_loss, shuffled, smooth
from dino.names_model import COURSE_LIMIT
from dino.rnn import BackpropagationThroughTime, DinoRNN, Parameters
from dino.training import CLIP
from dino.training_settings import REPORT_EVERY

__all__ = [
    "clip",
    "get_initial_loss",
    "get_sample",
    "initialize_parameters",
    "model",
    "optimize",
    "rnn_backward",
    "rnn_forward",
    "sample",
    "smooth",
    "softmax",
    "update_parameters",
]

Array = npt.NDArray[np.float64]
Arrays = dict[str, Array]
Cache = tuple[dict[int, Array], dict[int, Array], dict[int, Array]]


def softmax(x: npt.ArrayLike) -> Array:
    """Probabilities of each column of ``x`` (n, columns), shifted by the maximum."""
    columns: Array = np.asarray(x, dtype=np.float64).T
    return sampling.softmax(columns).T


def get_sample(sample_ix: Sequence[int], ix_to_char: Mapping[int, str]) -> str:
    """The text that indices spell, its first letter upper-cased, its newline kept."""
    text = "".join(ix_to_char[index] for index in sample_ix)
    return text[:1].upper() + text[1:]


def initialize_parameters(n_a: int, n_x: int, n_y: int) -> Arrays:
    """Small random weights and zero biases; seeds NumPy's global generator with 1.

    Args:
        n_a: hidden units.
        n_x: characters of the input.
        n_y: characters of the output.
    """
    np.random.seed(1)
    return {
        "Wax": np.random.randn(n_a, n_x) * 0.01,
        "Waa": np.random.randn(n_a, n_a) * 0.01,
        "Wya": np.random.randn(n_y, n_a) * 0.01,
        "b": np.zeros((n_a, 1)),
        "by": np.zeros((n_y, 1)),
    }


def rnn_forward(
    X: Sequence[int | None], Y: Sequence[int], a_prev: Array, parameters: Arrays
) -> tuple[float, Cache]:
    """The summed cross-entropy, and what the backward pass needs.

    Args:
        X: the input's index at each time step; None is the vector of zeros.
        Y: the index that should follow at each.
        a_prev: the hidden state before, (n_a, 1).
        parameters: see the module.

    Returns:
        The loss in nats, and (y_hat, a, x): probabilities (n_y, 1), hidden states (n_a, 1), the state before
        at -1, and one-hot inputs (n_x, 1), each by time step.
    """
    inner = Parameters.of(parameters)
    network = BackpropagationThroughTime(inner, len(X))
    inputs, targets = _ids(X), np.asarray(Y, dtype=np.intp)
    loss = network.forward(inputs, targets, np.ravel(a_prev))
    one_hot = np.eye(inner.vocabulary_size + 1)[inputs, :-1]  # the row of BLANK has its 1 in the last column
    return loss, (_by_time(network.probabilities), _by_time(network.hidden, first=-1), _by_time(one_hot))


def rnn_backward(
    X: Sequence[int | None], Y: Sequence[int], parameters: Arrays, cache: Cache
) -> tuple[Arrays, dict[int, Array]]:
    """The gradients of the loss: dWax, dWaa, dWya, db, dby, and the hidden states by time step.

    Args:
        X: as in :func:`rnn_forward`, from which ``cache`` came.
        Y: as there.
        parameters: as there.
        cache: (y_hat, a, x).
    """
    y_hat, a, _ = cache
    network = BackpropagationThroughTime(Parameters.of(parameters), len(X))
    times = range(len(X))
    network.probabilities[...] = [np.ravel(y_hat[time]) for time in times]
    network.hidden[...] = [np.ravel(a[time]) for time in (-1, *times)]
    network.backward(_ids(X), np.asarray(Y, dtype=np.intp))
    return _gradients(network), a


def update_parameters(parameters: Arrays, gradients: Arrays, learning_rate: float) -> Arrays:
    """One step of gradient descent, in place; the same dictionary is returned."""
    for name in ("Wax", "Waa", "Wya", "b", "by"):
        parameters[name] += -learning_rate * gradients[f"d{name}"]
    return parameters


def clip(gradients: Arrays, maxValue: float) -> Arrays:
    """New arrays with every element brought into [-maxValue, maxValue]; the argument stays as it was."""
    return {name: np.clip(gradient, -maxValue, maxValue) for name, gradient in gradients.items()}


def sample(parameters: Arrays, char_to_ix: Mapping[str, int], seed: int) -> list[int]:
    """Indices of one sampled name, a newline at the end.

    Draw number k is the one that ``np.random.choice`` makes right after ``np.random.seed(seed + 2 * k)``; the
    global generator is left alone. After 50 characters a newline is appended, whatever the last one was.

    Args:
        parameters: see the module.
        char_to_ix: the index of each character; it has a newline.
        seed: 0 or more.
    """
    # Only indices pass through the loop; the order of the vocabulary plays no part in it.
    rnn = DinoRNN(Vocabulary.of(char_to_ix), Parameters.of(parameters))
    newline = char_to_ix["\n"]
    draws = stream_ids(rnn, _course_picker(seed), limit=COURSE_LIMIT, stop=newline)
    indices = [int(ids[0]) for ids in draws]
    return [*indices, newline] if len(indices) == COURSE_LIMIT else indices


def optimize(
    X: Sequence[int | None], Y: Sequence[int], a_prev: Array, parameters: Arrays, learning_rate: float = 0.01
) -> tuple[float, Arrays, Array]:
    """One step of training: forward, backward, clip at 5, update in place.

    Args:
        X: as in :func:`rnn_forward`.
        Y: as there.
        a_prev: the hidden state before, (n_a, 1).
        parameters: updated in place.
        learning_rate: of gradient descent.

    Returns:
        The loss in nats, the clipped gradients, and the last hidden state (n_a, 1).
    """
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    gradients, a = rnn_backward(X, Y, parameters, cache)
    gradients = clip(gradients, CLIP)
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
    """Train on names and print samples every 2,000 iterations; seeds NumPy's global generator with 0.

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
    """
    parameters = Parameters.of(initialize_parameters(n_a, vocab_size, vocab_size))
    examples = shuffled(data_x)
    last_dino_name = "abc"
    training = course_training(
        examples, parameters, char_to_ix, num_iterations=num_iterations, dino_names=dino_names
    )
    for iteration, loss in training:
        if verbose and iteration in (0, len(examples) - 1, len(examples)):
            _print_example(iteration, examples, char_to_ix)
        if iteration % REPORT_EVERY == 0:
            print(f"Iteration: {iteration:d}, Loss: {loss:f}\n")
            for seed in range(dino_names):
                last_dino_name = get_sample(sample(parameters.letters(), char_to_ix, seed), ix_to_char)
                print(last_dino_name.replace("\n", ""))
            print("\n")
    return {letter: view.copy() for letter, view in parameters.letters().items()}, last_dino_name


def _print_example(iteration: int, examples: Sequence[str], char_to_ix: Mapping[str, int]) -> None:
    """What the course's ``verbose`` shows at the first example, the last, and the first again."""
    index = iteration % len(examples)
    print("j = ", iteration, "idx = ", index)
    if iteration == 0:
        indices = [char_to_ix[character] for character in examples[index]]
        print("single_example =", examples[index])
        print("single_example_chars", list(examples[index]))
        print("single_example_ix", indices)
        print(" X = ", [None, *indices], "\n", "Y = ", [*indices, char_to_ix["\n"]], "\n")


def _course_picker(seed: int) -> Picker:
    """Draw by one private generator, seeded anew with seed + 2k before draw number k."""
    random = np.random.RandomState()
    seeds = itertools.count(seed, 2)

    def pick(logits: Logits) -> Ids:
        random.seed(next(seeds))
        return sampling.draw(logits, random.random_sample(1))

    return pick


def _ids(X: Sequence[int | None]) -> Ids:
    return np.array([BLANK if index is None else index for index in X], dtype=np.intp)


def _by_time(rows: Array, first: int = 0) -> dict[int, Array]:
    """Each row as a column vector of its own, by time step."""
    return {time: row[:, None].copy() for time, row in enumerate(rows, start=first)}


def _gradients(network: BackpropagationThroughTime) -> Arrays:
    return {f"d{letter}": view.copy() for letter, view in network.gradients.letters().items()}
