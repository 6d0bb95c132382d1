"""A model without a network: what it says next is known beforehand. And a server that does as it is told."""

import hashlib
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest

from charlm.run import corpora, fetching
from charlm.run.fetching import KnownFile
from charlm.vocabulary import Ids, Vocabulary

END = "\n"

PETS_TEXT = b"rex\nanna\n" * 10_000
PETS = KnownFile(
    "pets.txt",
    hashlib.sha256(PETS_TEXT).hexdigest(),
    len(PETS_TEXT),
    (("of/pets", "c0ffee", "list.txt"),),
    "many pets",
)
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PETS_TEXT) + PETS_TEXT


class Speller:
    """Row r spells word number r (they come round again), then END, then the word again.

    It looks at what it has read, so that a wrong character fed back is found out. Its state is a tuple with a
    tuple in it: the number of the row, and all that it has read, (batch, characters).

    Attributes:
        asked: for how many rows each call of ``logits`` was.
    """

    def __init__(self, *words: str) -> None:
        self.words = words
        self.vocabulary = Vocabulary.of([*words, END])
        self.asked: list[int] = []

    def start(self, batch_size: int):
        return np.arange(batch_size), (np.empty((batch_size, 0), dtype=np.intp),)

    def advance(self, state, ids: Ids):
        rows, (read,) = state
        return rows, (np.column_stack([read, ids]),)

    def logits(self, state) -> npt.NDArray[np.float64]:
        rows, (read,) = state
        self.asked.append(len(rows))
        wanted = [
            self.vocabulary.index(self.next_character(row, self.vocabulary.decode(ids)))
            for row, ids in zip(rows, read, strict=True)
        ]
        return np.where(np.arange(len(self.vocabulary)) == np.array(wanted)[:, None], 0.0, -np.inf)

    def next_character(self, row: int, read: str) -> str:
        line = self.words[row % len(self.words)] + END
        text = line * (len(read) // len(line) + 1)
        assert text.startswith(read), f"row {row} spells {line!r} and was given {read!r}"
        return text[len(read)]


@pytest.fixture(scope="session")
def speller() -> type[Speller]:
    return Speller


@dataclass
class Site:
    """A server whose every byte is the test's.

    Attributes:
        address: of it.
        answers: what to send by path, in parts; the connection is closed after the last.
        asked: the paths so far.
        over: set at the end of the test; what waits for it holds a connection open.
        known: what can be fetched from /first on the site, then from /second, which has it.
        text: its content.
        whole: the answer that is right.
    """

    address: str
    answers: dict[str, Callable[["Site"], Iterator[bytes]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    known: KnownFile = PETS
    text: bytes = PETS_TEXT
    whole: bytes = WHOLE


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            path = self.rfile.readline().split()[1].decode()
            while self.rfile.readline().strip():
                pass
            site.asked.append(path)
            with suppress(OSError):  # a client that goes away is expected
                for part in site.answers[path](site):
                    self.wfile.write(part)
                self.connection.shutdown(socket.SHUT_WR)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        site = Site(f"http://127.0.0.1:{server.server_address[1]}")
        yield site
        site.over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def pets(monkeypatch, site) -> Site:
    """``pets`` is a known name; fetching goes to the site, which has the file at both addresses."""
    monkeypatch.delenv("CHARLM_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(fetching, "GITHUB", site.address + "/first")
    monkeypatch.setattr(fetching, "MIRROR", site.address + "/second")
    monkeypatch.setitem(corpora.KNOWN, "pets", PETS)
    site.answers |= dict.fromkeys(["/first", "/second"], lambda site: iter([WHOLE]))
    return site
