"""Whole poems and figures in one call, by a model in any of the forms in which people have it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack

import numpy as np

from charlm.errors import InvalidOption
from charlm.language_model import LanguageModel
from charlm.sampling import Choices, SamplingOptions, chosen
from charlm.scoring import Evaluation, costs_in_text
from shakespeare import keras_file
from shakespeare.evaluation import baselines, last_run, parts_of, spelled
from shakespeare.poems import stream_poem
from shakespeare.weights import Network
from shakespeare.writer import writer_of

if TYPE_CHECKING:
    from shakespeare.network import CharacterLSTM

AnyModel: TypeAlias = "LanguageModel[Any] | Network | CharacterLSTM | str | Path | None"
"""What writes or is scored: what ``load`` or ``train`` gave, a model file, or None: the model that ships."""


def network_of(model: AnyModel) -> Network | None:
    """A model as plain arrays with what it says of itself; None of a language model of another kind.

    Raises:
        MissingFile: if there is no such file.
        ModelFileError: if it is damaged or of another kind.
    """
    if model is None or isinstance(model, (str, Path)):
        return keras_file.read(keras_file.shipped() if model is None else model)
    if isinstance(model, Network):
        return model
    of_keras = sys.modules.get("shakespeare.network")
    if of_keras and isinstance(model, of_keras.CharacterLSTM):
        arrays: Network = of_keras.to_arrays(model)
        return arrays
    return None


def generate(
    model: AnyModel = None,
    beginning: str = "",
    *,
    length: int | None = None,
    lines: int | None = None,
    options: SamplingOptions | None = None,
    seed: int = 0,
    **choices: Unpack[Choices],
) -> str:
    """A whole poem with its beginning; see :func:`shakespeare.stream_poem` for all but ``model``."""
    network = network_of(model)
    writer: Any = model if network is None else writer_of(network)
    poem = stream_poem(writer, beginning, length=length, lines=lines, options=options, seed=seed, **choices)
    return beginning + "".join(poem)


def sonnet(
    model: AnyModel = None,
    beginning: str = "",
    *,
    form: str = "shakespearean",
    options: SamplingOptions | None = None,
    seed: int = 0,
    candidates: int | None = None,
    any_words: bool = False,
    **choices: Unpack[Choices],
) -> str:
    """A sonnet, or a poem under another form, as the command ``shakespeare sonnet`` writes it.

    Args:
        model: what writes.
        beginning: how line 1 begins.
        form: a name or a scheme, as the command takes it.
        options: how characters are chosen; temperature 0.8 if left out.
        seed: the same seed gives the same poem.
        candidates: how many lines are written side by side for each one chosen; None: the usual number.
        any_words: also words that the model invents.
        choices: ``temperature`` and its kin, in place of ``options``.

    Raises:
        InvalidOption: for a value out of its range, or a form that is none.
        VocabularyError: for a beginning, or an alphabet, without words.
        SearchExhausted: if no line is found.
    """
    from shakespeare.verse import form as forms  # noqa: PLC0415 - only where a form is kept
    from shakespeare.verse.poem import model_lines  # noqa: PLC0415
    from shakespeare.verse.writing import CANDIDATES, TEMPERATURE  # noqa: PLC0415

    network, wanted = network_of(model), forms.form(form)
    writer: Any = model if network is None else writer_of(network)
    if options is None:
        choices.setdefault("temperature", TEMPERATURE)
    how = chosen(options, choices)
    if how.strategies():
        raise InvalidOption("a form and what must not be repeated exclude each other; leave out one of them")
    written = model_lines(
        writer,
        network.about if network else {},
        wanted,
        beginning,
        options=how,
        seed=seed,
        candidates=CANDIDATES if candidates is None else candidates,
        any_words=any_words,
    )
    indented_from = len(wanted) - wanted.indented
    return "\n".join(f"{'  ' * (number >= indented_from)}{line}" for number, line in enumerate(written))


def evaluate(model: AnyModel = None, text: str | Path | None = None) -> Evaluation:
    """Score a model on text that it has not seen; on what it held out itself, beside models that only count.

    Args:
        model: what is scored.
        text: the text itself, or a path to its file; None: what the model held out.

    Raises:
        InvalidOption: for a text of fewer than two characters, or None where the model held out none.
        MissingFile: if a path names nothing.
        CorpusError: if a text cannot be had.
        VocabularyError: if the model knows no character of it.
    """
    from charlm.run import corpora  # noqa: PLC0415 - only where a file is read
    from shakespeare.encoded import VERSE  # noqa: PLC0415

    network = network_of(model)
    writer: Any = model if network is None else writer_of(network)
    learned, title = "", "a text"
    if text is None:
        run = last_run(network.about) if network else None
        if run is None or network is None:
            raise InvalidOption("the model held out no text of its own; give evaluate a text")
        learned, text = parts_of(network.about, network.vocabulary)
        title = f"what the model held out of {run['corpus']}"
    elif isinstance(text, Path):
        title = str(text)
        text = corpora.load(str(text), bundled_as=VERSE).text
    scored, _ = spelled(text, writer.vocabulary)
    if len(scored) < 2:
        raise InvalidOption("a text to score has two characters or more")
    window = network.window if network else None
    nats = costs_in_text(writer, writer.vocabulary.encode(scored), window)
    rows = [("this model", float(np.mean(nats)))]
    if learned:
        rows += [(score.what, score.nats) for score in baselines(learned, scored, writer.vocabulary)]
    return Evaluation(f"nats per character over {len(scored):,} characters of {title}", tuple(rows))
