"""Run a learner's function in a process of its own, under limits, and collect what it returned."""

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from charlm.run.trial import module_path
from dino.grading import wire
from dino.grading.calling import OUTPUT_LIMIT, Outcome

MEMORY = 2 * 2**30
"""The bytes of address space that the process may have, on platforms that can limit it."""

CHANNEL_LIMIT = 200_000_000
"""The most bytes of answers that are read."""

WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class Run:
    """What came of a process under test.

    Attributes:
        outcomes: one for each call that was answered, in order.
        ending: empty if all were; else ``timeout``, ``output``, ``channel``, ``load``, ``exit`` or ``crash``.
        detail: the exit code, the signal or the message that goes with the ending.
        attempts: what it tried and was refused.
        states: what happened on the way in some calls, by their places; see :func:`watching.watched`.
    """

    outcomes: list[Outcome]
    ending: str = ""
    detail: str = ""
    attempts: tuple[str, ...] = ()
    states: dict[int, dict[str, Any]] = field(default_factory=dict)


class _Reader(threading.Thread):
    """Reads a pipe to its end, or until there is too much, which ends the process."""

    def __init__(self, pipe: IO[bytes], most: int, process: "subprocess.Popen[bytes]") -> None:
        super().__init__(daemon=True)
        self.content = bytearray()
        self.overflowed = False
        self._pipe, self._most, self._process = pipe, most, process
        self.start()

    def run(self) -> None:
        while block := os.read(self._pipe.fileno(), 1 << 16):
            if len(self.content) + len(block) > self._most:
                self.overflowed = True
                kill(self._process)
                return
            self.content += block


def run(job: dict[str, Any], timeout: float) -> Run:
    """Start a process, send it the job and wait for its answers.

    Args:
        job: the learner's cells, the function's name and the calls; see :mod:`dino.grading.worker`.
        timeout: seconds until it is ended.
    """
    nonce = secrets.token_hex(16)
    job = {**job, "nonce": nonce, "memory": MEMORY, "seconds": int(timeout) + 10}
    message = f"{json.dumps({'path': module_path()})}\n{wire.dump(job)}".encode()
    with tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", "-X", "utf8", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=_environment(folder),
            start_new_session=os.name == "posix",
        )
        assert process.stdin and process.stdout and process.stderr
        answers = _Reader(process.stdout, CHANNEL_LIMIT, process)
        printed = _Reader(process.stderr, OUTPUT_LIMIT, process)
        timed_out = False
        try:
            with suppress(OSError):
                process.stdin.write(message)
                process.stdin.close()
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            kill(process)
            for reader in (answers, printed):
                reader.join(5)
            process.stdout.close()
            process.stderr.close()
    return _read(bytes(answers.content), nonce, len(job["calls"]), process.returncode, timed_out, printed)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End the process and, where the platform has sessions, all that it started."""
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(OSError):
        process.kill()
    process.wait()


def _environment(folder: str) -> dict[str, str]:
    """Nothing of the parent's environment but what Windows needs to start a process."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "SYSTEMDRIVE") if name in os.environ}
    places = dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR"), folder)
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**kept, **places, **threads, "MPLBACKEND": "agg", "LC_ALL": "C.UTF-8"}


def _read(  # noqa: PLR0911 - one return for each way to end
    content: bytes, nonce: str, calls: int, code: int, timed_out: bool, printed: _Reader
) -> Run:
    """Understand the answers; one line that is not the harness's own spoils the exercise."""
    outcomes: list[Outcome] = []
    attempts: list[str] = []
    states: dict[int, dict[str, Any]] = {}
    ended, failure = "", ""
    for line in content.decode(errors="replace").split("\n")[:-1]:
        mark, _, text = line.partition(" ")
        try:
            if mark != nonce or ended:
                raise ValueError
            message = wire.load(text)
            attempts = [str(attempt) for attempt in message["attempts"]]
            if "outcome" in message:
                outcomes.append(_outcome(message["outcome"]))
            elif "state" in message:
                states[int(message["state"][0])] = dict(message["state"][1])
            else:
                ended, failure = str(message["ended"]), str(message.get("failure", ""))
        except (ValueError, KeyError, TypeError):
            return Run(outcomes, "channel", "", tuple(attempts))
    named = tuple(dict.fromkeys(attempts))
    if ended == "done" and len(outcomes) == calls:
        return Run(outcomes, attempts=named, states=states)
    if ended == "output" or printed.overflowed:
        return Run(outcomes, "output", "", named)
    if ended == "load":
        return Run(outcomes, "load", failure, named)
    if timed_out or (os.name == "posix" and code == -signal.SIGXCPU):
        return Run(outcomes, "timeout", "", named)
    if len(outcomes) > calls or ended:
        return Run(outcomes, "channel", "", named)
    if code < 0:
        with suppress(ValueError):
            return Run(outcomes, "crash", signal.Signals(-code).name, named)
    crashed = code > 255 or b"Fatal Python error" in printed.content
    return Run(outcomes, "crash" if crashed else "exit", f"exit code {code}", named)


def _outcome(fields: dict[str, Any]) -> Outcome:
    texts = {name: fields[name] for name in ("printed", "error", "message", "line")}
    if not all(isinstance(text, str) for text in texts.values()) or not isinstance(fields["arguments"], list):
        raise TypeError
    return Outcome(result=fields["result"], arguments=fields["arguments"], **texts)
