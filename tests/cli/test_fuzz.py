"""Every command, called in any way: it does its job, or says in one line why it does not.

150 calls a command, or 2,000 with CHARLM_FUZZ=full. What a call is made of depends on SEED, the command and
the call's number alone. Parameters are the command's own, so a new one is covered as soon as it is there.
Networks are not trained here, nothing is fetched, and what is written is cut short, all of it below the
checks of arguments and files.
"""

import io
import itertools
import os
import random
import shutil
import sys
import traceback
import typing
from collections import Counter
from pathlib import Path

import pytest
import typer

from charlm import generation
from charlm.errors import CorpusError, require_number
from charlm.run import corpora, fetching
from charlm.run.command import exit_code
from charlm.vocabulary import Vocabulary
from dino import names_model
from dino.cli import app as dino_app
from shakespeare import keras_file
from shakespeare.cli import app as shakespeare_app

CALLS = 2_000 if os.environ.get("CHARLM_FUZZ") == "full" else 150
SEED = 0
APPS = {"dino": dino_app, "shakespeare": shakespeare_app}
COMMANDS = [
    (name, command) for name, app in APPS.items() for command in sorted(typer.main.get_command(app).commands)
]
WITH_A_VERDICT = {("dino", "grade"), ("dino", "reproduce")}
"""Commands that end with 1 where the answer is no, which is what they print."""

MOST = 40
"""So many characters or names are enough to get past everything that is checked."""


def listed(values: str) -> list[str]:
    """The values that spaces stand between."""
    return values.split()


FITTING = {
    int: listed("0 1 2 3 7 20"),
    float: listed("0.01 0.1 0.3 0.5 0.9 1"),
    str: ["Shall I", *listed("text json rex bundled course sonnets text.txt small.txt names.txt")],
    "dino": listed("model.safetensors chosen.safetensors new.safetensors new.png"),
    "shakespeare": listed(
        "poem.keras window.keras told.keras huge.keras loud.keras new.keras new.png new.csv logs"
    ),
    "dino grade": listed("some.py cell.ipynb class"),
    **dict.fromkeys(("dino assignment", "shakespeare assignment"), listed("new.ipynb deep/er/new.ipynb")),
}
NUMBERS = [
    *listed("60 300 1e-3 1e3 1_000 ٣ -0 -0.0 -1 1.0 1.5 1e-300 5e-324 1e30 1e300 1e308 -1e308 1e309"),
    *listed("nan NaN inf -inf 4097 2147483648 4294967295 4294967296 9223372036854775807"),
    *("0x10", "1,5", "abc", "9223372036854775808", str(10**20), str(-(10**20)), str(10**400), "9" * 5000),
    *(" 3", "1,2,3,4", "1e308,1e308,1,1"),
]
WORDS = [
    *listed("text csv junit xml bundled names plays course-350 “Thou’rt—” é 日本 😀 - -- %s{}"),
    *("", " ", "\udcff", "a\nb", "a\tb", "a\0b", "x" * 3000, "\x1b[31m", "\u202e", "\r"),
]
PATHS = [  # none that leads out of the folder, for a folder is read with all that is below it
    *("", ".", *(f"missing{end}" for end in (".txt", ".safetensors", ".keras", ".h5", ".py", ".ipynb"))),
    *(f"{long}{end}" for long in ("x" * 300, "y" * 5000) for end in ("", ".safetensors", ".keras", ".ipynb")),
    *(f"a\0b{end}" for end in ("", ".safetensors", ".keras", ".ipynb", ".py", ".png", ".csv")),
    *(
        "a\nb.safetensors",
        "a\nb.csv",
        "ü/日本.safetensors",
        "ü/日本.keras",
        "deep/er/new.keras",
        "\udcff.safetensors",
        "\udcff.txt",
    ),
    *listed("text.txt/new.safetensors text.txt/new.keras text.txt/a.txt NEW.KERAS new.svg new.h5 .keras"),
]
TYPED = [
    f"/{word}" for word in ("length 5", "seed 3", "seed", "temperature 0", "again", "save a.txt", "help")
]


def stamps(folder: Path) -> set[tuple[str, int, int]]:
    """What is in a folder: a rewritten file is another one."""
    found = ((path, path.stat()) for path in folder.rglob("*"))
    return {(str(path), 0, 0) if path.is_dir() else (str(path), s.st_ino, s.st_mtime_ns) for path, s in found}


class StandIn:
    """A network of Keras that neither computes nor learns."""

    layer_count, units, window, dropout_rate, vocabulary = 2, 4, None, 0.5, Vocabulary("ab")

    def __init__(self, *_, **__) -> None:
        self.about: dict[str, object] = {}


def step(run, *_) -> list[tuple[float, int]]:
    """An update of a stand-in."""
    run.made += 1
    return [(2.5, 1)]


def resumed(run, checkpoint, path) -> list[str]:
    """A stand-in goes on from a checkpoint of the same run."""
    checkpoint.require_same(run.identity, path)
    return []


IDLE = {
    "_compile": lambda run: None,
    "learning_rate": 0.1,
    "finished": property(lambda run: run.made >= min(run.total, 2)),
    "advance": step,
    "score": lambda run: 2.5 if run.held_out else None,
    "ended": lambda run, *_: None,
    "weights": lambda run: {},
    "checkpoint": lambda run: ({}, {}),
    "restore": resumed,
    "trained": lambda run, kept: run.network,
    "save": lambda run, path, *_: path.write_bytes(b"a network"),
}
"""What of a run would compute."""


@pytest.fixture
def cut_short(world, monkeypatch):
    """Loops end early, nothing is fetched, no network of Keras is built."""
    import matplotlib.figure

    from dino import reproduction, training
    from dino.grading import classroom, process
    from shakespeare import backend, cluster, course, training_cli
    from shakespeare import training as network_training
    from shakespeare.course.training import CourseTraining
    from shakespeare.verse import evaluation as verse_evaluation
    from shakespeare.verse import poem as verse_poem

    files = {"course": "names.txt", "sonnets": "text.txt", "plays": "text.txt"}
    at_hand = {corpora.KNOWN[name]: world / file for name, file in files.items()}
    stream_ids, stream = generation.stream_ids, names_model.NamesModel.stream
    advance, course_training = training.Training.advance, reproduction.course_training

    def fetched(known):
        if known not in at_hand:
            raise CorpusError(f"cannot fetch {known.file_name}")
        return at_hand[known]

    def drawn(_, place, **__):
        if isinstance(place, Path):
            place.write_bytes(b"a picture")

    def launched(count, _):
        require_number("processes", count, at_least=1, at_most=1024)
        return 0

    def lines(*_, **__):  # a search takes seconds
        yield "But soft, what light"

    def one_by_one(paths, settings, done):
        return [classroom._graded(path, settings) for path in paths]

    for where, name, what in (
        (fetching, "fetch", fetched),
        (generation, "stream_ids", lambda *a, limit, **k: stream_ids(*a, limit=min(limit, MOST), **k)),
        (names_model.NamesModel, "stream", lambda *a, **k: itertools.islice(stream(*a, **k), MOST)),
        (names_model, "PATIENCE", 100),
        (names_model, "shipped", lambda: world / "chosen.safetensors"),
        (training.Training, "finished", IDLE["finished"]),
        (training.Training, "advance", lambda self, steps: advance(self, min(steps, 2 - self.made))),
        (reproduction, "course_training", lambda *a, **k: itertools.islice(course_training(*a, **k), 2)),
        (process, "run", lambda job, timeout: process.Run([], "timeout")),
        (classroom, "grade_all", one_by_one),
        (matplotlib.figure.Figure, "savefig", drawn),
        (keras_file, "shipped", lambda: world / "poem.keras"),
        (backend, "load_tensorflow", lambda **_: None),
        (cluster, "launch", launched),
        (verse_poem, "poem_lines", lines),
        (verse_evaluation, "report", lines),
        (training_cli, "_callbacks", lambda *_: []),
        (course, "new_model", StandIn),
        (course, "keras_model", StandIn),
        *((network_training, name, StandIn) for name in ("new_network", "network_for", "network_in")),
        *((kind, *one) for kind in (network_training.Training, CourseTraining) for one in IDLE.items()),
    ):
        monkeypatch.setattr(where, name, what)


def drawn_value(draw: random.Random, call: str, kind: object, files: list[str], wild: float) -> str:
    """A value: one that fits, one of its kind, or anything."""
    of_kind = next((one for one in (int, float, Path) if one in (kind, *typing.get_args(kind))), str)
    others = {
        int: NUMBERS,
        float: NUMBERS,
        Path: files + PATHS,
        str: draw.choice([WORDS, files, PATHS, NUMBERS]),
    }
    if draw.random() >= wild:
        return draw.choice(FITTING.get(of_kind) or FITTING.get(call) or FITTING[call.split(maxsplit=1)[0]])
    return draw.choice(others[of_kind] if draw.random() < 0.8 else NUMBERS + WORDS + PATHS + files)


def drawn_call(draw: random.Random, name: str, command: str, files: list[str]) -> list[str]:
    """Arguments made of a command's own parameters, in any order, some twice, some that there are not."""
    parsed = typer.main.get_command(APPS[name]).commands[command]
    functions = {
        info.name or info.callback.__name__: info.callback for info in APPS[name].registered_commands
    }
    kinds = typing.get_type_hints(functions[command])
    often, wild = draw.choice([0.1, 0.3, 0.6]), draw.choice([0.05, 0.3, 0.8])
    parts: list[list[str]] = []
    for parameter in parsed.params:
        for _ in range(1 + (draw.random() < 0.05)):
            if draw.random() >= (0.95 if parameter.required else often):
                continue
            kind = kinds.get(parameter.name, str)
            value = drawn_value(draw, f"{name} {command}", kind, files, wild)
            flag = draw.choice([*parameter.opts, *parameter.secondary_opts])
            if parameter.param_type_name == "argument":
                parts.append([value])
            elif kind is bool:
                parts.append([flag])
            else:
                parts.append(
                    [f"{flag}={value}"] if flag[:2] == "--" and draw.random() < 0.5 else [flag, value]
                )
    if draw.random() < 0.04:
        parts.append([draw.choice(["--unknown", "-z", "--help", "-h", "--seed", "--", "-n", "--=", "extra"])])
    draw.shuffle(parts)
    return [command, *itertools.chain(*parts)]


def complaint(name: str, command: str, code: int, out: str, err: str) -> str:
    """What is wrong with how a call ended; empty if nothing is."""
    *notes, last = err.rstrip("\n").split("\n")
    own = [line for line in (*notes, last) if line.startswith(f"{name}: ")]
    if code not in (0, 1, 2):
        return f"the exit code is {code}"
    if "Traceback" in err or "Warning" in err:
        return "there is a traceback or a warning"
    if code == 1 and (name, command) in WITH_A_VERDICT and out and not own:
        return ""
    return "" if own == ([last] if code else []) else f"{len(own)} lines tell what went wrong"


def ended(name: str, arguments: list[str], read) -> tuple[int, str]:
    """A call's exit code, and what is wrong with it."""
    try:
        code = exit_code(APPS[name], name, arguments)
    except BaseException:  # whatever comes out of a command is a fault
        return -1, "".join(read()) + traceback.format_exc()
    out, err = read()
    wrong = complaint(name, arguments[0], code, out, err)
    return code, wrong and f"{wrong}: {err}"


ONCE_WRONG = [
    ("shakespeare", ["train", "--output", ""], 2),
    ("shakespeare", ["finetune", "--output", ""], 2),
    ("dino", ["generate", "--seed", "0", "--number", str(10**20)], 1),
    ("dino", ["generate", "--seed", "0", "--top-k", str(10**400)], 0),
    ("dino", ["generate", "--model", "x" * 5000], 2),
    ("dino", ["train", "--steps", str(10**400), "--every", str(10**400)], 0),
    ("dino", ["assignment", "y" * 5000 + ".ipynb"], 1),
    ("dino", ["grade", "y" * 5000 + ".py"], 2),
    ("dino", ["grade", "some.py", "--points", "1e308"], 2),
    ("shakespeare", ["poem", "--length", str(10**400)], 0),
    ("shakespeare", ["poem", "--model", "huge.keras"], 1),
    ("shakespeare", ["evaluate", "--model", "loud.keras"], 0),
    ("shakespeare", ["evaluate", "--model", "huge.keras"], 1),
    ("shakespeare", ["info", "odd.keras"], 1),
    ("shakespeare", ["info", "x" * 5000], 2),
    ("shakespeare", ["import-course", "."], 2),
    ("shakespeare", ["import-course", "x" * 5000], 2),
]


@pytest.mark.parametrize(("name", "arguments", "code"), ONCE_WRONG, ids=lambda value: str(value)[:60])
def test_what_once_went_wrong(name, arguments, code, world, cut_short, tmp_path, monkeypatch, capfd):
    monkeypatch.delenv("CHARLM_DATA", raising=False)
    shutil.copytree(world, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    assert ended(name, arguments, capfd.readouterr) == (code, "")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[" ".join(command) for command in COMMANDS])
def test_any_call_succeeds_or_says_in_one_line_why_not(
    name, command, world, cut_short, folder, monkeypatch, capfd
):
    monkeypatch.delenv("CHARLM_DATA", raising=False)
    files = sorted(path.relative_to(world).as_posix() for path in world.rglob("*"))
    codes: Counter[int] = Counter()
    faults = []
    there: set[tuple[str, int, int]] | None = None
    for number in range(CALLS):
        if stamps(folder) != there:
            shutil.rmtree(folder)
            shutil.copytree(world, folder)
            os.chdir(folder)
            there = stamps(folder)
        draw = random.Random(f"{SEED} {name} {command} {number}")
        arguments = drawn_call(draw, name, command, files)
        argued = [f"{line.split()[0]} {draw.choice(NUMBERS + PATHS)}" for line in TYPED]
        typed = draw.choices([*TYPED, *argued, *WORDS, "/x", "/"], k=4)
        content = io.BytesIO("\n".join(typed).encode("utf-8", "surrogateescape"))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(content, "utf-8", errors="surrogateescape"))
        code, wrong = ended(name, arguments, capfd.readouterr)
        codes[code] += 1
        if code == 2 and stamps(folder) != there:
            wrong = wrong or "a wrong call changed something"
        if any(".part" in path for path, *_ in stamps(folder)):
            wrong = wrong or "a part of a file is left"
        if wrong:
            faults.append(f"call {number}: {arguments!r:.500}, typed {typed!r:.500}: {wrong[-1500:]}")
    with capfd.disabled():
        print(
            f"\n{name} {command}: {CALLS:,} calls with seed {SEED} ended with {dict(sorted(codes.items()))}"
        )
    assert not faults, f"seed {SEED}, {len(faults)} calls went wrong, the first:\n" + "\n\n".join(faults[:4])
