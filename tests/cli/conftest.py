"""Running commands: in this process, where they are quick, or in one of their own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest
import typer

import dino
from charlm.run import corpora
from charlm.run.command import exit_code

PEAK = """
def peak():
    import resource, sys
    from pathlib import Path
    if sys.platform == "linux":
        return 1024 * int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""
"""Source of ``peak()``, the most bytes a process has held. On Linux, ru_maxrss begins with what the process
that started it held: all of TensorFlow, here."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """``run_command(app, name, *arguments)``: exit code, standard output, standard error."""

    def call(app: typer.Typer, name: str, *arguments: object) -> tuple[int, str, str]:
        code = exit_code(app, name, [str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """``python(*arguments)``: an interpreter of its own, run to its end."""

    def call(*arguments: object, **options) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **options.pop("env", {})}
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=options.pop("timeout", 120),
            env=environment,
            check=False,
            **options,
        )

    return call


def scaled(scale: float, file: h5py.File) -> None:
    """Weights so large that sums of them leave the range of numbers, or nearly so."""
    for layer in (file["embedding"], file["head"], *file["layers"].values()):
        for array in layer["vars"].values():
            array[...] = np.clip(array[...] * np.float64(scale), -3e38, 3e38)


@pytest.fixture(scope="session")
def world(tmp_path_factory, write_poem_model) -> Path:
    """A folder with files of every kind, right and wrong."""
    folder = tmp_path_factory.mktemp("world")
    text = "Shall I compare thee to a summer's day,\nthou art more lovely, and more temperate.\n" * 12
    names = "rex\ntroodon\nanna lena\nrex\nörn\niguanodon\n"
    cell = '{"cell_type": "code", "id": "a", "source": "x = 1", "metadata": {}, "outputs": []}'
    contents = {
        "": ("empty", "empty.safetensors", "empty.keras", "empty.h5", "empty.py", "empty.ipynb", "empty.txt"),
        text: ("text.txt", "text.safetensors", "text.keras", "text.h5", "text.ipynb", "text.py"),
        names: ("names.txt", "ünï cødé.txt"),
        text.lower(): ("small.txt",),
        text + "ΟΔΟΣ İ\u0301\u2028\x85\x1c?": ("other.txt",),
        "a b\n": ("short.txt",),
        "rex": ("one.txt",),
        " \n\t\n": ("blank.txt",),
        "\ufeff": ("mark.txt",),
        "a\0b": ("nul.txt", "nul.py"),
        "x" * 1001: ("long.txt",),
        "def clip(:\n": ("bad.py",),
        "def clip(gradients, maxValue):\n    return gradients\n": ("some.py", "class/some.py"),
        "[]": ("list.ipynb", "class/list.ipynb"),
        f'{{"cells": [{cell}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}': ("cell.ipynb",),
    }
    for content, files in contents.items():
        for file in files:
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes(content.encode())
    (folder / "latin.txt").write_bytes(b"caf\xe9\n")
    (folder / "latin.py").write_bytes(b"x = '\xe9'\n")
    for name in (
        "folder",
        "folder.safetensors",
        "folder.keras",
        "folder.h5",
        "folder.py",
        "folder.png",
        "folder.ipynb",
    ):
        (folder / name).mkdir()
    listed = dino.load_names(str(folder / "names.txt"))
    dino.train(listed, steps=3, hidden_size=4).save(folder / "model.safetensors")
    dino.train(listed, steps=3, hidden_size=4, validation=0.4, every=1).save(folder / "chosen.safetensors")
    np.savez(folder / "other.safetensors", a=np.arange(3))
    write_poem_model(folder / "poem.keras", units=4, embedding_size=3)
    write_poem_model(folder / "window.keras", units=4, embedding_size=3, window=5, layers=1)
    write_poem_model(folder / "capitals.keras", units=4, embedding_size=3, vocabulary="\n RSTabceilmnorstxy")
    write_poem_model(folder / "no_line.keras", units=4, embedding_size=3, vocabulary="abc")
    write_poem_model(folder / "odd.keras", units=4, embedding_size=3, about={"training": 3, "x": [None]})
    run = {"corpus": "bundled", "sha256": "ab", "split": {"training": [0, "x"], "validation": []}}
    write_poem_model(folder / "odder.keras", units=4, embedding_size=3, about={"training": [run, 3]})
    for name, scale in (("loud.keras", 1e4), ("huge.keras", 1e38)):
        write_poem_model(folder / name, units=4, embedding_size=3, change=partial(scaled, scale))
    run = {
        "corpus": "small.txt",
        "sha256": corpora.load(str(folder / "small.txt"), bundled_as="").sha256,
        "split": {"training": [100, 900], "validation": [0, 100], "test": [900, 900]},
    }
    write_poem_model(folder / "told.keras", units=4, embedding_size=3, about={"training": [run]})
    with h5py.File(folder / "other.h5", "w") as file:
        file["weights"] = np.arange(3)
    for model in ("model.safetensors", "poem.keras", "other.h5"):
        content = (folder / model).read_bytes()
        (folder / f"cut_{model}").write_bytes(content[: len(content) // 2])
    shutil.copy(folder / "model.safetensors", folder / "names.keras")
    shutil.copy(folder / "poem.keras", folder / "poem.safetensors")
    shutil.copy(folder / "poem.keras", folder / "poem.h5")
    return folder
