"""Speed of training the dinosaur RNN: the textbook's step, ours, and PyTorch's ``nn.RNN``.

    python benchmarks/dino_training.py

All three take the same steps (one name each, clipping at 5, plain gradient descent) on the bundled names, one
thread each, in turn; a row is the median of five rounds. PyTorch is measured where it is installed.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from charlm.language_model import BLANK
from charlm.vocabulary import Vocabulary
from dino.fast_rnn import BackpropagationThroughTime, Parameters
from dino.names import END, load_names
from dino.training import CLIP, Sequences, descend

STEPS = 4_000
ROUNDS = 5
HIDDEN = 50
RATE = 0.01

names = load_names("bundled").names
vocabulary = Vocabulary.of([*names, END])
SIZE = len(vocabulary)
sequences = Sequences(vocabulary.encode(END.join(["", *names, ""])), vocabulary.index(END))
examples = [sequences[index] for index in range(len(sequences))]


def textbook() -> None:
    """The formulas as they stand: one-hot columns, one time step at a time, dictionaries by time."""
    parameters = {
        key: value.copy()
        for key, value in Parameters.drawn(HIDDEN, SIZE, np.random.RandomState(0)).letters().items()
    }
    a_prev = np.zeros((HIDDEN, 1))
    for step in range(STEPS):
        inputs, targets = examples[step % len(examples)]
        x, a, y_hat, loss = {}, {-1: a_prev.copy()}, {}, 0.0
        for t, (index, target) in enumerate(zip(inputs, targets, strict=True)):
            x[t] = np.zeros((SIZE, 1))
            if index != BLANK:
                x[t][index] = 1
            a[t] = np.tanh(parameters["Wax"] @ x[t] + parameters["Waa"] @ a[t - 1] + parameters["b"])
            scores = parameters["Wya"] @ a[t] + parameters["by"]
            exponentials = np.exp(scores - np.max(scores))
            y_hat[t] = exponentials / exponentials.sum(axis=0)
            loss -= np.log(y_hat[t][target, 0])
        gradients = {f"d{key}": np.zeros_like(value) for key, value in parameters.items()}
        da_next = np.zeros((HIDDEN, 1))
        for t in reversed(range(len(inputs))):
            dy = y_hat[t].copy()
            dy[targets[t]] -= 1
            gradients["dWya"] += dy @ a[t].T
            gradients["dby"] += dy
            draw = (1 - a[t] * a[t]) * (parameters["Wya"].T @ dy + da_next)
            gradients["db"] += draw
            gradients["dWax"] += draw @ x[t].T
            gradients["dWaa"] += draw @ a[t - 1].T
            da_next = parameters["Waa"].T @ draw
        gradients = {key: np.clip(value, -CLIP, CLIP) for key, value in gradients.items()}
        for key in parameters:
            parameters[key] += -RATE * gradients[f"d{key}"]
        a_prev = a[len(inputs) - 1]


def ours() -> None:
    """The project's training loop."""
    parameters = Parameters.drawn(HIDDEN, SIZE, np.random.RandomState(0))
    network = BackpropagationThroughTime(parameters, sequences.longest)
    order = iter([step % len(examples) for step in range(STEPS)])
    for _ in descend(network, sequences, order, learning_rate=RATE, carry_state=True):
        pass


def pytorch() -> None:
    """The same step with ``nn.RNN`` and ``nn.Linear``."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    rnn = torch.nn.RNN(SIZE, HIDDEN)
    head = torch.nn.Linear(HIDDEN, SIZE)
    parameters = [*rnn.parameters(), *head.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=RATE)
    one_hot = torch.cat([torch.eye(SIZE), torch.zeros(1, SIZE)])  # the last row is the blank input
    tensors = [(torch.from_numpy(inputs), torch.from_numpy(targets)) for inputs, targets in examples]
    state = torch.zeros(1, HIDDEN)
    for step in range(STEPS):
        inputs, targets = tensors[step % len(tensors)]
        states, state = rnn(one_hot[inputs], state.detach())
        loss = torch.nn.functional.cross_entropy(head(states), targets, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_value_(parameters, CLIP)
        optimizer.step()


def main() -> None:
    """Measure all sides in turn and print them."""
    sides: dict[str, Callable[[], None]] = {"textbook": textbook, "ours": ours}
    try:
        import torch  # noqa: F401
    except ImportError:
        print("PyTorch is not installed; it is left out")
    else:
        sides["PyTorch nn.RNN"] = pytorch
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    for _ in range(ROUNDS):
        for side, run in sides.items():
            start = time.perf_counter()
            run()
            seconds[side].append(time.perf_counter() - start)
    medians = {side: statistics.median(times) for side, times in seconds.items()}
    for side, median in medians.items():
        ratio = median / medians["ours"]
        print(f"{side:<15} {median / STEPS * 1e6:7.1f} microseconds a step   {ratio:5.2f} times ours")


if __name__ == "__main__":
    main()
