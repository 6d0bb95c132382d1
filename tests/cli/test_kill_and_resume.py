"""A few SIGKILLs at random moments; ``benchmarks/kill_and_resume.py`` has as many as one likes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.unix
@pytest.mark.parametrize(
    ("command", "kills"),
    [("dino train", 6), ("shakespeare train", 2), ("shakespeare finetune", 2), ("cluster of two", 1)],
)
def test_killed_training_ends_with_the_same_bits(command, kills):
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks/kill_and_resume.py", command, "--kills", str(kills)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=3600,
    )
    assert done.returncode == 0, done.stderr
    found = re.fullmatch(
        rf"{command}: {kills} kills \(\d+ while saving\), {kills} resumes, (\d+) runs that ended, "
        r"differences 0, files lost 0, left over 0\n",
        done.stdout,
    )
    assert found and int(found[1]) >= 1
