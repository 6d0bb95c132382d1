"""A trained model for other programs: a folder with weights, settings, and a page that says how to run it."""

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.errors import WrongCall
from charlm.run.files import replacing

Arrays = Mapping[str, npt.NDArray[Any]]

ONNX_OPSET = 17
"""Of 2022, which every ONNX Runtime since 1.12 runs."""

CARD = """\
---
library_name: {library}
pipeline_tag: text-generation
tags: [character-level, {kind}]
model-index:
- name: {name}
  results: []
---
# {name}

{about}

`config.json` has the vocabulary: a character's index is its place in it. This program writes a text:

```python
{program}```
"""


def write_folder(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write an export's files, each in one step.

    Raises:
        OutputError: if one cannot be written.
    """
    for name, content in files.items():
        with replacing(folder / name) as temporary:
            temporary.write_bytes(
                content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")
            )


def settings(config: Mapping[str, Any]) -> dict[str, str]:
    """The two files of settings that Hugging Face's tools look for."""
    generation = {"do_sample": True, "temperature": 1.0, "max_new_tokens": 400}
    return {
        "config.json": json.dumps(config, ensure_ascii=False, indent=2) + "\n",
        "generation_config.json": json.dumps(generation, indent=2) + "\n",
    }


def needed(package: str) -> Any:  # noqa: ANN401 - a module
    """A package that only exports need.

    Raises:
        WrongCall: if it is not installed.
    """
    try:
        return import_module(package)
    except ImportError:
        name = package.partition(".")[0]
        raise WrongCall(
            f"this format needs the package {name}, which is not installed; 'pip install {name}' gets it"
        ) from None


def safetensors(arrays: Arrays) -> bytes:
    """Named arrays in a safetensors file."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    content: bytes = needed("safetensors.numpy").save(contiguous, metadata={"format": "np"})
    return content


def onnx(
    nodes: Sequence[tuple[str, Sequence[str], Sequence[str], Mapping[str, Any]]],
    weights: Arrays,
    inputs: Mapping[str, tuple[Any, ...]],
    outputs: Mapping[str, tuple[Any, ...]],
    config: Mapping[str, Any],
) -> bytes:
    """An ONNX model of the format's own operations.

    Args:
        nodes: of each its operation, its inputs, its outputs and its attributes.
        weights: constants.
        inputs: shapes by name, a string standing for any size; ``ids`` are int64, all else float32.
        outputs: likewise.
        config: goes into the model's metadata.
    """
    package = needed("onnx")
    helper, kinds = package.helper, package.TensorProto

    def values(shapes: Mapping[str, tuple[Any, ...]]) -> list[Any]:
        return [
            helper.make_tensor_value_info(name, kinds.INT64 if name == "ids" else kinds.FLOAT, shape)
            for name, shape in shapes.items()
        ]

    graph = helper.make_graph(
        [
            helper.make_node(kind, list(taken), list(made), **attributes)
            for kind, taken, made, attributes in nodes
        ],
        "character_model",
        values(inputs),
        values(outputs),
        [package.numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", ONNX_OPSET)], ir_version=8)
    helper.set_model_props(model, {"config": json.dumps(config, ensure_ascii=False)})
    package.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content
