"""The command ``dino``: what it prints, what it writes, how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import dino
from dino.cli import app

from .conftest import PEAK


@pytest.fixture
def run(run_command):
    """Run a subcommand: exit code, standard output, standard error."""
    return partial(run_command, app, "dino")


@pytest.fixture
def trained(run):
    """A small model of its own, where the commands look first."""
    assert run("train", "--steps", 300, "--hidden", 8, "--validation", 0.1, "--every", 100)[0] == 0
    return Path("models/dino.safetensors")


def one_line(message):
    return message.startswith("dino: ") and message.count("\n") == 1 and "Traceback" not in message


def test_train_writes_a_model_and_says_where(run, folder):
    code, out, err = run("train", "--steps", 250, "--hidden", 8, "--every", 100)
    assert code == 0
    assert "step 100: training " in out and "step 250: training " in out
    assert "new" in out
    assert f"wrote {Path('models/dino.safetensors')} after 250 steps" in err
    left = sorted(path.name for path in (folder / "models").iterdir())
    assert left == ["dino.safetensors", "dino.safetensors.checkpoint"]


def test_train_reports_held_out_names_and_draws_both_curves(run):
    code, out, _ = run("train", "--steps", 200, "--every", 100, "--validation", 0.2, "--plot", "loss.png")
    assert code == 0
    assert out.count("held out") == 3  # the head, and two reports
    assert Path("loss.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_seed_trains_the_same_model(run):
    files = []
    for name in ("a.safetensors", "b.safetensors"):
        run("train", "--steps", 120, "--seed", 5, "--output", name)
        files.append(Path(name).read_bytes())
    assert files[0] == files[1]


def test_names_of_any_kind_keep_their_letters(run):
    Path("places.txt").write_bytes("Aix-en-Provence\r\nSão Paulo\r\n\r\nÅrhus".encode("utf-8-sig"))
    assert run("train", "--names", "places.txt", "--steps", 50)[0] == 0
    model = dino.load("models/dino.safetensors")
    assert model.trained_on == ("Aix-en-Provence", "São Paulo", "Århus")
    code, out, _ = run("generate", "-n", 2, "--seed", 0, "--start", "Aix")
    assert code == 0 and all(line.startswith("Aix") for line in out.splitlines())


def test_one_name_is_a_list(run):
    Path("one.txt").write_text("rex", encoding="utf-8")
    assert run("train", "--names", "one.txt", "--steps", 20)[0] == 0


def test_generate_uses_the_model_that_ships_in_an_empty_folder(run):
    code, out, err = run("generate", "-n", 5, "--seed", 1)
    assert code == 0 and err == ""
    assert len(set(out.split())) == 5 and out == out.title()


def test_a_seed_is_shown_and_gives_the_same_names_again(run, trained):
    _, first, err = run("generate")
    seed = err.removeprefix("seed ").strip()
    assert run("generate", "--seed", seed) == (0, first, "")


def test_fewer_names_are_the_first_of_more(run, trained):
    assert run("generate", "-n", 9, "--seed", 2)[1].startswith(run("generate", "-n", 4, "--seed", 2)[1])


def test_a_start_is_fitted_and_the_change_told(run, trained):
    code, out, err = run("generate", "-n", 3, "--seed", 0, "--start", "Tÿ–")
    assert code == 0 and all(name.startswith("Ty") for name in out.split())
    assert err.count("\n") == 1 and "took the accents off 'ÿ'" in err and "dropped '–'" in err


def test_json_has_the_seed_and_tells_new_from_known(run, trained):
    _, out, _ = run("generate", "-n", 3, "--seed", 4, "--format", "json", "--new-only")
    answer = json.loads(out)
    assert answer["seed"] == 4 and answer["start"] == ""
    assert [entry["new"] for entry in answer["names"]] == [True] * 3


def test_generate_says_when_it_gives_up(run, trained):
    code, out, err = run("generate", "-n", 3, "--seed", 0, "--temperature", 0)
    assert code == 1 and len(out.split()) == 1
    assert one_line(err) and "gave up: after 1 of 3 names" in err


def test_evaluate_sets_counting_models_beside_it(run, trained):
    code, out, _ = run("evaluate")
    assert code == 0
    rows = {line.rsplit(maxsplit=1)[0].strip(): float(line.split()[-1]) for line in out.splitlines()[1:]}
    assert list(rows) == ["this model", "unigram", "bigram", "trigram"]
    assert rows["trigram"] < rows["bigram"] < rows["unigram"] < np.log(27)


def test_the_shipped_model_beats_the_trigram(run):
    code, out, _ = run("evaluate", "--model", dino.shipped())
    rows = {line.rsplit(maxsplit=1)[0].strip(): float(line.split()[-1]) for line in out.splitlines()[1:]}
    assert code == 0 and rows["this model"] < rows["trigram"]


def test_info_says_what_a_model_is(run, trained):
    code, out, _ = run("info", trained)
    assert code == 0
    for part in ("8 hidden units", "27 characters", "from bundled", "validation 0.1", "steps 300"):
        assert part in out


WRONG_CALLS = [
    (["generate", "--temperature", "-0.1"], "temperature is -0.1; it must be 0 or more"),
    (["generate", "--temperature", "nan"], "temperature is nan"),
    (["generate", "--top-p", "1.5"], "top-p is 1.5; it must be above 0 and 1 or less"),
    (["generate", "--top-p", "0"], "top-p is 0.0"),
    (["generate", "--min-p", "-1"], "min-p is -1.0"),
    (["generate", "--top-k", "0"], "top-k is 0"),
    (["generate", "-n", "0"], "the number of names is 0; it must be 1 or more"),
    (["generate", "-n", "many"], "'-n' / '--number'"),
    (["generate", "--seed", "-3", "-n", "1"], "seed is -3"),
    (["generate", "--format", "xml"], "format is 'xml'; it must be one of text, json"),
    (["generate", "--start", "€", "-n", "1"], "nothing is left of '€'"),
    (["generate", "--start", "a\nb", "--seed", "0"], "a name is one line"),
    (
        ["generate", "--model", "missing.safetensors"],
        "there is no model of dinosaur names missing.safetensors",
    ),
    (["train", "--hidden", "0"], "the hidden size is 0"),
    (["train", "--steps", "0"], "steps is 0"),
    (["train", "--learning-rate", "nan"], "the learning rate is nan"),
    (["train", "--learning-rate", "0"], "the learning rate is 0.0; it must be above 0"),
    (["train", "--validation", "1"], "the validation share is 1.0"),
    (["train", "--every", "0"], "every is 0"),
    (["train", "--names", "missing.txt"], "there is no file missing.txt"),
    (["train", "--names", "."], ". is a folder"),
    (["train", "--output", "model.h5"], "must end in .safetensors"),
    (["train", "--plot", "loss.docx"], "must end in .png, .svg, .pdf"),
    (["fetch", "everything"], "the name is 'everything'; it must be one of course, names"),
    (["gnerate"], "No such command"),
    (["train", "--stps", "3"], "No such option"),
    (["train", "--steps", "1e3"], "unable to parse string as an integer: '1e3' (see 'dino train --help')"),
]


@pytest.mark.parametrize(
    ("arguments", "told"), WRONG_CALLS, ids=[" ".join(arguments) for arguments, _ in WRONG_CALLS]
)
def test_a_wrong_call_is_told_in_one_line_and_exits_2(run, folder, arguments, told):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert one_line(err) and told in err
    assert list(folder.iterdir()) == []


UNUSABLE = [
    (b"", "is empty"),
    (b" \n\n\t\n", "is empty"),
    (b"rex\n\xff\xfe", "line 2 has the byte 0xff"),
    (b"rex\nt\x00", "line 2 has a NUL byte"),
    (b"rex\n" + b"a" * 1001, "line 2 of names.txt has 1,001 characters"),
]


@pytest.mark.parametrize(("content", "told"), UNUSABLE, ids=["empty", "blank", "not-utf8", "binary", "long"])
def test_an_unusable_list_is_told_in_one_line_and_exits_1(run, content, told):
    Path("names.txt").write_bytes(content)
    code, out, err = run("train", "--names", "names.txt")
    assert (code, out) == (1, "") and one_line(err) and told in err
    assert not Path("models").exists() or not any(Path("models").iterdir())


def test_the_names_that_are_read_are_not_written_over(run, folder):
    Path("names.txt").write_text("rex\nmaia\n", encoding="utf-8")
    code, out, err = run("train", "--names", "names.txt", "--steps", "5", "--checkpoint", "names.txt")
    assert (code, out) == (2, "") and one_line(err) and "names.txt is read, and would be written over" in err
    assert [path.name for path in folder.iterdir()] == ["names.txt"]


def test_an_output_that_cannot_be_written_is_found_before_training(run):
    Path("file").write_text("in the way", encoding="utf-8")
    code, out, err = run("train", "--output", "file/model.safetensors")
    assert (code, out) == (1, "") and one_line(err) and "cannot write" in err


def test_a_plot_that_cannot_be_written_is_found_before_training(run):
    Path("file").write_text("in the way", encoding="utf-8")
    code, out, err = run("train", "--plot", "file/loss.png")
    assert (code, out) == (1, "") and one_line(err)


def test_a_folder_in_place_of_the_output(run):
    Path("x.safetensors").mkdir()
    code, out, err = run("train", "--output", "x.safetensors")
    assert (code, out) == (1, "") and one_line(err) and "it is a folder" in err


@pytest.mark.parametrize("damage", [lambda c: c[:-40], lambda c: c[:2000] + b"x" + c[2001:], lambda c: b"PK"])
def test_a_damaged_model_is_refused_and_left_as_it_is(run, trained, damage):
    trained.write_bytes(damage(trained.read_bytes()))
    before = trained.read_bytes()
    for command in ("generate", "evaluate", "info"):
        code, out, err = run(command)
        assert (code, out) == (1, "") and one_line(err) and str(trained) in err
    assert trained.read_bytes() == before


def test_a_list_that_is_too_short_to_divide(run):
    Path("one.txt").write_text("rex\nrex\n", encoding="utf-8")
    code, _, err = run("train", "--names", "one.txt", "--validation", 0.5)
    assert code == 1 and one_line(err) and "cannot be divided" in err


def test_evaluate_without_held_out_names_scores_the_known_and_says_so(run):
    run("train", "--steps", 20)
    code, out, _ = run("evaluate")
    assert code == 0 and "none were held out" in out and "--validation 0.1" in out


def test_training_that_diverges_keeps_the_last_good_weights(run):
    code, _, err = run("train", "--steps", 5000, "--learning-rate", 1e308, "--every", 100)
    assert code == 1
    assert "the loss became" in err and "lower the learning rate" in err


def test_a_training_ends_with_what_was_kept_and_the_next_command(run):
    Path("own.txt").write_text("Bath\nWells\nYork\nEly\nDurham\nLeeds\n", encoding="utf-8")
    train = ("train", "--names", "own.txt", "--steps", 60, "--every", 20, "--hidden", 4)
    _, out, err = run(*train, "--output", "my towns.safetensors")
    why, following = out.splitlines()[-2:]
    assert err.endswith("wrote my towns.safetensors after 60 steps\n")
    assert why.startswith("kept: the last weights, for nothing was held out to choose by; --validation 0.1")
    assert following == "next: dino generate --model 'my towns.safetensors'"
    _, out, err = run(*train, "--validation", 0.3)
    wrote = next(line for line in err.splitlines() if line.startswith("wrote"))
    assert re.search(r"after 60 steps, weights of step \d+, the best on held-out names: \d", wrote)
    assert out.splitlines()[-1] == "next: dino generate"


def test_resume_alone_finds_the_run_s_own_options(run):
    Path("own.txt").write_text("Bath\nWells\nYork\nEly\nDurham\nLeeds\n", encoding="utf-8")
    train = ("train", "--names", "own.txt", "--every", 20, "--hidden", 4, "--validation", 0.3, "--seed", 5)
    whole = ("--output", "whole.safetensors")
    run(*train, "--steps", 60, *whole)
    run(*train, "--steps", 40)
    code, out, err = run("train", "--resume", "--steps", 60)
    assert code == 0 and "4 names from own.txt, 2 held out; 20 characters, 4 hidden units" in out, err
    files = [Path(name).read_bytes() for name in ("models/dino.safetensors", "whole.safetensors")]
    assert files[0] == files[1]
    code, _, err = run("train", "--resume", "--hidden", 5)
    assert code == 2 and "hidden was 4 and is 5" in err
    assert run("train", "--resume")[0] == 0  # with nothing left to do


def test_options_in_a_checkpoint_are_checked_as_typed_ones_are(run):
    from charlm.run import checkpoints
    from charlm.run.checkpoints import Checkpoint, Checkpoints

    run("train", "--steps", 20, "--hidden", 4)
    place = Path("models/dino.safetensors.checkpoint")
    found = checkpoints.read(place)
    for value, told in (
        (["x"], "--steps"),
        ({"a": 1}, "valid integer"),
        ("-1", "steps is -1"),
    ):
        progress = {**found.progress, "options": {"steps": value, "nonsense": 3}}
        there = Checkpoints(Path("models/dino.safetensors"), place, 0, resume=True)
        there.write(Checkpoint(found.identity, progress, found.arrays))
        code, _, err = run("train", "--resume")
        assert code == 2 and one_line(err) and told in err


@pytest.mark.unix
def test_after_ctrl_c_the_whole_command_to_go_on_is_printed(folder, python):
    import shlex

    names = Path("my names.txt")
    names.write_text("Bath\nWells\nYork\n", encoding="utf-8")
    command = ["train", "--names", str(names), "--steps", "100000000", "--hidden", "4", "--every", "500"]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "dino", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("step 500"):
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    line = next(line for line in err.splitlines() if line.startswith("to go on: "))
    program, *again = shlex.split(line.removeprefix("to go on: "))
    assert program == "dino" and again == [*command, "--resume"]


# -- in a process of its own


def test_help_loads_no_tensorflow_keras_or_numpy(python):
    done = python("-X", "importtime", "-m", "dino", "--help")
    assert done.returncode == 0 and "reproduce" in done.stdout
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert "typer" in loaded
    assert not loaded & {"tensorflow", "keras", "numpy", "matplotlib"}


def test_generating_loads_no_tensorflow_or_keras(folder, python):
    code = (
        "import sys; from dino.cli import app; from charlm.run.command import exit_code\n"
        "assert exit_code(app, 'dino', ['generate', '--seed', '0']) == 0\n"
        "assert not {'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)\n"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr


def test_training_on_a_pipe_prints_plain_lines(folder, python):
    done = python("-m", "dino", "train", "--steps", "100", "--hidden", "4")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr and "\r" not in done.stdout


@pytest.mark.unix
def test_a_closed_pipe_ends_quietly(folder):
    done = subprocess.run(
        f"{sys.executable} -m dino generate -n 3000 --seed 0 | head -1",
        shell=True,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert len(done.stdout.split()) == 1 and done.stderr == ""


@pytest.mark.unix
def test_ctrl_c_saves_what_was_trained_and_exits_130(folder):
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "dino", "train", "--steps", "100000000", "--every", "500"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("step 500"):
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "wrote models/dino.safetensors after" in err and "Traceback" not in err
    assert dino.load("models/dino.safetensors").settings["steps"] >= 500


def on_a_terminal(*arguments, **environment):
    import pexpect

    output = pexpect.run(
        f"{sys.executable} -m dino {' '.join(arguments)}",
        timeout=120,
        env={**os.environ, "TERM": "xterm-256color", **environment},
    )
    return output.decode()


@pytest.mark.unix
def test_a_terminal_shows_a_bar_with_the_loss(folder):
    shown = on_a_terminal("train", "--steps", "3000", "--every", "1500")
    assert "\x1b[" in shown and "nats per character" in shown and "/3000" in shown
    assert "\nstep 1,500: training" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.replace("\r", "\n"))


@pytest.mark.unix
def test_no_color_prints_plain_lines_on_a_terminal(folder):
    shown = on_a_terminal("train", "--steps", "300", NO_COLOR="1")
    assert "\x1b" not in shown and "step 300: training" in shown


@pytest.mark.slow
@pytest.mark.unix
def test_a_million_names_train_within_a_gibibyte(folder, python):
    letters = np.random.default_rng(0).integers(ord("a"), ord("z") + 1, (1_000_000, 9), dtype=np.uint8)
    letters[:, -1] = ord("\n")
    Path("million.txt").write_bytes(letters.tobytes())
    code = (
        f"{PEAK}\nfrom dino.cli import app; from charlm.run.command import exit_code\n"
        "train = ['train', '--names', 'million.txt', '--steps', '200', '--validation', '0.01']\n"
        "assert exit_code(app, 'dino', train) == 0\n"
        "print(peak())\n"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) < 1024**3


@pytest.mark.slow
@pytest.mark.unix
def test_memory_does_not_grow_with_the_number_of_steps(folder, python):
    code = (
        f"{PEAK}\nimport sys, dino; names = dino.load_names('bundled')\n"
        "dino.train(names, steps=int(sys.argv[1]), hidden_size=8, every=int(sys.argv[1]))\n"
        "print(peak())\n"
    )
    few, many = (int(python("-c", code, steps).stdout) for steps in ("500", "20000"))
    assert many - few < 8 * 1024**2


def test_the_readme_s_python_example_runs(folder, python):
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    example = next(
        block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "import dino" in block
    )
    done = python("-c", example.replace("22_001", "300"))
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) >= 5
