"""Signals: noted until a safe point, or at once; those that the parent has ignored stay so."""

import signal
import subprocess
import sys
import threading

import pytest

from charlm.run.signals import ENDING, Stopped, deferred

pytestmark = pytest.mark.unix


def test_the_first_is_noted_until_it_is_asked_for():
    with deferred() as stop:
        assert not stop.wanted
        stop.check()
        signal.raise_signal(signal.SIGINT)
        assert stop.wanted
        with pytest.raises(KeyboardInterrupt):
            stop.check()


@pytest.mark.parametrize("number", ENDING)
def test_what_ends_a_process_is_no_error_and_no_ctrl_c(number):
    with deferred() as stop:
        signal.raise_signal(number)
        with pytest.raises(Stopped, match=signal.Signals(number).name) as caught:
            stop.check()
    assert caught.value.number == number and not isinstance(caught.value, Exception | KeyboardInterrupt)


def test_a_second_one_does_not_wait():
    with deferred() as stop:
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert stop.number == signal.SIGTERM


def test_what_cannot_be_written_after_a_signal_is_told_as_the_signal():
    with pytest.raises(Stopped, match="SIGHUP"), deferred():
        signal.raise_signal(signal.SIGHUP)
        raise OSError(5, "Input/output error")
    with pytest.raises(OSError, match="Input/output"), deferred():
        raise OSError(5, "Input/output error")


def test_afterwards_all_is_as_before():
    before = [signal.getsignal(number) for number in (signal.SIGINT, *ENDING)]
    with deferred():
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, *ENDING)] == before


def test_what_the_parent_has_ignored_is_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with deferred() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert not stop.wanted
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_another_thread_there_is_nothing_to_note():
    found = []

    def run():
        with deferred() as stop:
            found.append(stop.wanted)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert found == [False]


@pytest.mark.parametrize("number", [signal.SIGINT, *ENDING])
def test_a_process_that_only_begins_to_load_ends_without_a_word(number):
    code = f"""
import signal
from charlm.run.signals import end_without_a_word
end_without_a_word()
signal.raise_signal({int(number)})
print("still there")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", "")
