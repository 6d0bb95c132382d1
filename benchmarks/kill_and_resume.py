"""Kills training at random moments, resumes it, and compares the result with an uninterrupted run's.

    python benchmarks/kill_and_resume.py [--kills 50] [--seed 0] [COMMAND ...]

For each of the three commands that train, and for one that runs as two workers: one small run from beginning
to end, then the same run killed with SIGKILL and resumed until so many kills have hit it. Of two workers one
is hit, by lot, and the other has to end by itself within a minute. Checkpoints are written at every chance,
so that some kills come while one is being saved. Where a run ends before its kill, its result is compared,
and another begun. Prints kills, resumes, differences, files lost and left over; ends with 1 unless the last
three are 0.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil

SMALL = ["--corpus", "bundled", "--batch-size", "4", "--checkpoint-every", "0", "--seed", "3"]
NAMES = ["--steps", "60000", "--hidden", "20", "--validation", "0.1", "--checkpoint-every", "0"]
TRAIN = ["shakespeare", "train", *SMALL, "--units", "16", "--log", "losses.csv", "--epochs"]
FINETUNE = ["shakespeare", "finetune", *SMALL, "--log", "losses.csv", "--epochs", "25"]
COMMANDS = {
    "dino train": (["dino", "train", *NAMES], "model.safetensors"),
    "shakespeare train": ([*TRAIN, "25"], "model.keras"),
    "shakespeare finetune": ([*FINETUNE, "--model", "../first.keras"], "model.keras"),
    "cluster of two": ([*TRAIN, "6", "--processes", "2"], "model.keras"),
}
SAVING = ".part.checkpoint"


def main() -> None:
    """Run the commands asked for, and say how they fared."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", nargs="*", choices=[[], *COMMANDS], help="which; left out: all four")
    parser.add_argument("--kills", type=int, help="left out: 50, and 20 of the cluster")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        first = ["shakespeare", "train", *SMALL, "--units", "16", "--epochs", "1", "--output", "first.keras"]
        run(first, Path(folder))
        for name in arguments.command or COMMANDS:
            kills = arguments.kills or (20 if "--processes" in COMMANDS[name][0] else 50)
            bad += torment(name, Path(folder), kills, random.Random(arguments.seed))
    sys.exit(1 if bad else 0)


def torment(name: str, folder: Path, kills: int, generator: random.Random) -> int:
    """Kill and resume one command until it was killed so often; the number of differences and lost files."""
    command, output = COMMANDS[name]
    whole = folder / f"{name} whole"
    whole.mkdir()
    started = time.monotonic()
    run([*command, "--output", output], whole)
    seconds = time.monotonic() - started
    expected = contents(whole / output)
    done = resumes = saving = differences = lost = left_over = rounds = 0
    while done < kills:
        rounds += 1
        place = folder / f"{name} {rounds}"
        place.mkdir()
        while not killed_or_ended(command, output, place, generator.uniform(0.1, seconds), generator):
            done += 1
            left = [file.name for file in place.iterdir()]
            saving += any(SAVING in file for file in left)
            lost += not readable(place / f"{output}.checkpoint")
            if done >= kills:
                run([*command, "--output", output, "--resume"], place)
                resumes += 1
                break
            resumes += 1
        differences += contents(place / output) != expected
        left_over += sum(".part" in file.name or ".lock" in file.name for file in place.iterdir())
    print(
        f"{name}: {done} kills ({saving} while saving), {resumes} resumes, {rounds} runs that ended, "
        f"differences {differences}, files lost {lost}, left over {left_over}",
        flush=True,
    )
    return differences + lost + left_over


def run(command: list[str], folder: Path) -> None:
    """Run one of this project's commands to its end."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")


def killed_or_ended(
    command: list[str], output: str, folder: Path, seconds: float, generator: random.Random
) -> bool:
    """Start it, or resume it where it can be, and kill it after so long; whether it had ended by then."""
    arguments = [sys.executable, "-m", *command, "--output", output, "--resume"]
    with subprocess.Popen(
        arguments, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            _, told = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            if workers := psutil.Process(process.pid).children():
                with suppress(psutil.NoSuchProcess):  # it has ended since
                    generator.choice(workers).kill()
                process.communicate(timeout=60)
                return not process.returncode
            process.kill()
            return False
    if process.returncode:
        sys.exit(f"{' '.join(arguments)} ended with {process.returncode}: {told}")
    return True


def readable(path: Path) -> bool:
    """Whether a file is whole, or was never written."""
    from charlm.errors import ModelFileError
    from charlm.run import checkpoints

    try:
        return not path.exists() or bool(checkpoints.read(path))
    except ModelFileError:
        return False


def contents(path: Path) -> list[object]:
    """All that a run leaves and that must be the same: weights, history, a sample, the log."""
    if path.suffix == ".safetensors":
        import dino

        model = dino.load(path)
        names = [name for name, _ in zip(model.stream(seed=1), range(5), strict=False)]
        return [
            [array.tobytes() for array in model.rnn.parameters.values()],
            vars(model.history),
            model.settings,
            names,
        ]
    import shakespeare
    from charlm.run import checkpoints
    from shakespeare import keras_file

    network = keras_file.read(path)
    arrays = [network.embedding, network.head_kernel, network.head_bias]
    arrays += [array for layer in network.layers for array in vars(layer).values()]
    progress = checkpoints.read(path.with_name(f"{path.name}.checkpoint")).progress
    poem = "".join(shakespeare.stream_poem(shakespeare.load(path), "The ", length=80, seed=1))
    log = path.with_name("losses.csv").read_text(encoding="utf-8")
    return [
        [np.asarray(array).tobytes() for array in arrays],
        progress["run"]["best"],
        network.about,
        poem,
        log,
    ]


if __name__ == "__main__":
    main()
