"""Names from a character-level recurrent network in NumPy.

    names = dino.load_names("bundled")
    model = dino.train(names, steps=22_001)
    model.save("models/dino.safetensors")
    for name in dino.load("models/dino.safetensors").stream(seed=3):
        ...

What is imported from here loads when it is first used, so that ``dino --help`` needs no NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dino.names import NameList, load_names
    from dino.names_model import NamesModel, load, shipped
    from dino.training import Training, train
    from dino.training_settings import TrainingSettings

__all__ = ["NameList", "NamesModel", "Training", "TrainingSettings", "load", "load_names", "shipped", "train"]

_HOMES = {
    "NameList": "names",
    "load_names": "names",
    "shipped": "names_model",
    "NamesModel": "names_model",
    "load": "names_model",
    "Training": "training",
    "TrainingSettings": "training_settings",
    "train": "training",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attribute can be anything
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"dino.{_HOMES[name]}"), name)
