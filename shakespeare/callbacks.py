"""A callback for Keras's ``fit`` that prints sampled text, by any Keras model of characters."""

import sys
from collections.abc import Callable
from typing import Any, Unpack

import keras
import numpy as np

from charlm.errors import InvalidOption, require_number
from charlm.language_model import LanguageModel
from charlm.run.console import show
from charlm.sampling import Choices, SamplingOptions, chosen
from shakespeare.any_model import Inputs, Outputs, language_model
from shakespeare.characters import Characters
from shakespeare.poems import SAMPLE, adapted, stream_poem

Logs = dict[str, Any] | None


class SampleText(keras.callbacks.Callback):  # type: ignore[misc]
    """Prints text by the model at each epoch's end; what it watches learns the same with it and without.

    It serves a network of this project, and any Keras model that takes characters, as indices or one-hot, or
    in a way that ``inputs`` makes, and gives scores (batch, characters), or (batch, window, characters), of
    which the last count. Whether it can is found out before the first epoch.

    A stateful model that reads one character at a time carries its state along; any other reads the window
    of the last characters anew for each one. Where the text is shorter than a fixed window, there stands
    before it the index of no character ("" in the vocabulary), else a space.

    Args:
        prompt: what the text begins with.
        length: how many characters follow.
        options: how they are chosen.
        seed: with the epoch, of the choice.
        vocabulary: what the model's indices mean: characters in the order of the indices (a string, or a list
            with "" for an index of none), a dictionary, a ``StringLookup`` or ``TextVectorization`` layer, or
            a function from an index to its character; left out, the model's own.
        window: how many characters a model reads that is not of this project; left out, as its input says.
        inputs: a function from indices (batch, window) to what the model takes, such as a list of its inputs.
        outputs: ``logits`` or ``probabilities``, or a function from what the model gives to the logits; left
            out, told by the numbers.
        echo: takes the text.
        choices: ``temperature`` and its kin, in place of ``options``.

    Raises:
        InvalidOption: for a number out of its range; as the training begins, for a model that cannot be read.
    """

    def __init__(
        self,
        prompt: str = "",
        length: int = SAMPLE,
        options: SamplingOptions | None = None,
        seed: int = 0,
        *,
        vocabulary: Characters | None = None,
        window: int | None = None,
        inputs: Inputs | None = None,
        outputs: Outputs = None,
        echo: Callable[[str], object] = show,
        **choices: Unpack[Choices],
    ) -> None:
        super().__init__()
        require_number("length", length, at_least=0)
        require_number("seed", seed, at_least=0)
        if window is not None:
            require_number("window", window, at_least=1)
        self.prompt, self.length, self.seed = prompt, length, seed
        self.options = chosen(options, choices)
        self.vocabulary, self.window = vocabulary, window
        self._inputs, self._outputs, self._echo = inputs, outputs, echo
        self._read: LanguageModel[Any] | None = None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Find out whether the model can be read, and the prompt be spelled.

        Raises:
            InvalidOption: saying what to pass.
            VocabularyError: for a prompt of which the model knows no character.
        """
        self._read = None
        note = adapted(self._writer().vocabulary, self.prompt).note
        if note:
            self._echo(f"the prompt is {note}")

    def on_part_end(self, update: int, logs: Logs = None) -> None:
        """The same within an epoch, where a training of this project reports there."""
        self._sample(np.random.SeedSequence([self.seed, update, 1]), f"update {update:,}")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Print what the current weights write; that they write nothing is no reason to end a training."""
        self._sample(np.random.SeedSequence([self.seed, epoch]), f"epoch {epoch + 1}")

    def _sample(self, seeds: np.random.SeedSequence, when: str) -> None:
        drawn = seeds.generate_state(1)
        try:
            poem = "".join(
                stream_poem(
                    self._writer(),
                    self.prompt,
                    length=self.length,
                    options=self.options,
                    seed=int(drawn[0]),
                )
            )
        except Exception as error:
            self._echo(f"no text after {when}: {error}")
        else:
            self._echo(f"\n{self.prompt}{poem}\n")

    def _writer(self) -> LanguageModel[Any]:
        """The model as it is now."""
        ours = sys.modules.get("shakespeare.network")  # anyone else's model needs nothing of it
        if ours and isinstance(self.model, ours.CharacterLSTM):
            from shakespeare.writer import writer_of_model  # noqa: PLC0415

            return writer_of_model(self.model)
        if self.vocabulary is None:
            raise InvalidOption(
                "the model does not say what its indices mean; give SampleText(vocabulary=...), the "
                "characters in the order of their indices"
            )
        if self._read is None:
            self._read = language_model(self.model, self.vocabulary, self.window, self._inputs, self._outputs)
        return self._read
