"""What the README and docs/ show works as it stands."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from shakespeare import cluster
from shakespeare.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
LAUNCHERS = ROOT / "docs/launchers"


def test_poems_are_trained_saved_and_written_from_python_in_silence(tmp_path):
    (example,) = (block for block in EXAMPLES if "shakespeare.train" in block)
    assert len([line for line in example.splitlines() if line.strip()]) <= 6
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / "models").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", example.replace("units=64", "units=8")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(done.stdout) == 80  # the poem behind its beginning, and nothing else
    assert done.stderr == ""
    assert (tmp_path / "models/mine.keras").is_file()


def accepted(arguments):
    """Whether the command shakespeare takes them."""
    name, *others = arguments
    command = typer.main.get_command(app).commands[name]
    assert command.make_context(name, list(others)).params["resume"]


def test_the_launcher_for_kubeflow_starts_workers_that_find_each_other():
    job = yaml.safe_load((LAUNCHERS / "kubeflow.yaml").read_text(encoding="utf-8"))
    workers = job["spec"]["tfReplicaSpecs"]["Worker"]
    container = workers["template"]["spec"]["containers"][0]
    assert (job["kind"], container["name"]) == ("TFJob", "tensorflow")  # which gets TF_CONFIG
    assert container["command"][0] == "shakespeare"
    accepted(container["command"][1:])
    hosts = [f"poems-worker-{index}.default.svc:2222" for index in range(workers["replicas"])]
    for index in range(workers["replicas"]):
        task = {"type": "worker", "index": index}
        config = json.dumps({"cluster": {"worker": hosts}, "task": task, "environment": "cloud"})
        assert cluster.member({"TF_CONFIG": config}) == cluster.Member(tuple(hosts), index)


def test_the_launcher_for_slurm_starts_one_task_a_host():
    lines = (LAUNCHERS / "slurm.sbatch").read_text(encoding="utf-8").splitlines()
    settings = dict(
        line.split()[1].split("=") for line in lines if line.startswith("#SBATCH") and "=" in line
    )
    assert int(settings["--nodes"]) > 1 and settings["--ntasks-per-node"] == "1"
    (call,) = (shlex.split(line) for line in lines if line.startswith("srun "))
    assert call[:2] == ["srun", "shakespeare"]
    accepted(call[2:])


@pytest.mark.parametrize(
    "path", ["README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
)
def test_every_link_to_a_file_leads_somewhere(path):
    page = ROOT / path
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
    assert links or path != "README.md"
