"""Two workers beside one: speed, the difference of the weights, and what a network between them would allow.

    python benchmarks/cluster.py [--units 512] [--updates 12] [--equal 200]

On this machine, with one thread for each worker: characters a second of one worker and of two, in turn, three
times each; the ratio of the medians. Then, with a small network, the largest difference of the weights after
200 updates by two workers and by one with the same whole batch. Last, on paper, from an update's bytes and
its measured time: the speed-up at 2, 8 and 64 hosts, if nothing is sent while anything is computed.

The ring sends 2 (n - 1) / n times the gradients' bytes from each of n hosts.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parent.parent
BATCH, LENGTH, CHARACTERS, DROPOUT = 64, 100, 65, 0.5
WARM, ROUNDS = 2, 3
HOSTS, GIGABITS = (2, 8, 64), (1, 10, 100)


def work(units: int, updates: int, weights: Path | None) -> None:
    """One worker's part: prints the seconds of an update and the bytes of its gradients."""
    sys.path.insert(0, str(ROOT))
    import numpy as np

    from charlm.vocabulary import Vocabulary
    from shakespeare import backend, cluster
    from shakespeare.encoded import EncodedCorpus

    place = cluster.member(os.environ)
    with ExitStack() as stack:
        team = stack.enter_context(cluster.joined(place)) if place else None
        if team:
            team.agree({})
        backend.load_tensorflow(deterministic=True)
        together = team.connected() if team else cluster.ALONE
        from shakespeare.training import Training, new_network
        from shakespeare.training_settings import NetworkSettings, TrainingSettings

        vocabulary = Vocabulary("".join(map(chr, range(33, 33 + CHARACTERS))))
        size = BATCH * LENGTH * (updates + WARM)
        ids = np.random.default_rng(0).integers(0, CHARACTERS, size).astype(np.uint8)
        network = new_network(vocabulary, NetworkSettings(units, 2, DROPOUT), 0)
        settings = TrainingSettings(1, BATCH, validation=0.0)
        training = Training(
            network, EncodedCorpus(ids, vocabulary, "", False, "noise", ""), settings, cluster=together
        )
        seconds = []
        for _ in range(training.total):
            started = time.perf_counter()
            training.advance(1)
            seconds.append(time.perf_counter() - started)
        if together.index == 0:
            count = sum(int(np.prod(weight.shape)) for weight in network.trainable_variables)
            print(json.dumps([statistics.median(seconds[WARM:]), 4 * count]))
            if weights:
                np.savez(weights, *network.get_weights())


def run(workers: int, units: int, updates: int, weights: Path | None = None) -> list[float]:
    """Seconds of an update, and the gradients' bytes, by so many workers."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(workers)]
        addresses = [f"127.0.0.1:{listener.getsockname()[1]}" for listener in held]
    arguments = [sys.executable, __file__, "--work", "--units", str(units), "--updates", str(updates)]
    arguments += ["--weights", str(weights)] if weights else []
    processes = []
    for index in range(workers):
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = {**os.environ, "TF_CONFIG": json.dumps(config)}
        processes.append(subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True))
    told = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        sys.exit("a worker failed")
    return json.loads(told[0].splitlines()[-1])


def main() -> None:
    """Measure and print, or be one of the workers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--units", type=int, default=512)
    parser.add_argument("--updates", type=int, default=12)
    parser.add_argument("--equal", type=int, default=200, help="updates after which weights are compared")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--weights", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.units, options.updates, options.weights)
        return
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for workers, measured in seconds.items():
            median, size = run(workers, options.units, options.updates)
            measured.append(median)
    alone, two = (statistics.median(measured) for measured in seconds.values())
    for workers, measured in ((1, alone), (2, two)):
        speed = BATCH * LENGTH / measured
        print(f"2 x {options.units}, {workers} worker(s) of one thread: {speed:,.0f} characters a second")
    print(f"two workers: {alone / two:.2f} times one; rounds {seconds}")
    print_difference(options.equal)
    print_on_paper(alone, size)


def print_difference(updates: int) -> None:
    """How far the weights of two workers are from those of one."""
    import tempfile

    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{workers}.npz") for workers in (1, 2)]
        for workers, path in enumerate(paths, 1):
            run(workers, 32, updates, path)
        one, two = (np.load(path) for path in paths)
        largest = max(float(np.abs(one[name] - two[name]).max()) for name in one.files)
    print(f"2 x 32, after {updates} updates: largest difference of a weight {largest:.1e}")


def print_on_paper(seconds: float, size: float) -> None:
    """The speed-up of more hosts, each with this machine's one thread and the same rows a host."""
    print(f"{size:,.0f} bytes of gradients an update; {seconds:.2f} s to compute them on one host")
    print("each host with a batch of its own of 64 rows:")
    print("hosts   " + "".join(f"{gigabits:>5} Gbit/s" for gigabits in GIGABITS))
    for hosts in HOSTS:
        sending = [2 * (hosts - 1) / hosts * size * 8 / (gigabits * 1e9) for gigabits in GIGABITS]
        row = "".join(f"{hosts * seconds / (seconds + sent):>12.2f}" for sent in sending)
        print(f"{hosts:>5}   {row}")


if __name__ == "__main__":
    main()
