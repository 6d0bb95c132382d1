"""A network as an ONNX graph of one step, for ``poem_generation.py``."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from shakespeare.weights import Network

IOFG = (0, 3, 1, 2)
"""Where the gates that ONNX wants in the order i, o, f, g stand in Keras's."""


def onnx_model(network: Network) -> bytes:
    """The network as an ONNX graph: Gather, an LSTM a layer, MatMul, Add; states go in and come out."""
    nodes = [helper.make_node("Gather", ["embedding", "ids"], ["x0"])]
    arrays = {"embedding": network.embedding, "head": network.head_kernel, "bias": network.head_bias}
    units = len(network.head_kernel)
    for number, layer in enumerate(network.layers):
        w, r, b = (
            np.concatenate([np.split(array.T, 4)[gate] for gate in IOFG])[None]
            for array in (layer.kernel, layer.recurrent_kernel, layer.bias)
        )
        arrays |= {f"w{number}": w, f"r{number}": r, f"b{number}": np.concatenate([b, 0 * b], axis=1)}
        inputs = [f"x{number}", f"w{number}", f"r{number}", f"b{number}", "", f"h{number}", f"c{number}"]
        outputs = [f"y{number}", f"h{number}_after", f"c{number}_after"]
        nodes.append(helper.make_node("LSTM", inputs, outputs, hidden_size=units))
        nodes.append(helper.make_node("Squeeze", [f"y{number}", "direction"], [f"x{number + 1}"]))
    last = f"x{len(network.layers)}"
    nodes += [helper.make_node("MatMul", [last, "head"], ["scores"])]
    nodes += [helper.make_node("Add", ["scores", "bias"], ["logits"])]
    state = [f"{part}{number}" for number in range(len(network.layers)) for part in "hc"]

    def value(name: str, *shape: int) -> object:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        nodes,
        "poem",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, (1, 1)),
            *(value(name, 1, 1, units) for name in state),
        ],
        [
            value("logits", 1, 1, len(network.vocabulary)),
            *(value(f"{name}_after", 1, 1, units) for name in state),
        ],
        [
            numpy_helper.from_array(np.ascontiguousarray(array), name)
            for name, array in (arrays | {"direction": np.array([1])}).items()
        ],
    )
    opsets = [helper.make_opsetid("", 17)]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())
