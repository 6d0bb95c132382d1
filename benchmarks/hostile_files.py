"""Hostile model files against the commands that read them: what is said, how soon, in how much memory.

    python benchmarks/hostile_files.py

Each case is made of a model that ships, and read by a command in a process of its own. Above the table stands
what the same command takes for the good file; files with holes need a file system that has them.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from hostile_cases import NAMES, POEMS

import dino.names_model
import shakespeare

MIB = 2**20


class Answer(NamedTuple):
    """How a command ended: its last line of error, exit code, seconds, and the most memory in MiB."""

    error: str
    code: int
    seconds: float
    memory: float


def ask(package: str, *arguments: str) -> Answer:
    """Run a command to its end, and look at its memory all the while."""
    started, most = time.perf_counter(), 0
    with psutil.Popen(
        [sys.executable, "-m", package, *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while process.poll() is None:
            try:
                memory = process.memory_info()
                most = max(most, getattr(memory, "peak_wset", memory.rss))
                process.wait(0.005)
            except psutil.TimeoutExpired:
                continue
            except psutil.NoSuchProcess:
                break
        seconds = time.perf_counter() - started
        lines = process.stderr.read().splitlines() or [""]
    return Answer(lines[-1], process.wait(), seconds, most / MIB)


def table(package: str, command: list[str], good: Path, cases: list, folder: Path) -> None:
    """Print a row a case, and below what was the most of each."""
    answer = ask(package, *command, str(good))
    print(f"{package} {' '.join(command)}, the good file: {answer.seconds:.2f} s, {answer.memory:.0f} MiB\n")
    path, answers = folder / f"F{good.suffix}", []
    for case in cases:
        case.build(good, path)
        answer = ask(package, *command, str(path))
        path.unlink()
        answers.append(answer)
        line = answer.error.replace(str(path), path.name)
        if case.told not in line or answer.code != 1:
            line += "  NOT AS IT SHOULD BE"
        ended = f"{answer.code:>2} {answer.seconds:5.2f} s {answer.memory:4.0f} MiB"
        print(f"{case.what:<28} {good.suffix:<7} {ended}  {line}")
    slowest, largest = (max(values) for values in list(zip(*answers, strict=True))[2:])
    print(f"\n{len(answers)} cases: {slowest:.2f} s and {largest:.0f} MiB at most\n")


def main() -> None:
    """Print both tables."""
    with tempfile.TemporaryDirectory() as folder:
        table("dino", ["info"], dino.names_model.shipped(), NAMES, Path(folder))
        table("shakespeare", ["info"], shakespeare.shipped(), POEMS, Path(folder))


if __name__ == "__main__":
    main()
