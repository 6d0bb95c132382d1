"""What a learner's code can do wrong, or try: it costs that exercise its points and stops nothing else."""

import sys
from pathlib import Path

import pytest

import dino
from charlm.run.signals import Stopped
from dino.grading import process, wire
from dino.grading.calling import call
from dino.grading.grading import EXERCISES

from .conftest import right_file

RESOURCES = pytest.mark.skipif(
    sys.platform != "linux", reason="the platform does not limit a process's memory"
)
POSIX = pytest.mark.unix
ROOT = Path(dino.__file__).parent

ATTEMPTS = {
    "endless loop": ("while True: pass", "did not come back in time"),
    "crash": ("import ctypes; ctypes.string_at(0)", "crashed"),
    "sys.exit": ("import sys; sys.exit(0)", "tried to end the program"),
    "os._exit": ("import os; os._exit(0)", "ended its process (exit code 0)"),
    "print storm": ("while True: print('x' * 1000)", "printed without end"),
    "print storm past Python": ("import os\n    while True: os.write(1, b'x' * 1000)", "printed without end"),
    "storm on standard error": ("import os\n    while True: os.write(2, b'x' * 1000)", "printed without end"),
    "recursion": ("clip(gradients, maxValue)", "called itself without end"),
    "deep recursion": ("import sys; sys.setrecursionlimit(10**9)\n    (lambda f: f(f))(lambda f: f(f))", ""),
    "fork": pytest.param("import os; os.fork()", "start a process", marks=POSIX),
    "fork bomb": pytest.param(
        "import os\n    while True:\n        try: os.fork()\n        except Exception: pass",
        "did not come back in time",
        marks=POSIX,
    ),
    "another program": ("import subprocess, sys; subprocess.run([sys.executable, '-V'])", "start a process"),
    "a signal": pytest.param("import os; os.kill(os.getppid(), 9)", "send a signal", marks=POSIX),
    "huge allocation": ("np.ones((10**6, 10**7))", "more memory than it may have"),
    "growing list": pytest.param(
        "kept = []\n    while True: kept.append(bytes(10**8))",
        "more memory than it may have",
        marks=RESOURCES,
    ),
    "network": ("import socket; socket.create_connection(('127.0.0.1', 9))", "use the network"),
    "file outside": ("open(%r, 'w').write('x')", "write a file outside"),
    "graded solutions": (
        "from dino.exercises import clip as right\n    return right(gradients, maxValue)",
        "solutions",
    ),
    "solutions by importlib": (
        "import importlib\n    return importlib.import_module('dino.exercises').clip(gradients, maxValue)",
        "solutions",
    ),
    "solutions by meta_path": ("import sys; sys.meta_path.pop(0)\n    import dino.exercises", "solutions"),
    "solutions as text": (f"exec(open({str(ROOT / 'exercises.py')!r}).read(), globals())", "solutions"),
    "the grader's own": (
        "from dino.grading.expected import clip as right\n    return right(gradients, maxValue)",
        "solutions",
    ),
    "result channel": (
        "import os\n    for number in range(3, 40):\n"
        '        try: os.write(number, b\'{"ended": "done"}\\n\')\n'
        "        except OSError: pass",
        "grader's own channel",
    ),
    "closed channel": ("import os; os.closerange(3, 100)", "ended its process"),
    "keyboard interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "told"),
    list(ATTEMPTS.values()),
    ids=list(ATTEMPTS),
)
def test_it_costs_this_exercise_and_stops_nothing_else(grade_source, tmp_path, body, told):
    outside = tmp_path / "outside.txt"
    body = body % str(outside) if "%r" in body else body
    text = right_file(clip=f"def clip(gradients, maxValue):\n    {body}\n")
    results = grade_source(text, exercises=(EXERCISES[0], EXERCISES[2]), timeout=4)
    assert results["clip"].points == 0 and not results["clip"].passed
    assert told in results["clip"].diagnosis, results["clip"]
    assert results["optimize"].passed
    assert not outside.exists()


PRETENCES = {
    "patched NumPy": "np.allclose = np.isclose = np.array_equal = lambda *a, **k: True\n    return gradients",
    "patched comparison": (
        "np.testing.assert_allclose = np.testing.assert_array_equal = print\n    return gradients"
    ),
    "printed pass": 'print(\'{"passed": true, "points": 25}\')\n    return gradients',
    "written down": "a = np.full((5, 5), 10.0)\n    return {k: a for k in gradients}",
    "an object that equals everything": (
        "class Same(dict):\n        def __eq__(self, other): return True\n    return Same(gradients)"
    ),
    "an array that equals everything": (
        "class Same(np.ndarray):\n        def __eq__(self, other): return True\n"
        "    return {k: v.view(Same) for k, v in gradients.items()}"
    ),
    "patched harness": (
        "import sys\n    main = sys.modules['__main__']\n    for name in list(vars(main)):\n"
        "        if callable(getattr(main, name)): setattr(main, name, lambda *a, **k: None)\n"
        "    return gradients"
    ),
}


@pytest.mark.parametrize("body", PRETENCES.values(), ids=list(PRETENCES))
def test_nothing_but_right_values_passes(grade_source, body):
    text = right_file(clip=f"def clip(gradients, maxValue):\n    {body}\n")
    result = grade_source(text, exercises=EXERCISES[:1], timeout=10)["clip"]
    assert not result.passed and result.points < 25


def test_expected_values_written_down_fail_the_fresh_cases(grade_source):
    body = "    return [23, 16, 26, 26, 24, 3, 21, 1, 7, 24, 15, 3, 25, 20, 6, 13, 10, 8, 20, 12, 2, 0]"
    text = right_file(sample=f"def sample(parameters, char_to_ix, seed):\n{body}\n")
    result = grade_source(text, exercises=EXERCISES[1:2])["sample"]
    assert result.points == 0 and "fresh" in result.first_difference


@pytest.mark.parametrize("line", ["from dino.exercises import clip", "from dino.exercises import *"])
def test_an_import_in_place_of_a_function_is_reported_as_what_it_is(grade_source, line):
    result = grade_source(f"{line}\n", exercises=EXERCISES[:1])["clip"]
    assert result.points == 0 and "imports clip from dino.exercises" in result.diagnosis


def test_what_the_course_provides_may_come_from_our_exercises(grade_source):
    text = "from dino.exercises import softmax, rnn_forward\n" + right_file()
    assert all(result.passed for result in grade_source(text, exercises=EXERCISES[:3]).values())


def test_the_environment_is_scrubbed_and_the_folder_empty(grade_source, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_TEACHER", "42")
    body = (
        "    import os\n"
        "    if 'SECRET_OF_THE_TEACHER' in os.environ or os.listdir('.'): return None\n"
        "    return {name: np.clip(value, -maxValue, maxValue) for name, value in gradients.items()}"
    )
    text = right_file(clip=f"def clip(gradients, maxValue):\n{body}\n")
    assert grade_source(text, exercises=EXERCISES[:1])["clip"].passed


def test_what_was_refused_and_swallowed_is_noted(grade_source):
    body = (
        "    try:\n        import dino.exercises\n    except ImportError:\n        pass\n"
        "    return {name: np.clip(value, -maxValue, maxValue) for name, value in gradients.items()}"
    )
    text = right_file(clip=f"def clip(gradients, maxValue):\n{body}\n")
    result = grade_source(text, exercises=EXERCISES[:1])["clip"]
    assert result.passed and any("import dino.exercises" in note for note in result.notes)


@pytest.mark.parametrize(
    "line",
    [
        '{"pickle": "x"}',
        '{"array": ["O", [1], ""]}',
        '{"array": ["<f8", [3], "AAAA"]}',
        '{"array": ["<f8", [-1], ""]}',
        '{"dict": [[{"list": []}, 1]]}',
        '{"a": 1, "b": 2}',
        "[" * 100_000,
        "nonsense",
    ],
)
def test_an_answer_in_no_known_form_is_refused(line):
    with pytest.raises(ValueError):
        value = wire.load(line)
        if isinstance(value, dict | list) or getattr(value, "size", 1) == 0:
            raise ValueError


def test_the_child_s_answers_count_only_with_the_nonce():
    class Quiet:
        overflowed, content = False, b""

    answer = wire.dump({"outcome": {}, "attempts": []})
    run = process._read(f"guess {answer}\n".encode(), "nonce", 1, 0, False, Quiet())
    assert run.ending == "channel" and run.outcomes == []


def test_a_signal_is_no_outcome_of_the_function_that_it_comes_in():
    def interrupted():
        raise Stopped(15)

    with pytest.raises(Stopped):
        call(interrupted, [], {}, global_seed=0)
