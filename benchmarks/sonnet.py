"""Seconds a sonnet, and to its first line, with the model that ships; and what each idea of the search gives.

    python benchmarks/sonnet.py [--sonnets 20] [--threads 2]

Each figure is a median over the sonnets. The sides take turns, seed by seed, so that a busy machine slows all
of them alike; ratios are to the search as it is. The text that must not be repeated is left out on all sides.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
parser.add_argument("--sonnets", type=int, default=20)
parser.add_argument("--threads", type=int, default=2)
chosen = parser.parse_args()
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(chosen.threads)

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from charlm.errors import SearchExhausted
from shakespeare.keras_file import shipped
from shakespeare.verse.automaton import LineAutomaton
from shakespeare.verse.form import form
from shakespeare.verse.search import LineSearch
from shakespeare.verse.writing import stream_lines
from shakespeare.writer import SonnetWriter, load_writer


class OneByOne:
    """The same model, which reads its rows one after the other."""

    def __init__(self, model: SonnetWriter):
        self.model, self.vocabulary, self.start = model, model.vocabulary, model.start

    def advance(self, state, ids):
        """The states after one character, row by row."""
        rows = [
            self.model.advance(tuple(part[row : row + 1] for part in state), ids[row : row + 1])
            for row in range(len(ids))
        ]
        return tuple(np.concatenate(parts) for parts in zip(*rows, strict=True))

    def logits(self, state):
        """The model's own."""
        return self.model.logits(state)


class Double:
    """The same model with states and weights of 64 bits."""

    def __init__(self, model: SonnetWriter):
        import copy

        self.model = copy.copy(model)
        self.model._table = model._table.astype(np.float64)
        self.model._recurrent = model._recurrent.astype(np.float64)
        self.model._upper = [(kernel.astype(np.float64), bias) for kernel, bias in model._upper]
        self.vocabulary, self.advance, self.logits = model.vocabulary, self.model.advance, self.model.logits

    def start(self, batch_size):
        """States of zeros, of 64 bits."""
        return tuple(part.astype(np.float64) for part in self.model.start(batch_size))


def each_word_by_itself(search: LineSearch, rows, rules: LineAutomaton):
    """The last words without a shared beginning: a beam for every line's beginning alone."""
    found = []
    for row in range(len(rows)):
        found += _last_words(search, rows.taken(np.array([row])), rules)
    return found


def without_pruning(rules: LineAutomaton):
    """All places that are not yet full; whether a last word still fits shows when it is due."""
    return ~rules._steps.full


_last_words = LineSearch._last_words


@contextmanager
def as_it_is() -> Iterator[None]:
    """Nothing replaced."""
    yield


def sides(model: SonnetWriter) -> dict[str, tuple[object, Callable]]:
    """What is compared: a model and what of the search is replaced."""
    return {
        "as it is": (model, as_it_is),
        "one candidate after the other": (OneByOne(model), as_it_is),
        "64 bits": (Double(model), as_it_is),
        "each beginning's rhymes alone": (
            model,
            lambda: patch.object(LineSearch, "_last_words", each_word_by_itself),
        ),
        "no early pruning": (model, lambda: patch.object(LineAutomaton, "_with_room", without_pruning)),
    }


def timed(model, seed: int) -> tuple[float, float]:
    """Seconds to the first line, and to the last."""
    start = time.perf_counter()
    first = 0.0
    try:
        for _ in stream_lines(model, form("sonnet"), seed=seed):
            first = first or time.perf_counter() - start
    except SearchExhausted:
        return first or float("inf"), float("inf")  # it found no poem at all
    return first, time.perf_counter() - start


def main() -> None:
    """Measure all sides in turn and print them."""
    compared = sides(load_writer(shipped()))
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in compared}
    list(stream_lines(load_writer(shipped()), form("AA"), seed=0))  # the words are read once
    for seed in range(chosen.sonnets):
        for name, (model, changed) in compared.items():
            with changed():
                times[name].append(timed(model, seed))
    ours = statistics.median(whole for _, whole in times["as it is"])
    print(f"{'':<32} {'first line':>11} {'sonnet':>9} {'ratio':>7}   given up")
    for name, found in times.items():
        first, whole = (statistics.median(one[part] for one in found) for part in (0, 1))
        lost = sum(one[1] == float("inf") for one in found)
        print(f"{name:<32} {first:>9.2f} s {whole:>7.2f} s {whole / ours:>6.1f}x   {lost} of {len(found)}")


if __name__ == "__main__":
    main()
