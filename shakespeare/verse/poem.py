"""A trained network's poem under a form: in its own words, not its own text's, and what is told of it."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from charlm.errors import CharLMError
from charlm.language_model import LanguageModel
from charlm.novelty import copying
from charlm.run import corpora, fetching
from charlm.run.files import is_file
from charlm.sampling import SamplingOptions
from charlm.scoring import costs_in_text
from charlm.vocabulary import Vocabulary
from shakespeare.evaluation import training_text
from shakespeare.verse.form import Form
from shakespeare.verse.lexicon import shipped, words_of
from shakespeare.verse.scan import scan_poem
from shakespeare.verse.source import Source
from shakespeare.verse.writing import CANDIDATES, stream_lines
from shakespeare.weights import Network
from shakespeare.writer import writer_of

OF_THE_SHIPPED_WORDS = frozenset({"plays", "sonnets"})
"""The texts whose words ship."""


def source_at_hand(about: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    """The training text if it can be had without a network; else nothing."""
    try:
        for run in about.get("training", ()):
            known = corpora.KNOWN.get(str(run["corpus"]))
            folders = (os.environ.get("CHARLM_DATA"), fetching.cache_folder())
            if known and not any(folder and is_file(Path(folder) / known.file_name) for folder in folders):
                return ""
        return training_text(about, vocabulary)
    except (CharLMError, AttributeError, KeyError, TypeError):
        return ""


def model_lines(
    model: LanguageModel[Any],
    about: Mapping[str, Any],
    form: Form,
    beginning: str = "",
    *,
    options: SamplingOptions | None = None,
    seed: int = 0,
    candidates: int = CANDIDATES,
    any_words: bool = False,
    tell: Callable[[str], None] = lambda _: None,
    waiting: Callable[[str], None] = lambda _: None,
) -> Iterator[str]:
    """Yield the lines of a model's poem; see :func:`shakespeare.verse.writing.stream_lines`.

    Words are those that ship and those of the training text, which ``about`` names. Where that
    text is at hand, no line of it is repeated.
    """
    text = source_at_hand(about, model.vocabulary)
    runs = about.get("training", ())
    learned_from = {str(run.get("corpus")) for run in runs if isinstance(run, dict)} if text else set()
    more = () if learned_from <= OF_THE_SHIPPED_WORDS else words_of(text)
    return stream_lines(
        model,
        form,
        beginning,
        options=options,
        seed=seed,
        candidates=candidates,
        any_words=any_words,
        more_words=more,
        source=Source(text) if text else None,
        tell=tell,
        waiting=waiting,
    )


def poem_lines(network: Network, form: Form, beginning: str = "", **settings: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield the lines of a network's poem; see :func:`model_lines` for the settings."""
    return model_lines(writer_of(network), network.about, form, beginning, **settings)


def report_of(
    network: Network, form: Form, lines: Sequence[str], options: SamplingOptions, say: Callable[[str], None]
) -> dict[str, Any]:
    """What is told of a poem: its form by ``scan``, its cost, its words, and how much of it is copied."""
    poem = scan_poem(list(enumerate(lines, start=1)), form)
    vocabulary = network.vocabulary
    written = "\n\n" + "\n".join(lines) + "\n"
    words = [word for line in poem.lines for word in line.fitted.words]
    nats = costs_in_text(writer_of(network), vocabulary.encode(written), network.window)
    figures: dict[str, Any] = {
        "form": poem.summary(),
        "departures": "; ".join(poem.departures) or "none",
        "nats per character": round(float(nats.mean()), 4),
        "words": f"{sum(word.lower() in shipped() for word in words)} of {len(words)} are Shakespeare's",
    }
    text = source_at_hand(network.about, network.vocabulary)
    if text:
        copied = copying(written.strip(), text)
        figures["copied"] = str(copied)
    else:
        say("nothing to say about copying: the training text is not at hand (shakespeare fetch)")
    return figures
