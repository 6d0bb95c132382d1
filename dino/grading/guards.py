"""What the process under test may not do: guards before files, processes, the network and the solutions.

They stop accidents and cheap tricks, and are no sandbox. This file needs the standard library alone; the
process under test loads it by its path.
"""

import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent

GRADED = ("dino.exercises", "dino.grading", "dino.reproduction")
"""Modules that hold the graded solutions, or import them."""

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

REFUSED = {
    "os.fork": "start a process",
    "os.forkpty": "start a process",
    "os.exec": "start a process",
    "os.posix_spawn": "start a process",
    "os.spawn": "start a process",
    "os.system": "start a process",
    "os.startfile": "start a process",
    "subprocess.Popen": "start a process",
    "pty.spawn": "start a process",
    "os.kill": "send a signal to a process",
    "os.killpg": "send a signal to a process",
    "socket.connect": "use the network",
    "socket.bind": "use the network",
    "socket.getaddrinfo": "use the network",
    "socket.sendto": "use the network",
}
CHANGING = (
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.chmod",
    "os.truncate",
    "os.link",
    "os.symlink",
)

attempts: list[str] = []
"""What was tried and refused so far."""


class Refused(RuntimeError):
    """The learner's code tried something that is not allowed while it is graded."""


class Gate:
    """Finds no module that the process under test must not load."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        """Refuse by raising, or leave the module to the other finders."""
        _refuse_import(name)


def _refuse_import(name: str) -> None:
    if any(name == graded or name.startswith(f"{graded}.") for graded in GRADED):
        attempts.append(f"import {name}")
        raise ImportError(f"{name} holds the graded solutions; it cannot be imported while grading")


def _refuse(what: str) -> None:
    attempts.append(what)
    raise Refused(f"it tried to {what}, which is refused while grading")


def guard(folder: str) -> None:
    """Put the guards up; an audit hook cannot be taken down again."""
    sys.meta_path.insert(0, Gate)
    own = os.path.realpath(folder) + os.sep
    solutions = (
        str(HERE) + os.sep,
        str(HERE.parent / "exercises"),
        str(HERE.parent / "__pycache__" / "exercises"),
    )

    def inside(path: Any) -> bool:
        full = os.path.realpath(os.fsdecode(path))
        return full.startswith(own) or full == os.path.realpath(os.devnull)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if not isinstance(path, str | bytes):
                return
            if isinstance(flags, int) and flags & WRITING and not inside(path):
                _refuse("write a file outside its folder")
            if os.path.realpath(os.fsdecode(path)).startswith(solutions):
                _refuse("read the graded solutions")
        elif event in REFUSED:
            _refuse(REFUSED[event])
        elif event in CHANGING and not inside(arguments[0]):
            _refuse("change a file outside its folder")
        elif event == "import":
            _refuse_import(arguments[0])

    sys.addaudithook(hook)


def limit(memory: int, seconds: int) -> None:
    """Bound memory, processor time and file size where the platform can."""
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return
    limits = {"RLIMIT_AS": memory, "RLIMIT_CPU": seconds, "RLIMIT_FSIZE": 2**24, "RLIMIT_CORE": 0}
    for name, value in limits.items():
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (AttributeError, ValueError, OSError):
            continue  # macOS knows some of these and enforces fewer
