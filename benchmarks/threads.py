"""Poems from Python, one and several at once: products kept to one thread, beside a BLAS that takes them all.

    python benchmarks/threads.py [--length 400] [--at-once 1 8]

The same poems by `shakespeare.stream_poem` in threads of one process, as a server would write them, with
the products kept to one thread (`charlm/run/threads.py`) and without that. Each side is a process of its own
in which nothing limits the threads beforehand, and the best of three rounds counts.
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

LIMITS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    """Run both sides and print seconds and ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--length", type=int, default=400)
    parser.add_argument("--at-once", type=int, nargs="*", default=[1, 8])
    parser.add_argument("--side", choices=["kept to one", "not"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        write(arguments.length, arguments.at_once, arguments.side)
        return
    print(f"{os.cpu_count()} processors, poems of {arguments.length} characters by the model that ships")
    print(f"{'at once':>8} {'kept to one thread':>20} {'not':>10} {'ratio':>7}")
    seconds = {side: measured(side, arguments) for side in ("kept to one", "not")}
    for count, ours, theirs in zip(arguments.at_once, *seconds.values(), strict=True):
        print(f"{count:>8} {ours:>18.2f} s {theirs:>8.2f} s {theirs / ours:>7.1f}")


def measured(side: str, arguments: argparse.Namespace) -> list[float]:
    """The seconds of one side, for each number of poems at once."""
    free = {name: value for name, value in os.environ.items() if name not in LIMITS}
    at_once = [str(count) for count in arguments.at_once]
    command = [sys.executable, __file__, "--side", side, "--length", str(arguments.length), "--at-once"]
    done = subprocess.run([*command, *at_once], env=free, capture_output=True, text=True, check=True)
    return [float(line) for line in done.stdout.split()]


def write(length: int, at_once: list[int], side: str) -> None:
    """Write so many poems at once, and print the seconds of each number."""
    import shakespeare
    from charlm.run.threads import one_thread

    if side == "not":
        one_thread._libraries = []  # there is nothing to limit
    writer = shakespeare.load(shakespeare.shipped())

    def poem(seed: int) -> str:
        return "".join(shakespeare.stream_poem(writer, "Shall I ", length=length, seed=seed))

    for count in at_once:
        rounds = []
        for _ in range(3):
            started = time.perf_counter()
            with ThreadPoolExecutor(count) as threads:
                list(threads.map(poem, range(count)))
            rounds.append(time.perf_counter() - started)
        print(min(rounds), flush=True)


if __name__ == "__main__":
    main()
