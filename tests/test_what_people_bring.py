"""What people bring to tools of this kind: of each case what happened before, and what happens now."""

import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import dino
from charlm.run.command import exit_code
from charlm.vocabulary import Vocabulary
from dino.cli import app as dino_app
from dino.names import NameList, load_names
from shakespeare.cli import app as shakespeare_app

APPS = {"dino": dino_app, "shakespeare": shakespeare_app}


@dataclass(frozen=True)
class Case:
    """One call.

    Attributes:
        before: what happened.
        call: the command.
        code: what it ends with now.
        told: a part of what it says now, on either stream.
        files: what is there, by name.
        typed: on standard input.
        check: of what it printed.
    """

    before: str
    call: str
    code: int
    told: str
    files: dict[str, bytes]
    typed: bytes = b""
    check: Callable[[str], bool] = lambda _: True


LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAMES = "Rex\nRexine\nTroodon\nAnnasaur\n"
TABLE = "name,sex,count\nMary,F,70\nAnna,F,26\nEmma,F,20\n"
FEW = "--steps 3 --hidden 4"
CASES = {
    "several lists": Case(
        "only one --names",
        f"dino train --names a.txt --names b.txt {FEW}",
        0,
        "8 names from a.txt, b.txt",
        {"a.txt": NAMES.encode(), "b.txt": NAMES.encode()},
    ),
    "standard input": Case(
        "no such file -", f"dino train --names - {FEW}", 0, "4 names from standard input", {}, NAMES.encode()
    ),
    "UTF-16 from PowerShell": Case(
        "not UTF-8, without a way on",
        f"dino train --names a.txt {FEW}",
        1,
        "looks like UTF-16, as PowerShell's > writes it: give --encoding utf-16",
        {"a.txt": NAMES.encode("utf-16")},
    ),
    "UTF-16, told": Case(
        "no such option",
        f"dino train --names a.txt --encoding utf-16 {FEW}",
        0,
        "4 names",
        {"a.txt": NAMES.encode("utf-16")},
    ),
    "Windows-1252": Case(
        "not UTF-8, without a way on",
        f"dino train --names a.txt {FEW}",
        1,
        "may be Windows-1252: give --encoding cp1252",
        {"a.txt": "José\nZoë\n".encode("cp1252")},
    ),
    "Windows-1252, told": Case(
        "no such option",
        f"dino train --names a.txt --encoding cp1252 {FEW}",
        0,
        "2 names",
        {"a.txt": "José\nZoë\n".encode("cp1252")},
    ),
    "an encoding that is none": Case(
        "no such option",
        f"dino train --names a.txt --encoding utf-61 {FEW}",
        2,
        "the encoding is 'utf-61', which is not known",
        {"a.txt": NAMES.encode()},
    ),
    "gzip": Case(
        "a byte that is not UTF-8",
        f"dino train --names a.gz {FEW}",
        1,
        "a.gz is compressed with gzip; unpack it first",
        {"a.gz": b"\x1f\x8b\x08\0"},
    ),
    "Word": Case(
        "a NUL byte",
        f"dino train --names a.docx {FEW}",
        1,
        "a.docx is a Word document; save it as plain text",
        {"a.docx": b"PK\x03\x04\0\0word/document.xml"},
    ),
    "a table": Case(
        "letters, commas and figures learned as names",
        f"dino train --names a.csv {FEW}",
        2,
        "a.csv is a table of 3 columns that begins 'name,sex,count'; say which one",
        {"a.csv": TABLE.encode()},
    ),
    "a table's column by name": Case(
        "no such option",
        f"dino train --names a.csv --column name {FEW}",
        0,
        "3 names",
        {"a.csv": TABLE.encode()},
    ),
    "a table's column by number, with a header": Case(
        "no such option",
        f"dino train --names a.csv --column 1 {FEW}",
        0,
        "3 names",
        {"a.csv": TABLE.encode()},
    ),
    "tabs": Case(
        "no such option",
        f"dino train --names a.tsv --column 2 {FEW}",
        0,
        "2 names",
        {"a.tsv": b"1\tAnna\n2\tEmma\n"},
    ),
    "a column that is not there": Case(
        "no such option",
        f"dino train --names a.csv --column 7 {FEW}",
        2,
        "column is '7'; a.csv has 1 to 3, and begins with name, sex, count",
        {"a.csv": TABLE.encode()},
    ),
    "names with commas are no table": Case(
        "right before",
        f"dino train --names a.txt {FEW}",
        0,
        "2 names",
        {"a.txt": b"Smith, John\nRoe, Jane\n"},
    ),
    "names of one's own keep their letters": Case(
        "a Georgian capital that no font has",
        "dino generate --model own.safetensors -n 1 --temperature 0",
        0,
        "ლუვი",
        {"own.txt": "ლუვი\n".encode()},
    ),
    "evaluate after train": Case(
        "no held-out names, exit code 1",
        "dino evaluate --model own.safetensors",
        0,
        "over 4 names that it was trained on, for none were held out",
        {"own.txt": NAMES.encode()},
    ),
    "evaluate with an unknown letter": Case(
        "the command ended",
        "dino evaluate --model own.safetensors --names other.txt",
        0,
        "1 were adapted",
        {"own.txt": NAMES.encode(), "other.txt": "Troéx\nRona\n".encode()},
    ),
    "other names with new characters": Case(
        "no way to go on from a model",
        "dino train --from own.safetensors --names towns.txt --steps 3 --output towns.safetensors",
        0,
        "new to the model, and added to its characters: 'B', 'D', 'W', 'h', 'l', 'm'",
        {"own.txt": NAMES.encode(), "towns.txt": b"Bath\nWells\nDurham\n"},
    ),
    "the hidden units of the model that is gone on from": Case(
        "no way to go on from a model",
        "dino train --from own.safetensors --hidden 9",
        2,
        "hidden is 9, and the model to go on from has 8; leave out --hidden",
        {"own.txt": NAMES.encode()},
    ),
    "a finished model of another run": Case(
        "replaced without a word",
        f"dino train --names b.txt --output own.safetensors {FEW}",
        0,
        "own.safetensors is of another run and stays; this one is own-2.safetensors (--overwrite",
        {"own.txt": NAMES.encode(), "b.txt": b"Ely\nYork\n"},
        check=lambda _: len(dino.load("own.safetensors").trained_on) == 4,
    ),
    "a finished model of another run, to be replaced": Case(
        "replaced without being asked",
        f"dino train --names b.txt --output own.safetensors --overwrite {FEW}",
        0,
        "wrote own.safetensors",
        {"own.txt": NAMES.encode(), "b.txt": b"Ely\nYork\n"},
        check=lambda _: len(dino.load("own.safetensors").trained_on) == 2,
    ),
    "what to do after a training": Case(
        "a path, and no word of how to use it",
        f"dino train --names b.txt --output towns.safetensors {FEW}",
        0,
        "next: dino generate --model towns.safetensors",
        {"b.txt": b"Ely\nYork\n"},
    ),
    "why these weights": Case(
        "after 3 steps",
        f"dino train --names b.txt {FEW}",
        0,
        "kept: the last weights, for nothing was held out to choose by; --validation 0.1 holds some out",
        {"b.txt": b"Ely\nYork\n"},
    ),
    "a finished word of the beginning": Case(
        "Somer on a point,",
        "shakespeare poem So --seed 2 --length 30",
        0,
        "So",
        {},
        check=lambda printed: not printed[2].isalpha(),
    ),
    "an unfinished word of the beginning": Case(
        "comparious, and so it should be",
        "shakespeare poem compar --seed 5 --length 40",
        0,
        "compar",
        {},
        check=lambda printed: printed[6].isalpha(),
    ),
    "a poem's end": Case(
        "cut in the middle of a word",
        "shakespeare poem So --seed 1",
        0,
        "So",
        {},
        check=lambda printed: len(printed) >= 400 and printed.rstrip("\n")[-1] in ",.;:?!'" + LETTERS,
    ),
    "the same words again and again": Case(
        "no such option",
        "shakespeare poem Shall --seed 1 --temperature 0 --length 200 --no-repeat-ngram-size 9",
        0,
        "Shall",
        {},
        check=lambda printed: len({printed[at : at + 9] for at in range(190)}) == 190,
    ),
    "a letter that the model does not know, in a text to score": Case(
        "the command ended",
        "shakespeare evaluate --corpus other.txt --split 1 --sample 0",
        0,
        "1 of 16 characters (6.2%) are none of the model's, and were adapted to it",
        {"other.txt": "The café of love".encode()},
    ),
    "resumed to the bit, or not at all": Case(
        "no such option",
        "dino train --resume --exact --steps 3 --hidden 4",
        0,
        "beginning anew: there is no checkpoint",
        {},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name, tmp_path, monkeypatch, capsys):
    case = CASES[name]
    monkeypatch.chdir(tmp_path)
    for file, content in case.files.items():
        Path(file).write_bytes(content)
    if "own.txt" in case.files:
        dino.train(load_names("own.txt"), steps=300, hidden_size=8, learning_rate=0.1).save("own.safetensors")
    if case.typed:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(case.typed), encoding="utf-8"))
    command, *arguments = case.call.split()
    code = exit_code(APPS[command], command, arguments)
    out, err = capsys.readouterr()
    assert (code, case.told in out + err) == (case.code, True), out + err
    assert case.check(out), out
    assert "Traceback" not in err


@pytest.mark.unix
def test_a_pipe_of_the_shell_s():
    """Before: there is no file /dev/fd/63."""
    reading, writing = os.pipe()
    os.write(writing, NAMES.encode())
    os.close(writing)
    assert load_names(f"/dev/fd/{reading}").names == ("Rex", "Rexine", "Troodon", "Annasaur")
    os.close(reading)


def test_two_spellings_of_one_name_count_as_one():
    """Before: 'é' and 'e' with its accent made two names, one of them always new."""
    composed, parts = "René", "Rene\u0301"
    names = NameList((parts, composed, parts, "Anna"), "own.txt", "")
    training, held_out = names.split(0.5, 0)
    assert sorted([*set(training), *held_out]) in (["Anna", composed, parts], ["Anna", parts])
    assert not {*training} & {*held_out} and len(held_out) == 1
    model = dino.train(NameList((parts,), "own.txt", ""), steps=300, hidden_size=8, learning_rate=0.1)
    assert next(model.stream(seed=0)) == parts


def test_json_and_python_give_the_same_strings(tmp_path, monkeypatch, capsys):
    """Before: JSON had a capital that the model never wrote."""
    command = ["generate", "-n", "5", "--seed", "1", "--format", "json"]
    assert exit_code(dino_app, "dino", [*command, "--model", str(dino.shipped())]) == 0
    written = [entry["name"] for entry in json.loads(capsys.readouterr().out)["names"]]
    stream = dino.load(dino.shipped()).stream(seed=1)
    assert written == [next(stream) for _ in range(5)]


@pytest.mark.parametrize(
    ("alphabet", "prompt", "read"),
    [("’“” helo", 'o\'"hello"', "o’”hello”"), ("e\u0301xo", "e\u0301x!", "e\u0301x")],
)
def test_a_prompt_in_the_model_s_own_signs(alphabet, prompt, read):
    """Before: straight quotes were dropped, and an accent with them."""
    assert Vocabulary.of(alphabet).adapt(prompt).text == read
