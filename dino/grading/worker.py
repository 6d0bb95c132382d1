"""The process under test: loads a learner's functions and calls one of them on what the parent sends.

It is started by its path in an empty folder, with nothing but NumPy and its three neighbours loaded. It knows
no expected value: it sends back what the function returned, and the parent compares. Before any line of the
learner's runs, it takes the channel to the parent off standard output, sets the limits, and puts guards
before the graded solutions, other processes, the network, and files outside its folder. The guards stop
accidents and cheap tricks; they are no sandbox.
"""

import ast
import importlib
import importlib.util
import json
import os
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent

GRADED = ("dino.exercises", "dino.grading", "dino.reproduction")
"""Modules that hold the graded solutions, or import them."""

NEVER_LOADED = ("tensorflow", "keras", "tf_keras", "torch", "jax")
"""Heavy packages that no exercise needs."""

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

_attempts: list[str] = []


class Refused(RuntimeError):
    """The learner's code tried something that is not allowed while it is graded."""


class Missing:
    """Stands for an import that failed, until it is used.

    Args:
        reason: what the import said.
    """

    def __init__(self, reason: str) -> None:
        object.__setattr__(self, "reason", reason)

    def __getattr__(self, name: str) -> Any:
        """Say why there is nothing."""
        raise ImportError(object.__getattribute__(self, "reason"))

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """Say why there is nothing."""
        raise ImportError(object.__getattribute__(self, "reason"))


class Gate:
    """Finds no module that the process under test must not load."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        """Refuse by raising, or leave the module to the other finders."""
        _refuse_import(name)


def _refuse_import(name: str) -> None:
    if any(name == graded or name.startswith(f"{graded}.") for graded in GRADED):
        _attempts.append(f"import {name}")
        raise ImportError(f"{name} holds the graded solutions; it cannot be imported while grading")
    if name.partition(".")[0] in NEVER_LOADED:
        raise ImportError(f"{name} is not loaded while grading; the exercises need NumPy alone")


def _refuse(what: str) -> None:
    _attempts.append(what)
    raise Refused(f"it tried to {what}, which is refused while grading")


def _guard(folder: str) -> None:
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


def _limit(memory: int, seconds: int) -> None:
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


def _neighbour(name: str) -> Any:
    """A module of this folder, loaded by its path: the package itself is out of reach."""
    spec = importlib.util.spec_from_file_location(f"_grading_{name}", HERE / f"{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _course_modules(provided: Any) -> None:
    """Give the course's own modules their names."""

    class Tests(types.ModuleType):
        """The course's public tests: they pass everything, since grading is done elsewhere."""

        __all__ = ("clip_test", "model_test", "optimize_test", "sample_test")

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return lambda *arguments, **options: None

    class Poems(types.ModuleType):
        """The utilities of the poems' half, which no exercise needs."""

        __all__: Sequence[str] = ()

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return Missing(f"{name} of {self.__name__} needs Keras, which is not loaded while grading")

    sys.modules["utils"] = sys.modules["rnn_utils"] = provided
    sys.modules["public_tests"] = Tests("public_tests")
    sys.modules["shakespeare_utils"] = Poems("shakespeare_utils")


def _run(node: ast.stmt, file: str, namespace: dict[str, Any], course: dict[str, Any]) -> str:
    """Execute one statement; an import that fails leaves something that says so when it is used."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            if isinstance(node, ast.ImportFrom) and node.module == GRADED[0] and alias.name in [*course, "*"]:
                namespace.update(
                    {alias.asname or alias.name: course[alias.name]} if alias.name != "*" else course
                )
                continue
            part = ast.copy_location(
                ast.Import([alias])
                if isinstance(node, ast.Import)
                else ast.ImportFrom(node.module, [alias], node.level),
                node,
            )
            try:
                exec(compile(ast.Module([part], []), file, "exec"), namespace)
            except Exception as error:
                if alias.name != "*":
                    namespace[alias.asname or alias.name.partition(".")[0]] = Missing(str(error))
        return ""
    try:
        exec(compile(ast.Module([node], []), file, "exec"), namespace)
    except BaseException as error:
        return f"line {node.lineno}: {type(error).__name__}: {error}"
    return ""


def _functions(job: dict[str, Any], provided: Any) -> tuple[dict[str, Any], str]:
    """The learner's names, with right versions of what lies beneath; and what went wrong."""
    import __future__ as future  # noqa: PLC0415

    import copy  # noqa: PLC0415

    import numpy as np  # noqa: PLC0415

    course = {name: getattr(provided, name) for name in provided.__all__}
    right = {**course, "np": np, "copy": copy}
    exec(compile(job["beneath"], "<right>", "exec", flags=future.annotations.compiler_flag), right)
    namespace = {"__name__": "learner", **course}
    failures = []
    for label, source, kept in job["cells"]:
        body = ast.parse(source).body
        for index in kept:
            failures.append(_run(body[index], f"<learner {label}>", namespace, course))
    namespace.update({name: right[name] for name in job["given"]})
    return namespace, next(filter(None, failures), "")


def main() -> None:
    """Read a job from standard input, answer on what was standard output, and end."""
    channel = os.dup(1)
    os.dup2(2, 1)  # what is printed past Python's sys.stdout goes where it is only counted
    head, body = sys.stdin.buffer.read().decode().split("\n", 1)
    first = json.loads(head)
    sys.path[:] = first["path"]
    wire, calling, provided = map(_neighbour, ("wire", "calling", "provided"))
    job = wire.load(body)

    def send(message: dict[str, Any]) -> None:
        line = f"{job['nonce']} {wire.dump({**message, 'attempts': _attempts})}\n".encode()
        while line:
            line = line[os.write(channel, line) :]

    def stop() -> None:
        send({"ended": "output"})
        os._exit(1)

    _course_modules(provided)
    _limit(job["memory"], job["seconds"])
    _guard(str(Path.cwd()))
    namespace, failure = _functions(job, provided)
    function = namespace.get(job["name"])
    if not callable(function):
        send({"ended": "load", "failure": failure or f"{job['name']} is no function"})
        os._exit(1)
    left = calling.OUTPUT_LIMIT
    for arguments, options, seed in job["calls"]:
        printed = calling.Printed(left, stop)
        try:
            outcome = calling.call(function, arguments, options, global_seed=seed, printed=printed)
        except KeyboardInterrupt:
            outcome = calling.Outcome(error="KeyboardInterrupt")
        left = printed.left
        send({"outcome": vars(outcome)})
    send({"ended": "done"})
    os._exit(0)


if __name__ == "__main__":
    main()
