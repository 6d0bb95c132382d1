"""The course's network as its notebook has it: windows in, one-hot if need be, and probabilities out."""

from typing import Any

import keras
from keras import ops

from charlm.language_model import BLANK
from shakespeare.network import CharacterLSTM


@keras.saving.register_keras_serializable(package="shakespeare")
class NotebookLSTM(CharacterLSTM):
    """The network for cells that make their own windows and sample from ``predict``.

    Its weights and arguments are those of a :class:`CharacterLSTM`, which gives logits.
    """

    def call(self, windows: Any, training: bool = False) -> Any:  # noqa: ANN401 - tensors of any backend
        """Probabilities (batch, vocabulary) of the character that follows each window.

        Args:
            windows: indices (batch, 40), or one-hot (batch, 40, vocabulary); a row of zeros is no character.
            training: whether dropout applies.
        """
        return ops.softmax(super().call(_indices(windows), training=training))


@keras.saving.register_keras_serializable(package="shakespeare")  # type: ignore[untyped-decorator]
def crossentropy(wanted: Any, probabilities: Any) -> Any:  # noqa: ANN401
    """Nats of each window, (batch,).

    Args:
        wanted: the characters that follow: indices (batch,) or one-hot (batch, vocabulary).
        probabilities: (batch, vocabulary).
    """
    if len(wanted.shape) == 2 and wanted.shape[-1] == probabilities.shape[-1]:
        wanted = ops.argmax(wanted, axis=-1)
    return keras.losses.sparse_categorical_crossentropy(wanted, probabilities)


def _indices(windows: Any) -> Any:  # noqa: ANN401
    if len(windows.shape) == 2:
        return windows
    return ops.where(ops.any(windows, axis=-1), ops.argmax(windows, axis=-1), BLANK)
