"""Several processes that train one network: alike to one process, and every fault told in a line."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from shakespeare import keras_file

pytestmark = pytest.mark.unix

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
SMALL = ("--corpus", "bundled", "--units", "8", "--layers", "1", "--batch-size", "4", "--deterministic")
LONG = (*SMALL, "--epochs", "9999", "--checkpoint-every", "0")

WORKER = """
import sys
import charlm
from charlm.run.command import run
from shakespeare import cluster
cluster.WAIT = cluster.CONNECTING = float(sys.argv.pop(1))
charlm.__version__ = sys.argv.pop(1) or charlm.__version__
from shakespeare.cli import app
run(app, "shakespeare")
"""


def ports(count):
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]


def configs(addresses):
    tasks = ({"type": "worker", "index": index} for index in range(len(addresses)))
    return [json.dumps({"cluster": {"worker": addresses}, "task": task}) for task in tasks]


@pytest.fixture
def addresses():
    return [f"127.0.0.1:{port}" for port in ports(2)]


@pytest.fixture
def started(tmp_path):
    """``started(config, *arguments)``: a worker in a folder of its own, ended after the test."""
    with ExitStack() as stack:

        def start(config, *arguments, wait=20, version="", folder="chief", **environment):
            (tmp_path / folder).mkdir(exist_ok=True)
            process = subprocess.Popen(
                [sys.executable, "-c", WORKER, str(wait), version, "train", *arguments],
                cwd=tmp_path / folder,
                env={**ENVIRONMENT, **({"TF_CONFIG": config} if config else {}), **environment},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start


@pytest.fixture
def both(started, addresses):
    """``both(*arguments)``: the chief and another worker, in the folders a and b."""

    def start(*arguments):
        return [
            started(config, *arguments, folder=name)
            for config, name in zip(configs(addresses), "ab", strict=True)
        ]

    return start


def ended(*processes):
    """Exit codes and standard errors of workers that fail, each with one line, and all within a minute."""
    until = time.monotonic() + 60
    told = [process.communicate(timeout=max(1, until - time.monotonic()))[1] for process in processes]
    for process, message in zip(processes, told, strict=True):
        *notes, last = message.splitlines()
        assert process.returncode == 1 and last.startswith("shakespeare: "), message
        assert all(note.startswith(("beginning anew", "going on from")) for note in notes), message
    return [message.splitlines()[-1].removeprefix("shakespeare: ") for message in told]


def read_until(process, what):
    for line in process.stdout:
        if line.startswith(what):
            return
    pytest.fail(f"it ended before {what!r}: {process.stderr.read()}")


def weights(path):
    network = keras_file.read(path)
    arrays = [network.embedding, network.head_kernel, network.head_bias]
    return [*arrays, *(array for layer in network.layers for array in vars(layer).values())]


def alike(one, other):
    return max(
        float(np.abs(left - right).max()) for left, right in zip(weights(one), weights(other), strict=True)
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The model of one process after six epochs."""
    folder = tmp_path_factory.mktemp("alone")
    command = [sys.executable, "-m", "shakespeare", "train", *SMALL, "--epochs", "6"]
    subprocess.run(command, cwd=folder, env=ENVIRONMENT, check=True, capture_output=True)
    return folder / "models/trained.keras"


@pytest.mark.slow
def test_processes_of_one_machine_learn_what_one_does_and_may_be_more_or_fewer(tmp_path, alone):
    def run(*arguments):
        command = [sys.executable, "-m", "shakespeare", "train", *SMALL, *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=ENVIRONMENT, check=True, capture_output=True, text=True
        )

    done = run("--epochs", "6", "--processes", "2")
    assert "with batches of 4, on 2 processes" in done.stdout and done.stdout.count("epoch 6: ") == 1
    assert alike(tmp_path / "models/trained.keras", alone) < 1e-5
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [
        "trained.keras",
        "trained.keras.checkpoint",
    ]
    longer = run("--epochs", "7", "--processes", "3", "--resume")
    assert "2 processes began it, and 3 go on: the weights will be the same but for rounding" in longer.stderr
    assert "epoch 7: " in longer.stdout


@pytest.mark.slow
@pytest.mark.parametrize("killed", [0, 1])
def test_either_may_be_killed(both, addresses, killed):
    workers = both(*LONG)
    read_until(workers[0], "epoch 1: ")
    workers[killed].kill()
    (message,) = ended(workers[1 - killed])
    assert message == f"worker {killed} ({addresses[killed]}) is gone; start all again with --resume"


@pytest.mark.slow
@pytest.mark.parametrize("kills", [[0.5, 1.0]])
def test_killed_and_resumed_two_workers_end_with_the_same_bits(started, tmp_path, kills):
    def together(folder, *arguments):
        each = configs([f"127.0.0.1:{port}" for port in ports(2)])
        often = (*SMALL, "--epochs", "12", "--checkpoint-every", "0")
        places = (folder, f"{folder}-other")
        return [
            started(config, *often, *arguments, folder=place)
            for config, place in zip(each, places, strict=True)
        ]

    assert [worker.wait(timeout=120) for worker in together("whole")] == [0, 0]
    for later in kills:
        workers = together("again", "--resume")
        read_until(workers[0], "epoch ")
        time.sleep(later)
        workers[1].kill()
        workers[0].wait(timeout=60)
    workers = together("again", "--resume")
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    assert alike(tmp_path / "whole/models/trained.keras", tmp_path / "again/models/trained.keras") == 0


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_to_one_ends_all_with_a_checkpoint(both, tmp_path, number, code):
    chief, other = both(*LONG)
    read_until(chief, "epoch 2: ")
    other.send_signal(number)
    _, told = chief.communicate(timeout=60)
    assert chief.returncode == other.wait(timeout=60) == code
    assert "has all up to epoch " in told and (tmp_path / "a/models/trained.keras").is_file()


@pytest.mark.parametrize("present", [0, 1])
def test_one_that_never_comes(started, addresses, present):
    (message,) = ended(started(configs(addresses)[present], *LONG, wait=3))
    missing = (
        f"worker 1 ({addresses[1]}) did not come" if present == 0 else f"no chief at {addresses[0]} after"
    )
    assert missing in message


@pytest.mark.slow
def test_a_chief_that_is_lost_while_tensorflow_connects(started, addresses):
    """A chief that agrees to everything and then does nothing: TensorFlow would wait for it without end."""
    with socket.create_server(("127.0.0.1", int(addresses[0].rpartition(":")[2]))) as listener:
        worker = started(configs(addresses)[1], *LONG, wait=10)
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as stream:
            stream.readline()
            connection.sendall(b'{"welcome": true}\n{"bytes": 0}\n')
            stream.readline()
            connection.sendall(b'{"agreed": true}\n')
            (message,) = ended(worker)
    assert "did not connect within 10.0 seconds; start all again" in message


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"arguments": ("--units", "9")}, "units is 9 there and 8 here"),
        ({"arguments": ("--epochs", "3")}, "epochs is 3 there and 9999 here"),
        ({"arguments": ("--seed", "3")}, "seed is 3 there and 0 here"),
        ({"arguments": ("--corpus", "own.txt")}, "the corpus's sha256 is '"),
        ({"version": "0.0.1"}, "the program's version is '0.0.1' there"),
    ],
    ids=["units", "epochs", "seed", "text", "version"],
)
def test_one_that_is_asked_for_something_else(started, addresses, tmp_path, changes, told):
    (tmp_path / "b").mkdir()
    (tmp_path / "b/own.txt").write_text("another text\n" * 999)
    one, two = configs(addresses)
    more = changes.pop("arguments", ())
    messages = ended(started(one, *LONG, folder="a"), started(two, *LONG, *more, folder="b", **changes))
    assert all(told in message and f"worker 1 ({addresses[1]}) differs" in message for message in messages)


def test_two_with_one_index(started):
    three = configs([f"127.0.0.1:{port}" for port in ports(3)])
    workers = [started(three[place], *LONG, folder=name) for place, name in ((0, "a"), (1, "b"), (1, "c"))]
    assert ended(*workers) == ["two workers have the index 1; give each its own"] * 3


def test_a_port_that_is_taken(started, addresses):
    with socket.create_server(("", int(addresses[0].rpartition(":")[2]))):
        (message,) = ended(started(configs(addresses)[0], *LONG))
    assert f"worker 0 ({addresses[0]}) cannot have its port" in message


@pytest.mark.parametrize(
    "config",
    [
        "no JSON",
        "[]",
        "{}",
        '{"cluster": 3, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 2}}',
        '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "ps", "index": 0}}',
        '{"cluster": {"worker": ["a", "b"]}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": ["a:1", 7]}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": ["a:1", "b:99999"]}, "task": {"type": "worker", "index": 0}}',
    ],
)
def test_a_tf_config_that_makes_no_sense(started, config):
    (message,) = ended(started(config, *LONG))
    assert message.startswith("TF_CONFIG cannot be read (") and "to train on this machine alone" in message


@pytest.mark.slow
def test_one_worker_alone_is_one_process(started, tmp_path):
    worker = started(
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}', *SMALL, "--epochs", "1"
    )
    assert worker.wait(timeout=60) == 0 and (tmp_path / "chief/models/trained.keras").is_file()


@pytest.mark.slow
def test_slurm_s_variables_are_understood(started, tmp_path, alone):
    slurm = {
        "SLURM_JOB_ID": str(os.getpid()),
        "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_STEP_TASKS_PER_NODE": "2",
    }
    workers = [
        started(None, *SMALL, "--epochs", "6", folder=f"{index}", SLURM_PROCID=f"{index}", **slurm)
        for index in range(2)
    ]
    assert [worker.wait(timeout=90) for worker in workers] == [0, 0]
    assert alike(tmp_path / "0/models/trained.keras", alone) < 1e-5
    assert not list((tmp_path / "1").iterdir())


@pytest.mark.slow
def test_more_processes_than_rows(started, tmp_path):
    command = [sys.executable, "-m", "shakespeare", "train", *SMALL, "--batch-size", "1", "--processes", "2"]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "a batch has 1 rows, fewer than there are processes, 2" in done.stderr
