"""The process under test: loads a learner's functions and calls one of them on what the parent sends.

It is started by its path in an empty folder, with nothing but NumPy and its three neighbours loaded. It knows
no expected value: it sends back what the function returned, and the parent compares. Before any line of the
learner's runs, it takes the channel to the parent off standard output, sets the limits, and puts guards
before the graded solutions, other processes, the network, and files outside its folder. The guards stop
accidents and cheap tricks; they are no sandbox.
"""

import ast
import dis
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent

OURS = "dino.exercises"
"""Of this module, what the course provides may be imported, and no more."""


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


class Idle(types.ModuleType):
    """Stands for a package that only shows something: whatever is asked of it does nothing.

    Args:
        name: the package's.
    """

    __all__: Sequence[str] = ()
    __version__ = "0"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> Any:
        """Something that does nothing either."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Idle(f"{self.__name__}.{name}")

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """A progress bar hands on what it is given to go through; all else does nothing."""
        if self.__name__.startswith("tqdm") and arguments:
            return Bar(range(*arguments)) if self.__name__.endswith("trange") else Bar(arguments[0])
        return Idle(self.__name__)

    def __iter__(self) -> Iterator[Any]:
        """As many as ``figure, axes = plt.subplots()`` or ``line, = plt.plot(x)`` takes; else two."""
        frame = sys._getframe(1)
        name, wanted = frame.f_code.co_code[frame.f_lasti : frame.f_lasti + 2]
        count = wanted if dis.opname[name] == "UNPACK_SEQUENCE" else 2
        return iter([Idle(self.__name__)] * count)

    def __getitem__(self, key: Any) -> Any:
        """One of several axes."""
        return Idle(self.__name__)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Nothing is set."""

    def __enter__(self) -> Any:
        """Nothing is begun."""
        return self

    def __exit__(self, *reason: object) -> None:
        """Nothing is ended."""


class Bar(Idle):
    """A progress bar that shows nothing.

    Args:
        items: what it goes through.
    """

    def __init__(self, items: Iterable[Any]) -> None:
        super().__init__("bar")
        self.items = items

    def __iter__(self) -> Iterator[Any]:
        """What it was given."""
        return iter(self.items)


class Heavy(Idle):
    """Stands for a package that no exercise needs: it can be imported and set up, but gives no values."""

    def __getattr__(self, name: str) -> Any:
        """Something of the package."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Heavy(f"{self.__name__}.{name}")

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """A decorator hands its function on; all else does nothing."""
        plain = len(arguments) == 1 and isinstance(arguments[0], types.FunctionType)
        return arguments[0] if plain else Heavy(self.__name__)

    def __iter__(self) -> Iterator[Any]:
        """There are no devices."""
        return iter(())

    def __bool__(self) -> bool:
        """Nor is anything available."""
        return False

    def _needed(self, *others: Any, **options: Any) -> Any:
        package = self.__name__.partition(".")[0]
        raise ImportError(f"{package} is not loaded while grading; the exercises need NumPy alone")

    __array__ = __float__ = __int__ = __index__ = __len__ = __getitem__ = __setitem__ = _needed
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __matmul__ = _needed


SHOWING = ("matplotlib", "seaborn", "tqdm", "IPython")
"""Packages that only show something; Idle stands for them."""

HEAVY = ("tensorflow", "keras", "tf_keras", "torch", "jax")
"""Packages that take long to load; Heavy stands for them."""


class StandIns(importlib.abc.Loader):
    """Finds those packages and all that lies in them."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        """A stand-in, or nothing for other modules."""
        if name.partition(".")[0] in (*SHOWING, *HEAVY):
            return importlib.machinery.ModuleSpec(name, StandIns(), is_package=True)
        return None

    @staticmethod
    def create_module(spec: Any) -> types.ModuleType:
        """The stand-in."""
        return (Heavy if spec.name.partition(".")[0] in HEAVY else Idle)(spec.name)

    @staticmethod
    def exec_module(module: types.ModuleType) -> None:
        """There is nothing to run."""


def _neighbour(name: str) -> Any:
    """A module of this folder, loaded by its path: the package itself is out of reach."""
    path = HERE / f"{name}.py"
    module = types.ModuleType(f"_grading_{name}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    # Under a name that is no path: a learner's traceback or warning reads no file of the grader's.
    exec(compile(path.read_text(encoding="utf-8"), f"<grading {name}>", "exec"), vars(module))
    return module


def _given(names: list[str], source: str) -> types.ModuleType:
    """The functions that the course hands out, as a module."""
    import __future__ as future  # noqa: PLC0415

    import numpy as np  # noqa: PLC0415

    module = types.ModuleType("utils")
    vars(module).update(np=np, __all__=names)
    exec(compile(source, "<utils>", "exec", flags=future.annotations.compiler_flag), vars(module))
    forward, update = module.rnn_forward, module.update_parameters

    # The course's own module calls some arguments otherwise than its text: those names are taken, too.
    def rnn_forward(
        X: Any,
        Y: Any,
        a_prev: Any = None,
        parameters: Any = None,
        vocab_size: int | None = None,
        **other: Any,
    ) -> Any:
        if parameters is None:
            raise TypeError("rnn_forward() takes X, Y, a_prev and parameters")
        size = len(parameters["by"])
        if vocab_size not in (None, size):
            raise ValueError(f"vocab_size is {vocab_size}, and the network has {size} characters")
        return forward(X, Y, other.pop("a0", a_prev), parameters, **other)

    def update_parameters(
        parameters: Any, gradients: Any, learning_rate: float | None = None, **other: Any
    ) -> Any:
        rate = other.pop("lr", learning_rate)
        if rate is None:
            raise TypeError("update_parameters() takes parameters, gradients and learning_rate")
        return update(parameters, gradients, rate, **other)

    vars(module).update(rnn_forward=rnn_forward, update_parameters=update_parameters)
    return module


def _course_modules(provided: types.ModuleType) -> None:
    """Give the course's own modules their names; its tests pass everything: grading is done elsewhere."""
    tests = Idle("public_tests")
    tests.__all__ = ("clip_test", "model_test", "optimize_test", "sample_test")
    sys.modules["utils"] = sys.modules["rnn_utils"] = provided
    sys.modules["public_tests"] = tests
    sys.modules["shakespeare_utils"] = Heavy("shakespeare_utils")  # for the poems' half


def _run(node: ast.stmt, file: str, namespace: dict[str, Any], course: dict[str, Any]) -> str:
    """Execute one statement; an import that fails leaves something that says so when it is used."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            if isinstance(node, ast.ImportFrom) and node.module == OURS and alias.name in [*course, "*"]:
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


def _provide(files: dict[str, str]) -> None:
    """Put the files of a call into the current folder."""
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")


def _opener(files: set[str]) -> Callable[..., Any]:
    """``open``, which finds the files of the calls wherever a learner's own folder has them."""

    def opened(file: Any, *arguments: Any, **options: Any) -> Any:
        name = str(file).replace("\\", "/").rpartition("/")[2].lower()
        return open(name if name in files else file, *arguments, **options)  # noqa: PTH123 - a learner's own

    return opened


def _functions(job: dict[str, Any], provided: Any) -> tuple[dict[str, Any], str]:
    """The learner's names, with right versions of what lies beneath; and what went wrong."""
    import __future__ as future  # noqa: PLC0415

    import copy  # noqa: PLC0415

    import numpy as np  # noqa: PLC0415

    course = {name: getattr(provided, name) for name in provided.__all__}
    right = {**course, "np": np, "copy": copy}
    exec(compile(job["beneath"], "<right>", "exec", flags=future.annotations.compiler_flag), right)
    files = {name for _, _, _, named in job["calls"] for name in named}
    namespace = {"__name__": "learner", **course, **({"open": _opener(files)} if files else {})}
    failures = []
    for label, source, kept in job["cells"]:
        body = ast.parse(source).body
        for index in kept:
            failures.append(_run(body[index], f"<learner {label}>", namespace, course))
    namespace.update({name: right[name] for name in job["given"]})
    return namespace, next(filter(None, failures), "")


def _explained(
    job: dict[str, Any],
    function: Callable[..., Any],
    failed: int | None,
    watching: Any,
    send: Callable[[dict[str, Any]], None],
) -> None:
    """Send what happened on the way: for the first call and the first that failed, the variables as well."""
    trees = {f"<learner {label}>": ast.parse(source) for label, source, _ in job["cells"]}
    closely = {0, failed or 0}
    for place in sorted({*job["watched"], *closely}):
        arguments, options, seed, files = job["calls"][place]
        _provide(files)
        given = {*job["course"][0], *job["given"]}
        state = watching.watched(function, arguments, options, seed, given, trees, lines=place in closely)
        send({"state": [place, state]})


def main() -> None:
    """Read a job from standard input, answer on what was standard output, and end."""
    channel = os.dup(1)
    os.dup2(2, 1)  # what is printed past Python's sys.stdout goes where it is only counted
    head, body = sys.stdin.buffer.read().decode().split("\n", 1)
    first = json.loads(head)
    sys.path[:] = first["path"]
    wire, calling, watching, guards = map(_neighbour, ("wire", "calling", "watching", "guards"))
    job = wire.load(body)

    def send(message: dict[str, Any]) -> None:
        line = f"{job['nonce']} {wire.dump({**message, 'attempts': guards.attempts})}\n".encode()
        while line:
            line = line[os.write(channel, line) :]

    def stop() -> None:
        send({"ended": "output"})
        os._exit(1)

    course = _given(*job["course"])
    _course_modules(course)
    guards.limit(job["memory"], job["seconds"])
    guards.guard(str(Path.cwd()))
    sys.meta_path.insert(1, StandIns)
    watching.watch_random(calling.EndlessLoop)
    namespace, failure = _functions(job, course)
    function = namespace.get(job["name"])
    if not callable(function):
        send({"ended": "load", "failure": failure or f"{job['name']} is no function"})
        os._exit(1)
    left = calling.OUTPUT_LIMIT
    failed: int | None = None
    for number, (arguments, options, seed, files) in enumerate(job["calls"]):
        _provide(files)
        printed = calling.Printed(left, stop)
        try:
            outcome = calling.call(function, arguments, options, global_seed=seed, printed=printed)
        except BaseException as error:  # such as a KeyboardInterrupt of the learner's own
            outcome = calling.Outcome(error=type(error).__name__)
        left = printed.left
        send({"outcome": vars(outcome)})
        if outcome.error and failed is None:
            failed = number
    _explained(job, function, failed, watching, send)
    send({"ended": "done"})
    os._exit(0)


if __name__ == "__main__":
    main()
