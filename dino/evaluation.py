"""How well a model predicts names that it has not seen, beside models that only count."""

from collections.abc import Iterable

from charlm.errors import CorpusError, VocabularyError
from charlm.ngram import NGram
from charlm.scoring import Evaluation
from charlm.vocabulary import Vocabulary
from dino.names import END, NameList, spelled_alike
from dino.names_model import NamesModel

BASELINES = {"unigram": 1, "bigram": 2, "trigram": 3}


def evaluation(model: NamesModel, others: NameList | Iterable[str] | None = None) -> Evaluation:
    """Score a model and the baselines on names outside the training list, each name's end included.

    Args:
        model: what is scored; the baselines are fitted on the names that it was trained on.
        others: names, or strings, to score in place of those that were held out; known ones are left out.

    Names are adapted to the model's characters as a start is, and one of which nothing is left does not
    count. Where a model held out none, the names that it was trained on are scored, and the title says so.

    Raises:
        CorpusError: if there are no names to score.
    """
    if others is not None and not isinstance(others, NameList):
        others = NameList.of(others)
    if others is None:
        scored, whence = model.held_out or model.trained_on, f"held out of {model.source}"
        if not model.held_out:
            whence = (
                "that it was trained on, for none were held out: no measure of new names "
                "(train with --validation 0.1 to hold some out)"
            )
    else:
        known = {spelled_alike(name) for name in model.known}
        names, adapted = _adapted(sorted(set(others.names)), model)
        scored = tuple(name for name in names if spelled_alike(name) not in known)
        whence = f"from {others.source}, none of them in the training list"
        whence += f"; {adapted:,} were adapted to the model's characters" if adapted else ""
    if not scored:
        raise CorpusError(
            "there are no names to score that the model does not know; give others with --names"
        )
    rows = [("this model", model.nats_per_character(scored))]
    rows += baselines(model.trained_on, scored, model.vocabulary).items()
    title = f"nats per character over {len(scored):,} names {whence}; {len(model.trained_on):,} in training"
    return Evaluation(title, tuple(rows))


def baselines(trained_on: Iterable[str], scored: Iterable[str], vocabulary: Vocabulary) -> dict[str, float]:
    """What models that only count cost, fitted on some names and scored on others, nats per character."""
    fitted_on = [vocabulary.encode(name + END) for name in trained_on]
    sequences = [vocabulary.encode(name + END) for name in scored]
    return {
        name: float(NGram(order, fitted_on, len(vocabulary)).nats(sequences).mean())
        for name, order in BASELINES.items()
    }


def _adapted(names: Iterable[str], model: NamesModel) -> tuple[list[str], int]:
    """The names in the model's characters, each once, and how many had to be changed or left out."""
    fitted: dict[str, None] = {}
    changed = 0
    for name in names:
        try:
            text = model.vocabulary.adapt(name).text
        except VocabularyError:
            text = ""
        changed += text != name
        if text:
            fitted[text] = None
    return list(fitted), changed
