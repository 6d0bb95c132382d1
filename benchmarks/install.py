"""What an install takes: time and disk, without TensorFlow and with it.

    python benchmarks/install.py [--only without]

Each side is a new virtual environment, filled as the README says it; packages come from pip's cache where
they are there. Then each runs `dino generate` and `shakespeare poem`, which have to work in both.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIDES = {
    "without": [["-r", str(ROOT / "requirements-without-tensorflow.txt")], ["--no-deps", str(ROOT)]],
    "with": [[str(ROOT)]],
}


def main() -> None:
    """Install both ways, and print what it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=SIDES)
    only = parser.parse_args().only
    print(f"{'TensorFlow':<12} {'seconds':>8} {'MiB':>8}")
    for name in [only] if only else SIDES:
        seconds, size = installed(SIDES[name])
        print(f"{name:<12} {seconds:>8.0f} {size / 2**20:>8,.0f}", flush=True)


def installed(steps: list[list[str]]) -> tuple[float, int]:
    """Seconds and bytes of one way to install."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "venv")
        venv.create(place, with_pip=True)
        before = size_of(place)
        scripts = place / ("Scripts" if sys.platform == "win32" else "bin")
        started = time.monotonic()
        for arguments in steps:
            pip = [scripts / "python", "-m", "pip", "install", "--quiet", *arguments]
            subprocess.run(pip, check=True)
        seconds = time.monotonic() - started
        for command in (["dino", "generate", "-n", "1"], ["shakespeare", "poem", "--length", "10"]):
            call = [scripts / "python", "-m", *command, "--seed", "1"]
            subprocess.run(call, cwd=folder, check=True, capture_output=True)
        return seconds, size_of(place) - before


def size_of(folder: Path) -> int:
    """The bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


if __name__ == "__main__":
    main()
