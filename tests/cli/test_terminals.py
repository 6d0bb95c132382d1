"""Terminals that know ASCII alone, and narrow ones."""

import io
import json
import os
import re
import sys
from pathlib import Path

import pytest

from charlm.run import console

ASCII = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
NAMES = ["Ödön", "Zoë", "Århus", "São Paulo", "Αθήνα"]


@pytest.fixture
def at_ascii(folder, python):
    """A command where nothing but ASCII can be shown: exit code, standard output, standard error."""

    def run(*arguments, **options):
        done = python("-m", *arguments, env=ASCII, **options)
        assert "Traceback" not in done.stderr
        assert done.stdout.isascii() and done.stderr.isascii()
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.mark.slow
@pytest.mark.unix
def test_names_beyond_ascii_are_trained_on_and_generated(at_ascii):
    Path("städte.txt").write_text("\n".join(NAMES), encoding="utf-8")
    train = ("train", "--names", "städte.txt", "--steps", 100, "--output", "städte.safetensors")
    assert at_ascii("dino", *train)[0] == 0
    code, out, err = at_ascii(
        "dino", "generate", "--model", "städte.safetensors", "--start", "Öd", "-n", 3, "--seed", 1
    )
    assert code == 0 and err == "" and all(name.startswith("?d") for name in out.splitlines())
    code, out, _ = at_ascii("dino", "info", "städte.safetensors")
    assert code == 0 and "'?'" in out
    _, out, _ = at_ascii("dino", "generate", "--model", "städte.safetensors", "--seed", 1, "--format", "json")
    characters = set("".join(name["name"] for name in json.loads(out)["names"]))
    assert characters <= set("".join(NAMES)) and max(characters) > "\x7f"  # as JSON nothing is lost


@pytest.mark.unix
def test_a_poem_that_begins_beyond_ascii(at_ascii):
    length = ("--length", "20", "--seed", "1")
    code, out, err = at_ascii("shakespeare", "poem", "Ödön", *length)
    assert code == 0 and out.startswith("?d?n")
    assert err == "the beginning is read as 'Odon': took the accents off '\\xd6', '\\xf6'\n"
    _, whole, _ = at_ascii("shakespeare", "poem", "Ödön", *length, "--format", "json")
    assert json.loads(whole)["beginning"] == "Ödön"
    assert out == f"?d?n{json.loads(whole)['continuation']}\n"
    assert at_ascii("shakespeare", "prompt", *length, input="Ödön\n") == (0, f"{out}\n", err)


MISTAKES = {
    "dino train --names städte.txt": 2,
    "dino generate --start €€": 2,
    "dino generate --model städte.safetensors": 2,
    "dino train --names köln.txt": 1,
    "dino train --tür": 2,
    "shakespeare poem €€": 2,
    "shakespeare evaluate --corpus köln.txt": 1,
}


@pytest.mark.unix
@pytest.mark.parametrize(("command", "code"), MISTAKES.items(), ids=MISTAKES)
def test_a_mistake_beyond_ascii_is_told_in_one_line(at_ascii, command, code):
    Path("köln.txt").write_bytes("K\xf6ln".encode("latin-1"))
    ended, out, err = at_ascii(*command.split())
    assert (ended, out, err.count("\n")) == (code, "", 1) and err.startswith(f"{command.split()[0]}: ")


@pytest.mark.parametrize("text", ["Ödön", "plain", "", "\ud83d", "a\udcff"])
def test_what_was_typed_stays(text):
    assert console.as_text(text) == text


def test_bytes_that_the_locale_could_not_read_are_utf_8():
    assert console.as_text("Ödön".encode().decode("ascii", "surrogateescape")) == "Ödön"


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8", '["Ö"]'), ("ascii", '["\\u00d6"]')])
def test_json_loses_nothing(monkeypatch, encoding, shown):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    assert console.as_json(["Ö"]) == shown


def at_width(columns, *arguments, **environment):
    """What a terminal of some columns shows, without its control sequences, and the exit code."""
    import pexpect

    size = ("COLUMNS", "LINES")  # which pytest-xdist sets, and rich believes
    own = {name: value for name, value in os.environ.items() if name not in size}
    child = pexpect.spawn(
        sys.executable,
        ["-m", *arguments],
        env={**own, "TERM": "xterm-256color", **environment},
        dimensions=(10, columns),
        encoding="utf-8",
        timeout=60,
    )
    child.expect_exact(pexpect.EOF)
    child.close()
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", child.before), child.exitstatus


@pytest.mark.unix
@pytest.mark.parametrize("environment", [{}, ASCII], ids=["UTF-8", "ASCII"])
def test_training_on_a_narrow_terminal(folder, environment):
    shown, code = at_width(20, "dino", "train", "--steps", "300", "--every", "150", **environment)
    assert code == 0 and "Traceback" not in shown
    lines = [line for part in shown.split("\r\n") for line in part.split("\r")]
    moving = [line for line in lines if line.endswith(("…", "?", "… ", "? "))]
    assert moving and all(len(line) <= 20 for line in moving)  # the bar never wraps: it could not be erased
    assert "step 150: training" in shown and "wrote models/dino" in shown


@pytest.mark.unix
@pytest.mark.parametrize("command", [["dino", "--help"], ["shakespeare", "poem", "--help"]], ids=" ".join)
def test_help_on_a_narrow_terminal(folder, command):
    shown, code = at_width(20, *command)
    assert code == 0 and shown.startswith("Usage: ") and "Show this message" in shown


QUESTION = "How does your poem begin\\?\r\n.*?>.*?\x1b\\[\\?25h"  # the editor is ready once its mark is there


@pytest.mark.unix
@pytest.mark.parametrize("environment", [{}, ASCII], ids=["UTF-8", "ASCII"])
def test_a_conversation_on_a_narrow_terminal(folder, environment):
    import pexpect

    child = pexpect.spawn(
        sys.executable,
        ["-m", "shakespeare", "prompt", "--length", "60", "--seed", "3"],
        env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", **environment},
        dimensions=(10, 20),
        encoding="utf-8",
        timeout=60,
    )
    child.expect(QUESTION)
    child.send("the réed that bends in the wind\r")
    child.expect(QUESTION)
    assert "the beginning is read as 'the reed that bends in the wind'" in child.before
    child.send("/quit\r")
    child.expect_exact(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
