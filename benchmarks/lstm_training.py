"""Speed of training the poems' network: ours, Keras's own LSTM layer, and PyTorch's ``nn.LSTM``.

    python benchmarks/lstm_training.py [--units 256] [--torch-python PYTHON]

Each takes the same steps: two layers, dropout 0.2, batches of 64 streams of 100 characters, state carried,
AdamW, gradients bounded at a norm of 1. Each runs in a process of its own with all cores, in turn; a row is
the median over its steps, of the best of three rounds. PyTorch is measured where it is installed, or by the
interpreter given.
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
WARM, STEPS, ROUNDS = 3, 12, 3
SIDES = {"ours": "keras", "Keras LSTM": "keras", "PyTorch nn.LSTM": "torch"}


def ours(units: int, *, plain: bool = False) -> list[float]:
    """Seconds of each step of our ``fit``; with ``plain``, over ``keras.layers.LSTM``."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras
    import numpy as np

    sys.path.insert(0, str(ROOT))
    from shakespeare import network as module
    from shakespeare.carried_state import CarriedState
    from shakespeare.corpus import Streams
    from shakespeare.fitting import batches

    characters = "".join(map(chr, range(33, 33 + CHARACTERS)))
    if plain:
        module.CharacterLSTM._lstm = lambda self, index: keras.layers.LSTM(
            self.units, return_sequences=True, return_state=True, name=f"lstm_{index}"
        )
    network = module.CharacterLSTM(characters, units, embedding_size=EMBEDDING, dropout=DROPOUT)
    ids = (
        np.random.default_rng(0).integers(0, CHARACTERS, BATCH * LENGTH * (WARM + STEPS + 1)).astype(np.uint8)
    )
    model = CarriedState(network, BATCH, 1)
    model.compile(
        keras.optimizers.AdamW(RATE, global_clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    ends: list[float] = []
    clock = keras.callbacks.LambdaCallback()
    clock.on_train_batch_end = lambda batch, logs=None: ends.append(time.perf_counter())
    streams = batches(Streams(ids, BATCH, LENGTH, 0), 0, 0)
    model.fit(streams, steps_per_epoch=WARM + STEPS, shuffle=False, callbacks=[clock], verbose=0)
    return [last - first for first, last in zip(ends[WARM - 1 :], ends[WARM:], strict=False)]


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
    parser.add_argument("--torch-python", default=sys.executable, help="an interpreter that has PyTorch")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        if SIDES[options.side] == "torch":
            seconds = pytorch(options.units)
        else:
            seconds = ours(options.units, plain=options.side != "ours")
        print(BATCH * LENGTH / statistics.median(seconds))
        return
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for side, kind in SIDES.items():
            python = options.torch_python if kind == "torch" else sys.executable
            speed = measured(side, options.units, python)
            if speed:
                best[side] = max(speed, best.get(side, 0))
    reference = best.get("PyTorch nn.LSTM")
    for side, speed in best.items():
        ratio = f"{speed / reference:5.2f} times PyTorch" if reference else ""
        print(f"2 x {options.units}  {side:<16} {speed:9,.0f} characters a second   {ratio}")


if __name__ == "__main__":
    main()
