"""The package without TensorFlow: what needs none works, and what needs it says so in a line."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NEEDED = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
HEAVY = {"tensorflow", "keras"}

WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("tensorflow", "keras"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from charlm.run.command import exit_code
from dino.cli import app as dino
from shakespeare.cli import app as shakespeare
for call in sys.argv[1:]:
    name, *arguments = call.split()
    print(exit_code({"dino": dino, "shakespeare": shakespeare}[name], name, arguments), call)
"""
"""Runs commands as if neither package were installed; prints each exit code."""

WORK = (
    "dino train --steps 50 --hidden 4",
    "dino generate -n 2 --seed 1",
    "dino evaluate",
    "shakespeare poem Shall --seed 1 --length 5",
    "shakespeare info",
    "shakespeare scan verse.txt",
    "shakespeare evaluate --corpus verse.txt --split 0.2 --sample 0",
)
DO_NOT = (
    "shakespeare train --corpus verse.txt",
    "shakespeare finetune --corpus verse.txt",
    "shakespeare export out --format keras",
)


@pytest.fixture(scope="module")
def called(tmp_path_factory):
    """What all the commands print and say, run one after the other."""
    import os
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("without")
    verse = (ROOT / "data/verse.txt").read_text(encoding="utf-8").splitlines()[:14]
    (folder / "verse.txt").write_text("\n".join(verse) + "\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WITHOUT, *WORK, *DO_NOT]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=True
    )


@pytest.mark.parametrize("call", WORK)
def test_what_needs_none_works(called, call):
    assert f"0 {call}\n" in called.stdout


@pytest.mark.parametrize("call", DO_NOT)
def test_what_needs_it_says_so_in_a_line(called, call):
    assert f"2 {call}\n" in called.stdout
    told = [line for line in called.stderr.splitlines() if "this needs tensorflow" in line]
    assert len(told) == len(DO_NOT) and all("pip install tensorflow" in line for line in told)
    assert "Traceback" not in called.stderr


def installed(python="3.12", platform="linux", machine="x86_64"):
    """What `pip install .` brings to a machine."""
    machine = {"python_version": python, "sys_platform": platform, "platform_machine": machine}
    return {one.name for one in NEEDED if not one.marker or one.marker.evaluate(machine)}


@pytest.mark.parametrize(
    ("machine", "has_wheel"),
    [
        ({}, True),
        ({"machine": "aarch64"}, True),
        ({"platform": "darwin", "machine": "arm64"}, True),
        ({"platform": "win32", "machine": "AMD64"}, True),
        ({"python": "3.11"}, True),
        ({"platform": "darwin", "machine": "x86_64"}, False),
        ({"platform": "win32", "machine": "ARM64"}, False),
        ({"python": "3.14"}, False),
    ],
)
def test_it_is_asked_for_where_there_is_a_wheel(machine, has_wheel):
    everything = {one.name for one in NEEDED}
    assert installed(**machine) == (everything if has_wheel else everything - HEAVY)


def test_the_list_without_it_is_all_the_rest():
    lines = (ROOT / "requirements-without-tensorflow.txt").read_text(encoding="utf-8").splitlines()
    listed = [Requirement(line) for line in lines if not line.startswith("#")]
    rest = {one.name: str(one.specifier) for one in NEEDED if one.name not in HEAVY}
    assert {one.name: str(one.specifier) for one in listed} == rest
    heavy = {one.name: str(one.specifier) for one in NEEDED if one.name in HEAVY}
    extra = [Requirement(line) for line in PROJECT["project"]["optional-dependencies"]["training"]]
    assert {one.name: str(one.specifier) for one in extra} == heavy
