"""Names from a character-level recurrent network in NumPy.

    names = dino.load_names("bundled")
    model = dino.train(names, steps=22_001)
    model.save("models/dino.safetensors")
    for name in dino.load("models/dino.safetensors").stream(seed=3, temperature=0.8):
        ...

What is imported from here loads when it is first used, so that ``dino --help`` needs no NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from charlm import __version__

if TYPE_CHECKING:
    from charlm.sampling import SamplingOptions
    from dino.evaluation import evaluation as evaluate
    from dino.names import NameList, load_names
    from dino.names_model import NamesModel, generate, load, shipped
    from dino.training import Training, train
    from dino.training_settings import TrainingSettings

__all__ = [
    "NameList",
    "NamesModel",
    "SamplingOptions",
    "Training",
    "TrainingSettings",
    "__version__",
    "evaluate",
    "generate",
    "load",
    "load_names",
    "shipped",
    "train",
]

_HOMES = {
    "NameList": ("dino.names", "NameList"),
    "load_names": ("dino.names", "load_names"),
    "shipped": ("dino.names_model", "shipped"),
    "NamesModel": ("dino.names_model", "NamesModel"),
    "SamplingOptions": ("charlm.sampling", "SamplingOptions"),
    "evaluate": ("dino.evaluation", "evaluation"),
    "generate": ("dino.names_model", "generate"),
    "load": ("dino.names_model", "load"),
    "Training": ("dino.training", "Training"),
    "TrainingSettings": ("dino.training_settings", "TrainingSettings"),
    "train": ("dino.training", "train"),
}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attribute can be anything
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
