"""How well a model predicts text that it has not seen, and how much of what it writes is copied."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from charlm.errors import CharLMError, CorpusError, ModelFileError, require_number
from charlm.ngram import NGram
from charlm.run import corpora
from charlm.vocabulary import Vocabulary
from shakespeare.corpus import RESERVED, pairs
from shakespeare.encoded import VERSE, in_its_case

if TYPE_CHECKING:
    from shakespeare.training import Training

LONGEST_COUNTED = 4_000_000
"""A picture has no baselines of a text with more characters: counting them would take too long."""

BASELINES = {"unigram": 1, "6-gram with backoff": 6}


@dataclass(frozen=True)
class Score:
    """What predicts, and its mean cost in nats per character."""

    what: str
    nats: float

    @property
    def perplexity(self) -> float:
        """The number of equally likely characters that would be as hard to predict."""
        try:
            return math.exp(self.nats)
        except OverflowError:
            return math.inf


def last_run(about: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The run that a model was trained in last, if it held out text of its own; else None.

    Of the plays and the Sonnets the last tenth is never seen, and figures are compared on that.
    """
    runs = about.get("training")
    run = runs[-1] if isinstance(runs, list) and runs else None
    if not isinstance(run, Mapping) or run.get("corpus") in RESERVED:
        return None
    split = run.get("split")
    held_out = split.get("validation") if isinstance(split, Mapping) else None
    return run if isinstance(held_out, list) and held_out[-1:] not in ([], [0]) else None


def parts_of(about: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[str, str]:
    """What a model learned from, with a NUL between stretches, and what its last run held out.

    Raises:
        CorpusError: if some of it cannot be had, or is no longer what it was.
        ModelFileError: if the model does not say, or not in a form that is known here.
    """
    try:
        *before, run = about["training"]
        text = in_its_case(_corpus_of(run).text, vocabulary)
        learned, held_out = (
            [text[int(first) : int(end)] for first, end in pairs(run["split"][name])]
            for name in ("training", "validation")
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _unreadable(error) from error
    earlier = [training_text({"training": before}, vocabulary)] if before else []
    if len("".join(held_out)) < 2:
        raise ModelFileError("the model held out no text of its own; give --corpus")
    return "\0".join([*earlier, *learned]), "".join(held_out)


def spelled(text: str, vocabulary: Vocabulary) -> tuple[str, int]:
    """A text in a model's characters, as a prompt is adapted, and how many characters that changed.

    Raises:
        VocabularyError: if nothing is left of it.
    """
    unknown = {*text} - {*vocabulary.characters}
    if not unknown:
        return text, 0
    return vocabulary.adapt(text).text, sum(text.count(character) for character in unknown)


def _unreadable(error: Exception) -> ModelFileError:
    return ModelFileError(f"what the model says of its training cannot be read: {error!r}")


def held_out_text(source: str, share: float, vocabulary: Vocabulary, encoding: str | None = None) -> str:
    """The last share of a corpus, by characters.

    Raises:
        InvalidOption: if the share is out of range.
        CorpusError: if the corpus cannot be had, or the share has fewer than two characters.
    """
    require_number("split", share, above=0, at_most=1)
    text = corpora.load(source, bundled_as=VERSE, encoding=encoding).text
    held_out = in_its_case(text[round(len(text) * (1 - share)) :], vocabulary)
    if len(held_out) < 2:
        raise CorpusError(
            f"the last {share:.0%} of {source} is too short to be scored; "
            "give a longer text, or a larger --split"
        )
    return held_out


def training_text(about: Mapping[str, Any], vocabulary: Vocabulary) -> str:
    """The texts that a model says it learned from or was chosen by, with a NUL between them.

    Raises:
        CorpusError: if some of it cannot be had, or is no longer what it was.
        ModelFileError: if the model does not say, or not in a form that is known here.
    """
    parts = []
    try:
        for run in about.get("training", ()):
            corpus = _corpus_of(run)
            ends = [int(end) for part in ("training", "validation") for end in run["split"][part]]
            parts.append(corpus.text[min(ends) : max(ends)])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _unreadable(error) from error
    if not parts:
        raise ModelFileError("the model does not say what it was trained on")
    return in_its_case("\0".join(dict.fromkeys(parts)), vocabulary)


def beside(training: "Training") -> dict[str, float]:
    """What the baselines cost on a run's held-out text, nats per character; none of a very long text."""
    spans, ids = training.split.spans(), training.corpus.ids
    if not spans["validation"][-1] or len(ids) > LONGEST_COUNTED:
        return {}
    parts = {
        part: [ids[first:end].astype(np.intp) for first, end in pairs(spans[part]) if first < end]
        for part in ("training", "validation")
    }
    size = len(training.corpus.vocabulary)
    return {
        name: float(NGram(order, parts["training"], size).nats(parts["validation"]).mean())
        for name, order in BASELINES.items()
    }


def _corpus_of(run: Mapping[str, Any]) -> corpora.Corpus:
    """The text of a run, by the name that it was given by, or where its files were then.

    Raises:
        CorpusError: if it is no longer what it was.
        MissingFile: if it cannot be found.
    """
    given, encoding = str(run["corpus"]), run.get("encoding")
    places = [[given], *([list(map(str, run["sources"]))] if run.get("sources") else [])]
    failures: list[CharLMError] = []
    for sources in places:
        try:
            corpus = corpora.load_all(sources, bundled_as=VERSE, encoding=encoding)
        except CharLMError as error:
            failures.append(error)
            continue
        if corpus.sha256 == run["sha256"]:
            return corpus
        failures.append(CorpusError(f"{given} is no longer the text that the model was trained on"))
    raise failures[0]


def baselines(training: str, held_out: str, vocabulary: Vocabulary) -> list[Score]:
    """Models that only count, fitted on the training text and scored as the network is.

    Characters that the model does not know are left out of the training text.
    """
    known = "".join(character if character in vocabulary else "\0" for character in training)
    fitted_on = [vocabulary.encode(part) for part in known.split("\0") if part]
    scored = vocabulary.encode(held_out)
    return [
        Score("equal chances", math.log(len(vocabulary))),
        *(
            Score(name, float(NGram(order, fitted_on, len(vocabulary)).nats([scored])[1:].mean()))
            for name, order in BASELINES.items()
        ),
    ]
