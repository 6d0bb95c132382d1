"""Training that is interrupted in a process of its own: signals, a full disk, a terminal that goes away."""

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

import dino
from shakespeare import keras_file

pytestmark = pytest.mark.unix

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
NAMES = (
    "dino",
    "train",
    "--hidden",
    "12",
    "--every",
    "500",
    "--validation",
    "0.1",
    "--checkpoint-every",
    "0",
)
VERSE = (
    "shakespeare",
    "train",
    "--corpus",
    "bundled",
    "--units",
    "8",
    "--batch-size",
    "4",
    "--epochs",
    "9999",
)
ENDS = {
    getattr(signal, name): code
    for name, code in {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}.items()
    if hasattr(signal, name)
}


@pytest.fixture(scope="module")
def started():
    """``started(folder, *arguments)``: a process, ended after the tests if it has not ended by then."""
    with ExitStack() as stack:

        def start(folder, *arguments):
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=folder,
                env=ENVIRONMENT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start


def read_until(process, what):
    """Read standard output up to a line that begins so."""
    for line in process.stdout:
        if line.startswith(what):
            return
    pytest.fail(f"it ended before {what!r}: {process.stderr.read()}")


@pytest.fixture(scope="module")
def resumed(started):
    """``resumed(folder)``: the model of a run of names that is resumed to its end."""

    def resume(folder):
        process = started(folder, *NAMES, "--steps", "9000", "--resume")
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return dino.load(folder / "models/dino.safetensors")

    return resume


def same(model, other):
    return all(map(np.array_equal, model.rnn.parameters.values(), other.rnn.parameters.values())) and (
        model.history == other.history
        and list(itertools.islice(model.stream(), 5)) == list(itertools.islice(other.stream(), 5))
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory, resumed):
    return resumed(tmp_path_factory.mktemp("whole"))


@pytest.mark.slow
@pytest.mark.parametrize("number", ENDS)
@pytest.mark.parametrize("after", ["step 500", "step 1,500"])
def test_a_signal_ends_training_with_all_saved(started, resumed, tmp_path, whole, number, after):
    process = started(tmp_path, *NAMES, "--steps", "9000")
    read_until(process, after)
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == ENDS[number] and "Traceback" not in err
    *_, saved, wrote, ended = err.splitlines()
    told = r"models/dino\.safetensors\.checkpoint has all up to step [\d,]+; --resume goes on from it"
    assert re.fullmatch(told, saved)
    assert wrote.startswith("wrote models/dino.safetensors after ")
    assert ended == f"dino: {'interrupted' if number == signal.SIGINT else f'ended by {number.name}'}"
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == [
        "dino.safetensors",
        "dino.safetensors.checkpoint",
    ]
    assert same(resumed(tmp_path), whole)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_training_of_poems_too(started, tmp_path, number):
    process = started(tmp_path, *VERSE)
    read_until(process, "epoch 2")
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == ENDS[number] and "Traceback" not in err
    assert "trained.keras.checkpoint has all up to epoch " in err and "wrote models/trained.keras" in err
    process = started(tmp_path, *VERSE[:-1], "3", "--resume")
    _, err = process.communicate(timeout=120)
    assert process.returncode in (0, 2), err  # it may have come further than to epoch 3
    assert "going on from epoch " in err or "has come to epoch " in err


@pytest.mark.slow
def test_a_model_fine_tuned_in_its_own_place_resumes_to_what_it_would_have_been(started, tmp_path):
    """The model that it began from is overwritten long before the first minute's checkpoint."""
    train = (*VERSE[:-1], "1", "--output", "first.keras")
    assert started(tmp_path, *train).wait(timeout=120) == 0
    finetune = ("shakespeare", "finetune", "--corpus", "bundled", "--epochs", "6")
    written = []
    for name in ("whole.keras", "own.keras"):
        shutil.copy(tmp_path / "first.keras", tmp_path / name)
        command = (*finetune, "--model", name, "--output", name)
        process = started(tmp_path, *command)
        if name == "own.keras":
            read_until(process, "epoch 2")
            process.kill()
            process.wait()
            process = started(tmp_path, *command, "--resume")
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        network = keras_file.read(tmp_path / name)
        written.append((network.head_kernel.tobytes(), network.about))
    assert "going on from epoch 1, update 0 (own.keras.checkpoint)" in err
    assert written[0] == written[1]


@pytest.mark.slow
def test_what_another_run_has_left_is_not_gone_on_from(started, resumed, tmp_path, whole):
    assert started(tmp_path, *NAMES, "--steps", "600", "--seed", "5").wait(timeout=120) == 0
    other = (tmp_path / "models/dino.safetensors").read_bytes()
    process = started(tmp_path, *NAMES, "--steps", "9000", "--checkpoint-every", "3600")
    read_until(process, "step 500")
    process.kill()
    process.wait()
    resumed(tmp_path)
    assert (tmp_path / "models/dino.safetensors").read_bytes() == other  # which had ended, and stays
    assert same(dino.load(tmp_path / "models/dino-2.safetensors"), whole)


@pytest.mark.slow
def test_an_unfinished_run_is_kept_when_another_begins(started, tmp_path):
    first = started(tmp_path, *NAMES, "--steps", "9000")
    read_until(first, "step 500")
    first.kill()
    first.wait()
    second = started(tmp_path, *NAMES, "--steps", "500")
    _, err = second.communicate(timeout=120)
    kept = "models/dino.safetensors.checkpoint.before"
    assert f"beginning anew: what was in models/dino.safetensors.checkpoint is kept as {kept}" in err
    again = (*NAMES, "--steps", "9000", "--resume", "--checkpoint", kept)
    _, err = started(tmp_path, *again).communicate(timeout=120)
    assert f"going on from step 500 ({kept})" in err or f"going on from step 600 ({kept})" in err


def test_another_run_s_model_is_not_lost_for_one_that_is_interrupted(started, tmp_path):
    assert started(tmp_path, *NAMES, "--steps", "500").wait(timeout=120) == 0
    before = (tmp_path / "models/dino.safetensors").read_bytes()
    other = started(tmp_path, *NAMES, "--steps", "9000", "--seed", "5")
    read_until(other, "step 500")
    other.send_signal(signal.SIGINT)
    _, err = other.communicate(timeout=120)
    assert other.returncode == 130 and "models/dino.safetensors is of another run and stays" in err
    assert (tmp_path / "models/dino.safetensors").read_bytes() == before
    same_run = started(tmp_path, *NAMES, "--steps", "9000")
    read_until(same_run, "step 1,000")
    same_run.send_signal(signal.SIGINT)
    _, err = same_run.communicate(timeout=120)
    assert same_run.returncode == 130 and "wrote models/dino.safetensors after" in err


def test_a_second_training_into_one_file_is_told_who_holds_it(started, tmp_path):
    first = started(tmp_path, *NAMES, "--steps", "9000")
    read_until(first, "step 500")
    second = started(tmp_path, *NAMES, "--steps", "9000")
    _, err = second.communicate(timeout=120)
    assert second.returncode == 1 and err.count("\n") == 1
    assert f"models/dino.safetensors is being written by process {first.pid} on " in err
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=120)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: limits another process's files")
def test_a_disk_that_is_full_costs_nothing_that_was_saved(started, resumed, tmp_path, whole):
    process = started(tmp_path, *NAMES, "--steps", "9000")
    read_until(process, "step 500")
    import resource

    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1000, 1000))
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1 and "Traceback" not in err
    assert err.splitlines()[-1].startswith(
        "dino: cannot write models/dino.safetensors.checkpoint: File too large; "
    )
    assert same(resumed(tmp_path), whole)


def test_a_folder_that_is_removed_comes_back(started, resumed, tmp_path, whole):
    process = started(tmp_path, *NAMES, "--steps", "9000")
    read_until(process, "step 500")
    shutil.rmtree(tmp_path / "models", ignore_errors=True)
    _, err = process.communicate(timeout=120)
    if process.returncode:  # it was removed between two steps of one write
        assert process.returncode == 1 and err.splitlines()[-1].startswith("dino: cannot write ")
    assert same(resumed(tmp_path), whole)


def test_a_folder_that_a_file_takes_the_place_of_ends_it_in_a_line(started, resumed, tmp_path, whole):
    process = started(tmp_path, *NAMES, "--steps", "9000")
    read_until(process, "step 500")
    process.send_signal(signal.SIGSTOP)  # or it might make the folder anew in between
    os.waitpid(process.pid, os.WUNTRACED)
    (tmp_path / "models").rename(tmp_path / "moved")
    (tmp_path / "models").write_text("in the way")
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1 and "Traceback" not in err
    assert err.splitlines()[-1].startswith("dino: cannot write models/dino.safetensors")
    (tmp_path / "models").unlink()
    shutil.move(tmp_path / "moved", tmp_path / "models")
    assert same(resumed(tmp_path), whole)


def test_a_terminal_that_goes_away_ends_it_with_all_saved(resumed, tmp_path, whole):
    import pexpect

    command = " ".join(["-m", *NAMES, "--steps", "9000"])
    child = pexpect.spawn(
        f"{sys.executable} {command}", cwd=tmp_path, env=ENVIRONMENT, encoding="utf-8", timeout=120
    )
    child.expect("step 500")
    child.ptyproc.fileobj.close()  # hangs up
    child.closed = child.ptyproc.closed = True
    _, status = os.waitpid(child.pid, 0)
    child.terminated = True
    assert os.waitstatus_to_exitcode(status) == ENDS[signal.SIGHUP]
    assert same(resumed(tmp_path), whole)


def test_a_pipe_that_is_closed_ends_it_with_all_saved(started, resumed, tmp_path, whole):
    process = started(tmp_path, *NAMES, "--steps", "9000")
    read_until(process, "step 500")
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait() == 141 and "Traceback" not in err
    assert (tmp_path / "models/dino.safetensors.checkpoint").is_file()
    assert same(resumed(tmp_path), whole)
