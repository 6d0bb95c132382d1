"""The driver of every training, with a scripted run: one that learns what is written down."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

from charlm.errors import InvalidOption, OutputError, TrainingDiverged
from charlm.run.checkpoints import Checkpoints, unusable
from charlm.run.history import MOST_POINTS
from charlm.run.signals import Stop
from charlm.run.training import Files, Run


class Scripted:
    """A run whose losses stand in two lists; its only weight is how many updates were made."""

    chunk, span_name, begins_trained, source, unit = 1, "a while", False, "a script", (4, "epoch")
    guessing, learning_rate, identity, finished_early = 3.0, 0.5, {"script": 1}, False

    def __init__(self, losses, held_out=(), period=4, span=8):
        self.losses, self.held_out, self.period, self.span = losses, held_out, period, span
        self.made, self.total = 0, len(losses)
        self.scored, self.told_of = 0, []

    @property
    def finished(self):
        return self.made >= self.total or self.finished_early

    def advance(self, updates):
        first = self.made
        self.made = min(self.total, first + updates)
        return [(2 * loss, 2) for loss in self.losses[first : self.made]]

    def score(self):
        self.scored += 1
        return self.held_out[-(-self.made // self.period) - 1] if self.held_out else None

    def ended(self, training, validation):
        self.told_of.append((self.made, training, validation))

    def weights(self):
        return {"updates": np.array([float(self.made)])}

    def checkpoint(self):
        return {"made": self.made}, self.weights()

    def restore(self, checkpoint, path):
        if checkpoint.progress["made"] > self.total:
            raise unusable(path, ValueError("too long"))
        self.made = checkpoint.progress["made"]
        return ["a note"]

    def when(self, update):
        return f"update {update}"

    def told(self, kept):
        return f", of update {kept.update}"

    def save(self, path, kept, history):
        path.write_text(json.dumps({"updates": kept.weights["updates"].tolist(), "of": self.identity}))

    def continues(self, path):
        return json.loads(path.read_text())["of"] == self.identity


@pytest.fixture
def files(tmp_path):
    def make(name="model.json", seconds=0.0, resume=True, **others):
        output = tmp_path / name
        return Files(output, Checkpoints(output, None, seconds, resume=resume), **others)

    return make


def written(files):
    return json.loads(files.output.read_text())["updates"][0]


FALLING = [2.0 - 0.1 * update for update in range(12)]


def test_a_report_ends_each_period_with_the_mean_loss_since_the_last():
    reports, training = [], Scripted(FALLING[:10], [1.9, 1.7, 1.8])
    Run(training, report=reports.append).run()
    assert [report.update for report in reports if not report.ended] == list(range(1, 11))
    ended = [report for report in reports if report.ended]
    assert [(report.update, report.validation) for report in ended] == [(4, 1.9), (8, 1.7), (10, 1.8)]
    means = [np.mean(FALLING[:4]), np.mean(FALLING[4:8]), np.mean(FALLING[8:10])]
    assert [report.training for report in ended] == pytest.approx(means, abs=1e-12)
    assert training.told_of == [(report.update, report.training, report.validation) for report in ended]
    assert str(ended[0]) == "update 4: training 1.8500, held out 1.9000 nats per character"


def test_the_best_weights_are_kept_and_written_as_they_are_found(files):
    seen, there = [], files()

    def report(now):
        if now.ended:
            seen.append(written(there))

    kept = Run(Scripted(FALLING, [1.9, 1.7, 1.8]), there, report=report).run()
    assert seen == [4, 8, 8] and (kept.update, kept.validation, written(there)) == (8, 1.7, 8)


def test_without_held_out_text_the_last_weights_are_kept(files):
    kept = Run(Scripted(FALLING), files()).run()
    assert (kept.update, kept.validation, written(files())) == (12, None, 12)


def test_what_has_learned_before_must_be_improved_on(files):
    training = Scripted(FALLING, [2.0, 2.1, 2.2])
    training.begins_trained = True
    training.held_out = [2.0, 2.1, 1.9]  # before the first update the last of them is read
    reports = []
    kept = Run(training, files(), report=reports.append).run()
    assert reports[0].when == "before" and reports[0].validation == 1.9
    assert kept.update == 0 and written(files()) == 0


@pytest.mark.parametrize(
    ("held_out", "patience", "reports"),
    [([1.9, 1.8, 1.7], 1, 3), ([1.9, 1.9, 1.7], 1, 2), ([1.9, 2.0, 1.7], 2, 3), ([], 1, 3)],
)
def test_patience_counts_reports_in_a_row_without_improvement(held_out, patience, reports):
    training = Scripted(FALLING, held_out)
    Run(training, patience=patience).run()
    assert len(training.told_of) == reports
    with pytest.raises(InvalidOption, match="patience is 0"):
        Run(training, patience=0)


def test_a_run_that_ends_itself_is_scored_once_more():
    training = Scripted(FALLING, [1.9, 1.8, 1.7])

    def report(now):
        training.finished_early = now.update == 6

    Run(training, report=report).run()
    assert [update for update, _, _ in training.told_of] == [4, 6]


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours looks after it."""


def killed(training, after):
    """Let the training end the process at its next step after so many updates."""
    advance = training.advance

    def advance_or_die(updates):
        if training.made >= after:
            raise Killed
        return advance(updates)

    training.advance = advance_or_die
    return training


HELD_OUT = [1.9, 1.95, 1.7, 1.8, 1.6]
LONG = [2.0 - 0.05 * update + 0.3 * (update % 3) for update in range(20)]


@pytest.mark.parametrize("kills", [*([update] for update in range(20)), [1, 2, 3], [4, 8, 12, 16], range(20)])
def test_killed_and_resumed_it_leaves_what_it_would_have_left(files, kills):
    whole = files("whole.json", log=files().output.with_name("whole.csv"))
    Run(Scripted(LONG, HELD_OUT), whole, patience=2).run()
    again = files("again.json", log=files().output.with_name("again.csv"))
    told = {}
    for update in kills:
        training = killed(Scripted(LONG, HELD_OUT), update)
        with pytest.raises(Killed):
            Run(training, again, patience=2).run()
        told |= {made: losses for made, *losses in training.told_of}
    training = Scripted(LONG, HELD_OUT)
    Run(training, again, patience=2).run()
    told |= {made: losses for made, *losses in training.told_of}
    assert whole.output.read_bytes() == again.output.read_bytes()
    assert whole.log.read_bytes() == again.log.read_bytes()
    first, second = (one.checkpoints.found() for one in (whole, again))
    assert first.progress == second.progress and first.identity == second.identity
    assert {name: array.tobytes() for name, array in first.arrays.items()} == {
        name: array.tobytes() for name, array in second.arrays.items()
    }
    assert sorted(told) == [4, 8, 12, 16, 20]


def test_a_report_that_was_not_made_is_made_after_the_resume(files):
    """A checkpoint of a period's end that was killed before its report."""
    training, scored = Scripted(LONG, HELD_OUT), []

    def score():
        scored.append(training.made)
        raise Killed

    training.score = score
    with pytest.raises(Killed):
        Run(training, files()).run()
    again = Scripted(LONG, HELD_OUT)
    Run(again, files()).run()
    assert scored == [4] and [update for update, _, _ in again.told_of] == [4, 8, 12, 16, 20]


def test_a_signal_ends_it_at_a_safe_point_with_all_saved(files):
    stop, lines = Stop(), []

    def report(now):
        if now.update == 6:
            stop.number = 2

    with pytest.raises(KeyboardInterrupt):
        Run(Scripted(LONG, HELD_OUT), files(seconds=3600), stop=stop, report=report, say=lines.append).run()
    assert files().checkpoints.found().progress["made"] == 7
    assert lines == [
        f"beginning anew: there is no checkpoint {files().checkpoints.path}",
        f"{files().checkpoints.path} has all up to update 7; --resume goes on from it",
        f"wrote {files().output}, of update 4",
    ]


def test_a_reader_that_goes_away_ends_it_with_all_saved(files):
    def report(now):
        if now.update == 6:
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        Run(Scripted(LONG), files(seconds=3600), report=report).run()
    assert files().checkpoints.found().progress["made"] == 7 and written(files()) == 7


def test_another_run_s_model_stays_until_the_end(files):
    there, other = files(resume=False), '{"updates": [99], "of": "another"}'
    there.output.write_text(other)
    stop, lines, seen = Stop(), [], []

    def report(now):
        seen.append(there.output.read_text())
        stop.number = 2 if now.update == 10 else None

    with pytest.raises(KeyboardInterrupt):
        Run(Scripted(LONG, HELD_OUT), there, stop=stop, report=report, say=lines.append).run()
    assert set(seen) == {other} and there.output.read_text() == other
    assert lines[-1].endswith("is of another run and stays; the checkpoint has what this one learned")
    Run(Scripted(LONG, HELD_OUT), files()).run()
    assert written(there) == 20


def test_another_run_s_finished_model_is_replaced_only_where_that_is_asked(files):
    other = '{"updates": [99], "of": "another"}'
    files().output.write_text(other)
    lines = []
    kept_apart = files(resume=False, overwrite=False)
    for _ in range(2):  # the second time it finds its own
        Run(Scripted(LONG, HELD_OUT), kept_apart, say=lines.append).run()
    beside = files().output.with_name("model-2.json")
    assert kept_apart.output.read_text() == other and json.loads(beside.read_text())["updates"] == [20]
    told = f"{kept_apart.output} is of another run and stays; this one is {beside} (--overwrite replaces it)"
    assert lines.count(told) == 2
    assert f"wrote {beside}, of update 20" in lines and len(list(beside.parent.glob("model*.json"))) == 2
    Run(Scripted(LONG, HELD_OUT), files(resume=False, overwrite=True)).run()
    assert written(files()) == 20


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_ends_it_with_its_step(files, loss):
    training = Scripted([*FALLING[:6], loss, *FALLING])
    training.chunk = 4
    told = rf"the loss became {2 * loss} and is no longer a number at step 7; lower the .* \(it is 0.5\)"
    with pytest.raises(TrainingDiverged, match=told):
        Run(training, files()).run()
    assert written(files()) <= 6


@pytest.mark.parametrize(
    ("losses", "at", "kept"),
    [
        ([9.0] * 30, 8, None),
        ([4.6] * 30, 8, None),
        ([4.4] * 5 + [9.0] * 30, 13, 5),
        (([9.0] * 7 + [4.4]) * 3 + [9.0] * 8, 32, 24),
    ],
)
def test_a_loss_above_that_of_guessing_by_half_for_too_long_has_diverged(files, losses, at, kept):
    told = rf"its loss stayed above 4\.50 nats for a while, where guessing costs 3\.00, at step {at};"
    with pytest.raises(TrainingDiverged, match=told) as caught:
        Run(Scripted(losses), files()).run()
    assert (f"the weights of update {kept} are kept" in str(caught.value)) == (kept is not None)
    assert files().output.exists() == (kept is not None) and (kept is None or written(files()) == kept)


def test_a_held_out_loss_that_is_no_number_ends_it(files):
    with pytest.raises(TrainingDiverged, match="the loss on held-out text is no longer a number at step 8"):
        Run(Scripted(FALLING, [1.9, math.nan, 1.8]), files()).run()
    assert written(files()) == 4


def test_when_nothing_more_can_be_written_the_last_checkpoint_is_whole(files, monkeypatch):
    written_so_far = []

    def full(self, checkpoint, write=Checkpoints.write):
        if len(written_so_far) == 7:
            raise OutputError(f"cannot write {self.path}: No space left on device; make room")
        written_so_far.append(checkpoint)
        write(self, checkpoint)

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "write", full)
        with pytest.raises(OutputError, match="No space left"):
            Run(Scripted(LONG, HELD_OUT), files()).run()
    assert files().checkpoints.found().progress["made"] == 6


@pytest.mark.slow
def test_a_long_run_has_bounded_curves():
    training = Scripted([1.0] * (3 * MOST_POINTS), period=1)
    run = Run(training)
    run.run()
    assert MOST_POINTS / 2 < len(run.history.steps) <= MOST_POINTS
    assert MOST_POINTS / 2 < len(run.reports.steps) <= MOST_POINTS


def test_all_processes_do_what_one_of_them_wants(files):
    """What a cluster settles on is taken, whatever this process wants itself."""
    calls = itertools.count(1)

    def settle(due, signal):
        return (1, 15) if next(calls) == 5 else (0, 0)

    with pytest.raises(BaseException, match="SIGTERM"):
        Run(Scripted(LONG), files(seconds=0.0), settle=settle).run()
    assert files().checkpoints.found().progress["made"] == 5


def test_the_curves_are_drawn(files):
    there = files(plot=Path(files().output.parent / "curve.png"))
    lines = []
    Run(Scripted(FALLING, [1.9, 1.7, 1.8]), there, say=lines.append).run()
    assert there.plot.read_bytes().startswith(b"\x89PNG") and lines[-1] == f"wrote {there.plot}"
