"""The commands that train: what they print, what they write, how they end."""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import shakespeare
from charlm.errors import CorpusError
from charlm.run import fetching
from charlm.run.command import exit_code
from shakespeare import keras_file
from shakespeare.cli import app

ONLY_UNIX = pytest.mark.skipif(sys.platform == "win32", reason="needs a Unix: signals")
SMALL = ("--corpus", "bundled", "--units", "16", "--layers", "1", "--batch-size", "4")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a subcommand in this process, in an empty folder: exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = exit_code(app, "shakespeare", [str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A small model of verse."""
    path = tmp_path_factory.mktemp("trained") / "verse.keras"
    assert exit_code(app, "shakespeare", ["train", *SMALL, "--epochs", "2", "--output", str(path)]) == 0
    return path


def one_line(message):
    return message.startswith("shakespeare: ") and message.count("\n") == 1 and "Traceback" not in message


def test_train_writes_a_model_its_losses_and_their_picture(run):
    code, out, err = run("train", *SMALL, "--epochs", 2, "--plot", "loss.png", "--log", "loss.csv")
    assert code == 0
    assert "9,022 characters of bundled to learn from, 1,002 held out; 1 x 16 units, 22 updates" in out
    assert "epoch 1: training " in out and "epoch 2: training " in out and "held out" in out
    assert out.count("\n") > 10  # sampled text at each epoch's end
    output = Path("models/trained.keras")
    assert (
        f"wrote {output}, weights of epoch 2, the best on held-out text: " in err and "wrote loss.png" in err
    )
    assert keras_file.read(output).about["training"][0]["corpus"] == "bundled"
    with Path("loss.csv").open(newline="") as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["0", "1"]
    assert Path("loss.png").read_bytes().startswith(b"\x89PNG")
    assert output.stat().st_size < 100_000  # weights only


def test_finetune_goes_on_with_bundled_verse_and_no_network(run, trained):
    code, out, err = run("finetune", "--corpus", "bundled", "--epochs", 1, "--model", trained)
    assert code == 0 and "before: held out " in out and "epoch 1: " in out
    assert f"wrote {Path('models/finetuned.keras')}, weights of epoch 1" in err
    assert len(keras_file.read("models/finetuned.keras").about["training"]) == 2


def test_new_characters_are_named_and_added(run, trained):
    Path("own.txt").write_text("Æsop & Ödön: 12 fables\n" * 60, encoding="utf-8")
    code, _, err = run("finetune", "--corpus", "own.txt", "--model", trained)
    assert code == 0 and "new to the model, and added to its characters: '&', '1', '2', 'Æ', 'Ö', 'ö'" in err
    code, out, _ = run("poem", "Ödön & ", "--seed", 1)
    assert code == 0 and out.startswith("Ödön & ")


def test_one_seed_gives_one_poem_from_the_shell_and_from_python(run, trained):
    code, out, _ = run("poem", "The sea", "--seed", 7, "--length", 80, "--model", trained)
    poem = "The sea" + "".join(
        shakespeare.stream_poem(shakespeare.load(trained), "The sea", length=80, seed=7)
    )
    assert code == 0 and out == poem + "\n" and len(poem) == 87


@pytest.mark.slow
def test_the_course_s_way_with_new_weights(run, monkeypatch):
    monkeypatch.delenv("CHARLM_DATA", raising=False)

    def unreachable(known, *_):
        raise CorpusError(f"cannot fetch {known.file_name}")

    monkeypatch.setattr(fetching, "locate", unreachable)
    monkeypatch.setattr("shakespeare.course.training.locate", unreachable)
    code, out, err = run("finetune", "--course", "--corpus", "bundled")
    assert code == 0
    assert "training begins with new ones: cannot fetch model_shakespeare_kiank_350_epoch.h5" in err
    assert "3,328 windows, 26 updates of 128 an epoch, none held out" in out
    assert "the course publishes 2.5550" in out and "the published loss is of the Sonnets" in out
    assert keras_file.read("models/finetuned.keras").window == 40


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["train", "--corpus", "nothing.txt"], 2, "there is no file nothing.txt"),
        (["train", "--epochs", "0"], 2, "epochs is 0; it must be 1 or more"),
        (["train", "--units", "9999999"], 2, "units is 9999999"),
        (["train", "--units", "4096"], 2, "takes 268,435,456 weights; 33,554,432 are the most"),
        (["train", "--dropout", "1"], 2, "dropout is 1.0"),
        (["train", "--output", "model.h5"], 2, "must end in .keras"),
        (["train", "--plot", "loss.doc"], 2, "must end in"),
        (["train", "--output", "own.txt/model.keras"], 1, "cannot write own.txt/model.keras"),
        (["train", "--corpus", "own.txt", "--batch-size", "64"], 1, "too few for 64 streams of 100"),
        (["train", "--corpus", "tiny.txt"], 1, "characters, too few"),
        (["finetune", "--model", "none.keras"], 2, "there is no model of poems none.keras"),
        (["finetune", "--model", "own.txt"], 1, "own.txt is not a model of poems"),
        (["finetune", "--course", "--patience", "3"], 2, "--course fixes"),
        (
            ["train", "--corpus", "own.txt", "--validation", "0.01"],
            1,
            "held out is too short to score: it has 1",
        ),
        (
            ["train", "--corpus", "own.txt", "--log", "own.txt"],
            2,
            "own.txt is read, and would be written over",
        ),
        (["train", "--corpus", "own.txt", "--checkpoint", "./own.txt"], 2, "own.txt is read, and would be"),
        (["train", "--corpus", "own.keras", "--output", "own.keras"], 2, "own.keras is read, and would be"),
        (["finetune", "--model", "own.txt", "--log", "own.txt"], 2, "own.txt is read, and would be written"),
        (["finetune", "--course", "--model", "own.txt", "--log", "own.txt"], 2, "own.txt is read, and would"),
        (["train", "--output", "new.keras", "--tensorboard", "new.keras"], 2, "is wanted for two things"),
        (["train", "--log", "new.csv", "--tensorboard", "new.csv/logs"], 2, "is wanted for two things"),
    ],
)
def test_mistakes_are_told_in_a_line_before_training(run, arguments, code, message):
    files = {
        "own.txt": "To be or not to be.\n" * 5,
        "own.keras": "To be or not to be.\n",
        "tiny.txt": "To be",
    }
    for name, text in files.items():
        Path(name).write_text(text)
    ended, out, err = run(*arguments)
    assert ended == code and one_line(err) and message in err and not out
    assert {path.name: path.read_text() for path in Path().iterdir()} == files


def test_where_the_sonnets_cannot_be_fetched_the_way_out_is_named(run, trained, monkeypatch):
    def unreachable(known, *_):
        raise CorpusError("cannot fetch it")

    monkeypatch.setattr(fetching, "locate", unreachable)
    code, _, err = run("finetune", "--model", trained)
    assert code == 1 and one_line(err) and "--corpus bundled" in err


def test_tensorboard_is_asked_for_where_it_is_wanted(run, monkeypatch):
    monkeypatch.setattr("shakespeare.training_cli.find_spec", lambda name: None)
    code, _, err = run("train", *SMALL, "--tensorboard", "logs")
    assert code == 2 and one_line(err) and "pip install tensorboard" in err


@pytest.mark.slow
def test_tensorboard_gets_the_losses_of_each_epoch_and_of_a_resumed_run_too(run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    command = ("train", *SMALL, "--tensorboard", "logs", "--checkpoint-every", 0)
    assert run(*command, "--epochs", 2)[0] == run(*command, "--epochs", 3, "--resume")[0] == 0
    events = EventAccumulator("logs/validation").Reload()
    assert [event.step for event in events.Tensors("epoch_loss")] == [0, 1, 2]


def test_divergence_is_told_with_its_step(run):
    code, _, err = run("train", *SMALL, "--learning-rate", "1e30")
    assert code == 1 and " is no longer a number at step " in err and "too high a learning rate" in err


@pytest.mark.slow
@ONLY_UNIX
def test_ctrl_c_keeps_what_was_learned(tmp_path):
    command = [sys.executable, "-m", "shakespeare", "train", *SMALL, "--epochs", "100000"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stdout:
            if line.startswith("epoch 1"):
                break
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "\nwrote models/trained.keras, weights " in err and "Traceback" not in err
    keras_file.read(tmp_path / "models/trained.keras")
