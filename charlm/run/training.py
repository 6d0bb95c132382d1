"""The protocol that every training run follows, and the one driver that runs any of them.

A run is a value that moves on by updates. The driver alone knows of reports, the best weights, patience, the
checkpoints, the curves and signals; it prints nothing.
"""

import itertools
import logging
import math
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn, Protocol

from charlm.errors import TrainingDiverged, require_ending, require_number
from charlm.run.checkpoints import Checkpoint, Checkpoints, require_like, unusable
from charlm.run.files import is_there, locked, require_spared, require_writable
from charlm.run.history import History
from charlm.run.model_file import Arrays
from charlm.run.plotting import Marks, plot_losses, require_plottable
from charlm.run.signals import Stop, Stopped
from charlm.run.verdict import Advice, only_rose, rises, turned

POINTS = 20
"""The training loss is noted for the curve this many times from one report to the next."""

HOPELESS = 1.5
"""A loss that stays above this many times that of guessing has diverged, though it is finite; for what has
learned before, above what the held-out text cost then, if that is more."""

Losses = Sequence[tuple[float, int]]
"""What each update cost: nats, summed, and over how many characters."""


@dataclass(frozen=True)
class Kept:
    """Weights worth keeping.

    Attributes:
        update: after how many updates.
        validation: what the held-out text cost then, nats per character; None without any.
        weights: the arrays.
    """

    update: int
    validation: float | None
    weights: Arrays


class Training(Protocol):
    """A run that the driver can run.

    Attributes:
        made: how many updates were made.
        total: how many it will have.
        period: the updates from one report to the next, counted anew in each unit of several updates.
        chunk: how many updates are made between two looks at the clock and at the signals.
        span: a loss may be hopeless for as many updates before the run has diverged.
        span_name: the same in words.
        begins_trained: whether the first weights have learned something already.
        guessing: what equal chances for every character cost, nats.
        learning_rate: for a message.
        identity: what the run is determined by, each under a name for people.
        finished: whether there is nothing more to do.
        source: what it learns from, for the title of the curves.
        unit: ``(updates, name)`` of the curves' axis and of the log's rows; where it is of
            several updates, each ends with a report.
    """

    made: int
    total: int
    period: int
    chunk: int
    span: int
    span_name: str
    begins_trained: bool
    guessing: float
    source: str
    unit: tuple[int, str]

    @property
    def learning_rate(self) -> float:
        """See above."""
        ...

    @property
    def identity(self) -> Mapping[str, Any]:
        """See above."""
        ...

    @property
    def finished(self) -> bool:
        """See above."""
        ...

    def advance(self, updates: int) -> Losses:
        """Make this many updates, or as many as are left; a weight not finite shows as such a loss."""
        ...

    def score(self) -> float | None:
        """What held-out text costs with the weights worth keeping, nats per character, or None."""
        ...

    def ended(self, training: float, validation: float | None) -> None:
        """A period has ended, with these losses."""
        ...

    def weights(self) -> Arrays:
        """A copy of the weights worth keeping as they are now."""
        ...

    def checkpoint(self) -> tuple[Mapping[str, Any], Arrays]:
        """Everything it takes to go on from here, to the last bit: what JSON can hold, and arrays."""
        ...

    def restore(self, checkpoint: Checkpoint, path: Path) -> Sequence[str]:
        """Go on from a checkpoint; return the lines to say about it.

        Raises:
            WrongCall: if it is of another run, or of a longer one.
            ModelFileError: if it makes no sense; nothing has been changed then.
        """
        ...

    def when(self, update: int) -> str:
        """An update in words, such as ``step 500``."""
        ...

    def told(self, kept: Kept) -> str:
        """What to say about a model file, after its name."""
        ...

    def save(self, path: Path, kept: Kept, history: History) -> None:
        """Write a model file with these weights, in one step."""
        ...

    def continues(self, path: Path) -> bool:
        """Whether a model file is from this run, at this update or an earlier one."""
        ...


@dataclass(frozen=True)
class Report:
    """Where a run stands.

    Attributes:
        update: how many updates were made, of ``total``.
        total: how many there will be.
        when: the same in words.
        training: the mean loss since the last period ended, nats per character; None before any update.
        validation: that of the held-out text; None where it was not measured.
        ended: whether a period ends here; otherwise the run has only moved on.
        seconds: since this process began with it.
    """

    update: int
    total: int
    when: str
    training: float | None
    validation: float | None
    ended: bool
    seconds: float

    def __str__(self) -> str:
        """The report in one line."""
        losses = {"training": self.training, "held out": self.validation}
        told = ", ".join(f"{name} {loss:.4f}" for name, loss in losses.items() if loss is not None)
        return f"{self.when}: {told} nats per character"


def no_command(_: Path) -> str:
    """There is no command to name."""
    return ""


@dataclass(frozen=True)
class Call:
    """How a run was called, for whoever goes on from it.

    Attributes:
        options: what the checkpoint keeps, so that --resume alone finds them; anything that JSON can hold.
        again: the whole command that goes on with the run.
        next: from the path of the model, the command to try next.
        baselines: what predictors that only count cost on the held-out text, nats, by name; for the plot.
        advice: what to change where the losses turn.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    again: str = ""
    next: Callable[[Path], str] = no_command
    baselines: Callable[[], Mapping[str, float]] = dict
    advice: Advice = field(default_factory=Advice)


@dataclass(frozen=True)
class Files:
    """What a run leaves behind.

    Attributes:
        output: the model file.
        checkpoints: what the run can be resumed from.
        plot: a picture of the losses, or None.
        log: a CSV file of the losses at each report, or None.
        overwrite: whether the model may take the place of another run's; otherwise it gets a number behind
            its name.
        call: how the run was called.
    """

    output: Path
    checkpoints: Checkpoints
    plot: Path | None = None
    log: Path | None = None
    overwrite: bool = True
    call: Call = field(default_factory=Call)

    def require_writable(self, ending: str, source: str, model: Path | None = None) -> None:
        """Check before a long job that its results can be written, and that it overwrites nothing it reads.

        Args:
            ending: of a model file's name.
            source: what is read, perhaps a file.
            model: the model file that is gone on from, or None; the output may take its place.

        Raises:
            InvalidOption: for a file name with a wrong ending.
            WrongCall: if a file that is read would be written.
            OutputError: for a place that cannot be written.
        """
        require_ending("output", self.output, (ending,))
        others = self.checkpoints.path, self.plot, self.log
        require_spared(Path(source), self.output, *others)
        require_spared(model, *others)
        require_writable(self.output)
        if self.plot:
            require_plottable(self.plot)
        if self.log:
            require_writable(self.log)

    def locked(self) -> AbstractContextManager[None]:
        """Keep other runs from writing to these files; see :func:`charlm.run.files.locked`."""
        return locked(self.output, self.checkpoints.path, self.plot, self.log)


def silent(_: object) -> None:
    """Report to nobody."""


def alone(*wanted: int) -> tuple[int, ...]:
    """What one process wants is done; in a cluster, all settle on the largest of each number."""
    return wanted


class Run:
    """One run from its beginning, or from a checkpoint, to its end.

    Args:
        training: what learns.
        files: what is left behind, or None.
        patience: stop after so many reports in a row without improvement, of the held-out text or, without
            any, of the training loss; None: never before the end.
        stop: whether the process is to end.
        report: takes each :class:`Report`.
        say: takes lines that are for a person.
        conclude: takes the lines that a run ends with: why these weights, and what to do next.
        settle: makes one of what several processes want; see :func:`alone`.
        found: the checkpoint to go on from, where it is not in ``files``.

    Attributes:
        history: the losses, POINTS a period.
        reports: the losses of each period.
        best: the best weights by the held-out text so far; None without any.

    Raises:
        InvalidOption: for a patience below 1.
    """

    def __init__(
        self,
        training: Training,
        files: Files | None = None,
        *,
        patience: int | None = None,
        stop: Stop | None = None,
        report: Callable[[Report], object] = silent,
        say: Callable[[str], object] = silent,
        conclude: Callable[[str], object] = silent,
        settle: Callable[..., tuple[int, ...]] = alone,
        found: Checkpoint | None = None,
    ) -> None:
        if patience is not None:
            require_number("patience", patience, at_least=1)
        self._training, self._files, self._patience = training, files, patience
        self._stop, self._tell, self._say, self._settle = stop or Stop(), report, say, settle
        self._found, self._conclude_with = found, conclude
        self.history, self.reports = History(), History()
        self.best: Kept | None = None
        self._hopeless = HOPELESS * training.guessing
        self._good: Kept | None = None  # the last weights whose loss was not hopeless
        self._own = False  # whether this run has written the model file
        self._before: float | None = None  # what held-out text cost at first, if the model had learned before
        self._room: Path | None = None  # where the model goes, if another run's is in the way
        self._reported = 0  # the update of the last report
        self._waited = 0  # reports without improvement
        self._hopeful = 0  # the last update at which the loss was not hopeless
        self._since_report, self._since_point = (0.0, 0), (0.0, 0)
        self._written: str | None = None  # label of this run's last checkpoint, or None
        self._unread: OSError | None = None
        self._started = time.monotonic()

    def run(self) -> Kept:
        """Train to the end, and write what is worth keeping.

        Returns:
            The weights worth keeping.

        Raises:
            TrainingDiverged: if a loss or a weight is no number any more, or the loss is hopeless.
            OutputError: if a file cannot be written.
            WrongCall: if the checkpoint is of another run, or of a longer one.
            KeyboardInterrupt: after Ctrl-C, with a checkpoint written; so does ``signals.Stopped`` after
                another signal.
        """
        training = self._training
        self._begin()
        try:
            while True:
                due = training.made and (self._at_report or training.finished)
                if due and training.made > self._reported:
                    self._report()
                if training.finished or self._out_of_patience():
                    break
                self._advance()
        except (KeyboardInterrupt, Stopped, OSError, TrainingDiverged) as ended:
            self._rescue(ended)
            raise
        self._checkpoint(finished=True)
        kept = self.best or Kept(training.made, None, training.weights())
        self._find_room()
        self._keep(kept)
        self._conclude(kept)
        if self._unread:
            raise self._unread
        return kept

    def run_or_stop(self) -> Kept:
        """Train as :meth:`run` does, for a caller who wants what was learned until Ctrl-C; the log tells it.

        Raises:
            KeyboardInterrupt: after a second Ctrl-C; all else as :meth:`run`.
        """
        try:
            return self.run()
        except KeyboardInterrupt:
            if self._stop.insisted:
                raise
            training = self._training
            kept = self.best or Kept(training.made, None, training.weights())
            logging.getLogger(__name__).warning(
                "stopped by Ctrl-C at %s; the weights of %s are given back",
                training.when(training.made),
                training.when(kept.update),
            )
            return kept

    def _begin(self) -> None:
        """Start from the checkpoint; or from the beginning, with a first checkpoint for --resume to find."""
        training, files = self._training, self._files
        found = self._found or (files.checkpoints.found() if files else None)
        path = files.checkpoints.path if files else Path("checkpoint")
        if found:
            lines = [f"going on from {training.when(self._restore(found, path))} ({path})", *self._notes]
        else:
            lines = files.checkpoints.begun() if files else []
        for line in lines:
            self._say(line)
        self._good = Kept(training.made, None, training.weights())
        if found is None:
            if training.begins_trained and (nats := training.score()) is not None:
                self._before = nats
                self.best = Kept(0, nats, training.weights())
                self._hopeless = max(self._hopeless, nats)
                self._tell(replace(self._report_of(None, nats, ended=True), when="before"))
            self._checkpoint()
        elif self.best:
            self._write_over_our_own(self.best)

    def _find_room(self) -> None:
        """Take another name for the model file where another run's is in the way, and say so."""
        if self._files is None or self._files.overwrite or self._may_write():
            return
        output = self._files.output
        numbered = (output.with_stem(f"{output.stem}-{number}") for number in itertools.count(2))
        self._room = next(path for path in numbered if not is_there(path) or self._training.continues(path))
        self._say(f"{output} is of another run and stays; this one is {self._room} (--overwrite replaces it)")

    def _restore(self, found: Checkpoint, path: Path) -> int:
        """Restore everything; return how many updates were made."""
        training = self._training
        self._notes = training.restore(found, path)
        try:
            progress = found.progress["run"]
            self.history, self.reports = History.of(progress["history"]), History.of(progress["reports"])
            self._since_report, self._since_point = (
                (float(nats), _count(characters)) for nats, characters in progress["since"]
            )
            self._reported, self._waited, self._hopeful = (
                _count(progress[name]) for name in ("reported", "waited", "hopeful")
            )
            self._hopeless = float(progress["hopeless"])
            losses = [*self.history.training, *self.reports.training, self._hopeless]
            losses += [self._since_report[0], self._since_point[0]]
            if progress.get("before") is not None:
                self._before = float(progress["before"])
                losses.append(self._before)
            if progress["best"]:
                update, nats = progress["best"]
                weights = {name: found.arrays[f"best/{name}"] for name in training.weights()}
                require_like(weights, training.weights())
                self.best = Kept(_count(update), float(nats), weights)
                losses.append(float(nats))
            if not all(map(math.isfinite, losses)):
                raise ValueError("a loss is no number")
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise unusable(path, error) from error
        return training.made

    def _advance(self) -> None:
        training, point = self._training, max(1, self._training.period // POINTS)
        made = training.made
        updates = min(training.chunk, point - made % point, self._until_report)
        losses = training.advance(updates)
        nats, count = sum(nats for nats, _ in losses), sum(count for _, count in losses)
        if not math.isfinite(nats):
            bad = next((place for place, loss in enumerate(losses) if not math.isfinite(loss[0])), 0)
            step = training.made - len(losses) + bad + 1
            self._diverged(f"the loss became {losses[bad][0]} and is no longer a number", step)
        self._since_report = self._since_report[0] + nats, self._since_report[1] + count
        self._since_point = self._since_point[0] + nats, self._since_point[1] + count
        if training.made % point == 0 or self._at_report or training.finished:
            self._point()
        due, number = self._settle(
            int(self._due), self._stop.number or (signal.SIGTERM if self._unread else 0)
        )
        if due or number:
            self._checkpoint()
        if self._unread:
            raise self._unread
        if number:
            self._stop.number = number
        self._stop.check()
        self._show(self._report_of(self._mean(), None, ended=False))

    @property
    def _place(self) -> int:
        """How many updates were made of what reports are counted in."""
        made, (unit, _) = self._training.made, self._training.unit
        return made % unit if unit > 1 else made

    @property
    def _at_report(self) -> bool:
        return self._place % self._training.period == 0

    @property
    def _until_report(self) -> int:
        """How many updates there are from here to the next report."""
        period, (unit, _), place = self._training.period, self._training.unit, self._place
        left = period - place % period
        return min(left, unit - place) if unit > 1 else left

    @property
    def _due(self) -> bool:
        return self._files is not None and self._files.checkpoints.due

    def _point(self) -> None:
        """Note the loss, and the weights if it is not hopeless."""
        training = self._training
        nats, count = self._since_point
        self._since_point = 0.0, 0
        self.history = self.history.extended(training.made, nats / count)
        if nats / count <= self._hopeless:
            self._hopeful = training.made
            self._good = Kept(training.made, None, training.weights())
        elif training.made - self._hopeful >= training.span:
            self._diverged(
                f"the run has diverged: its loss stayed above {self._hopeless:.2f} nats for "
                f"{training.span_name}, where guessing costs {training.guessing:.2f},",
                training.made,
            )

    def _mean(self) -> float | None:
        nats, count = self._since_report
        return nats / count if count else None

    def _report(self) -> None:
        """A period has ended: score, compare and report."""
        training, mean = self._training, self._mean()
        validation = training.score()
        if validation is not None and not math.isfinite(validation):
            self._diverged("the loss on held-out text is no longer a number", training.made)
        better = self._better(mean, validation)
        self.reports = self.reports.extended(training.made, mean or 0.0, validation)
        if self.history.steps:
            steps, losses, scored = vars(self.history).values()
            self.history = History(steps, losses, (*scored[:-1], validation))
        self._waited = 0 if better else self._waited + 1
        self._since_report = 0.0, 0
        self._reported = training.made
        if better and validation is not None:
            self.best = Kept(training.made, validation, training.weights())
            self._write_over_our_own(self.best)
        if self._files and self._files.log:
            self.reports.write(self._files.log, *training.unit)
        self._show(self._report_of(mean, validation, ended=True))
        training.ended(mean or 0.0, validation)
        for told in (turned(self.reports, self._advice), rises(self.reports, self._advice)):
            if told:
                self._say(told)

    @property
    def _advice(self) -> Advice:
        return self._files.call.advice if self._files else Advice()

    def _better(self, training: float | None, validation: float | None) -> bool:
        """Whether a report's loss is the lowest so far."""
        if validation is not None:
            return self.best is None or validation < (self.best.validation or math.inf)
        return training is not None and training < min(self.reports.training, default=math.inf)

    def _out_of_patience(self) -> bool:
        return self._patience is not None and self._waited >= self._patience

    def _report_of(self, training: float | None, validation: float | None, *, ended: bool) -> Report:
        run = self._training
        when, seconds = run.when(run.made), time.monotonic() - self._started
        return Report(run.made, run.total, when, training, validation, ended, seconds)

    def _show(self, report: Report) -> None:
        try:
            self._tell(report)
        except OSError as error:  # the reader is gone; the run ends at the next safe point
            self._unread = error

    def _checkpoint(self, *, finished: bool = False) -> None:
        """Write a checkpoint, if there is a file for it; in a cluster every process contributes its part."""
        progress, arrays = self._training.checkpoint()
        if self._files is None:
            return
        run = {
            "history": vars(self.history),
            "reports": vars(self.reports),
            "since": [self._since_report, self._since_point],
            "reported": self._reported,
            "waited": self._waited,
            "hopeful": self._hopeful,
            "hopeless": self._hopeless,
            "before": self._before,
            "best": self.best and (self.best.update, self.best.validation),
        }
        best = {f"best/{name}": array for name, array in self.best.weights.items()} if self.best else {}
        whole = Checkpoint(
            self._training.identity,
            {**progress, "run": run, "finished": finished, "options": dict(self._files.call.options)},
            {**arrays, **best},
        )
        self._files.checkpoints.write(whole)
        self._written = self._training.when(self._training.made)

    def _rescue(self, ended: BaseException) -> None:
        """Keep what a run that ends early has learned, unless that would overwrite another run's model."""
        if self._files is None:
            return
        if self._written and isinstance(ended, KeyboardInterrupt | Stopped):
            path, again = self._files.checkpoints.path, self._files.call.again
            if again:
                self._say(f"to go on: {again}")
            self._say(f"{path} has all up to {self._written}; --resume goes on from it")
        kept = self.best or self._good
        if not self.best and not isinstance(ended, TrainingDiverged):
            kept = Kept(self._training.made, None, self._training.weights())
        if kept is None or not kept.update:
            return
        if self._may_write():
            self._keep(kept)
        else:
            self._say(
                f"{self._files.output} is of another run and stays; the checkpoint has what this one learned"
            )

    def _conclude(self, kept: Kept) -> None:
        """Say at the end why these weights were kept, what the losses mean, and what to do next."""
        if self._files is None:
            return
        why = f"kept: the last weights, for nothing was held out to choose by; {self._advice.holds_out}"
        told = only_rose(self.reports, self._before, self._advice)
        following = self._files.call.next(self._room or self._files.output)
        for line in (why if kept.validation is None else None, told, following and f"next: {following}"):
            if line:
                self._conclude_with(line)

    def _keep(self, kept: Kept) -> None:
        """Write the model file and the curves, and say so."""
        if self._files is None:
            return
        output = self._write(kept)
        self._say(f"wrote {output}{self._training.told(kept)}")
        if self._files.plot and self.history.steps:
            updates, name = self._training.unit
            steps = [step / updates for step in self.history.steps]
            marks = Marks(
                kept.update / updates, self._before, self._training.guessing, self._files.call.baselines()
            )
            losses = self.history.training, self.history.validation
            title = f"Learning from {self._training.source}"
            plot_losses(self._files.plot, steps, *losses, title=title, unit_of_steps=f"{name}s", marks=marks)
            self._say(f"wrote {self._files.plot}")

    def _write(self, kept: Kept) -> Path:
        assert self._files is not None
        output = self._room or self._files.output
        self._training.save(output, kept, self.reports)
        self._own = self._room is None
        return output

    def _write_over_our_own(self, kept: Kept) -> None:
        """Write the model file now, unless that would overwrite another run's before this one has ended."""
        if self._may_write():
            self._write(kept)

    def _may_write(self) -> bool:
        if self._files is None:
            return False
        output = self._files.output
        return self._own or not is_there(output) or self._training.continues(output)

    def _diverged(self, what: str, update: int) -> NoReturn:
        kept, run = self.best or self._good, self._training
        stays = f"; the weights of {run.when(kept.update)} are kept" if kept and kept.update else ""
        raise TrainingDiverged(
            f"{what} at step {update:,}; lower the learning rate (it is {run.learning_rate:.3g}), "
            f"for too high a learning rate is the likely cause{stays}"
        )


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r:.40} is not a whole number from 0 on")
    return value
