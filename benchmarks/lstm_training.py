"""Speed of training the poems' network: ours, the bare update, Keras's LSTM layer, and PyTorch's ``nn.LSTM``.

    python benchmarks/lstm_training.py [--units 256] [--pairs 5] [--torch-python PYTHON]

Each takes the same steps: two layers, dropout 0.2, batches of 64 streams of 100 characters, state carried,
AdamW, gradients bounded at a norm of 1. ``ours`` is a whole run by the driver, with everything but files;
``update`` calls the compiled update alone. Each runs in a process of its own with all cores, in turn; a time
is the median over a process's steps, and a ratio the median over the rounds. PyTorch is measured where it is
installed, or by the interpreter given.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BATCH, LENGTH, CHARACTERS, EMBEDDING, DROPOUT, RATE = 64, 100, 65, 64, 0.2, 2e-3
WARM, STEPS = 3, 12
SIDES = ("ours", "update", "Keras LSTM", "PyTorch nn.LSTM")


def training(units: int, *, plain: bool = False):
    """A run of ours over noise; with ``plain``, over ``keras.layers.LSTM``."""
    sys.path.insert(0, str(ROOT))
    from shakespeare.backend import load_tensorflow

    load_tensorflow()
    import keras
    import numpy as np

    from charlm.vocabulary import Vocabulary
    from shakespeare.encoded import EncodedCorpus
    from shakespeare.network import CharacterLSTM
    from shakespeare.training import Training
    from shakespeare.training_settings import TrainingSettings

    if plain:
        CharacterLSTM._lstm = lambda self, index: keras.layers.LSTM(
            self.units, return_sequences=True, return_state=True, name=f"lstm_{index}"
        )
    vocabulary = Vocabulary("".join(map(chr, range(33, 33 + CHARACTERS))))
    network = CharacterLSTM(vocabulary.characters, units, embedding_size=EMBEDDING, dropout=DROPOUT)
    size = BATCH * LENGTH * (WARM + STEPS + 1)
    ids = np.random.default_rng(0).integers(0, CHARACTERS, size).astype(np.uint8)
    settings = TrainingSettings(1, BATCH, learning_rate=RATE, validation=0.0)
    return Training(network, EncodedCorpus(ids, vocabulary, "", False, "noise", ""), settings)


def ours(units: int, *, plain: bool = False) -> list[float]:
    """Seconds of each step of a run by the driver."""
    from charlm.run.training import Run

    ends: list[float] = []
    Run(training(units, plain=plain), report=lambda report: ends.append(time.perf_counter())).run()
    return [last - first for first, last in zip(ends[WARM - 1 :], ends[WARM : WARM + STEPS], strict=False)]


def update(units: int) -> list[float]:
    """Seconds of each call of the compiled update, with a batch that is there already."""
    import numpy as np

    run = training(units)
    run.advance(WARM)
    inputs, targets = run.feed.batch(0, 0)
    states, seconds = run._states, []
    share, key, row = np.float32(1 / inputs.size), np.zeros(1, np.uint64), np.uint64(0)
    for _ in range(STEPS):
        started = time.perf_counter()
        loss, states = run._update(inputs, targets, states, share, key, row, np.float32(0.9))
        float(loss)
        seconds.append(time.perf_counter() - started)
    return seconds


def pytorch(units: int) -> list[float]:
    """Seconds of each step of the same training in PyTorch."""
    import torch
    from torch import nn

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    embedding, head = nn.Embedding(CHARACTERS, EMBEDDING), nn.Linear(units, CHARACTERS)
    lstm = nn.LSTM(EMBEDDING, units, 2, batch_first=True, dropout=DROPOUT)
    dropout = nn.Dropout(DROPOUT)
    parameters = [*embedding.parameters(), *lstm.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, RATE)
    state, seconds = None, []
    for _ in range(WARM + STEPS):
        inputs, targets = (torch.randint(0, CHARACTERS, (BATCH, LENGTH)) for _ in range(2))
        start = time.perf_counter()
        hidden, state = lstm(embedding(inputs), state)
        state = tuple(part.detach() for part in state)
        scores = head(dropout(hidden)).flatten(0, 1)
        loss = nn.functional.cross_entropy(scores, targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        loss.item()
        seconds.append(time.perf_counter() - start)
    return seconds[WARM:]


def measured(side: str, units: int, python: str) -> float | None:
    """Characters a second by one side in a process of its own; None where it is not installed."""
    command = [python, __file__, "--units", str(units), "--side", side]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        reason = result.stderr.strip().splitlines()[-1:] or ["no reason given"]
        print(f"{side}: left out ({reason[0]})")
        return None
    return float(result.stdout.split()[-1])


def main() -> None:
    """Measure the sides in turn and print them, or measure one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--units", type=int, default=256)
    parser.add_argument("--pairs", type=int, default=5, help="rounds in which each side is measured once")
    parser.add_argument("--torch-python", default=sys.executable, help="an interpreter that has PyTorch")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        sides = {"ours": ours, "update": update, "PyTorch nn.LSTM": pytorch}
        measure = sides.get(options.side, lambda units: ours(units, plain=True))
        print(BATCH * LENGTH / statistics.median(measure(options.units)))
        return
    speeds: dict[str, list[float]] = {side: [] for side in SIDES}
    for _ in range(options.pairs):
        for side, of_side in speeds.items():
            python = options.torch_python if side.startswith("PyTorch") else sys.executable
            of_side.append(measured(side, options.units, python) or float("nan"))
    for side, of_side in speeds.items():
        print(f"2 x {options.units}  {side:<16} {statistics.median(of_side):9,.0f} characters a second")
    for one, other in (("ours", "PyTorch nn.LSTM"), ("ours", "Keras LSTM"), ("ours", "update")):
        ratios = [mine / theirs for mine, theirs in zip(speeds[one], speeds[other], strict=True)]
        each = " ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"{one} / {other}: {statistics.median(ratios):.3f} (of {each})")


if __name__ == "__main__":
    main()
