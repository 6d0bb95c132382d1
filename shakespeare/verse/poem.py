"""A trained network's poem under a form: with its own words, away from its own text, and what is told of it."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from charlm.errors import CharLMError
from charlm.novelty import copying
from charlm.run import corpora, fetching
from charlm.run.files import is_file
from charlm.sampling import SamplingOptions
from shakespeare.evaluation import nats_per_character, training_text
from shakespeare.keras_file import Network
from shakespeare.verse.form import Form
from shakespeare.verse.lexicon import shipped, words_of
from shakespeare.verse.scan import scan_poem
from shakespeare.verse.writing import CANDIDATES, Source, stream_lines
from shakespeare.writer import writer_of

OF_THE_SHIPPED_WORDS = frozenset({"plays", "sonnets"})
"""The texts whose words ship."""


def source_at_hand(about: Mapping[str, Any], network: Network) -> str:
    """The training text if it can be had without a network; else nothing."""
    try:
        for run in about.get("training", ()):
            name = str(run["corpus"])
            known = corpora.KNOWN.get(name)
            folders = (os.environ.get("CHARLM_DATA"), fetching.cache_folder())
            if known and not any(folder and is_file(Path(folder) / known.file_name) for folder in folders):
                return ""
        return training_text(about, network.vocabulary)
    except (CharLMError, AttributeError, KeyError, TypeError):
        return ""


def poem_lines(
    network: Network,
    form: Form,
    beginning: str = "",
    *,
    options: SamplingOptions | None = None,
    seed: int = 0,
    candidates: int = CANDIDATES,
    any_words: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[str]:
    """Yield the lines of a network's poem; see :func:`shakespeare.verse.writing.stream_lines`.

    Words are those that ship and those of the training text. Where that is at hand, no line of it is repeated.
    """
    text = source_at_hand(network.about, network)
    corpora_of = {str(run.get("corpus")) for run in network.about.get("training", ()) if isinstance(run, dict)}
    more = words_of(text) if text and not corpora_of <= OF_THE_SHIPPED_WORDS else ()
    return stream_lines(
        writer_of(network),
        form,
        beginning,
        options=options,
        seed=seed,
        candidates=candidates,
        any_words=any_words,
        more_words=more,
        source=Source(text) if text else None,
        tell=tell,
    )


def report_of(
    network: Network, form: Form, lines: Sequence[str], options: SamplingOptions, say: Callable[[str], None]
) -> dict[str, Any]:
    """What is told of a poem: its form by ``scan``, its cost, its words, and how much of it is copied."""
    poem = scan_poem(list(enumerate(lines, start=1)), form)
    vocabulary = network.vocabulary
    written = "\n\n" + "\n".join(lines) + "\n"
    words = [word for line in poem.lines for word in line.fitted.words]
    figures: dict[str, Any] = {
        "form": poem.summary(),
        "departures": "; ".join(poem.departures) or "none",
        "nats per character": round(nats_per_character(writer_of(network), vocabulary.encode(written)), 4),
        "words": f"{sum(word.lower() in shipped() for word in words)} of {len(words)} are words of Shakespeare's",
    }
    text = source_at_hand(network.about, network)
    if text:
        copied = copying(written.strip(), text)
        figures["copied"] = str(copied)
    else:
        say("nothing to say about copying: the training text is not at hand (shakespeare fetch)")
    return figures
