"""How well a model predicts names that it has not seen, beside models that only count."""

from dataclasses import dataclass

from charlm.errors import CorpusError
from charlm.ngram import NGram
from dino.names import END, NameList
from dino.names_model import NamesModel

BASELINES = {"unigram": 1, "bigram": 2, "trigram": 3}


@dataclass(frozen=True)
class Evaluation:
    """A table of costs.

    Attributes:
        title: which names were scored, and with what the baselines were fitted.
        rows: what predicts, and its mean cost in nats per character, each name's end included.
    """

    title: str
    rows: tuple[tuple[str, float], ...]


def evaluation(model: NamesModel, others: NameList | None = None) -> Evaluation:
    """Score a model and the baselines on names outside the training list.

    Args:
        model: what is scored; the baselines are fitted on the names that it was trained on.
        others: names to score in place of those that the model held out; known ones are left out.

    Raises:
        CorpusError: if there are no such names.
        UnknownCharacter: for a name that the vocabulary cannot spell.
    """
    if others is None:
        scored, whence = model.held_out, f"held out of {model.source}"
    else:
        scored = tuple(sorted(set(others.names) - model.known))
        whence = f"from {others.source}, none of them in the training list"
    if not scored:
        raise CorpusError(
            "there are no held-out names to score; train with --validation 0.1, or give others with --names"
        )
    encode, size = model.vocabulary.encode, len(model.vocabulary)
    fitted_on = [encode(name + END) for name in model.trained_on]
    sequences = [encode(name + END) for name in scored]
    rows = [("this model", model.nats_per_character(scored))]
    rows += [
        (name, float(NGram(order, fitted_on, size).nats(sequences).mean()))
        for name, order in BASELINES.items()
    ]
    title = f"nats per character over {len(scored):,} names {whence}; {len(model.trained_on):,} in training"
    return Evaluation(title, tuple(rows))
