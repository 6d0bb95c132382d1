"""Damaged and hostile model files: each command that reads one refuses it in one line of its own."""

import io
import sys
from functools import partial
from pathlib import Path

import pytest
from hostile_cases import NAMES, POEMS

import dino.cli
import shakespeare.cli
from charlm.errors import CharLMError
from dino import NameList, train


def rows(cases):
    # Where files have no holes, one of gigabytes would have to be written.
    return [
        pytest.param(case, id=case.what, marks=[pytest.mark.unix] if case.sparse else []) for case in cases
    ]


def refused(run, path, told, *commands):
    messages = set()
    for arguments in commands:
        code, out, err = run(*arguments)
        assert (code, out) == (1, "") and err.count("\n") == 1 and str(path) in err and told in err
        messages.add(err)
    assert len(messages) == 1


@pytest.fixture(scope="module")
def good_names(tmp_path_factory):
    """A model of two names."""
    path = tmp_path_factory.mktemp("names") / "good.safetensors"
    train(NameList(("ab", "ba"), "two.txt", "ab" * 32), steps=3, hidden_size=2).save(path)
    return path


@pytest.fixture(scope="module")
def good_poems(tmp_path_factory, write_poem_model):
    """A model of poems."""
    return write_poem_model(tmp_path_factory.mktemp("poems") / "good.keras", about={"training": []})


@pytest.mark.slow
@pytest.mark.parametrize("case", rows(NAMES))
def test_a_hostile_model_of_names(case, run_command, good_names):
    path = Path("hostile.safetensors")
    case.build(good_names, path)
    run = partial(run_command, dino.cli.app, "dino")
    refused(
        run, path, case.told, ["generate", "--model", path], ["info", path], ["evaluate", "--model", path]
    )


@pytest.mark.slow
@pytest.mark.parametrize("case", rows(POEMS))
def test_a_hostile_model_of_poems(case, run_command, good_poems, monkeypatch):
    def never(**_):
        raise AssertionError("TensorFlow is loaded for a file that is refused")

    monkeypatch.setattr("shakespeare.backend.load_tensorflow", never)
    path = Path("hostile.keras")
    case.build(good_poems, path)
    of_model = [[name, "--model", path] for name in ("poem", "prompt", "evaluate")]
    finetune = ["finetune", "--model", path, "--corpus", "bundled"]
    run = partial(run_command, shakespeare.cli.app, "shakespeare")
    refused(run, path, case.told, *of_model, ["info", path], finetune)
    assert not Path("models").exists()


def test_the_good_files_are_good(run_command, good_names, good_poems):
    assert run_command(dino.cli.app, "dino", "info", good_names)[0] == 0
    code, _, err = run_command(shakespeare.cli.app, "shakespeare", "info", good_poems)
    assert (code, err) == (0, "")


@pytest.mark.parametrize("command", ["poem", "prompt", "evaluate", "info", "finetune"])
def test_a_file_that_keras_alone_wrote_is_used_and_called_unverified(
    command, run_command, write_poem_model, monkeypatch
):
    class Begun(CharLMError):
        """The file has been read, and what follows would load TensorFlow."""

    def begin(**_):
        raise Begun("begun")

    monkeypatch.setattr("shakespeare.backend.load_tensorflow", begin)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    Path("own.txt").write_text("to be or not to be\n" * 20)
    file = [write_poem_model(Path("plain.keras"), signed=False)]
    arguments = file if command == "info" else ["--model", *file]
    corpus = ["--corpus", "own.txt"] if command in ("evaluate", "finetune") else []
    code, _, err = run_command(shakespeare.cli.app, "shakespeare", command, *arguments, *corpus)
    first, *more = err.splitlines()
    assert first == "plain.keras has no digest, so nothing tells whether it was altered: it is unverified"
    assert "unverified" not in "".join(more)
    assert (code, more) == (1, ["shakespeare: begun"]) if command == "finetune" else code == 0
