"""One file from one address, into memory: bounded in size and in time, whatever the server does."""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from requests import Response

SILENCE = 20.0
"""Seconds that a server may say nothing."""

LONGEST = 300.0
"""Seconds that an address may take in all, however busy it is."""

_CHUNK = 2**14
_TURN = 0.1  # seconds; Windows notices Ctrl-C only between two waits


class Download(threading.Thread):
    """A download, which starts at once.

    It is a thread because no timeout of a request covers all of it: a name that is not resolved, headers or
    a body that come a byte at a time. One that is given up is left alone; it ends with the process at last.

    Args:
        address: what to fetch.
        size: how many bytes it may have; more are refused.

    Attributes:
        received: the bytes so far.
    """

    def __init__(self, address: str, size: int) -> None:
        super().__init__(daemon=True)
        self.received = bytearray()
        self._address = address
        self._size = size
        self._failure = ""
        self._answered = False
        self.start()

    def wait(self, show: Callable[[int], None]) -> str:
        """Wait for it to end; return why it failed, or an empty string.

        Args:
            show: is told now and then how many bytes came.
        """
        deadline = time.monotonic() + LONGEST
        while self.is_alive():
            self.join(_TURN)
            show(len(self.received))
            if self.is_alive() and time.monotonic() > deadline:
                return f"not complete after {LONGEST:g} seconds"
        return self._failure

    def run(self) -> None:
        """Read the response to its end, or until it is too long."""
        import requests  # noqa: PLC0415 - only where something is fetched
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        try:
            with requests.get(
                self._address, stream=True, timeout=SILENCE, hooks={"response": _close_redirect}
            ) as response:
                response.raise_for_status()
                self._answered = True
                for chunk in response.iter_content(_CHUNK):
                    self.received += chunk
                    if len(self.received) > self._size:
                        self._failure = f"what came is longer than that file ({self._size:,} bytes)"
                        return
        except (OSError, ValueError, HTTPError) as error:  # everything that requests raises is an OSError
            self._failure = self._reason(error)

    def _reason(self, error: Exception) -> str:
        import requests  # noqa: PLC0415

        if self._answered:
            return f"the connection broke off after {len(self.received):,} of {self._size:,} bytes"
        if isinstance(error, requests.TooManyRedirects):
            return "the server redirects without end"
        if isinstance(error, requests.HTTPError) and error.response is not None:
            return f"the server answered {error.response.status_code}"
        if isinstance(error, requests.Timeout):
            return f"no answer within {SILENCE:g} seconds"
        return f"no connection ({type(error).__name__})"


def _close_redirect(response: "Response", **_: object) -> None:
    """Keep requests from reading the whole body of a redirect, which may have no end."""
    if response.is_redirect:
        response.close()
