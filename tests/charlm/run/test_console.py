"""What a person sees while a run goes on."""

import io
import sys

from charlm.run import console
from charlm.run.training import Report


def test_what_was_made_before_a_resume_does_not_count_for_the_time_left(monkeypatch):
    monkeypatch.setattr(console, "on_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    clock = iter(range(1000))
    bar = console._Bar()

    def at(update):
        bar.move(Report(update, 1000, f"step {update}", 2.0, None, False, 0.0))
        return bar._progress.tasks[0]

    try:
        task = at(900)
        bar._progress.get_time = lambda: float(next(clock))
        assert task.completed == 900 and task.speed is None
        for update in (901, 902, 903):
            task = at(update)
        assert task.speed <= 1.5 and task.time_remaining >= 60  # not the speed of 900 updates in no time
    finally:
        bar.stop()
