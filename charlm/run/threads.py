"""One thread for small matrix products, of which a second one costs more than it gains.

A poem's products have one row. A BLAS that shares each among all processors spends its time on waiting, the
more so where several poems are written at once. The commands ask for one thread before NumPy loads; for who
uses the project as a library, the products themselves are kept to one thread.
"""

import os
import threading
from types import TracebackType
from typing import Any


class OneThread:
    """While anyone is inside, BLAS has one thread, then as many as before. Any thread may enter."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._libraries: list[Any] | None = None
        self._before: list[tuple[Any, int]] = []

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                counts = [(library, library.get_num_threads()) for library in self._found()]
                self._before = [(library, count) for library, count in counts if count and count > 1]
                for library, _ in self._before:
                    _set(library, 1)
            self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                for library, count in self._before:
                    _set(library, count)

    def _found(self) -> list[Any]:
        """The libraries that NumPy multiplies with; none, where they have been told to use one thread.

        OpenBLAS over OpenMP, which conda has, counts for each calling thread apart, and is left alone.
        """
        if self._libraries is None:
            self._libraries = []
            if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
                from threadpoolctl import ThreadpoolController  # noqa: PLC0415 - the commands need none

                found = ThreadpoolController().select(user_api="blas").lib_controllers
                self._libraries = [one for one in found if getattr(one, "threading_layer", "") != "openmp"]
        return self._libraries


def _set(library: Any, count: int) -> None:  # noqa: ANN401 - a controller of threadpoolctl
    """Set a library's threads, from whichever thread; newer threadpoolctl listens to the first alone."""
    let_go = getattr(library, "clear_controlling_thread", None)
    if let_go:
        let_go(force=True)
    library.set_num_threads(count)
    if let_go:
        let_go(force=True)


one_thread = OneThread()
"""The one that all share: ``with one_thread: ...``"""
