"""The one way to write a file: beside its target, flushed, renamed over it; by one run at a time."""

import hashlib
import os
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from charlm.errors import CorpusError, OutputError, WrongCall


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file to write to; at the end it replaces ``path`` in one step.

    A reader sees the old file or the new one. If the body fails, the old one stays and nothing is left over.
    The name ends as the target's does, for writers that go by it.

    Raises:
        OutputError: if the file cannot be written.
    """
    temporary: Path | None = None
    _require_no_nul(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        prefix, suffix = _affixes(path)
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
        temporary.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}; choose another place or make room"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def remove_leftovers(path: Path) -> None:
    """Remove the temporary files that killed processes left beside ``path``.

    Only for one who holds the file (see :func:`locked`): a living writer's would go too.
    """
    prefix, suffix = _affixes(path)
    with suppress(OSError):
        for leftover in path.parent.iterdir():
            if leftover.name.startswith(prefix) and leftover.name.endswith(suffix):
                leftover.unlink(missing_ok=True)


def require_spared(read: Path | None, *written: Path | None) -> None:
    """Refuse to write over a file that is read.

    Args:
        read: the file; None, or a name that no file has, stands for something else.
        written: where results go; None stands for one that is not wanted.

    Raises:
        WrongCall: naming the file.
    """
    if read is None or not is_file(read):
        return
    for path in written:
        if path is not None and is_there(path) and path.samefile(read):
            raise WrongCall(f"{path} is read, and would be written over; give what is written another name")


def is_file(path: Path) -> bool:
    """Whether there is such a file; False for names that the system rejects."""
    try:
        return path.is_file()
    except OSError:
        return False


def same_file(path: Path, other: Path | None) -> bool:
    """Whether both name one file that is there."""
    return other is not None and is_file(path) and is_file(other) and path.samefile(other)


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder; False for names that the system rejects."""
    try:
        return path.exists()
    except OSError:
        return False


def read_bytes(path: Path, called: str) -> bytes:
    """What a file holds.

    Raises:
        CorpusError: if it cannot be read; ``called`` is its name in the message.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(f"cannot read {called}: {error.strerror or error}") from error


def digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        CorpusError: if it cannot be read.
    """
    return hashlib.sha256(read_bytes(path, str(path))).hexdigest()


def require_writable(path: Path) -> None:
    """Check before a long job that its result can be written; leave no trace.

    Raises:
        OutputError: if ``path`` is a folder or a device, or no file can be made beside it, or no folder.
    """
    _require_no_nul(path)
    try:
        folder = next(parent for parent in path.absolute().parents if parent.exists())
        with tempfile.TemporaryFile(dir=folder):
            pass
        with suppress(FileNotFoundError):
            old = path.stat()  # a name that the system rejects fails here
            if not stat.S_ISREG(old.st_mode):
                what = "a folder" if stat.S_ISDIR(old.st_mode) else "no ordinary file"
                raise OutputError(f"cannot write {path}: it is {what}; give the name of a file")
            if not os.access(path, os.W_OK):
                raise PermissionError(None, "Permission denied")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}; choose another place") from error


@contextmanager
def locked(*paths: Path | None) -> Iterator[None]:
    """Lock the files that a long job will write; the system releases the locks when the process ends.

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
            stack.enter_context(_locked(path))
        yield


def _guard(path: Path) -> Path:
    """The file that is locked in place of another."""
    return path.with_name(f"{path.name}.lock")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
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
        if os.name == "nt":  # systems that cannot remove an open file
            lock.release()
        with suppress(OSError):
            guard.unlink()
        lock.release()
        with suppress(OSError):  # something was written
            for folder in made:
                folder.rmdir()


def _sign(descriptor: int) -> None:
    """Write the holder into the lock file, behind the byte that Windows keeps others from reading."""
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    with suppress(OSError):  # on a full disk the lock works without a name
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


def _affixes(path: Path) -> tuple[str, str]:
    """Prefix and suffix of a target's temporary files; short, however long its own name is."""
    return f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:8]}-", f".part{path.suffix}"


def _flush_folder(folder: Path) -> None:
    """Flush the new name to disk too, where folders can be flushed."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _require_no_nul(path: Path) -> None:
    """Python raises ValueError for a name with NUL, where the system would raise OSError."""
    if "\0" in str(path):
        raise OutputError(f"cannot write {str(path)!r}: a file's name has no NUL in it; choose another")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
