"""Pipes that nobody reads, standard streams that are closed, disks that are full: in real processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import dino

pytestmark = pytest.mark.unix

GENERATE = ["dino", "generate", "--seed", "1"]
POEM = ["shakespeare", "poem", "the", "--seed", "1"]
ENDLESS = [
    [*GENERATE, "-n", "100000"],
    [*POEM, "--length", "100000"],
]
COMMANDS = [
    ["dino", "--help"],
    ["dino", "train", "--help"],
    ["dino", "info"],
    ["dino", "evaluate"],
    [*GENERATE, "-n", "3"],
    [*GENERATE, "-n", "3", "--format", "json"],
    ["dino", "train", "--steps", "50"],
    ["shakespeare", "--help"],
    ["shakespeare", "info"],
    ["shakespeare", "evaluate", "--corpus", "verse.txt", "--split", "1"],
    [*POEM, "--length", "9"],
    [*POEM, "--length", "9", "--format", "json"],
    ["shakespeare", "prompt", "--seed", "1", "--length", "9"],
]
QUIET = [command for command in COMMANDS if "evaluate" not in command]


@pytest.fixture(autouse=True)
def verse(folder, write_poem_model):
    """A model of poems where the commands look first, which names no training text to fetch, and a text."""
    Path("models").mkdir()
    write_poem_model(Path("models/finetuned.keras"))
    Path("verse.txt").write_text("the reed\n" * 3, encoding="utf-8")


def named(command):
    return " ".join(command)


def process(command, **streams):
    return subprocess.Popen([sys.executable, "-m", *command], stderr=subprocess.PIPE, **streams)


@pytest.mark.parametrize("command", ENDLESS, ids=named)
def test_a_reader_that_goes_away_ends_it_quietly(command):
    running = process(command, stdout=subprocess.PIPE)
    assert len(running.stdout.read(5)) == 5
    running.stdout.close()
    assert running.stderr.read() == b""
    assert running.wait(60) == 141
    running.stderr.close()


@pytest.mark.parametrize("command", COMMANDS, ids=named)
def test_without_any_reader_it_ends_quietly(command):
    reading, writing = os.pipe()
    os.close(reading)
    with Path("verse.txt").open("rb") as beginnings:
        running = process(command, stdin=beginnings, stdout=writing)
    os.close(writing)
    _, err = running.communicate(timeout=60)
    told = [line for line in err.splitlines() if not line.startswith(b"no baselines")]
    assert (running.returncode, told) == (141, [])


def redirected(command, redirection):
    """A command whose streams the shell redirects: exit code, standard output and error."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", QUIET, ids=named)
def test_a_closed_stream_is_as_one_to_the_null_device(command, closed):
    code, out, err = redirected(command, closed)
    wrote = (
        "wrote models/dino.safetensors after 50 steps\n"
        if "--steps" in command and "2>&-" not in closed
        else ""
    )
    assert (code, err) == (0, wrote)
    assert bool(out) == (">&-" not in closed.split() and "prompt" not in command)


def test_what_is_trained_without_any_stream_is_kept():
    code, _, _ = redirected(["dino", "train", "--steps", "50"], "<&- >&- 2>&-")
    assert code == 0 and dino.load("models/dino.safetensors").settings["steps"] == 50


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_mistake_with_a_closed_stream_still_ends_with_2(closed):
    code, out, err = redirected(["dino", "generate", "-n", "0"], closed)
    assert (code, out) == (2, "")
    assert err == ("" if "2>&-" in closed else "dino: the number of names is 0; it must be 1 or more\n")


@pytest.mark.parametrize("command", QUIET, ids=named)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_in_one_line(command):
    code, _, err = redirected(command, ">/dev/full <verse.txt")
    assert (code, err) == (
        1,
        f"{command[0]}: cannot write standard output: No space left on device; "
        "make room, or send it elsewhere\n",
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_message_that_cannot_be_written_fails_nothing():
    code, out, _ = redirected(["dino", "generate", "-n", "2"], "2>/dev/full")
    assert code == 0 and len(out.split()) == 2
    assert redirected(["dino", "generate", "-n", "0"], "2>/dev/full")[0] == 2
    assert redirected(["dino"], "2>/dev/full")[0] == 2
