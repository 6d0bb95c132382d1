"""What a person sees: lines on standard output and standard error, in the same words everywhere."""

import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from charlm.errors import require_choice, require_number
from charlm.run.signals import deferred

if TYPE_CHECKING:
    from rich.progress import Progress

    from charlm.run.fetching import KnownFile
    from charlm.run.training import Report


MOVES_EVERY = 0.2
"""Seconds between two changes of a line that moves."""


def say(message: str) -> None:
    """One line for the person at the terminal, on standard error."""
    with suppress(OSError):  # a closed standard error is no reason to fail
        print(" ".join(message.splitlines()), file=sys.stderr, flush=True)


def say_at_terminal(message: str) -> None:
    """A line for a person who watches; what reads a pipe does not need it."""
    if sys.stderr and sys.stderr.isatty():
        say(message)


def show(text: str) -> None:
    """A result, on standard output.

    Not by typer.echo, which takes an ASCII terminal for one of UTF-8, and passes by a progress bar.
    """
    print(text, flush=True)


def as_json(value: Any, indent: int | None = None) -> str:  # noqa: ANN401 - all that JSON can hold
    """As JSON; escaped to ASCII if standard output cannot encode some character."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text


def as_text(typed: str) -> str:
    """What was typed. Bytes that the locale cannot decode (in C, all beyond ASCII) are read as UTF-8."""
    try:
        return typed.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a surrogate pair, which Windows can pass
        return typed


def choose_seed(seed: int | None, tell: Callable[[str], object] | None = None) -> int:
    """The given seed, or a new one, which is shown so that the result can be repeated.

    Args:
        seed: None draws one.
        tell: shows it; None for :func:`say`.

    Raises:
        InvalidOption: if it is negative.
    """
    if seed is None:
        seed = secrets.randbelow(1_000_000)
        (tell or say)(f"seed {seed}")
    require_number("seed", seed, at_least=0)
    return seed


def fetch(names: list[str], among: "Mapping[str, KnownFile]") -> None:
    """Fetch known files into the cache, and say where each is.

    Args:
        names: which.
        among: the files that there are, by name.

    Raises:
        InvalidOption: for a name that is not among those given.
        CorpusError: if one cannot be had.
    """
    from charlm.run import fetching  # noqa: PLC0415 - only where something is fetched

    for name in names:
        require_choice("the name", name, tuple(among))
    for name in names:
        show(f"{name}: {fetching.locate(among[name])}")


def on_terminal() -> bool:
    """Whether a person watches: standard output is a terminal, and NO_COLOR does not ask for plain lines."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


@contextmanager
def watched(after_report: "Callable[[], object] | None" = None) -> "Iterator[dict[str, Any]]":
    """What surrounds a training run: a progress bar on a terminal, a line for each report and each file.

    Args:
        after_report: called behind each report's line.

    Yields:
        What ``charlm.run.training.Run`` takes: ``report``, ``say``, ``conclude`` and ``stop``.
    """
    bar = _Bar()

    def report(now: "Report") -> None:
        bar.move(now)
        if now.ended:
            show(f"{now}, {now.seconds:.0f} s")
            if after_report:
                after_report()

    def tell(line: str) -> None:
        bar.stop()  # rich would wrap the line at the terminal's width
        say(line)

    def conclude(line: str) -> None:
        bar.stop()
        show(line)

    try:
        with deferred() as stop:
            yield {"report": report, "say": tell, "conclude": conclude, "stop": stop}
    finally:
        bar.stop()


@contextmanager
def progress_of(
    given: "Callable[[Report], object] | None",
) -> "Iterator[Callable[[Report], object]]":
    """Who is told how a training from Python goes: whom the caller names, else a notebook, else nobody."""
    line = _MovingLine()
    try:
        yield given or (line.move if in_notebook() else lambda _: None)
    finally:
        line.end()


def in_notebook() -> bool:
    """Whether the output of this process is a notebook's, as Jupyter shows it."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


class _MovingLine:
    """One line that is written over, and one that stays for each report, as a notebook can show them."""

    def __init__(self) -> None:
        self._width, self._last = 0, -1.0

    def move(self, report: "Report") -> None:
        """Show where the run is, some times a second."""
        now = time.monotonic()
        if not report.ended and now - self._last < MOVES_EVERY:
            return
        self._last = now
        line = f"{report} ({report.update:,} of {report.total:,} updates)"
        end = "\n" if report.ended else ""
        print(f"\r{line:<{self._width}}", end=end, flush=True)
        self._width = 0 if report.ended else len(line)

    def end(self) -> None:
        """Leave what comes next a line of its own."""
        if self._width:
            print(flush=True)


class _Bar:
    """A progress bar, from the first report on; nothing unless standard error is a terminal."""

    def __init__(self) -> None:
        self._progress: Progress | None = None

    def move(self, report: "Report") -> None:
        """Move the bar to where the run is now."""
        if not on_terminal():
            return
        from rich.console import Console  # noqa: PLC0415 - only for a terminal
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        loss = float("nan") if report.training is None else report.training
        if self._progress is None:
            text = TextColumn("{task.fields[loss]:.4f} nats per character")
            columns = BarColumn(), MofNCompleteColumn(), text, TimeRemainingColumn()
            self._progress = Progress(*columns, console=Console(file=sys.stdout), transient=True)
            self._progress.start()
            # What was made before a resume took no time here, and must not count for the time left.
            self._progress.add_task("training", total=report.total, completed=report.update, loss=loss)
        self._progress.update(self._progress.task_ids[0], completed=report.update, loss=loss)

    def stop(self) -> None:
        """Remove the bar."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
