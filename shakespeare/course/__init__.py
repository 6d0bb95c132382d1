"""The course's Shakespeare exercise: its windows, its network, and the names that its notebook uses.

    from shakespeare.course import notebook
    x, y, model, on_epoch_end, generate_output = notebook()

After these two lines the notebook's cells run as they stand. Nothing is read before :func:`notebook` is
called.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from charlm.generation import stream_text
from charlm.language_model import LanguageModel
from charlm.run import corpora, fetching
from charlm.sampling import SamplingOptions
from charlm.vocabulary import Ids, Vocabulary
from shakespeare.corpus import Batch, Windows
from shakespeare.course import h5_file
from shakespeare.course.h5_file import DROPOUT, KNOWN, UNITS, VOCABULARY, WINDOW, AdamState
from shakespeare.encoded import VERSE, in_its_case
from shakespeare.poems import LENGTH, SAMPLE
from shakespeare.training_settings import STRIDE
from shakespeare.weights import Network
from shakespeare.writer import writer_of_model

if TYPE_CHECKING:
    from shakespeare.network import CharacterLSTM


class Notebook(NamedTuple):
    """What the course's notebook takes for granted.

    Attributes:
        x: (examples, 40), indices of characters; the network takes one-hot vectors as well.
        y: (examples,), the index of the character that follows each.
        model: the compiled network, with the optimizer's state; its ``predict`` gives probabilities.
        on_epoch_end: prints sampled text, for Keras's ``LambdaCallback(on_epoch_end=on_epoch_end)``.
        generate_output: completes the beginning that it is given, or else asks for one.
    """

    x: npt.NDArray[np.int32]
    y: npt.NDArray[np.int32]
    model: "CharacterLSTM"
    on_epoch_end: Callable[[int, Any], None]
    generate_output: Callable[..., None]


def notebook(weights: str | Path | None = None, corpus: str = "sonnets") -> Notebook:
    """Read the Sonnets and the course's network after 350 epochs.

    Args:
        weights: one of the course's ``.h5`` files; None for the one of its notebook, fetched if need be.
        corpus: what to make examples of; read in lower case.

    Raises:
        MissingFile: if one of them is not there.
        CorpusError: if one cannot be had, or the text is too short.
        ModelFileError: if the weights are not the course's.
    """
    path = weights or fetching.locate(KNOWN["course-350"])
    vocabulary = Vocabulary(VOCABULARY)
    text = in_its_case(corpora.load(corpus, bundled_as=VERSE).text, vocabulary)
    x, y = windows(vocabulary.encode(text))
    model = _notebook_model(*h5_file.read(path))
    generator = np.random.default_rng()

    def on_epoch_end(epoch: int, logs: Any = None) -> None:  # noqa: ANN401 - Keras's signature
        start = vocabulary.decode(x[generator.integers(len(x))])
        print(f"\nAfter epoch {epoch + 1}, the network goes on from {start!r}:\n")
        _print_continuation(model, start, SAMPLE, generator)

    def generate_output(start: str | None = None) -> None:
        if start is None:
            start = input("How does your poem begin? ")
        print("\nHere is your poem:\n")
        print(start, end="", flush=True)
        _print_continuation(model, start, LENGTH, generator)

    return Notebook(x, y, model, on_epoch_end, generate_output)


def windows(ids: Ids) -> Batch:
    """The course's examples, as they stand in the text.

    Args:
        ids: a text's indices, (characters,).

    Returns:
        Windows (examples, 40), and the character that follows each, (examples,).

    Raises:
        CorpusError: for a text that is too short for one example.
    """
    return Windows(ids, WINDOW, STRIDE, max(1, len(ids)), seed=None).batch(0, 0)


def keras_model(network: Network, adam: AdamState) -> "CharacterLSTM":
    """The course's network in Keras, compiled, with Adam where it had left off."""
    model = new_model(network.about)
    _restore(model, network, adam)
    return model


def _notebook_model(network: Network, adam: AdamState) -> "CharacterLSTM":
    """The same, with probabilities for what it gives."""
    from shakespeare.course.network import NotebookLSTM, crossentropy  # noqa: PLC0415 - Keras is slow to load

    logits = new_model(network.about)
    model = NotebookLSTM(**logits.arguments())
    model.compile(optimizer=logits.optimizer, loss=crossentropy)
    _restore(model, network, adam)
    return model


def _restore(model: "CharacterLSTM", network: Network, adam: AdamState) -> None:
    """Give a compiled model the weights, and its optimizer the state, of one of the course's files."""
    from shakespeare.network import set_arrays  # noqa: PLC0415 - Keras is slow to load

    set_arrays(model, network)
    optimizer = model.optimizer
    optimizer.build(model.trainable_variables)
    optimizer.iterations.assign(adam.steps)
    for setting in ("learning_rate", "beta_1", "beta_2", "epsilon"):
        setattr(optimizer, setting, adam.settings[setting])
    for ending, moments in (("_momentum", adam.means), ("_velocity", adam.squares)):
        variables = [variable for variable in optimizer.variables if variable.path.endswith(ending)]
        for variable, moment in zip(variables, moments, strict=True):
            variable.assign(moment)


def new_model(about: dict[str, Any] | None = None) -> "CharacterLSTM":
    """An untrained network of the course's shape, compiled as the course's is."""
    import keras  # noqa: PLC0415 - slow to load, and only training needs it

    from shakespeare.network import CharacterLSTM  # noqa: PLC0415

    model = CharacterLSTM(
        VOCABULARY,
        UNITS,
        embedding_size=len(VOCABULARY),  # with a window, one-hot input
        dropout=DROPOUT,
        recurrent_activation="hard_sigmoid",
        window=WINDOW,
        about=about,
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.001, epsilon=1e-8),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def _print_continuation(
    model: "CharacterLSTM", start: str, length: int, generator: np.random.Generator
) -> None:
    """Print each character as it is drawn, at temperature 1; only the last WINDOW of the start count."""
    writer: LanguageModel[Any] = writer_of_model(model)
    adapted = writer.vocabulary.adapt(start)
    pick = SamplingOptions().picker(generator)
    for character in stream_text(writer, pick, prompt=adapted.text, limit=length):
        print(character, end="", flush=True)
    print()
