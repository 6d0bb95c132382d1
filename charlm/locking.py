"""One run at a time writes into a file; a second one is told who holds it."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from charlm.errors import OutputError
from charlm.files import remove_leftovers


@contextmanager
def held(*paths: Path | None) -> Iterator[None]:
    """Hold the files that a long job will write; the operating system lets go of them when the process ends.

    What an earlier holder that was killed left half-written beside them is removed.

    Args:
        paths: the files; None stands for one that is not wanted.

    Raises:
        OutputError: if another process holds one (naming that process), or nothing can be written there.
    """
    with ExitStack() as stack:
        for path in paths:
            if path is not None:
                stack.enter_context(_held(path))
        yield


@contextmanager
def _held(path: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout  # noqa: PLC0415 - only where something is trained

    guard = path.with_name(f"{path.name}.lock")
    lock = FileLock(guard, blocking=False, on_acquired=_sign)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise OutputError(
            f"{path} is being written by {_holder(guard)}; wait for it, end it, or choose another place"
        ) from None
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}; choose another place") from error
    try:
        remove_leftovers(path)
        yield
    finally:
        if os.name == "nt":  # where no open file can be removed
            lock.release()
        with suppress(OSError):
            guard.unlink()
        lock.release()


def _sign(descriptor: int) -> None:
    """Write into the lock's file who holds it."""
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()} since {since}".encode())


def _holder(guard: Path) -> str:
    try:
        return guard.read_text(encoding="utf-8") or "another process"
    except (OSError, ValueError):
        return "another process"
