"""A network as plain arrays: what a model file holds, and what NumPy steps."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from charlm.vocabulary import Vocabulary

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LSTMWeights:
    """One LSTM layer's arrays, in Keras's shapes, with the gates in the order i, f, c, o.

    Attributes:
        kernel: (inputs, 4 units).
        recurrent_kernel: (units, 4 units).
        bias: (4 units,).
    """

    kernel: Array
    recurrent_kernel: Array
    bias: Array


@dataclass(frozen=True, repr=False)
class Network:
    """A network as plain arrays.

    Attributes:
        vocabulary: the characters.
        recurrent_activation: of the gates: ``sigmoid``, or ``hard_sigmoid``, clip(0.2 x + 0.5, 0, 1).
        window: None, or how many characters it reads from a state of zeros.
        embedding: (vocabulary, embedding_size).
        layers: the LSTM layers, the lowest first.
        head_kernel: (units, vocabulary).
        head_bias: (vocabulary,).
        about: what it was trained on.
        dropout: the share of each layer's outputs that training leaves out.
        verified: whether it comes from a file whose digest fits; one that Keras alone wrote has none.
    """

    vocabulary: Vocabulary
    recurrent_activation: str
    window: int | None
    embedding: Array
    layers: tuple[LSTMWeights, ...]
    head_kernel: Array
    head_bias: Array
    about: dict[str, Any]
    dropout: float = 0.0
    verified: bool = False

    def __repr__(self) -> str:
        """One short line, however many weights there are."""
        units = len(self.layers[0].recurrent_kernel) if self.layers else 0
        return f"Network({len(self.layers)} x {units} units, {len(self.vocabulary)} characters)"
