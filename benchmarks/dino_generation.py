"""Speed of sampling names: 10,000 in batches against the course's way, one draw at a time.

    python benchmarks/dino_generation.py

One thread each, in turn; a row is the median of five rounds of the model that ships.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from charlm.generation import generate_texts
from charlm.sampling import SamplingOptions
from dino.names import END
from dino.names_model import COURSE_LIMIT, load, shipped
from dino.rnn import DinoRNN

ROUNDS = 5
NAMES = 10_000
BATCHES = (256, NAMES)
ONE_BY_ONE = 300


def textbook_sample(parameters: dict[str, np.ndarray], newline: int, seed: int) -> list[int]:
    """One name as the course describes it: one-hot columns, NumPy's global generator, ``choice``."""
    size, hidden = parameters["Wya"].shape
    x, a_prev, indices, index, counter = np.zeros((size, 1)), np.zeros((hidden, 1)), [], -1, 0
    while index != newline and counter != COURSE_LIMIT:
        a = np.tanh(parameters["Wax"] @ x + parameters["Waa"] @ a_prev + parameters["b"])
        scores = parameters["Wya"] @ a + parameters["by"]
        exponentials = np.exp(scores - np.max(scores))
        y = exponentials / exponentials.sum(axis=0)
        np.random.seed(counter + seed)
        index = np.random.choice(list(range(size)), p=y.ravel())
        indices.append(index)
        x = np.zeros((size, 1))
        x[index] = 1
        a_prev, seed, counter = a, seed + 1, counter + 1
    if counter == COURSE_LIMIT:
        indices.append(newline)
    return indices


def main() -> None:
    """Measure both sides in turn and print them."""
    model = load(shipped())
    letters = {key: value.copy() for key, value in model.rnn.parameters.items()}
    newline = model.vocabulary.index(END)
    network = DinoRNN(model.vocabulary, model.rnn.parameters, np.float32)  # as `dino generate` has it
    one_by_one: list[float] = []
    batched: dict[int, list[float]] = {size: [] for size in BATCHES}
    for round_number in range(ROUNDS):
        start = time.perf_counter()
        for number in range(ONE_BY_ONE):
            textbook_sample(letters, newline, round_number * ONE_BY_ONE + number)
        one_by_one.append((time.perf_counter() - start) / ONE_BY_ONE)
        for size, seconds in batched.items():
            start = time.perf_counter()
            pick = SamplingOptions().picker(np.random.default_rng(round_number))
            generate_texts(network, pick, NAMES, limit=COURSE_LIMIT, stop=END, batch_size=size)
            seconds.append((time.perf_counter() - start) / NAMES)
    theirs = statistics.median(one_by_one)
    print(f"one at a time         {1 / theirs:10,.0f} names a second")
    for size, seconds in batched.items():
        ours = statistics.median(seconds)
        print(f"batches of {size:<10,} {1 / ours:10,.0f} names a second   {theirs / ours:.0f} times as many")


if __name__ == "__main__":
    main()
