"""What a person sees of a training run: a progress bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Protocol

from charlm.run.checkpoints import Checkpoints
from charlm.run.console import on_terminal, show
from charlm.run.signals import deferred
from dino.training import Training

CHUNK = 100
"""After this many steps the bar moves."""

SAMPLES = 7


class _Bar(Protocol):
    def __call__(self, step: int, loss: float) -> None: ...


def train_with_progress(training: Training, every: int, checkpoints: Checkpoints) -> None:
    """Train to the end; report and print sampled names every ``every`` steps, and at the end.

    Raises:
        OutputError: if a checkpoint cannot be written.
        TrainingDiverged: if the loss or a weight is out of all bounds.
        KeyboardInterrupt: after Ctrl-C, with a checkpoint written; so does ``signals.Stopped``
            after another signal.
    """
    held_out = f", {len(training.held_out):,} held out" if training.held_out else ""
    show(
        f"{len(training.trained_on):,} names from {training.names.source}{held_out}; "
        f"{len(training.vocabulary)} characters, {training.settings.hidden_size} hidden units"
    )
    with deferred() as stop, _progress(training.settings.steps) as move:
        if not training.step:  # from now on --resume goes on with this run, and with no other
            _write(checkpoints, training)
        while not training.finished:
            training.advance(min(CHUNK, every - training.step % every))
            reporting = training.step % every == 0 or training.finished
            validation = training.record() if reporting else None
            # Before anything is printed, for the terminal may be gone.
            if checkpoints.due or stop.wanted or training.finished:
                _write(checkpoints, training)
            stop.check()
            try:
                move(training.step, training.loss)
                if reporting:
                    _report(training, validation)
            except OSError:  # nobody reads on
                _write(checkpoints, training)
                raise


def _write(checkpoints: Checkpoints, training: Training) -> None:
    checkpoints.write(training.checkpoint(), f"step {training.step:,}")


def _report(training: Training, validation: float | None) -> None:
    held_out = f", held out {validation:.4f}" if validation is not None else ""
    show(f"step {training.step:,}: training {training.loss:.4f}{held_out} nats per character")
    model = training.current()
    for name in islice(model.stream(seed=training.settings.seed), SAMPLES):
        show(f"  {model.shown(name):<24} {'known' if name in model.known else 'new'}")


@contextmanager
def _progress(steps: int) -> Iterator[_Bar]:
    """A bar that moves to a step and shows a loss; nothing where no person watches."""
    if not on_terminal():
        yield lambda step, loss: None
        return
    from rich.console import Console  # noqa: PLC0415 - only for a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[loss]:.4f} nats per character"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(file=sys.stdout), transient=True) as progress:
        task = progress.add_task("training", total=steps, loss=float("nan"))
        yield lambda step, loss: progress.update(task, completed=step, loss=loss)
