"""The command ``shakespeare``, but for its conversation and its training: what it prints, how it ends."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

import shakespeare
from shakespeare.cli import app


@pytest.fixture
def folder(folder, monkeypatch):
    """An empty folder to work in, with nothing that could be taken for the Sonnets in reach."""
    monkeypatch.delenv("CHARLM_DATA", raising=False)
    return folder


@pytest.fixture
def run(folder, run_command):
    """Run a subcommand: exit code, standard output, standard error."""
    return partial(run_command, app, "shakespeare")


VERSE = """The reed that bends outlives the prouder tree,
And so my pen shall bend to write of thee.
"""


@pytest.fixture
def text(folder):
    """A text of one's own."""
    path = Path("verse.txt")
    path.write_text(VERSE * 30, encoding="utf-8")
    return path


@pytest.fixture
def model(folder, text, write_poem_model):
    """A model that says it was trained on the first nine tenths of that text, where commands look first."""
    import hashlib

    size = len(VERSE) * 30
    split = {"training": [0, size * 8 // 10], "validation": [size * 8 // 10, size * 9 // 10]}
    run = {
        "corpus": str(text),
        "sha256": hashlib.sha256(text.read_bytes()).hexdigest(),
        "split": split,
        "epochs": 3,
        "validation_nats": 2.5,
        "settings": {"batch_size": 4, "patience": None},
    }
    Path("models").mkdir()
    characters = "".join(sorted(set(VERSE)))
    return write_poem_model(
        Path("models/finetuned.keras"), vocabulary=characters, about={"training": [run], "by": "hand"}
    )


def one_line(message):
    return message.startswith("shakespeare: ") and message.count("\n") == 1 and "Traceback" not in message


def test_a_poem_begins_as_it_was_typed_and_shows_its_seed(run, model):
    code, out, err = run("poem", "The reed ", "--length", 50)
    assert code == 0 and out.startswith("The reed ") and len(out) == len("The reed ") + 50 + 1
    seed = err.split()[-1]
    assert err == f"seed {seed}\n"
    assert run("poem", "The reed ", "--length", 50, "--seed", seed) == (0, out, "")


def test_the_shell_and_python_write_the_same_poem(run, model):
    _, out, _ = run("poem", "The reed", "--seed", 7, "--temperature", 0.9)
    options = shakespeare.SamplingOptions(temperature=0.9)
    written = shakespeare.stream_poem(shakespeare.load(model), "The reed", seed=7, options=options)
    assert out == "The reed" + "".join(written) + "\n"


def test_a_trailing_space_gives_another_poem(run, model):
    poems = [run("poem", start, "--seed", 1)[1] for start in ("The pen", "The pen ")]
    assert poems[0][len("The pen") :] != poems[1][len("The pen ") :]


def test_json_holds_the_whole_poem(run, model):
    code, out, _ = run("poem", "The reed\nthat", "--seed", 1, "--format", "json", "--report", "--length", 60)
    poem = json.loads(out)
    assert code == 0 and poem["seed"] == 1 and poem["beginning"] == "The reed\nthat"
    assert len(poem["continuation"]) == 60
    assert set(poem["copied"]) == {"share", "longest", "line"}


def test_a_beginning_is_fitted_and_that_is_said(run, model):
    code, out, err = run("poem", "THE “reed€”", "--seed", 1, "--length", 5)
    assert code == 0 and out.startswith("THE “reed€”")
    assert "the beginning is read as 'The reed'" in err and "dropped '“', '€', '”'" in err


def test_lines_end_a_poem(run, model):
    _, out, _ = run("poem", "The", "--lines", 3, "--seed", 1)
    assert out.count("\n") == 3


def test_a_report_names_the_source_s_line(run, model):
    code, out, _ = run("poem", "The reed", "--seed", 1, "--report")
    assert code == 0
    assert "of its 20-character spans; the longest copy has" in out
    assert out.splitlines()[-1].startswith("It leans most on: ")


def test_a_report_without_the_training_text_says_why(run, model, text):
    text.write_text("something else", encoding="utf-8")
    code, out, err = run("poem", "The reed", "--seed", 1, "--report", "--length", 20)
    assert code == 0 and len(out) == len("The reed") + 21
    assert "nothing to say about copying: verse.txt is no longer the text" in err
    text.unlink()
    assert "there is no file verse.txt" in run("poem", "The reed", "--seed", 1, "--report")[2]


def test_evaluate_sets_counting_models_beside_it(run, model):
    code, out, err = run("evaluate", "--corpus", "verse.txt", "--sample", 500)
    lines = out.splitlines()
    assert code == 0 and "the model was trained on this text" in err  # the same lines come round and round
    assert lines[0] == "the last 10% of verse.txt, 270 characters"
    rows = {line[:20].strip(): [float(part) for part in line[20:].split()] for line in lines[2:6]}
    assert list(rows) == ["this model", "equal chances", "unigram", "6-gram with backoff"]
    nats = {what: figures[0] for what, figures in rows.items()}
    assert nats["6-gram with backoff"] < nats["unigram"] < nats["equal chances"]
    assert "500 characters at temperature 0.8: " in out and "100.00% of its" in out


def test_evaluate_agrees_with_keras(run, model):
    import numpy as np

    from charlm.scoring import costs_in_text
    from shakespeare.keras_file import read
    from shakespeare.network import CharacterLSTM
    from shakespeare.writer import writer_of

    network = read(model)
    keras_model = CharacterLSTM(network.vocabulary.characters, 12, embedding_size=6)
    weights = [network.embedding]
    for layer in network.layers:
        weights += [layer.kernel, layer.recurrent_kernel, layer.bias]
    for variable, array in zip(
        keras_model.trainable_weights, [*weights, network.head_kernel, network.head_bias], strict=True
    ):
        variable.assign(array)
    ids = network.vocabulary.encode(VERSE * 12)
    logits = keras_model.predict(ids[None, :-1], verbose=0)[0].astype(np.float64)
    logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    theirs = -logits[np.arange(len(ids) - 1), ids[1:]].mean()
    assert costs_in_text(writer_of(network), ids, network.window).mean() == pytest.approx(theirs, abs=1e-4)


def held_out_model(write_poem_model, text, spans):
    """A model that says that it held these stretches out of a text."""
    import hashlib

    split = {"training": spans["training"], "validation": spans["validation"], "test": [2700, 2700]}
    digest = hashlib.sha256(text.read_bytes()).hexdigest()
    told = {"training": [{"corpus": str(text), "sha256": digest, "split": split}]}
    return write_poem_model(Path("own.keras"), vocabulary="".join(sorted(set(VERSE))), about=told)


def test_evaluate_scores_exactly_what_a_model_held_out(run, text, write_poem_model):
    from charlm.scoring import costs_in_text
    from shakespeare.keras_file import read
    from shakespeare.writer import writer_of

    spans = {"training": [0, 500, 600, 2000, 2100, 2700], "validation": [500, 600, 2000, 2100]}
    path = held_out_model(write_poem_model, text, spans)
    code, out, err = run("evaluate", "--model", path, "--sample", 0)
    lines = out.splitlines()
    assert code == 0 and lines[0] == "what the model held out of verse.txt, 200 characters" and err == ""
    held_out = "".join(text.read_text()[first:end] for first, end in ((500, 600), (2000, 2100)))
    network = read(path)
    nats = costs_in_text(writer_of(network), network.vocabulary.encode(held_out)).mean()
    assert float(lines[2].split()[2]) == pytest.approx(nats, abs=1e-4)
    assert "unigram" in out
    assert run("evaluate", "--model", path, "--sample", 0, "--corpus", text)[1].startswith("the last 10% of")


def test_characters_that_a_model_does_not_know_are_adapted_and_counted(run, model):
    Path("other.txt").write_text(VERSE + "the réed € that bends\n" * 3, encoding="utf-8")
    code, _, err = run("evaluate", "--corpus", "other.txt", "--split", 1, "--sample", 0)
    assert code == 0, err
    assert "6 of 156 characters (3.8%) are none of the model's, and were adapted to it" in err


def test_info_says_what_a_model_is(run, model):
    code, out, _ = run("info", model)
    assert code == 0
    for part in ("2 LSTM layers of 12 units", "'T'", "by:", "hand"):
        assert part in out
    assert (
        "training 1:  3 epochs over 2,160 characters of verse.txt, held out 2.5000 nats per character" in out
    )
    assert "batch size 4" in out and "patience" not in out


def test_info_shows_what_it_cannot_read_as_it_is(run, write_poem_model):
    path = write_poem_model(Path("odd.keras"), about={"training": [{"corpus": 3}, "by hand"]})
    code, out, _ = run("info", path)
    assert code == 0 and "training 1:  {'corpus': 3}" in out and "training 2:  by hand" in out


def test_fetch_says_where_each_file_is(run, course_data):
    path = course_data("sonnets")
    assert run("fetch", "sonnets") == (0, f"sonnets: {path}\n", "")


WRONG_CALLS = [
    (["poem", "--temperature", "-0.1"], "temperature is -0.1; it must be 0 or more"),
    (["poem", "--temperature", "nan"], "temperature is nan"),
    (["poem", "--top-p", "1.5"], "top-p is 1.5; it must be above 0 and 1 or less"),
    (["poem", "--top-k", "0"], "top-k is 0"),
    (["poem", "--min-p", "2"], "min-p is 2.0"),
    (["poem", "--length", "-1"], "length is -1; it must be 0 or more"),
    (["poem", "--length", "long"], "'--length'"),
    (["poem", "--lines", "0"], "lines is 0; it must be 1 or more"),
    (["poem", "--seed", "-1"], "seed is -1"),
    (["poem", "--format", "xml"], "format is 'xml'; it must be one of text, json"),
    (["poem", "€€€"], "nothing is left of '€€€'"),
    (["poem", "--model", "missing.keras"], "there is no model of poems missing.keras"),
    (["poem", "two", "arguments"], "unexpected extra argument"),
    (["prompt", "--length", "-1"], "length is -1"),
    (["prompt", "--seed", "-1"], "seed is -1"),
    (["evaluate", "--split", "0"], "split is 0.0; it must be above 0 and 1 or less"),
    (["evaluate", "--sample", "-1"], "sample is -1"),
    (["evaluate", "--corpus", "missing.txt"], "there is no file missing.txt"),
    (["evaluate", "--corpus", "models"], "models is a folder"),
    (["import-course", "missing.h5"], "there is no file missing.h5"),
    (["import-course", "verse.txt", "--output", "x.h5"], "must end in .keras"),
    (["import-course"], "Missing argument"),
    (["info", "missing.keras"], "there is no model of poems"),
    (["fetch", "dinos"], "the name is 'dinos'; it must be one of sonnets, plays, course-350, course-first"),
    (["pome"], "No such command"),
]


@pytest.mark.parametrize(
    ("arguments", "told"), WRONG_CALLS, ids=[" ".join(arguments) for arguments, _ in WRONG_CALLS]
)
def test_a_wrong_call_is_told_in_one_line_and_exits_2(run, model, folder, arguments, told):
    before = sorted(folder.rglob("*"))
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert one_line(err) and told in err
    assert sorted(folder.rglob("*")) == before


UNUSABLE = [
    (b"", "is empty"),
    (b"x\xff", "line 1 has the byte 0xff"),
    (b"a\x00", "NUL byte"),
    (b"The", "too short to be scored"),
]


@pytest.mark.parametrize(("content", "told"), UNUSABLE, ids=["empty", "not-utf8", "binary", "short"])
def test_an_unusable_text_is_told_in_one_line_and_exits_1(run, model, content, told):
    Path("other.txt").write_bytes(content)
    code, out, err = run("evaluate", "--corpus", "other.txt")
    assert (code, out) == (1, "") and one_line(err) and told in err


@pytest.mark.parametrize("command", ["poem", "prompt", "evaluate", "info"])
def test_a_damaged_model_is_refused_and_left_as_it_is(run, model, command):
    model.write_bytes(model.read_bytes()[:-100])
    before = model.read_bytes()
    code, out, err = run(command)
    assert (code, out) == (1, "") and one_line(err) and str(model) in err
    assert model.read_bytes() == before


def test_an_h5_that_is_not_the_course_s(run, text):
    code, out, err = run("import-course", text, "--output", "new.keras")
    assert (code, out) == (1, "") and one_line(err) and "is an .h5 that is not the course's" in err
    assert not Path("new.keras").exists()


def test_an_output_that_cannot_be_written(run, text):
    code, _, err = run("import-course", text, "--output", "verse.txt/new.keras")
    assert code == 1 and one_line(err) and "cannot write" in err


# -- in a process of its own


def test_help_loads_no_tensorflow_keras_or_numpy(python):
    done = python("-X", "importtime", "-m", "shakespeare", "--help")
    assert done.returncode == 0 and "import-course" in done.stdout
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "typer" in loaded
    assert not loaded & {"tensorflow", "keras", "numpy", "matplotlib", "h5py"}


def test_a_poem_loads_no_tensorflow(model, python):
    code = (
        "import sys; from shakespeare.cli import app; from charlm.run.command import exit_code\n"
        "assert exit_code(app, 'shakespeare', ['poem', 'The road not taken', '--report']) == 0\n"
        "assert not {'tensorflow', 'keras', 'matplotlib', 'prompt_toolkit'} & set(sys.modules)\n"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr


@pytest.mark.unix
def test_a_poem_comes_character_by_character(model):
    process = subprocess.Popen(
        [sys.executable, "-m", "shakespeare", "poem", "The reed", "--length", "100000000", "--seed", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert os.read(process.stdout.fileno(), 8)  # long before it ends
    process.send_signal(2)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and b"Traceback" not in err


@pytest.mark.unix
def test_a_closed_pipe_ends_quietly(model):
    done = subprocess.run(
        f"{sys.executable} -m shakespeare poem The --length 200000 --seed 0 | head -c 10",
        shell=True,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert len(done.stdout) == 10 and done.stderr == ""


@pytest.mark.unix
def test_bytes_that_are_no_text_are_dropped(model):
    done = subprocess.run(
        [sys.executable, "-m", "shakespeare", "poem", b"The \xff reed", "--seed", "0", "--length", "5"],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0 and b"Traceback" not in done.stderr
