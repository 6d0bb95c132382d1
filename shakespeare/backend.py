"""Loading TensorFlow and Keras: quietly, with default settings, and with the right number of threads."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from charlm.errors import MissingPackage


def require_tensorflow() -> None:
    """Find out before a long job whether TensorFlow is there; nothing is loaded.

    Raises:
        MissingPackage: if not.
    """
    for name in ("tensorflow", "keras"):
        try:
            there = find_spec(name) is not None
        except (ImportError, ValueError):
            there = False
        if not there:
            raise MissingPackage(
                f"this needs {name}, which is not installed; 'pip install tensorflow keras' gets it, where "
                "there is a wheel (Intel Macs, Windows on Arm, Python 3.14 have none); only training needs it"
            )


def load_tensorflow(*, deterministic: bool = False) -> None:
    """Load TensorFlow, without its log lines about the machine, and Keras.

    With as many threads as there are processors its sums are always taken in one order, but another number of
    them takes another.

    Args:
        deterministic: use one thread alone; otherwise as many as TF_NUM_INTRAOP_THREADS says, or there are
            processors.

    Raises:
        MissingPackage: if it is not installed.
    """
    require_tensorflow()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _quiet_standard_error(), _no_settings_of_keras():
        import keras  # noqa: F401, PLC0415 - slow, and only for training
        import tensorflow as tf  # noqa: PLC0415
    wanted = 1 if deterministic else int(os.environ.get("TF_NUM_INTRAOP_THREADS") or 0)
    if wanted:
        tf.config.threading.set_intra_op_parallelism_threads(wanted)
        tf.config.threading.set_inter_op_parallelism_threads(wanted)


@contextmanager
def _no_settings_of_keras() -> Iterator[None]:
    """Keep Keras from reading the user's settings, in keras.json and in the environment.

    A run depends on what it was called with; its networks are of float32, on TensorFlow.
    """
    theirs = {name: value for name, value in os.environ.items() if name.startswith("KERAS_")}
    ours = {
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": str(Path(__file__)),  # under a path that is a file, no keras.json is found or written
    }
    for name in theirs:
        del os.environ[name]
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            del os.environ[name]
        os.environ.update(theirs)


@contextmanager
def _quiet_standard_error() -> Iterator[None]:
    """Silence the process's standard error, even for C++ code."""
    try:
        sys.stderr.flush()
        terminal, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except (OSError, AttributeError):  # it is closed
        yield
        return
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nowhere)


def threads() -> int:
    """How many threads share a sum, which decides its last bits."""
    import tensorflow as tf  # noqa: PLC0415 - by now loaded

    chosen: int = tf.config.threading.get_intra_op_parallelism_threads()
    if chosen:
        return chosen
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
