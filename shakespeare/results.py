"""What a training run leaves behind: the model file, checkpoints, the curves, the logs."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from charlm.errors import WrongCall, require_ending
from charlm.run.checkpoints import Checkpoints
from charlm.run.console import resumable, say
from charlm.run.files import held, replacing, require_spared, require_writable
from charlm.run.plotting import plot_losses, require_plottable
from charlm.run.signals import Stopped

if TYPE_CHECKING:
    import keras

    from shakespeare.best_weights import KeepBest


@dataclass(frozen=True)
class Results:
    """Where the results go.

    Args:
        output: the model file.
        checkpoints: what the run can be resumed from.
        plot: a picture of the losses, or None.
        log: a CSV file of each epoch's losses, or None.
        tensorboard: a folder of logs for TensorBoard, or None.
    """

    output: Path
    checkpoints: Checkpoints
    plot: Path | None = None
    log: Path | None = None
    tensorboard: Path | None = None

    def require_writable(self, corpus: str, model: Path | None = None) -> None:
        """Find out before a long job whether its results could be written, and nothing that it reads be lost.

        Args:
            corpus: what is read, perhaps a file.
            model: the model file that is gone on from, or None; the output may take its place.

        Raises:
            InvalidOption: for a file name with a wrong ending.
            WrongCall: if TensorBoard is wanted and not installed, or one file for two things.
            OutputError: for a place that cannot be written.
        """
        require_ending("output", self.output, (".keras",))
        others = self.checkpoints.path, self.plot, self.log, self.tensorboard
        require_spared(Path(corpus), self.output, *others)
        require_spared(model, *others)
        require_writable(self.output)
        if self.plot:
            require_plottable(self.plot)
        if self.log:
            require_writable(self.log)
        if self.tensorboard:
            if find_spec("tensorboard") is None:
                raise WrongCall(
                    "--tensorboard needs a package that is not installed; 'pip install tensorboard' gets it"
                )
            require_writable(self.tensorboard / "events")
            folder = self.tensorboard.resolve()
            for path in (self.output, *others[:-1]):
                if path is not None and folder.is_relative_to(path.resolve()):
                    raise WrongCall(
                        f"{path} is wanted for two things; give the folder of TensorBoard its own"
                    )

    def callbacks(self, seed: int, kept: "KeepBest") -> "list[keras.callbacks.Callback]":
        """What prints sampled text at each epoch's end, and writes the logs."""
        import keras  # noqa: PLC0415 - slow to load, and by now loaded

        from shakespeare.callbacks import SampleText  # noqa: PLC0415

        callbacks = [SampleText(seed=seed)]
        if self.log:
            callbacks.append(
                keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: self._write_log(kept))
            )
        if self.tensorboard:
            callbacks.append(keras.callbacks.TensorBoard(str(self.tensorboard)))
        return callbacks

    def _write_log(self, kept: "KeepBest") -> None:
        """The losses of all epochs so far, those before a run was resumed too, under Keras's names."""
        assert self.log is not None
        with replacing(self.log) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["epoch", "loss", "val_loss"])
            rows.writerows([epoch, *losses] for epoch, losses in enumerate(kept.epochs))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other runs from writing here.

        Raises:
            OutputError: if one does already.
            WrongCall: if one file is wanted for two things.
        """
        with held(self.output, self.checkpoints.path, self.plot, self.log):
            yield

    @contextmanager
    def of(self, kept: "KeepBest", source: str) -> Iterator[None]:
        """Around a run, which writes the model file itself: says what was written, and draws the curves.

        One that is interrupted or diverges gets what can still be kept.

        Raises:
            OutputError: if a picture cannot be written.
        """
        try:
            with resumable(self.checkpoints):
                yield
        except (KeyboardInterrupt, Stopped, OSError):
            kept.keep()
            raise
        finally:
            if kept.best:
                epochs, nats = kept.best
                when = f"of epoch {epochs}" if epochs else "from within the first epoch"
                best = "" if nats is None else f", the best on held-out text: {nats:.4f} nats per character"
                say(f"wrote {self.output}, weights {when}{best}")
                if self.plot:
                    steps, training, validation = zip(*kept.history, strict=True)
                    title = f"Learning from {source}"
                    plot_losses(self.plot, steps, training, validation, title=title, unit_of_steps="epochs")
                    say(f"wrote {self.plot}")
