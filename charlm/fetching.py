"""Public files that are not ours to ship: from a folder, the cache, or fetched once; always checked."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from charlm.errors import CorpusError
from charlm.files import is_file, read_bytes

GITHUB = "https://raw.githubusercontent.com/{repository}/{commit}/{path}"
MIRROR = "https://cdn.jsdelivr.net/gh/{repository}@{commit}/{path}"


@dataclass(frozen=True)
class KnownFile:
    """A public file that is not ours to ship.

    Attributes:
        file_name: what it is called in ``CHARLM_DATA`` and in the cache.
        sha256: the digest of its bytes.
        places: (repository, commit, path) of public copies on GitHub that hold these bytes.
        what: what it is, for people.
    """

    file_name: str
    sha256: str
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
    import pooch  # noqa: PLC0415 - only where something may be fetched

    chosen = os.environ.get("CHARLM_CACHE")
    return Path(chosen) if chosen else Path(pooch.os_cache("charlm"))


def locate(known: KnownFile) -> Path:
    """The checked file of a known name, fetched if it is at hand nowhere.

    Raises:
        CorpusError: if a file at hand has other content, or none can be fetched.
    """
    folder = os.environ.get("CHARLM_DATA")
    if folder and is_file(given := Path(folder) / known.file_name):
        digest = hashlib.sha256(read_bytes(given, str(given))).hexdigest()
        if digest != known.sha256:
            raise CorpusError(
                f"{given} is not {known.what}: its SHA-256 starts {digest[:8]}, not {known.sha256[:8]}; "
                "replace it, or unset CHARLM_DATA to fetch the right one"
            )
        return given
    return fetch(known)


def fetch(known: KnownFile) -> Path:
    """The file in the cache, after fetching it if it is not there or has other content.

    Raises:
        CorpusError: if no address gives it (the message says how to supply it by hand), or the cache cannot
            be written.
    """
    import pooch  # noqa: PLC0415
    import requests  # noqa: PLC0415 - pooch's own dependency

    pooch.get_logger().setLevel("WARNING")  # its news of each download is not for a user's terminal
    folder = cache_folder()
    failure = ""
    for address in known.addresses:
        try:
            fetched: str = pooch.retrieve(
                address,
                f"sha256:{known.sha256}",
                fname=known.file_name,
                path=folder,
                downloader=pooch.HTTPDownloader(progressbar=_ProgressBar(known.file_name), timeout=20),
            )
        except (ValueError, requests.RequestException) as error:
            failure = failure or _reason(error)
        except OSError as error:
            raise CorpusError(
                f"cannot write the cache {folder}: {error.strerror or error}; "
                "set CHARLM_CACHE to a folder that can be written"
            ) from error
        else:
            return Path(fetched)
    raise CorpusError(
        f"cannot fetch {known.file_name} ({known.what}): {failure}; put the file into a folder by hand "
        f"and set CHARLM_DATA to that folder (public address: {known.addresses[0]})"
    )


def _reason(error: Exception) -> str:
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code}"
    if isinstance(error, ValueError):
        return "what came is not that file (its SHA-256 differs)"
    return f"no connection ({type(error).__name__})"


class _ProgressBar:
    """What pooch wants of a progress bar (the part of tqdm's interface that it calls), shown by rich."""

    def __init__(self, what: str) -> None:
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import Progress  # noqa: PLC0415

        console = Console(stderr=True)
        self._progress = Progress(console=console, disable=not console.is_terminal, transient=True)
        self._task = self._progress.add_task(f"fetching {what}", total=None)

    @property
    def total(self) -> float | None:
        return self._progress.tasks[0].total

    @total.setter
    def total(self, value: float) -> None:
        self._progress.start()
        self._progress.update(self._task, total=value)

    def update(self, step: float) -> None:
        self._progress.advance(self._task, step)

    def reset(self) -> None:
        self._progress.reset(self._task, start=True)

    def close(self) -> None:
        self._progress.stop()
