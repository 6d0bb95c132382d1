"""Fetching by processes that are killed or interrupted, and into caches that cannot be written."""

import _thread
import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from charlm.errors import CorpusError, OutputError
from charlm.run import fetching


def files_under(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def test_an_interrupted_download_leaves_nothing(pets, own_cache):
    def interrupted(site):
        yield pets.whole[:-100]
        _thread.interrupt_main()
        site.over.wait()

    pets.answers["/first"] = interrupted
    with pytest.raises(KeyboardInterrupt):
        fetching.fetch(pets.known)
    assert files_under(own_cache) == []


@pytest.fixture
def fetching_process(pets) -> Iterator[Callable[..., subprocess.Popen]]:
    """``fetching_process(*before)``: a process that runs these lines, then fetches."""
    lines = (
        "from charlm.run import fetching; from charlm.run.command import exit_code, application",
        f"fetching.GITHUB, fetching.MIRROR = {fetching.GITHUB!r}, {fetching.MIRROR!r}",
        "app = application('')",
        "app.command('fetch')(lambda: print(fetching.fetch(known).read_bytes().count(b'rex')))",
        f"from charlm.run.fetching import KnownFile; known = {pets.known!r}",
    )
    started = []

    def start(*before: str) -> subprocess.Popen:
        code = "\n".join([*lines, *before, "raise SystemExit(exit_code(app, 'pets', ['fetch']))"])
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_two_processes_that_fetch_at_once_both_succeed(pets, fetching_process, own_cache):
    both = threading.Barrier(2, timeout=60)

    def together(site):
        both.wait()
        yield pets.whole

    pets.answers["/first"] = together
    for process in [fetching_process(), fetching_process()]:
        assert process.communicate(timeout=60) == ("10000\n", "")
        assert process.returncode == 0
    assert pets.asked == ["/first", "/first"] and files_under(own_cache) == ["pets.txt"]


def test_after_a_killed_download_the_next_one_succeeds(pets, fetching_process, own_cache):
    reached = threading.Event()

    def stuck(site):
        yield pets.whole[:-100]
        reached.set()
        site.over.wait()

    pets.answers["/first"] = stuck
    killed = fetching_process()
    assert reached.wait(60)
    killed.kill()
    killed.wait(60)
    pets.answers["/first"] = lambda site: iter([site.whole])
    assert fetching.fetch(pets.known).read_bytes() == pets.text
    assert files_under(own_cache) == ["pets.txt"]


def test_what_a_process_left_that_was_killed_while_it_wrote_is_removed(pets, own_cache):
    code = (
        "import os, sys, pathlib; from charlm.run.files import replacing\n"
        "with replacing(pathlib.Path(sys.argv[1])) as file: file.write_text('half'); os._exit(9)"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code, own_cache / "pets.txt"], check=False, timeout=60)
    old, new = own_cache.iterdir()
    (own_cache / "kept.txt").write_text("not ours")
    an_hour_ago = time.time() - fetching.LEFT_BEHIND - 1
    for path in (old, own_cache / "kept.txt"):
        os.utime(path, (an_hour_ago, an_hour_ago))
    fetching.fetch(pets.known)
    # The new one may be in the making by another process.
    assert files_under(own_cache) == sorted([new.name, "kept.txt", "pets.txt"])


def test_where_another_process_was_faster_its_file_is_taken(pets, own_cache, monkeypatch):
    @contextmanager
    def too_late(path):
        path.write_bytes(pets.text)
        raise OutputError(f"cannot write {path}: Access is denied; choose another place")
        yield

    monkeypatch.setattr(fetching, "replacing", too_late)
    assert fetching.fetch(pets.known).read_bytes() == pets.text


@pytest.mark.parametrize("fits", [True, False])
def test_a_size_that_is_wrong_is_a_wrong_file(pets, fits):
    """The size alone never makes a file right."""
    known = replace(pets.known, sha256="0" * 64, size=len(pets.text) if fits else 3)
    with pytest.raises(CorpusError, match="its SHA-256 differs" if fits else "longer than that file"):
        fetching.fetch(known)


def folder_in_the_way(tmp_path):
    (tmp_path / "pets.txt").mkdir()
    return tmp_path


PLACES = {
    "name too long": lambda tmp_path: tmp_path / ("x" * 300),
    "a folder in the way": folder_in_the_way,
    "a device": lambda tmp_path: Path(os.devnull) / "cache",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_cache_that_cannot_be_written_is_told_before_anything_is_fetched(
    pets, tmp_path, monkeypatch, place
):
    folder = PLACES[place](tmp_path)
    monkeypatch.setenv("CHARLM_CACHE", str(folder))
    with pytest.raises(CorpusError) as caught:
        fetching.fetch(pets.known)
    assert str(caught.value).startswith(f"cannot write the cache {folder}: ")
    assert str(caught.value).endswith("; set CHARLM_CACHE to a folder that can be written")
    assert pets.asked == []


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.unix
def test_a_person_at_a_terminal_sees_that_something_is_fetched(pets, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    fetching.fetch(pets.known)
    assert "fetching pets.txt" in sys.stderr.getvalue()


@pytest.mark.unix
def test_a_disk_that_is_full_is_told_and_nothing_is_left(pets, fetching_process, own_cache):
    process = fetching_process("import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err.startswith(f"pets: cannot write the cache {own_cache}: File too large; set CHARLM_CACHE")
    assert err.count("\n") == 1 and files_under(own_cache) == []
