"""Poems from a stacked LSTM in Keras that has read Shakespeare.

    model = shakespeare.load(shakespeare.shipped())
    for character in shakespeare.stream_poem(model, "The road not taken", seed=3):
        ...

    network = shakespeare.train(Path("own.txt"), epochs=4)
    shakespeare.save(network, "own.keras")

What is imported from here loads when it is first used; only ``train``, ``finetune`` and ``save`` load
TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from charlm import __version__
from shakespeare import registration

if TYPE_CHECKING:
    from charlm.sampling import SamplingOptions
    from shakespeare.from_python import evaluate, generate, sonnet
    from shakespeare.keras_file import shipped
    from shakespeare.poems import stream_poem
    from shakespeare.saving import save
    from shakespeare.training import finetune, train
    from shakespeare.verse.form import form
    from shakespeare.verse.writing import stream_lines
    from shakespeare.writer import SonnetWriter
    from shakespeare.writer import load_writer as load

__all__ = [
    "SamplingOptions",
    "SonnetWriter",
    "__version__",
    "evaluate",
    "finetune",
    "form",
    "generate",
    "load",
    "save",
    "shipped",
    "sonnet",
    "stream_lines",
    "stream_poem",
    "train",
]

_HOMES = {
    "SamplingOptions": ("charlm.sampling", "SamplingOptions"),
    "SonnetWriter": ("shakespeare.writer", "SonnetWriter"),
    "evaluate": ("shakespeare.from_python", "evaluate"),
    "form": ("shakespeare.verse.form", "form"),
    "generate": ("shakespeare.from_python", "generate"),
    "sonnet": ("shakespeare.from_python", "sonnet"),
    "stream_lines": ("shakespeare.verse.writing", "stream_lines"),
    "finetune": ("shakespeare.training", "finetune"),
    "save": ("shakespeare.saving", "save"),
    "train": ("shakespeare.training", "train"),
    "load": ("shakespeare.writer", "load_writer"),
    "shipped": ("shakespeare.keras_file", "shipped"),
    "stream_poem": ("shakespeare.poems", "stream_poem"),
}

_ON_TENSORFLOW = ("finetune", "save", "train")

registration.register()


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attribute can be anything
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    if name in _ON_TENSORFLOW:
        backend = import_module("shakespeare.backend")
        backend.load_tensorflow()
    return getattr(import_module(module), attribute)
