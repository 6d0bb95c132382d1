"""The course's training: its network, its windows, its batches, and its loss beside the published one."""

from pathlib import Path

import keras

from charlm.errors import CorpusError
from charlm.run.checkpoints import Checkpoint
from charlm.run.console import say, show
from charlm.run.fetching import locate
from charlm.run.files import digest
from charlm.vocabulary import Vocabulary, shown
from shakespeare import course, course_file
from shakespeare.best_weights import KeepBest
from shakespeare.corpus import Split, Windows
from shakespeare.encoded import EncodedCorpus, encode
from shakespeare.fitting import fit
from shakespeare.network import CharacterLSTM
from shakespeare.results import Results
from shakespeare.training_settings import STRIDE, WINDOW_BATCH

PUBLISHED = 2.5550
"""The loss at which the course's notebook ends its one epoch."""

WEIGHTS = "the first weights' sha256"
"""What a run's identity calls the file that it began with."""

NEAR = 0.1
"""A loss that differs by no more is taken for the same."""


def train_as_the_course(
    source: str,
    weights: Path | None,
    results: Results,
    found: Checkpoint | None,
    *,
    epochs: int,
    seed: int,
) -> None:
    """Train without validation, print the loss beside the published one, and write the network.

    Args:
        source: the corpus; the published loss is of the Sonnets, 246 updates an epoch.
        weights: one of the course's ``.h5`` files; None: that of its notebook, or new weights if it cannot
            be had.
        results: where the network goes, with Adam's state in it.
        found: the checkpoint to go on from, or None.
        epochs: passes over the corpus.
        seed: of dropout, of the order of the windows, and of new weights.

    Raises:
        CorpusError: if the text cannot be had, or has characters that the course's network does not know.
        TrainingDiverged: if the loss is no longer a number.
        WrongCall: if the checkpoint that is to be gone on from is of another run.
    """
    corpus = encode(source, Vocabulary(course_file.VOCABULARY))
    if corpus.new:
        raise CorpusError(
            f"{source} has characters that the course's network does not know: {shown(corpus.new)}; "
            "without --course they are added to the model's"
        )
    windows = Windows(corpus.ids, course_file.WINDOW, STRIDE, WINDOW_BATCH, seed)
    new = found is not None and weights is None and found.identity.get(WEIGHTS) is None
    weights, network = (None, course.new_model()) if new else _network(weights, seed)
    show(
        f"{windows.examples:,} windows, {windows.batches:,} updates of {WINDOW_BATCH} an epoch, none held out"
    )
    kept = KeepBest(results.output, _about(corpus, epochs, seed))
    identity = {
        "the corpus's sha256": corpus.sha256,
        WEIGHTS: weights and digest(weights),
        "the course's way": True,
        "seed": seed,
    }
    with results.of(kept, source):
        fit(network, windows, kept, results, identity, found, epochs=epochs, seed=seed)
    loss, _ = kept.epochs[0]
    show(f"loss of the first epoch {loss:.4f}; the course publishes {PUBLISHED:.4f}")
    if abs(loss - PUBLISHED) > NEAR:
        show(_reason(source, weights))


def _network(weights: Path | None, seed: int) -> tuple[Path | None, CharacterLSTM]:
    """The file of the weights to begin with, None if they are new ones, and the network."""
    try:
        path = weights or locate(course_file.KNOWN["course-350"])
    except CorpusError as error:
        say(f"the course's weights cannot be had, so training begins with new ones: {error}")
        keras.utils.set_random_seed(seed)
        return None, course.new_model()
    network, adam = course_file.read(path)
    show(f"weights of {path.name}, after {adam.steps:,} updates by Adam")
    return path, course.keras_model(network, adam)


def _about(corpus: EncodedCorpus, epochs: int, seed: int) -> dict[str, object]:
    end = len(corpus.ids)
    return {
        "corpus": corpus.source,
        "sha256": corpus.sha256,
        "characters": end,
        "split": Split(0, end, end).spans(),
        "seed": seed,
        "settings": {"course": True, "epochs": epochs, "batch_size": WINDOW_BATCH},
    }


def _reason(source: str, weights: Path | None) -> str:
    """Why the loss is not the published one."""
    if source != "sonnets":
        return f"they differ, for the published loss is of the Sonnets, and this one of {source}"
    if weights is None:
        return "they differ, for the course goes on from weights of 350 epochs, and this network was new"
    usual = course_file.KNOWN["course-350"].file_name
    return f"they differ, for the course goes on from {usual}, and this run from {weights.name}"
