"""A callback for Keras's ``fit`` that prints sampled text, by any Keras model of characters."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from charlm.errors import InvalidOption, require_number
from charlm.language_model import LanguageModel, Logits, WindowModel
from charlm.run.console import show
from charlm.sampling import SamplingOptions
from charlm.vocabulary import Ids, Vocabulary
from shakespeare.network import CharacterLSTM
from shakespeare.poems import SAMPLE, stream_poem
from shakespeare.writer import writer_of_model

Logs = dict[str, Any] | None


class SampleText(keras.callbacks.Callback):  # type: ignore[misc]
    """Prints text by the model at each epoch's end.

    It serves a network of this project, and any Keras model that takes indices (batch, window) and gives
    logits (batch, characters), or (batch, window, characters), of which the last count.

    Args:
        prompt: what the text begins with.
        length: how many characters follow.
        options: how they are chosen.
        seed: with the epoch, of the choice.
        vocabulary: the characters that the model's indices mean; left out, the model's own.
        window: how many characters a model that is not of this project reads.
        echo: takes the text.

    Raises:
        InvalidOption: for a number out of its range.
    """

    def __init__(
        self,
        prompt: str = "",
        length: int = SAMPLE,
        options: SamplingOptions | None = None,
        seed: int = 0,
        *,
        vocabulary: Vocabulary | str | None = None,
        window: int | None = None,
        echo: Callable[[str], object] = show,
    ) -> None:
        super().__init__()
        require_number("length", length, at_least=0)
        require_number("seed", seed, at_least=0)
        self.prompt, self.length, self.options, self.seed = prompt, length, options, seed
        self.vocabulary = Vocabulary.of(vocabulary) if isinstance(vocabulary, str) else vocabulary
        self.window = window
        self._echo = echo

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Print what the current weights write."""
        drawn = np.random.SeedSequence([self.seed, epoch]).generate_state(1)
        poem = stream_poem(
            self._writer(), self.prompt, length=self.length, options=self.options, seed=int(drawn[0])
        )
        self._echo(f"\n{self.prompt}{''.join(poem)}\n")

    def _writer(self) -> LanguageModel[Any]:
        network = self.model
        if isinstance(network, CharacterLSTM):
            return writer_of_model(network)
        if self.vocabulary is None or self.window is None:
            raise InvalidOption(
                "SampleText needs the vocabulary and the window of a model that does not name them itself; "
                "give SampleText(vocabulary=..., window=...)"
            )

        def logits(windows: Ids) -> Logits:
            scores: Logits = keras.ops.convert_to_numpy(network(windows, training=False))
            return scores[:, -1] if scores.ndim == 3 else scores

        before = self.vocabulary.index(" ") if " " in self.vocabulary else 0
        return WindowModel(self.vocabulary, self.window, logits, before)
