"""What is tried in a process of its own: how it ends is told, whatever it does there."""

import signal
import time

from charlm.run import trial


def test_what_returns_or_raises_has_come_to_an_end():
    assert trial.failure(abs, -1) is None
    assert trial.failure(abs, "a word") is None


def test_what_lasts_longer_than_it_may_hangs(monkeypatch):
    monkeypatch.setattr(trial, "SECONDS", 0.1)
    assert trial.failure(time.sleep, 600) == "hangs"


def test_what_ends_its_process_crashes():
    assert trial.failure(signal.raise_signal, signal.SIGABRT) == "crashes"


def test_modules_are_found_as_here_but_not_in_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("import os; os.abort()")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    assert trial.failure(abs, -1) is None
