"""The processes that share each batch of a run: one alone, or the workers of a cluster.

Every worker has the whole network and makes the same updates; of each batch it reads its own rows, and the
gradients are summed over all. TensorFlow's MultiWorkerMirroredStrategy carries the sums. Beside it, each
worker keeps a connection to the chief: there they meet before anything is computed, find out whether all have
been asked for the same, and hear when one is gone, for a sum would wait for it without end.
"""

import faulthandler
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from charlm.errors import CharLMError, ClusterError, require_number
from charlm.run.console import say
from charlm.run.signals import Stopped, deferred
from charlm.run.training import alone
from shakespeare.backend import load_tensorflow

Tensor = Any

WAIT = 40
"""Seconds in which all workers must have come."""

CONNECTING = 50
"""Seconds in which TensorFlow must then have connected them."""

LAUNCHER = "CHARLM_LAUNCHER"
"""Set for the workers that :func:`launch` has started: its process, without which they do not go on."""


class Cluster:
    """One process alone, which has every row of a batch.

    Attributes:
        index: which of the processes this one is; 0 is the chief, who alone prints and writes.
        size: how many there are.
    """

    index, size = 0, 1

    def rows(self, total: int) -> slice:
        """This process's slice of the whole batch's rows; it may be empty."""
        return slice(total * self.index // self.size, total * (self.index + 1) // self.size)

    def sum(self, tensors: Sequence[Tensor]) -> Sequence[Tensor]:
        """Each tensor's sum over all processes; called within a TensorFlow function."""
        return tensors

    def sum_now(self, number: float) -> float:
        """A number's sum over all processes."""
        return number

    def gather(self, array: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """The rows of all processes, one after the other."""
        return array

    def settle(self, *wanted: int) -> tuple[int, ...]:
        """The largest of each number that a process wants."""
        return alone(*wanted)


ALONE = Cluster()


@dataclass(frozen=True)
class Member:
    """A worker's place in its cluster.

    Attributes:
        addresses: of all workers, ``host:port``; the first is the chief's.
        index: which one this is.
    """

    addresses: tuple[str, ...]
    index: int

    def name(self, index: int) -> str:
        """A worker in a message."""
        return f"worker {index} ({self.addresses[index]})"


def member(environ: Mapping[str, str]) -> Member | None:
    """This process's place, as TF_CONFIG or Slurm's variables tell it; None if it is alone.

    Raises:
        ClusterError: for a TF_CONFIG that makes no sense.
    """
    if text := environ.get("TF_CONFIG"):
        found = _of_tf_config(text)
    elif int(environ.get("SLURM_STEP_NUM_TASKS") or 1) > 1:
        found = _of_slurm(environ)
    else:
        return None
    return found if len(found.addresses) > 1 else None


def _of_tf_config(text: str) -> Member:
    try:
        config = json.loads(text)
        chiefs, workers = (list(config["cluster"].get(kind, ())) for kind in ("chief", "worker"))
        kind, index = config["task"]["type"], int(config["task"]["index"])
        addresses = (*chiefs, *workers)
        if kind not in ("chief", "worker") or not all(_port(address) for address in addresses):
            raise ValueError("its tasks are 'chief' and 'worker', each with addresses such as 'host:2222'")
        if not 0 <= index < len(chiefs if kind == "chief" else workers):
            raise ValueError(f"there is no {kind} {index}")
        return Member(addresses, index + (len(chiefs) if kind == "worker" else 0))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ClusterError(
            f"TF_CONFIG cannot be read ({error!r}): it must be JSON such as "
            '{"cluster": {"worker": ["host:2222", ...]}, "task": {"type": "worker", "index": 0}}; '
            "mend it, or unset it to train on this machine alone"
        ) from error


def _of_slurm(environ: Mapping[str, str]) -> Member:
    """The place of a task of srun's, whose tasks fill one host after the other."""
    load_tensorflow()
    # TensorFlow's own resolver sorts node10 before node2; Slurm does not.
    from tensorflow.python.distribute.cluster_resolver.slurm_cluster_resolver import (  # noqa: PLC0415
        expand_hostlist,
        expand_tasks_per_node,
    )

    first = 20_000 + int(environ.get("SLURM_JOB_ID", "0")) % 10_000  # keeps apart the jobs that share a host
    try:
        hosts = expand_hostlist(environ["SLURM_STEP_NODELIST"])
        counts = expand_tasks_per_node(environ["SLURM_STEP_TASKS_PER_NODE"])
        addresses = [
            f"{host}:{first + task}"
            for host, tasks in zip(hosts, counts, strict=True)
            for task in range(int(tasks))
        ]
        index = int(environ["SLURM_PROCID"])
        addresses[index]  # is there
        return Member(tuple(addresses), index)
    except (ValueError, LookupError, AssertionError) as error:
        raise ClusterError(f"Slurm's variables cannot be read ({error!r}); start it with srun") from error


def _port(address: str) -> int:
    _, _, port = address.rpartition(":")
    return int(port) if 0 < int(port) < 2**16 else 0


def gpus() -> int:
    """How many NVIDIA GPUs this machine has; each serves one process."""
    if not (command := shutil.which("nvidia-smi")):
        return 0
    listed = subprocess.run([command, "-L"], capture_output=True, text=True, check=False)
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())


def launch(count: int, arguments: list[str]) -> int:
    """Run a command as several workers on this machine, each with its share of the processors.

    Args:
        count: how many.
        arguments: of the command ``shakespeare``, without the option that asks for this.

    Returns:
        The exit code: 0, or that of the first worker that failed.

    Raises:
        InvalidOption: for a count below 1.
    """
    require_number("processes", count, at_least=1, at_most=1024)
    with ExitStack() as stack:
        listeners = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)
        ]  # kept open until each has a port of its own
        addresses = [f"127.0.0.1:{listener.getsockname()[1]}" for listener in listeners]
    shared = {
        "TF_NUM_INTRAOP_THREADS": str(max(1, (os.cpu_count() or 1) // count)),
        **os.environ,
        LAUNCHER: str(os.getpid()),
    }
    with deferred() as stop:
        workers = []
        for index in range(count):
            config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
            own = {"TF_CONFIG": json.dumps(config)}
            if count <= gpus():
                own["CUDA_VISIBLE_DEVICES"] = str(index)
            command = [sys.executable, "-m", "shakespeare", *arguments]
            workers.append(subprocess.Popen(command, env=shared | own))
        told = False
        while any(worker.poll() is None for worker in workers):
            if stop.number is not None and not told:
                told = True
                for worker in workers:
                    with suppress(OSError):
                        worker.send_signal(stop.number)
            time.sleep(0.05)
    return next((code for code in (worker.returncode for worker in workers) if code), 0)


class _Wire:
    """A connection that carries lines of JSON, and bytes after a line that gives their number."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(None)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # A lost host sends nothing: probe after 5 seconds of silence, give up 20 seconds later.
        for name, value in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 4)):
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        self._connection, self._stream = connection, connection.makefile("rb")

    def send(self, message: Mapping[str, Any], more: bytes = b"") -> None:
        self._connection.sendall(json.dumps(message).encode() + b"\n" + more)

    def receive(self) -> dict[str, Any]:
        """The next message; a failure if the other side has closed or sends no JSON."""
        try:
            return dict(json.loads(self._stream.readline()))
        except (OSError, ValueError, TypeError):
            return {"gone": True}

    def receive_bytes(self, count: int) -> bytes:
        return self._stream.read(count)

    def close(self) -> None:
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()


class Team:
    """A worker's connections: from the chief to all others, from each other to the chief.

    Args:
        member: this worker.
        wires: by the index of who is at the other end.
    """

    def __init__(self, member: Member, wires: dict[int, _Wire]) -> None:
        self.member, self._wires = member, wires
        self._ended = threading.Event()
        self._listeners: list[threading.Thread] = []

    @property
    def chief(self) -> bool:
        """Whether this worker prints and writes."""
        return self.member.index == 0

    def share(self, content: bytes) -> bytes:
        """Send the chief's bytes to every worker."""
        if self.chief:
            for wire in self._wires.values():
                wire.send({"bytes": len(content)}, content)
            return content
        return self._wires[0].receive_bytes(int(self._expected(0, "bytes")))

    def agree(self, identity: Mapping[str, Any]) -> None:
        """Check that all workers were started alike, and watch the connections from then on.

        Raises:
            ClusterError: naming what differs, at every worker.
        """
        mine = json.loads(json.dumps(identity))
        if self.chief:
            for index in self._wires:
                theirs = self._expected(index, "identity")
                for name in mine:
                    if theirs.get(name) != mine[name]:
                        raise ClusterError(
                            f"{self.member.name(index)} differs from the chief: {name} is "
                            f"{theirs.get(name)!r:.40} there and {mine[name]!r:.40} here; "
                            "call all alike, with the same text and the same versions"
                        )
            for wire in self._wires.values():
                wire.send({"agreed": True})
        else:
            self._wires[0].send({"identity": mine})
            self._expected(0, "agreed")
        for index in self._wires:
            listener = threading.Thread(target=self._listen, args=(index,), daemon=True)
            listener.start()
            self._listeners.append(listener)
        if LAUNCHER in os.environ and os.name == "posix":
            threading.Thread(target=self._watch_launcher, daemon=True).start()

    def connected(self) -> "Cluster":
        """The workers joined for computing; TensorFlow must be loaded and must have computed nothing yet."""
        with _ended_after(
            CONNECTING, f"a worker is gone, or did not connect within {CONNECTING} seconds; start all again"
        ):
            return _Workers(self.member)

    def _expected(self, index: int, what: str) -> Any:  # noqa: ANN401 - anything that JSON can hold
        message = self._wires[index].receive()
        if what in message:
            return message[what]
        raise ClusterError(self._failure(index, message))

    def _failure(self, index: int, message: Mapping[str, Any]) -> str:
        """What to say of a worker that has ended, with its last message if it sent one."""
        if "failed" in message:
            return str(message["failed"])
        return f"{self.member.name(index)} is gone; start all again with --resume"

    def _listen(self, index: int) -> None:
        """Wait for a worker's last message; unless it is 'done', end this process.

        The main thread may be waiting within TensorFlow for ever, so nothing else would do. Files are as safe
        as from SIGKILL.
        """
        message = self._wires[index].receive()
        if self._ended.wait(WAIT if "done" in message else 0):
            return
        failure = self._failure(index, message)
        for other, wire in self._wires.items():
            if other != index:
                with suppress(OSError):
                    wire.send({"failed": failure})
        self._end(failure)

    def _watch_launcher(self) -> None:
        while os.getppid() == int(os.environ[LAUNCHER]):
            time.sleep(1)
        self._end("the process that started the workers is gone; start it again with --resume")

    def _end(self, failure: str) -> NoReturn:
        say(f"shakespeare: {failure}")
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(CharLMError.exit_code)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Surrounds the joint work, and tells the others how it ended."""
        try:
            yield
        except (KeyboardInterrupt, Stopped):  # on which all have agreed
            self._leave({"done": True})
            raise
        except BaseException as error:
            if type(error).__module__.startswith("tensorflow"):  # a sum failed because a worker is gone
                time.sleep(10)  # the listener knows which one, and ends this process
                error = ClusterError(f"TensorFlow could not sum over the workers: {error}; start all again")
            told = (
                str(error)
                if isinstance(error, ClusterError)
                else f"{self.member.name(self.member.index)} ended: {error}"
            )
            self._leave({"failed": told})
            raise error from None
        self._leave({"done": True})

    def _leave(self, message: Mapping[str, Any]) -> None:
        self._ended.set()
        for wire in self._wires.values():
            with suppress(OSError):
                wire.send(message)
        if "done" in message:  # the chief serves the others, so it stays until they are done
            for listener in self._listeners:
                listener.join(WAIT)
        for wire in self._wires.values():
            wire.close()


@contextmanager
def _ended_after(seconds: float, failure: str) -> Iterator[None]:
    """End this process in one line if what is inside takes longer.

    TensorFlow holds Python's lock while it waits for the other workers, so no thread of Python's can end it.
    ``faulthandler`` needs no lock; what it writes makes another process say the line.
    """
    say_it = "import sys; sys.stdin.buffer.read() and print('shakespeare:', sys.argv[1], file=sys.stderr)"
    with subprocess.Popen([sys.executable, "-S", "-c", say_it, failure], stdin=subprocess.PIPE) as teller:
        assert teller.stdin
        faulthandler.dump_traceback_later(seconds, exit=True, file=teller.stdin)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            teller.stdin.close()


@contextmanager
def joined(member: Member) -> Iterator[Team]:
    """Meet the other workers, and stay connected while they work together.

    Raises:
        ClusterError: if one does not come, two have one place, or a port is taken, told to all.
    """
    _, _, port = member.addresses[member.index].rpartition(":")
    try:
        listener = socket.create_server(("", int(port)))
    except OSError as error:
        raise ClusterError(
            f"{member.name(member.index)} cannot have its port {port} on this machine ({error.strerror}); "
            "end the program that has it, or choose another"
        ) from error
    wires: dict[int, _Wire] = {}
    team = Team(member, wires)
    with team.working():
        with listener:
            if team.chief:
                _welcome(member, listener, wires)
        if not team.chief:
            wires[0] = _come(member)
            team._expected(0, "welcome")
        yield team


def _welcome(member: Member, listener: socket.socket, wires: dict[int, _Wire]) -> None:
    """The chief waits for all others."""
    until = time.monotonic() + WAIT
    while len(wires) < len(member.addresses) - 1:
        listener.settimeout(max(0.01, until - time.monotonic()))
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            missing = [index for index in range(1, len(member.addresses)) if index not in wires]
            raise ClusterError(
                f"{', '.join(map(member.name, missing))} did not come within {WAIT} seconds; start all"
            ) from None
        connection.settimeout(5)
        wire = _Wire(connection)
        hello = wire.receive()
        index = hello.get("index")
        if type(index) is not int or not 0 < index < len(member.addresses):
            wire.close()  # a stranger connected to the port
            continue
        if hello.get("addresses") != list(member.addresses):
            wires[index] = wire
            raise ClusterError(
                f"{member.name(index)} was told of other workers than the chief; tell all the same"
            )
        if index in wires:
            failure = f"two workers have the index {index}; give each its own"
            wire.send({"failed": failure})
            wire.close()
            raise ClusterError(failure)
        wires[index] = wire
    for wire in wires.values():
        wire.send({"welcome": True})


def _come(member: Member) -> _Wire:
    """A worker tries to reach the chief until it answers."""
    host, _, port = member.addresses[0].rpartition(":")
    until = time.monotonic() + WAIT
    while True:
        try:
            wire = _Wire(socket.create_connection((host, int(port)), timeout=5))
            wire.send({"index": member.index, "addresses": member.addresses})
            return wire
        except OSError as error:
            if time.monotonic() > until:
                raise ClusterError(
                    f"there is no chief at {member.addresses[0]} after {WAIT} seconds "
                    f"({error.strerror or error}); start all workers"
                ) from error
            time.sleep(0.2)


class _Workers(Cluster):
    """The workers' sums and rows, by TensorFlow."""

    def __init__(self, member: Member) -> None:
        import tensorflow as tf  # noqa: PLC0415 - slow to load

        self.index, self.size = member.index, len(member.addresses)
        experimental = tf.distribute.experimental
        ring = experimental.CommunicationImplementation.RING
        self._strategy = tf.distribute.MultiWorkerMirroredStrategy(
            cluster_resolver=tf.distribute.cluster_resolver.SimpleClusterResolver(
                tf.train.ClusterSpec({"worker": list(member.addresses)}),
                task_type="worker",
                task_id=member.index,
                rpc_layer="grpc",
            ),
            communication_options=experimental.CommunicationOptions(implementation=ring),
        )

        context = tf.distribute.get_replica_context

        def summed(part: Tensor) -> Tensor:
            return context().all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(part))

        def gathered(part: Tensor) -> Tensor:
            return context().all_gather(tf.identity(part), axis=0)

        compiled: Any = tf.function  # its annotations are incomplete
        self._sum = lambda part: self._strategy.run(summed, (part,))
        self._sum_now = compiled(self._sum, autograph=False)
        self._gather_now = compiled(
            lambda part: self._strategy.run(gathered, (part,)), autograph=False, reduce_retracing=True
        )

    def sum(self, tensors: Sequence[Tensor]) -> Sequence[Tensor]:
        """Each tensor's sum over all processes, in one message."""
        import tensorflow as tf  # noqa: PLC0415 - loaded by now

        whole = self._sum(  # type: ignore[no-untyped-call]
            tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], 0)
        )
        sizes = [math.prod(tensor.shape) for tensor in tensors]
        parts: Sequence[Tensor] = tf.split(whole, sizes)
        return [tf.reshape(part, tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]

    def sum_now(self, number: float) -> float:
        """A number's sum over all processes."""
        return float(self._sum_now(np.float64(number)))

    def gather(self, array: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """The rows of all processes, one after the other."""
        rows: np.ndarray[Any, Any] = self._gather_now(array).numpy()
        return rows

    def settle(self, *wanted: int) -> tuple[int, ...]:
        """The largest of each number that a process wants."""
        every = self.gather(np.array([wanted], np.int32))
        return tuple(map(int, every.max(axis=0)))
