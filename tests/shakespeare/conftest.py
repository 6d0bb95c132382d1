"""Stand-ins for the course's files, of the same form."""

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest


def layer(class_name, name, **config):
    return {"class_name": class_name, "name": name, "config": {"name": name, **config}}


@pytest.fixture
def old_config() -> dict:
    """What Keras 2.0.6 said of the course's network, as far as it matters."""
    return _old_config()


def _old_config():
    lstm = {"units": 128, "recurrent_activation": "hard_sigmoid"}
    return {
        "class_name": "Model",
        "config": {
            "layers": [
                layer("InputLayer", "in", batch_input_shape=[None, 40, 38]),
                layer("LSTM", "lower", return_sequences=True, **lstm),
                layer("Dropout", "thin", rate=0.5),
                layer("LSTM", "upper", return_sequences=False, **lstm),
                layer("Dropout", "thinner", rate=0.5),
                layer("Dense", "out", units=38, activation="linear"),
                layer("Activation", "soft", activation="softmax"),
            ]
        },
    }


@pytest.fixture
def write_old_file() -> Callable[..., Path]:
    """``write_old_file(path, config=..., change=...)``: random weights as Keras 2.0.6 saved them."""

    def write(path: Path, config=None, change=None) -> Path:
        generator = np.random.default_rng(0)
        lstm = {"recurrent_kernel": (128, 512), "bias": (512,)}
        layers = {
            "lower": {"kernel": (38, 512), **lstm},
            "upper": {"kernel": (128, 512), **lstm},
            "out": {"kernel": (128, 38), "bias": (38,)},
        }
        shapes = [shape for parts in layers.values() for shape in parts.values()]
        adam = {"lr": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "decay": 0.0}
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = json.dumps(config or _old_config())
            file.attrs["training_config"] = json.dumps(
                {"optimizer_config": {"class_name": "Adam", "config": adam}}
            )
            for name, parts in layers.items():
                for part, shape in parts.items():
                    values = 0.3 * generator.standard_normal(shape)
                    file[f"model_weights/{name}/{name}_2/{part}:0"] = values.astype(np.float32)
            names = ["iterations:0", *(f"Variable_{number}:0" for number in range(2 * len(shapes)))]
            group = file.create_group("optimizer_weights")
            group.attrs["weight_names"] = np.array(names, dtype="S")
            group[names[0]] = np.float32(500)
            for name, shape in zip(names[1:], 2 * shapes, strict=True):
                group[name] = (1e-4 * generator.random(shape)).astype(np.float32)
            if change:
                change(file)
        return path

    return write
