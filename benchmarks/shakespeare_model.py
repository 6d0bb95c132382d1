"""How models/shakespeare.keras was made: trained on the plays, fine-tuned on the Sonnets, scored once.

    python benchmarks/shakespeare_model.py [--folder build/shakespeare]

Runs the very commands of the model's card, one after the other, and draws their curves; about an hour on one
core. Killed, it goes on where it was. The last tenth of each text is read by the three last commands alone.
"""

import argparse
import csv
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMMANDS = """
train --corpus plays --units 512 --dropout 0.5 --epochs 16 --batch-size 64 --learning-rate 0.003 --validation 0.05 --seed 0 --deterministic --output {plays}.keras --log {plays}.csv --resume
finetune --model {plays}.keras --corpus sonnets --epochs 4 --validation 0.1 --seed 0 --deterministic --output {sonnets}.keras --log {sonnets}.csv --resume
evaluate --model {plays}.keras --corpus plays --sample 0
evaluate --model {plays}.keras --corpus sonnets --sample 0
evaluate --model {sonnets}.keras --corpus sonnets
"""  # noqa: E501 - a command is a line


def main() -> None:
    """Train, fine-tune, score, draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=Path("build/shakespeare"), help="where all files go")
    folder = parser.parse_args().folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    plays, sonnets = folder / "plays", folder / "shakespeare"
    for line in COMMANDS.strip().splitlines():
        command = [part.format(plays=plays, sonnets=sonnets) for part in shlex.split(line)]
        print(f"\n$ shakespeare {shlex.join(command)}", flush=True)
        subprocess.run([sys.executable, "-m", "shakespeare", *command], cwd=ROOT, check=True)
    draw({"on the plays": plays, "then on the Sonnets": sonnets}, sonnets.with_suffix(".png"))


def draw(runs: dict[str, Path], picture: Path) -> None:
    """Draw the losses of several runs side by side, from their CSV files."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, (title, path) in zip(figure.subplots(1, len(runs)), runs.items(), strict=True):
        with path.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        epochs = [int(row["epoch"]) + 1 for row in rows]
        axes.plot(
            epochs, [float(row["loss"]) for row in rows], label="training, with dropout", color="#2b6777"
        )
        validation = [float(row["val_loss"]) for row in rows]
        axes.plot(epochs, validation, label="validation", color="#c8553d", marker=".")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set(title=title, xlabel="epochs", ylabel="nats per character")
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.savefig(picture, dpi=120)


if __name__ == "__main__":
    main()
