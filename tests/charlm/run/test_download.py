"""Downloads from servers that misbehave in every way there is."""

import gzip
import re
import socket
from itertools import repeat
from pathlib import Path

import pytest
import requests  # noqa: F401 - its import takes longer than the shortened bounds

from charlm.errors import CorpusError
from charlm.run import download, fetching
from charlm.run.download import Download

OK = b"HTTP/1.1 200 OK\r\n"
ENDLESS = repeat(b"x" * 2**16)


def sends(*parts):
    return lambda site: iter(parts)


def forever(head):
    def answer(site):
        yield head
        yield from ENDLESS

    return answer


def stalls(head):
    def answer(site):
        yield head
        site.over.wait()

    return answer


def drips(head):
    def answer(site):
        yield head
        while not site.over.wait(0.05):
            yield b"x"

    return answer


def redirects(to, then):
    def answer(site):
        yield b"HTTP/1.1 302 Found\r\nLocation: %s\r\n" % to
        yield from then(site)

    return answer


BROKEN = "the connection broke off after … of 90,000 bytes"
TOO_LONG = "what came is longer than that file (90,000 bytes)"
OTHER = "what came is not that file (its SHA-256 differs)"
LATE = "not complete after 1 seconds"
FAULTS = {
    "404": (sends(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "the server answered 404"),
    "500": (sends(b"HTTP/1.1 500 Oops\r\n\r\n", b"x" * 10**6), "the server answered 500"),
    "endless 404": (forever(b"HTTP/1.1 404 Not Found\r\n\r\n"), "the server answered 404"),
    "cut short": (lambda site: iter([site.whole[:-1]]), BROKEN),
    "cut short without a length": (lambda site: iter([OK, b"\r\n", site.text[:-1]]), OTHER),
    "cut short in a chunk": (sends(OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\nrex"), BROKEN),
    "other content": (lambda site: iter([site.whole.replace(b"anna", b"otto")]), OTHER),
    "one byte more": (lambda site: iter([OK, b"\r\n", site.text, b"\n"]), TOO_LONG),
    "endless": (forever(OK + b"\r\n"), TOO_LONG),
    "a small archive of much": (
        sends(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(10**7))),
        TOO_LONG,
    ),
    "a broken archive": (sends(OK + b"Content-Encoding: gzip\r\n\r\nno archive"), BROKEN),
    "silent": (stalls(b""), "no answer within 1 seconds"),
    "silent in the body": (stalls(OK + b"Content-Length: 90000\r\n\r\nrex"), BROKEN),
    "dripping": (drips(OK + b"\r\n"), LATE),
    "dripping headers": (drips(b"HTTP/1.1 2"), LATE),
    "no HTTP": (sends(b"220 mail.example ESMTP\r\n"), "no connection (ConnectionError)"),
    "nothing": (sends(), "no connection (ConnectionError)"),
    "a redirect to itself": (redirects(b"/first", sends(b"\r\n")), "the server redirects without end"),
    "an endless redirect": (
        redirects(b"/first", forever(b"\r\n")),
        "the server redirects without end",
    ),
    "a redirect nowhere": (redirects(b"http://[::1", sends(b"\r\n")), "no connection (ValueError)"),
}


@pytest.fixture(params=FAULTS)
def fault(request, pets, monkeypatch) -> str:
    """/first has a fault; the fixture is how it is told."""
    pets.answers["/first"], told = FAULTS[request.param]
    if "silent" in request.param:
        monkeypatch.setattr(download, "SILENCE", 1.0)
    if "dripping" in request.param:
        monkeypatch.setattr(download, "LONGEST", 1.0)
    return told


def files_under(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def test_after_any_fault_the_next_address_is_asked(pets, fault, own_cache):
    assert fetching.fetch(pets.known).read_bytes() == pets.text
    assert pets.asked[0] == "/first" and pets.asked[-1] == "/second"
    assert files_under(own_cache) == ["pets.txt"]


def test_where_no_address_serves_the_first_fault_is_told_in_one_line(pets, fault, own_cache):
    pets.answers["/second"] = FAULTS["404"][0]
    assert_cannot_fetch(pets, fault)
    assert files_under(own_cache) == []


def assert_cannot_fetch(pets, fault):
    with pytest.raises(CorpusError) as caught:
        fetching.fetch(pets.known)
    told = re.sub(r"after [\d,]+ of", "after … of", str(caught.value))
    assert told == (
        f"cannot fetch pets.txt (many pets): {fault}; put the file into a folder by hand and set CHARLM_DATA "
        f"to that folder (public address: {fetching.GITHUB})"
    )


def test_where_no_server_is_it_says_so(pets, own_cache, monkeypatch):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # but not listening: every connection is refused
        for addresses in ("GITHUB", "MIRROR"):
            monkeypatch.setattr(fetching, addresses, f"http://127.0.0.1:{bound.getsockname()[1]}")
        assert_cannot_fetch(pets, "no connection (ConnectionError)")
    assert files_under(own_cache) == []


def test_no_more_is_read_than_the_file_has(pets):
    pets.answers["/first"] = forever(OK + b"\r\n")
    endless = Download(f"{pets.address}/first", 1000)
    assert "longer" in endless.wait(lambda received: None)
    assert len(endless.received) <= 1000 + 2**14


def test_a_redirect_to_the_file_is_followed(pets):
    pets.answers |= {"/first": redirects(b"/moved", forever(b"\r\n")), "/moved": sends(pets.whole)}
    assert fetching.fetch(pets.known).read_bytes() == pets.text
    assert pets.asked == ["/first", "/moved"]
