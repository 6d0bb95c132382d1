"""What ``shakespeare evaluate`` and ``shakespeare info`` print."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from charlm.errors import CharLMError, require_number
from charlm.novelty import Copying, copying
from charlm.sampling import SamplingOptions
from charlm.scoring import costs_in_text
from shakespeare.corpus import pairs
from shakespeare.evaluation import (
    Score,
    baselines,
    held_out_text,
    last_run,
    parts_of,
    spelled,
    training_text,
)
from shakespeare.poems import stream_poem
from shakespeare.weights import Network
from shakespeare.writer import writer_of

SHARE = 0.1
"""The last share of a text that is scored where nothing else is asked for."""


@dataclass(frozen=True)
class EvaluationSettings:
    """What is scored, and how much is written and searched for copies.

    Args:
        corpus: a path, ``bundled`` or a known name; None: what the model held out, or of a model of the plays
            or the Sonnets, the Sonnets.
        split: the last share of it is scored; None: SHARE.
        sample: how many characters are written and searched for copies.
        temperature: of what is written.
        seed: of it, too.

    Raises:
        InvalidOption: for a value out of its range.
    """

    corpus: str | None
    split: float | None
    sample: int
    temperature: float
    seed: int
    encoding: str | None = None

    def __post_init__(self) -> None:
        require_number("split", SHARE if self.split is None else self.split, above=0, at_most=1)
        require_number("sample", self.sample, at_least=0)
        require_number("seed", self.seed, at_least=0)
        SamplingOptions(self.temperature)


def report(network: Network, settings: EvaluationSettings, say: Callable[[str], None]) -> Iterator[str]:
    """Yield the lines of an evaluation, each as soon as it is known.

    Args:
        network: what is scored.
        settings: on what.
        say: takes a line for what could not be found out.

    Raises:
        CorpusError: if the text cannot be had.
        UnknownCharacter: if the model cannot spell it.
    """
    vocabulary = network.vocabulary
    own = None if settings.corpus or settings.split else last_run(network.about)
    if own:
        title = f"what the model held out of {own['corpus']}"
        training, held_out = parts_of(network.about, vocabulary)
    else:
        source, share = settings.corpus or "sonnets", settings.split or SHARE
        title = f"the last {share:.0%} of {source}"
        held_out = held_out_text(source, share, vocabulary, settings.encoding)
        try:
            training = training_text(network.about, vocabulary)
        except CharLMError as error:
            say(f"no baselines and nothing about copying: {error}")
            training = ""
        if held_out in training:
            say("the model was trained on this text, so its figure says little")
    whole = len(held_out)
    held_out, unknown = spelled(held_out, vocabulary)
    if unknown:
        say(
            f"{unknown:,} of {whole:,} characters ({unknown / whole:.1%}) are none of the "
            "model's, and were adapted to it"
        )
    ids = vocabulary.encode(held_out)
    yield f"{title}, {len(held_out):,} characters"
    yield f"{'':<20} {'nats per character':>18} {'perplexity':>11}"
    nats = float(costs_in_text(writer_of(network), ids, network.window).mean())
    yield _row(Score("this model", nats))
    if not training:
        return
    yield from map(_row, baselines(training, held_out, vocabulary))
    yield ""
    if settings.sample:
        yield f"copied from the {len(training):,} characters of the training text"
        options = SamplingOptions(settings.temperature)
        poem = stream_poem(writer_of(network), length=settings.sample, options=options, seed=settings.seed)
        written = f"written, {settings.sample:,} characters at temperature {settings.temperature:g}"
        yield f"  {written}: {copying(''.join(poem), training)}"
        yield f"  the held-out text itself: {copying(held_out, training)}"


def copying_report(network: Network, written: str, say: Callable[[str], None]) -> Copying | None:
    """How much of a text is copied from what the model was trained on; None if that cannot be had.

    Args:
        network: what wrote.
        written: the text.
        say: takes the line that tells why not.
    """
    try:
        return copying(written, training_text(network.about, network.vocabulary))
    except CharLMError as error:
        say(f"nothing to say about copying: {error}")
        return None


def _row(score: Score) -> str:
    return f"{score.what:<20} {score.nats:>18.4f} {score.perplexity:>11.3f}"


def description(network: Network) -> dict[str, str]:
    """What a model is and what it was trained on, as labelled lines."""
    units = len(network.layers[0].recurrent_kernel)
    arrays = [network.embedding, network.head_kernel, network.head_bias]
    for layer in network.layers:
        arrays += [layer.kernel, layer.recurrent_kernel, layer.bias]
    reads = "everything before" if network.window is None else f"the last {network.window} characters"
    runs = network.about.get("training", [])
    return {
        "network": f"{len(network.layers)} LSTM layers of {units} units ({network.recurrent_activation}), "
        f"{sum(array.size for array in arrays):,} parameters; it reads {reads}",
        "vocabulary": f"{len(network.vocabulary)} characters: {network.vocabulary.printable()}",
        **{f"training {number}": _run(run) for number, run in enumerate(runs, start=1)},
        **{name.replace("_", " "): str(value) for name, value in network.about.items() if name != "training"},
    }


def _run(run: object) -> str:
    """One training run in a line, even if its description is odd."""
    try:
        stretches, settings = pairs(run["split"]["training"]), run["settings"]  # type: ignore[index]
        learned = sum(last - first for first, last in stretches)
        told = [
            f"{run['epochs']} epochs over {learned:,} characters of {run['corpus']}",  # type: ignore[index]
            f"sha256 {run['sha256'][:8]}…",  # type: ignore[index]
            *(f"{name.replace('_', ' ')} {value}" for name, value in settings.items() if value is not None),
        ]
        if (nats := run["validation_nats"]) is not None:  # type: ignore[index]
            told.insert(1, f"held out {nats:.4f} nats per character")
    except (KeyError, TypeError, ValueError, AttributeError):
        return str(run)
    return ", ".join(told)
