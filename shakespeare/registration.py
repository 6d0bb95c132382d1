"""What lets Keras load our ``.keras`` files after ``import shakespeare``, which itself must not load Keras.

Keras finds a class in a file by what is registered with it, so our classes are imported along with it: now,
if it has been imported already, else right after.
"""

import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

CLASSES = "shakespeare.course.network"
"""Imports every module that registers a class."""


def register() -> None:
    """Have our classes registered with Keras as soon as there is one."""
    if "keras" in sys.modules:
        _register()
    elif not any(isinstance(finder, _AfterKeras) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AfterKeras())


def _register() -> None:
    with suppress(ImportError):  # Keras on another backend, where TensorFlow is not installed
        import_module(CLASSES)


class _AfterKeras(MetaPathFinder):
    """Finds Keras where it always is, and registers our classes when it has been loaded."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Keras's place, with a loader that registers afterwards; None for any other module."""
        spec = PathFinder.find_spec(name, path, target) if name == "keras" else None
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def load_and_register(module: ModuleType) -> None:
            load(module)
            _register()

        spec.loader.exec_module = load_and_register  # type: ignore[method-assign]
        return spec
