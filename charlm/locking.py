"""One run at a time writes into a file; a second one is told who holds it."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from charlm.errors import OutputError, WrongCall
from charlm.files import remove_leftovers


@contextmanager
def held(*paths: Path | None) -> Iterator[None]:
    """Hold the files that a long job will write; the operating system lets go of them when the process ends.

    What an earlier holder that was killed left half-written beside them is removed.

    Args:
        paths: the files; None stands for one that is not wanted.

    Raises:
        OutputError: if another process holds one (naming that process), or nothing can be written there.
        WrongCall: if one file is wanted for two things.
    """
    wanted = [path for path in paths if path is not None]
    taken: set[Path] = set()
    for path in wanted:
        if {path.resolve(), _guard(path).resolve()} & taken:
            raise WrongCall(f"{path} is wanted for two things; give each a name of its own")
        taken |= {path.resolve(), _guard(path).resolve()}
    with ExitStack() as stack:
        for path in wanted:
            stack.enter_context(_held(path))
        yield


def _guard(path: Path) -> Path:
    """The file that is locked in the place of another."""
    return path.with_name(f"{path.name}.lock")


@contextmanager
def _held(path: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout  # noqa: PLC0415 - only where something is trained

    guard = _guard(path)
    lock = FileLock(guard, blocking=False, on_acquired=_sign)
    made = [folder for folder in path.parents if not folder.exists()]
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
        with suppress(OSError):  # something was written
            for folder in made:
                folder.rmdir()


def _sign(descriptor: int) -> None:
    """Write into the lock's file who holds it, behind the byte that Windows lets nobody else read."""
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    with suppress(OSError):  # on a full disk the lock holds without a name
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 1, os.SEEK_SET)
        os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()} since {since}".encode())


def _holder(guard: Path) -> str:
    try:
        with guard.open("rb", buffering=0) as file:
            file.seek(1)
            return file.read().decode() or "another process"
    except (OSError, ValueError):
        return "another process"
