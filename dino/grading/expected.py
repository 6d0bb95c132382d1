"""What the four functions are expected to do: the grader's oracle.

It shares no code with :mod:`dino.exercises`, which lies beneath a learner's functions and which the known
mistakes are edits of: losses and gradients come from :mod:`dino.fast_rnn`, letters from the package's one
generation loop, the run from :mod:`dino.course`. The course's published values are held to by the tests.
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
from dino.course import course_training, shuffled
from dino.fast_rnn import BackpropagationThroughTime, Parameters
from dino.names_model import COURSE_LIMIT
from dino.rnn import DinoRNN
from dino.training import CLIP
from dino.training_settings import REPORT_EVERY

Array = npt.NDArray[np.float64]
Arrays = dict[str, Array]


def clip(gradients: Arrays, maxValue: float) -> Arrays:
    """New arrays, each element within [-maxValue, maxValue]."""
    return {name: np.minimum(np.maximum(array, -maxValue), maxValue) for name, array in gradients.items()}


def gradients_of(X: Sequence[int | None], Y: Sequence[int], a_prev: Array, parameters: Arrays) -> Arrays:
    """The gradients of a name's loss, not clipped."""
    _, network = _differentiated(X, Y, a_prev, Parameters.of(parameters))
    return _with_d(network.gradients)


def optimize(
    X: Sequence[int | None], Y: Sequence[int], a_prev: Array, parameters: Arrays, learning_rate: float = 0.01
) -> tuple[float, Arrays, Array]:
    """One step of training."""
    inner = Parameters.of(parameters)
    loss, network = _differentiated(X, Y, a_prev, inner)
    network.clip(CLIP)
    network.descend(learning_rate)
    for letter, view in inner.letters().items():
        parameters[letter][...] = view
    return loss, _with_d(network.gradients), network.hidden[len(X)][:, None].copy()


def sample(parameters: Arrays, char_to_ix: Mapping[str, int], seed: int) -> list[int]:
    """Indices of one name."""
    # Only indices pass through the loop; the order of the vocabulary plays no part in it.
    rnn = DinoRNN(Vocabulary.of(char_to_ix), parameters)
    newline = char_to_ix["\n"]
    indices = [int(ids[0]) for ids in stream_ids(rnn, _picker(seed), limit=COURSE_LIMIT, stop=newline)]
    return [*indices, newline] if len(indices) == COURSE_LIMIT else indices


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
    """The trained parameters and the last name; what it prints is expected too."""
    parameters = Parameters.drawn(n_a, vocab_size, np.random.RandomState(1))
    training = course_training(
        shuffled(data_x), parameters, char_to_ix, num_iterations=num_iterations, dino_names=dino_names
    )
    last = "abc"
    for iteration, loss in training:
        if iteration % REPORT_EVERY == 0:
            print(f"Iteration: {iteration:d}, Loss: {loss:f}\n")
            for seed in range(dino_names):
                text = "".join(ix_to_char[index] for index in sample(parameters.letters(), char_to_ix, seed))
                last = text[:1].upper() + text[1:]
                print(last.replace("\n", ""))
            print("\n")
    return {letter: view.copy() for letter, view in parameters.letters().items()}, last


def _differentiated(
    X: Sequence[int | None], Y: Sequence[int], a_prev: Array, parameters: Parameters
) -> tuple[float, BackpropagationThroughTime]:
    network = BackpropagationThroughTime(parameters, len(X))
    inputs: Ids = np.array([BLANK if index is None else index for index in X], dtype=np.intp)
    targets = np.asarray(Y, dtype=np.intp)
    loss = network.forward(inputs, targets, a_prev[:, 0])
    network.backward(inputs, targets)
    return loss, network


def _with_d(gradients: Parameters) -> Arrays:
    return {f"d{letter}": view.copy() for letter, view in gradients.letters().items()}


def _picker(seed: int) -> Picker:
    """Draw by a private generator, seeded anew with seed + 2k before draw number k."""
    random = np.random.RandomState()
    seeds = itertools.count(seed, 2)

    def pick(logits: Logits) -> Ids:
        random.seed(next(seeds))
        return sampling.draw(logits, random.random_sample(1))

    return pick
