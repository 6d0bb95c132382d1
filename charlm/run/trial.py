"""Try a function in its own process first, where a file could make a library hang or crash.

Python cannot interrupt a C library that is stuck in a loop, nor catch its crash.
"""

import faulthandler
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

SECONDS = 5
"""A trial may last as long, once its process has imported what it needs. What hangs does so for ever, and the
course's files are read in a fiftieth of a second; so a slow disk and a busy machine have room."""

_CHILD = """
import contextlib, json, sys
with contextlib.suppress(Exception):
    sys.path[:], *call = json.loads(sys.argv[1])
    from charlm.run import trial
    trial.run(*call)
"""


def failure(function: Callable[[Any], object], argument: object) -> str | None:
    """How a call fails to end, ``hangs`` or ``crashes``; None if it returns or raises an exception.

    Args:
        function: it stands by its name in its module.
        argument: what it is called with; anything that JSON can hold.
    """
    call = [module_path(), function.__module__, function.__name__, argument, SECONDS]
    # With the arguments in ASCII, for any locale.
    command = [sys.executable, "-I", "-c", _CHILD, json.dumps(call)]
    nowhere = subprocess.DEVNULL
    ended = subprocess.run(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, check=False)
    return {0: None, 1: "hangs"}.get(ended.returncode, "crashes")


def run(module: str, function: str, argument: object, seconds: float) -> None:
    """In the process of its own: call the function, and end the process with 1 if that lasts too long.

    A thread of the interpreter looks at the clock, on every platform and whatever the library is doing; so no
    process is left over where the one that began it has been killed.
    """
    call = getattr(import_module(module), function)
    faulthandler.dump_traceback_later(seconds, exit=True)
    with suppress(Exception):  # whoever asked will call it too, and get the same
        call(argument)


def module_path() -> list[str]:
    """Where a process of ours finds modules: as here, but in no folder that was current by chance."""
    folders = [folder for folder in sys.path if folder and Path(folder).is_absolute()]
    root = str(Path(__file__).parents[2])
    return folders if root in folders else [*folders, root]
