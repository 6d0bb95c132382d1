"""The commands ``scan`` and ``sonnet``, and forms in ``poem``, ``prompt`` and ``evaluate``."""

import json
import random
import sys
from functools import partial
from pathlib import Path

import pytest

from shakespeare import load, shipped
from shakespeare.cli import app
from shakespeare.verse.form import form
from shakespeare.verse.writing import stream_lines

from .conftest import PEAK


@pytest.fixture
def run(folder, run_command, monkeypatch):
    """Run a subcommand with no text of Shakespeare's at hand: exit code, standard output and error."""
    monkeypatch.delenv("CHARLM_DATA", raising=False)
    return partial(run_command, app, "shakespeare")


QUATRAIN = """The reed that bends outlives the prouder tree,
And so my pen shall bend to write of day.
It will not break, but bend to write of thee,
And I shall write and bend and go my way.
"""


def one_line(message):
    return message.startswith("shakespeare: ") and message.count("\n") == 1 and "Traceback" not in message


def test_scan_prints_syllables_beats_and_rhymes(run):
    Path("verse.txt").write_bytes(("\tXIV\n\n\t" + QUATRAIN).replace("\n", "\r\n").encode())
    code, out, err = run("scan", "verse.txt", "--form", "quatrain")
    lines = out.splitlines()
    assert (code, err) == (0, "") and len(lines) == 5
    assert lines[0].split()[:3] == ["10", "x/x/x/x/x/", "A"]
    assert lines[-1].startswith("quatrain: ABAB; 4 of 4 lines in iambic pentameter; rhymes: 2 perfect")


def test_numbers_between_poems_part_them_and_are_no_lines(run):
    poems = [
        f"{number}\n{gap}{QUATRAIN}" for number, gap in [("I", ""), ("II.", "\n"), ("3", ""), ("[4]", "\n")]
    ]
    Path("verse.txt").write_text("\n".join(poems), encoding="utf-8")
    code, out, _ = run("scan", "verse.txt", "--format", "json")
    assert code == 0 and [json.loads(line)["form"] for line in out.splitlines()] == ["quatrain"] * 4


def test_a_long_scan_says_on_a_terminal_how_far_it_is(run, monkeypatch):
    Path("verse.txt").write_text(f"{QUATRAIN}\n" * 3, encoding="utf-8")
    monkeypatch.setattr("shakespeare.verse_cli.PATIENCE", 0)
    assert run("scan", "verse.txt")[2] == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run("scan", "verse.txt")[2].splitlines() == [f"read: line {line} of 16" for line in (4, 9, 14)]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert run("scan", "verse.txt")[2] == ""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no peak of memory")
def test_scan_of_ten_megabytes_keeps_memory_in_bounds(folder, python, course_data):
    words = course_data("plays").read_text(encoding="utf-8").split()
    draw = random.Random(0)
    lines = (" ".join(draw.choices(words, k=8)) for _ in range(235_000))  # no line twice, none of them blank
    Path("long.txt").write_text("\n".join(lines), encoding="utf-8")
    assert Path("long.txt").stat().st_size > 10_000_000
    peak = python(
        "-c",
        f"{PEAK}\nimport collections\nfrom shakespeare.verse.scan import scan\nbefore = peak()\n"
        "text = open('long.txt', encoding='utf-8').read()\n"
        "collections.deque(scan(text), 0)\nprint((peak() - before) // 1_000_000)",
        timeout=600,
    )
    assert int(peak.stdout) < 400


def test_scan_says_where_a_form_is_departed_from(run):
    Path("verse.txt").write_text(QUATRAIN.replace("day", "night").replace("It will", "It"), encoding="utf-8")
    code, out, _ = run("scan", "verse.txt", "--form", "quatrain")
    assert code == 0 and "lines 2 and 4: night and way do not rhyme" in out
    assert "line 3: 9 syllables; iambic pentameter has 10 or 11" in out
    assert "it has 4 lines; limerick has 5" in run("scan", "verse.txt", "--form", "limerick")[1]


def test_scan_as_json_has_a_line_for_each_poem(run):
    Path("verse.txt").write_text(f"{QUATRAIN}\n{QUATRAIN}", encoding="utf-8")
    code, out, _ = run("scan", "verse.txt", "--format", "json")
    poems = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [poem["form"] for poem in poems] == ["quatrain"] * 2
    assert poems[1]["lines"][0] | {"text": ""} == {
        "line": 6,
        "text": "",
        "syllables": 10,
        "possible": [10],
        "beats": "x/x/x/x/x/",
        "metrical": True,
        "broken": [],
        "freedoms": [],
        "rhyme": "A",
        "unknown": [],
        "guessed": [],
    }
    assert {rhyme["kind"] for poem in poems for rhyme in poem["rhymes"]} == {"perfect"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("1234\n\n!!\n", "has no line of verse"),
        ("Привет мир\n", "Привет has no sound"),
        ("word " * 100_000, "too long"),
    ],
    ids=["no words", "another alphabet", "prose"],
)
def test_scan_of_what_is_no_verse(run, content, told):
    Path("other.txt").write_text(content, encoding="utf-8")
    code, out, err = run("scan", "other.txt")
    assert code == 0 and told in out + err


@pytest.mark.slow
def test_the_shell_and_python_write_the_same_poem(run):
    code, out, err = run("sonnet", "My love", "--form", "quatrain", "--seed", 2, "--report")
    lines = list(stream_lines(load(shipped()), form("quatrain"), "My love", seed=2))
    assert code == 0 and out.splitlines()[:4] == lines and "departures: none" in out
    assert "nothing to say about copying" in err
    again = run(
        "poem", "My love", "--form", "quatrain", "--seed", 2, "--temperature", 0.8, "--format", "json"
    )[1]
    assert json.loads(again) == {"seed": 2, "form": "quatrain", "beginning": "My love", "lines": lines}


def test_a_model_that_knows_no_english_is_told_in_one_line(run, write_poem_model):
    write_poem_model(Path("untrained.keras"))
    code, out, err = run("sonnet", "--model", "untrained.keras", "--form", "AA", "--seed", 1)
    assert code == 0 and len(out.splitlines()) == 2
    assert err == "this model knows no English: common words cost it no less than backwards\n"


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("A" * 200, "no word has as many rhymes as 200 lines need"),
        ("AA: dactylic octameter", "no line 1 in dactylic octameter was found"),
    ],
)
def test_a_form_that_cannot_be_met_is_told_after_a_bounded_search(run, form, told):
    code, out, err = run("sonnet", "--form", form, "--seed", 1, "--candidates", 2)
    assert (code, out) == (1, "") and one_line(err) and told in err


@pytest.mark.slow
def test_a_couplet_is_set_in(run):
    lines = run("sonnet", "--seed", 1, "--candidates", 4)[1].splitlines()
    assert [line[:2] == "  " for line in lines] == [False] * 12 + [True] * 2


def test_the_conversation_keeps_a_form(run, monkeypatch):
    import io

    monkeypatch.setattr(
        "sys.stdin", io.StringIO("/form AA\n/seed 1\nMy love\n/form none\n/length 9\nMy love\n/form x\n")
    )
    code, out, err = run("prompt", "--temperature", 0.8)
    written = out.split("\n\n")
    assert code == 0 and written[0].splitlines() == list(
        stream_lines(load(shipped()), form("AA"), "My love", seed=1)
    )
    assert len(written[1]) == len("My love") + 9
    assert err.splitlines() == [err.splitlines()[-1]] and "form is 'x'" in err


@pytest.mark.slow
def test_evaluate_under_a_form_sets_three_beside_each_other(run, course_data):
    course_data("plays")
    code, out, _ = run("evaluate", "--form", "quatrain", "--poems", 2, "--split", 0.1)
    assert code == 0 and out.splitlines()[1].split() == ["under", "the", "form", "free"]
    rows = {line[:30].strip(): line[30:].split() for line in out.splitlines()[2:]}
    assert rows["in form"][0] == rows["lines without a broken foot"][0] == "100.0%"
    assert rows["words that exist"][0] == "100.00%" and rows["rhymes, perfect"][0] == "100.0%"


WRONG_CALLS = [
    (
        ["sonnet", "Shall I compare thee to a summer's day my love"],
        "syllables, and a line of iambic pentameter",
    ),
    (["sonnet", "Привет"], "nothing is left of"),
    (["sonnet", "a" * 500], "cannot be said"),
    (["sonnet", "-".join("a" * 22)], "20 syllables, and a line of iambic pentameter has 10 or 11"),
    (["sonnet", "Shall I compare thee to the seventh month"], "too few words rhyme"),
    (["sonnet", "--form", "villanelle"], "form is 'villanelle'; it must be one of shakespearean"),
    (["sonnet", "--form", "ABAC"], "'B' stands once"),
    (["sonnet", "--form", "A" * 1000], "form has 1,000 lines"),
    (["sonnet", "--candidates", "0"], "candidates is 0"),
    (["sonnet", "--top-p", "2"], "top-p is 2.0"),
    (["sonnet", "--format", "xml"], "format is 'xml'"),
    (["poem", "--form", "sonnet", "--lines", "3"], "--form sets how long the poem is"),
    (["evaluate", "--form", "sonnet", "--poems", "0"], "poems is 0"),
    (["scan", "missing.txt"], "there is no file missing.txt"),
    (["scan", "--form", "nope", "missing.txt"], "form is 'nope'"),
]


@pytest.mark.parametrize(("arguments", "told"), WRONG_CALLS, ids=[told for _, told in WRONG_CALLS])
def test_a_wrong_call_is_told_in_one_line_and_exits_2(run, arguments, told):
    code, out, err = run(*arguments)
    last = f"{err.splitlines()[-1]}\n"
    assert (code, out) == (2, "") and one_line(last) and told in last


@pytest.mark.parametrize("content", [b"", b"x\xff", b"a\x00"], ids=["empty", "not-utf8", "binary"])
def test_scan_of_an_unusable_text_exits_1(run, content):
    Path("other.txt").write_bytes(content)
    code, out, err = run("scan", "other.txt")
    assert (code, out) == (1, "") and one_line(err)
