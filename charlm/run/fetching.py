"""Public files that we may not ship: from a folder, the cache, or fetched once; always checked."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from charlm.errors import CorpusError, OutputError
from charlm.run.download import Download
from charlm.run.files import digest, is_file, replacing, require_writable

GITHUB = "https://raw.githubusercontent.com/{repository}/{commit}/{path}"
MIRROR = "https://cdn.jsdelivr.net/gh/{repository}@{commit}/{path}"

LEFT_BEHIND = 3600
"""Seconds after which an unfinished file in the cache is nobody's any more."""


@dataclass(frozen=True)
class KnownFile:
    """A public file that we may not ship.

    Attributes:
        file_name: what it is called in ``CHARLM_DATA`` and in the cache.
        sha256: the digest of its bytes.
        size: how many bytes it has; no server is listened to for longer.
        places: (repository, commit, path) of public copies on GitHub that hold these bytes.
        what: what it is, for people.
    """

    file_name: str
    sha256: str
    size: int
    places: tuple[tuple[str, str, str], ...]
    what: str

    @property
    def addresses(self) -> list[str]:
        """Where to fetch it, in the order to try."""
        return [
            host.format(repository=repository, commit=commit, path=path)
            for host in (GITHUB, MIRROR)
            for repository, commit, path in self.places
        ]


def cache_folder() -> Path:
    """Where fetched files are kept: ``CHARLM_CACHE``, else the user's cache folder of the platform."""
    import platformdirs  # noqa: PLC0415 - only where something may be fetched

    return Path(os.environ.get("CHARLM_CACHE") or platformdirs.user_cache_dir("charlm"))


def locate(known: KnownFile) -> Path:
    """The path of a known file, checked; fetched if it is neither in the folder nor in the cache.

    Raises:
        CorpusError: if a file at hand has other content, or none can be fetched.
    """
    folder = os.environ.get("CHARLM_DATA")
    if folder and is_file(given := Path(folder) / known.file_name):
        found = digest(given)
        if found != known.sha256:
            raise CorpusError(
                f"{given} is not {known.what}: its SHA-256 starts {found[:8]}, not {known.sha256[:8]}; "
                "replace it, or unset CHARLM_DATA to fetch the right one"
            )
        return given
    return fetch(known)


def fetch(known: KnownFile) -> Path:
    """The file in the cache, fetched if it is missing or has the wrong content.

    Nothing is written before all of it is here and is right, so whatever ends a download leaves nothing.

    Raises:
        CorpusError: if no address gives it (the message says how to supply it by hand), or the cache cannot
            be written.
    """
    cached = cache_folder() / known.file_name
    if _is_right(cached, known):
        return cached
    try:
        require_writable(cached)
        _remove_left_behind(cached.parent)
        content = _fetched(known)
        with replacing(cached) as temporary:
            temporary.write_bytes(content)
    except OutputError as error:
        # Another process may have been faster, and Windows will not replace a file that is being read.
        if _is_right(cached, known):
            return cached
        reason = getattr(error.__cause__, "strerror", None) or error
        raise CorpusError(
            f"cannot write the cache {cached.parent}: {reason}; "
            "set CHARLM_CACHE to a folder that can be written"
        ) from error
    return cached


def _fetched(known: KnownFile) -> bytes:
    """The file's bytes from the first address that gives them."""
    failures = []
    for address in known.addresses:
        with _progress_bar(known) as show:
            download = Download(address, known.size)
            failure = download.wait(show)
        content = bytes(download.received)
        if not failure and hashlib.sha256(content).hexdigest() == known.sha256:
            return content
        failures.append(failure or "what came is not that file (its SHA-256 differs)")
    raise CorpusError(
        f"cannot fetch {known.file_name} ({known.what}): {failures[0]}; put the file into a folder by hand "
        f"and set CHARLM_DATA to that folder (public address: {known.addresses[0]})"
    )


def _is_right(path: Path, known: KnownFile) -> bool:
    """Whether a file exists and is the known one; False if it cannot be read."""
    with suppress(CorpusError):
        return is_file(path) and digest(path) == known.sha256
    return False


def _remove_left_behind(folder: Path) -> None:
    """Remove what killed processes left unfinished, unless it is recent enough to be in use."""
    with suppress(OSError):
        for path in folder.glob(".*.part*"):
            if path.stat().st_mtime < time.time() - LEFT_BEHIND:
                path.unlink(missing_ok=True)


@contextmanager
def _progress_bar(known: KnownFile) -> Iterator[Callable[[int], None]]:
    """A progress bar of the bytes received; nothing unless standard error is a terminal."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(f"fetching {known.file_name}", total=known.size)
        yield lambda received: progress.update(task, completed=received)
