"""The conversation of ``shakespeare prompt``: plainly on a pipe, and through a real pseudo-terminal."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import shakespeare
from charlm.run.command import exit_code
from shakespeare.cli import app

QUESTION = "How does your poem begin\\?\r\n.*?>.*?\x1b\\[\\?25h"  # the editor is ready once its mark is there


@pytest.fixture
def model(tmp_path, monkeypatch, write_poem_model):
    """Where the commands look first."""
    monkeypatch.chdir(tmp_path)
    Path("models").mkdir()
    return write_poem_model(Path("models/finetuned.keras"))


@pytest.fixture
def said(model, monkeypatch, capsys):
    """What a piped conversation prints: exit code, standard output, standard error."""

    def converse(text, *arguments):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode("utf-8"))))
        code = exit_code(app, "shakespeare", ["prompt", *arguments])
        return code, *capsys.readouterr()

    return converse


def poem(model, beginning, **options):
    return beginning + "".join(shakespeare.stream_poem(shakespeare.load(model), beginning, **options))


def test_one_beginning_a_line(said, model):
    code, out, err = said("the reed \n\nthe pen", "--seed", "3", "--length", "30")
    assert code == 0 and err == ""
    poems = [poem(model, beginning, seed=3, length=30) for beginning in ("the reed ", "", "the pen")]
    assert out == "".join(f"{written}\n\n" for written in poems)


def test_each_poem_has_a_seed_of_its_own_unless_one_is_set(said):
    _, _, err = said("a\nb\n")
    seeds = [line.removeprefix("seed ") for line in err.splitlines()]
    assert len(seeds) == 2 and all(seed.isdigit() for seed in seeds)


def test_commands(said, model):
    code, out, err = said(
        "/temperature 0.5\n/length 40\n/seed 9\nthe reed\n/again\n/save poem.txt\n/help\n/quit\nnot read\n"
    )
    assert code == 0
    options = shakespeare.SamplingOptions(temperature=0.5)
    written = poem(model, "the reed", seed=9, length=40, options=options)
    assert out.startswith(f"{written}\n\n{written}\n\n/temperature 0.7")
    assert "not read" not in out
    assert Path("poem.txt").read_text(encoding="utf-8") == f"{written}\n"
    assert err == "wrote poem.txt\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/temprature 1", "there is no /temprature; /help lists what there is"),
        ("/temperature hot", "temperature is 'hot'; it must be a number"),
        ("/temperature -1", "temperature is -1.0; it must be 0 or more"),
        ("/temperature nan", "temperature is nan"),
        ("/length -1", "length is -1"),
        ("/length 1.5", "length is '1.5'"),
        ("/seed -2", "seed is -2"),
        ("/again", "there is no beginning yet"),
        ("/save x.txt", "there is no poem yet"),
        ("€€", "nothing is left of '€€'"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line_and_the_conversation_goes_on(said, line, told):
    code, out, err = said(f"{line}\n/seed 1\nthe reed\n", "--length", "5")
    assert code == 0 and out.startswith("the reed")
    assert err.count("\n") == 1 and told in err


def test_a_poem_that_cannot_be_saved(said):
    Path("file").write_text("in the way", encoding="utf-8")
    code, _, err = said("/seed 1\na\n/save file/poem.txt\n/save\n", "--length", "5")
    assert code == 0
    assert [line[:12] for line in err.splitlines()] == ["cannot write", "/save needs "]


def test_a_piped_beginning_that_is_not_utf8(model):
    done = subprocess.run(
        [sys.executable, "-m", "shakespeare", "prompt", "--seed", "1", "--length", "5"],
        input=b"the \xff reed\r\n",
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0 and b"Traceback" not in done.stderr and b"reed" in done.stdout


@pytest.fixture
def terminal(model):
    """``terminal(*arguments)``: the conversation at a pseudo-terminal, at its first question."""
    import pexpect

    children = []

    def start(*arguments):
        child = pexpect.spawn(
            sys.executable,
            ["-m", "shakespeare", "prompt", *arguments],
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            encoding="utf-8",
            timeout=120,
            dimensions=(40, 200),
        )
        children.append(child)
        child.expect(QUESTION)
        return child

    yield start
    for child in children:
        child.close(force=True)


def answered(child, line):
    """What stands between a line that is typed and the next question."""
    child.send(f"{line}\r")
    child.expect(QUESTION)
    return child.before


def flat(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.unix
def test_a_conversation_at_a_terminal(terminal, model):
    child = terminal("--length", "60")
    answered(child, "/seed 3")
    assert poem(model, "the reed ", seed=3, length=60) in flat(answered(child, "the reed "))
    answered(child, "/length 20")
    assert poem(model, "the reed ", seed=3, length=20) in flat(answered(child, "/again"))
    answered(child, "/save kept.txt")
    assert Path("kept.txt").read_text(encoding="utf-8") == poem(model, "the reed ", seed=3, length=20) + "\n"
    assert "/temperature 0.7" in answered(child, "/help")
    child.send("/quit\r")
    child.expect("$")
    child.wait()
    assert child.exitstatus == 0


@pytest.mark.unix
def test_the_arrow_brings_the_last_beginning_back(terminal, model):
    child = terminal("--seed", "4", "--length", "30")
    answered(child, "the pen")
    child.send("\x1b[A")
    assert poem(model, "the pen", seed=4, length=30) in flat(answered(child, ""))


@pytest.mark.unix
def test_ctrl_c_ends_the_poem_and_a_second_one_the_conversation(terminal):
    child = terminal("--length", "100000000", "--seed", "1")
    child.send("the reed\r")
    child.expect("the reed.{200}")
    child.sendintr()
    child.expect(QUESTION)
    child.sendintr()
    child.expect_exact(__import__("pexpect").EOF)
    child.close()
    assert child.exitstatus == 0 and "Traceback" not in child.before


@pytest.mark.unix
def test_ctrl_c_clears_a_typed_line_first(terminal, model):
    child = terminal("--seed", "1", "--length", "20")
    child.send("the red")
    child.expect("the red")
    child.sendintr()
    told = flat(answered(child, "the reed "))
    assert poem(model, "the reed ", seed=1, length=20) in told and "the redthe" not in told
    child.sendintr()
    child.expect_exact(__import__("pexpect").EOF)
    child.close()
    assert child.exitstatus == 0


@pytest.mark.unix
def test_what_was_typed_is_there_in_the_next_conversation(terminal, model):
    child = terminal("--seed", "4", "--length", "30")
    answered(child, "the pen")
    child.send("/quit\r")
    child.expect_exact(__import__("pexpect").EOF)
    again = terminal("--seed", "4", "--length", "30")
    again.send("\x1b[A\x1b[A")
    assert poem(model, "the pen", seed=4, length=30) in flat(answered(again, ""))


@pytest.mark.unix
def test_tab_completes(terminal, model):
    child = terminal()
    child.send("/le\t")
    child.expect("ngth")  # it comes when it is found
    child.send(" 12\r")
    child.expect(QUESTION)
    assert "length is 12" in answered(child, "/length")
    child.send("/form lim\t")
    child.expect("erick")
    child.send("\r")
    child.expect(QUESTION)
    assert "form limerick" in answered(child, "/help")


def test_settings_are_set_shown_and_taken_away(said):
    lines = [
        "/lines 2",
        "/top-p 0.5",
        "/top-k 3",
        "/min-p 0.1",
        "/length none",
        "/help",
        "/lines",
        "/top-p none",
    ]
    code, out, err = said("\n".join([*lines, "/top-p", "/length", "/temperature"]) + "\n", "--length", "7")
    assert code == 0
    assert out.endswith("Now: temperature 1.0, top-p 0.5, top-k 3, min-p 0.1, lines 2.\n")
    assert err.splitlines() == [
        "lines is 2",
        "top-p is not set",
        "length is not set",
        "temperature is 1.0",
    ]


def test_lines_end_a_poem_of_a_conversation(said, model):
    code, out, _ = said("/lines 2\n/seed 3\nthe reed\n")
    assert code == 0 and out == poem(model, "the reed", seed=3, lines=2) + "\n\n"


def test_a_file_is_written_over_only_where_that_is_asked(said):
    Path("mine.txt").write_text("my own", encoding="utf-8")
    _, _, err = said("/seed 1\na\n/save mine.txt\n", "--length", "5")
    assert "mine.txt is there already; /save! mine.txt writes over it" in err
    assert Path("mine.txt").read_text(encoding="utf-8") == "my own"
    _, out, err = said("/seed 1\na\n/save! mine.txt\n", "--length", "5")
    assert err == "wrote mine.txt\n" and Path("mine.txt").read_text(encoding="utf-8") == out.rstrip() + "\n"


@pytest.mark.unix
def test_the_end_of_the_input_ends_the_conversation(terminal):
    child = terminal()
    child.sendeof()
    child.expect_exact(__import__("pexpect").EOF)
    child.close()
    assert child.exitstatus == 0
