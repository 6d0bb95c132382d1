"""Ctrl-C, SIGTERM and a terminal that goes away: at once where nothing is lost, else at the next safe point.

Light, so that a command can say before it loads anything what is to be done about them.
"""

import os
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
"""What ends a process, beside Ctrl-C. SIGHUP comes when the terminal goes away."""

SIGNAL_EXIT = 128
"""A shell tells that a signal ended a process by this and the signal's number."""


class Stopped(BaseException):
    """A signal that asks the process to end; like KeyboardInterrupt, it is no error.

    Attributes:
        number: the signal's.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)


def end_without_a_word() -> None:
    """End the process at once while it is still loading: no traceback, nothing to lose."""
    for number in _heeded():
        signal.signal(number, lambda number, _: os._exit(SIGNAL_EXIT + number))


def raise_at_once() -> None:
    """Ctrl-C raises KeyboardInterrupt, the others :class:`Stopped`."""
    for number in _heeded():
        signal.signal(number, _raise)


class Stop:
    """Whether a signal has asked the process to end.

    Attributes:
        number: the signal that asked, or None.
        insisted: whether another one came after it.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.insisted = False

    @property
    def wanted(self) -> bool:
        """Whether one has."""
        return self.number is not None

    def check(self) -> None:
        """Called at a safe point: raises if a signal came.

        Raises:
            KeyboardInterrupt: after Ctrl-C.
            Stopped: after another signal.
        """
        if self.number is not None:
            _raise(self.number, None)


@contextmanager
def deferred(numbers: Iterable[int] | None = None) -> Iterator[Stop]:
    """Note the first signal, for :meth:`Stop.check`; a second one ends the process at once.

    Where a terminal has gone away, what fails to write to it is told as the signal.

    Args:
        numbers: which signals; None: all that ask a process to end.
    """
    stop = Stop()

    def note(number: int, frame: FrameType | None) -> None:
        if stop.wanted:
            stop.insisted = True
            _raise(number, frame)
        stop.number = number

    before = {number: signal.signal(number, note) for number in (_heeded() if numbers is None else numbers)}
    try:
        yield stop
    except OSError:
        stop.check()
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def deferred_interrupt() -> Iterator[Stop]:
    """The same of Ctrl-C alone, for a library: only where nobody else looks after it."""
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    with deferred([signal.SIGINT] if ours else []) as stop:
        yield stop


def _heeded() -> list[int]:
    """The signals to handle; a process under nohup ignores SIGHUP and keeps doing so."""
    if threading.current_thread() is not threading.main_thread():
        return []  # in Python only the main thread receives signals
    return [number for number in (signal.SIGINT, *ENDING) if signal.getsignal(number) != signal.SIG_IGN]


def _raise(number: int, _: FrameType | None) -> None:
    raise KeyboardInterrupt if number == signal.SIGINT else Stopped(number)
