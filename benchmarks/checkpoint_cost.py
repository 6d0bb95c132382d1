"""What checkpoints cost: the share of a training run that is spent on writing them, at the default interval.

    python benchmarks/checkpoint_cost.py

Two runs, each from beginning to end: names as `dino train` has them by default, and one epoch of poems in a
network as large as the one that ships. The time within each write is taken, with the flushing to disk.
"""

import os
import sys
import tempfile
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from charlm.run.checkpoints import Checkpoints
from charlm.run.command import exit_code

RUNS = {
    "dino": [
        "train",
        "--hidden",
        "100",
        "--steps",
        "64000",
        "--validation",
        "0.1",
        "--output",
        "dino.safetensors",
    ],
    "shakespeare": ["train", "--units", "512", "--epochs", "1", "--output", "poems.keras"],
}
MOST = 0.02


def main() -> None:
    """Run both, print the shares, and end with 1 if one is above MOST."""
    import dino.cli
    import shakespeare.cli

    apps = {"dino": dino.cli.app, "shakespeare": shakespeare.cli.app}
    written: list[float] = []
    write = Checkpoints.write

    def timed(self, checkpoint):
        started = time.perf_counter()
        write(self, checkpoint)
        written.append(time.perf_counter() - started)

    Checkpoints.write = timed
    above = False
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, arguments in RUNS.items():
            written.clear()
            started = time.perf_counter()
            if code := exit_code(apps[name], name, arguments):
                sys.exit(code)
            seconds = time.perf_counter() - started
            share = sum(written) / seconds
            above = above or share > MOST
            print(
                f"{name}: {len(written)} checkpoints in {seconds:.1f} s, "
                f"{max(written) * 1000:.0f} ms the slowest, {share:.2%} of the time",
                flush=True,
            )
        os.chdir("/")
    sys.exit(int(above))


if __name__ == "__main__":
    main()
