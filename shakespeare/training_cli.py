"""The commands ``shakespeare train`` and ``shakespeare finetune``."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

import charlm
from charlm.errors import WrongCall
from charlm.run import command, console
from charlm.run.verdict import Advice
from shakespeare import backend
from shakespeare.model_cli import FINETUNED, load_network
from shakespeare.training_settings import (
    FINETUNE_EPOCHS,
    FINETUNE_RATE,
    FINETUNE_STREAMS,
    NetworkSettings,
    TrainingSettings,
)

if TYPE_CHECKING:
    import keras

    from charlm.run.checkpoints import Checkpoint
    from charlm.run.training import Call, Files
    from charlm.vocabulary import Vocabulary
    from shakespeare.cluster import Team
    from shakespeare.corpus import Split
    from shakespeare.encoded import EncodedCorpus
    from shakespeare.training import Training

    Prepared = tuple[EncodedCorpus, Mapping[str, object], Callable[..., Training]]
    """A text, what determines the run beside it and the settings, and what begins the run."""

TRAINED = Path("models/trained.keras")
"""Where `train` writes."""

ADVICE = Advice(
    "fewer --epochs, --patience 2, a larger --dropout or more text would do", "lower --learning-rate"
)
FINETUNE_ADVICE = Advice(
    "fewer --epochs, --patience 1, a lower --learning-rate or more text would do", "lower --learning-rate"
)
"""What to change where the losses turn."""

MODEL = "the model's sha256"
"""What a run's identity calls the model that it goes on from."""

Corpus = Annotated[
    list[str] | None,
    typer.Option(
        help="A text file, '-' for standard input, 'sonnets', 'plays', or 'bundled', verse that ships; "
        "several times for several; left out: 'plays' to train, 'sonnets' to fine-tune.",
        show_default=False,
    ),
]
Encoding = Annotated[
    str | None, typer.Option(help="Of a file of your own, such as utf-16 or cp1252; left out: UTF-8.")
]
Epochs = Annotated[int, typer.Option(help="Passes over the text.")]
BatchSize = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        "--streams",
        help="Places of the text that are read side by side; left out: fewer where the text is short.",
    ),
]
LearningRate = Annotated[float, typer.Option(help="AdamW's highest; it falls along a cosine.")]
Validation = Annotated[
    float,
    typer.Option(
        help="The share of the text that is held out to choose the best epoch by, in blocks spread over it; "
        "of the plays and the Sonnets their beginning."
    ),
]
Every = Annotated[
    int | None,
    typer.Option(
        help="Updates after which to score and to sample within an epoch; left out: 2,000 if it is long.",
        show_default=False,
    ),
]
Seed = Annotated[int, typer.Option(help="The seed of new weights, dropout and the order of the text.")]
TensorBoard = Annotated[Path | None, typer.Option(help="Write logs for TensorBoard into this folder.")]
Processes = Annotated[
    int | None,
    typer.Option(
        help="Processes of this machine that share the work; left out: 1, or 1 for each GPU.",
        show_default=False,
    ),
]
Deterministic = Annotated[
    bool,
    typer.Option("--deterministic", help="Use one thread: the same bits however many processors there are."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command(cls=command.Resumable)(train)
    app.command(cls=command.Resumable)(finetune)


def train(
    context: typer.Context,
    corpus: Corpus = None,
    encoding: Encoding = None,
    epochs: Epochs = TrainingSettings.epochs,
    units: Annotated[int, typer.Option(help="The units of each LSTM layer.")] = NetworkSettings.units,
    layers: Annotated[int, typer.Option(help="How many LSTM layers.")] = NetworkSettings.layers,
    dropout: Annotated[
        float, typer.Option(help="The share of each layer's outputs that training leaves out.")
    ] = NetworkSettings.dropout,
    output: Annotated[Path, typer.Option(help="The model file to write.")] = TRAINED,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = TrainingSettings.learning_rate,
    validation: Validation = TrainingSettings.validation,
    patience: command.Patience = None,
    every: Every = None,
    seed: Seed = 0,
    plot: command.Plot = None,
    log: command.Log = None,
    tensorboard: TensorBoard = None,
    resume: command.Resume = False,
    exact: command.Exact = False,
    overwrite: command.Overwrite = False,
    checkpoint: command.CheckpointFile = None,
    checkpoint_every: command.CheckpointEvery = command.CHECKPOINT_SECONDS,
    deterministic: Deterministic = False,
    processes: Processes = None,
) -> None:
    """Train a new network on a text, and write the weights of its best epoch."""
    from charlm.run.checkpoints import Checkpoints
    from charlm.run.training import Files
    from shakespeare.corpus import report_every
    from shakespeare.encoded import encode

    shape = NetworkSettings(units, layers, dropout)
    settings = TrainingSettings(
        epochs,
        batch_size,
        learning_rate=learning_rate,
        validation=validation,
        patience=patience,
        seed=seed,
    )
    checkpoints = Checkpoints(output, checkpoint, checkpoint_every, resume=resume, exact=exact)
    files = Files(output, checkpoints, plot, log, overwrite, _call(context))
    sources = corpus or ["plays"]
    backend.require_tensorflow()
    _require_writable(files, sources, None, tensorboard)
    _require_shareable(sources, processes)

    def prepare(found: "Checkpoint | None") -> "Prepared":
        encoded = encode(sources, encoding=encoding)
        part = report_every(every, None, encoded, settings)  # also tells at once that a text is too short

        def begin(**others: Any) -> "Training":  # noqa: ANN401 - of Training
            from shakespeare.training import Training, new_network

            network = new_network(encoded.vocabulary, shape, seed)
            return Training(network, encoded, settings, vars(shape), every=part, **others)

        return encoded, {**vars(shape), "every": part}, begin

    _run(prepare, files, settings, tensorboard, deterministic=deterministic, processes=processes)


def finetune(
    context: typer.Context,
    corpus: Corpus = None,
    encoding: Encoding = None,
    epochs: Epochs = FINETUNE_EPOCHS,
    model: Annotated[
        Path | None,
        typer.Option(
            help="The model file to fine-tune; left out: the shipped one, with --course the course's."
        ),
    ] = None,
    output: Annotated[Path, typer.Option(help="The model file to write.")] = FINETUNED,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = FINETUNE_RATE,
    validation: Validation = TrainingSettings.validation,
    patience: command.Patience = None,
    every: Every = None,
    seed: Seed = 0,
    plot: command.Plot = None,
    log: command.Log = None,
    tensorboard: TensorBoard = None,
    resume: command.Resume = False,
    exact: command.Exact = False,
    overwrite: command.Overwrite = False,
    checkpoint: command.CheckpointFile = None,
    checkpoint_every: command.CheckpointEvery = command.CHECKPOINT_SECONDS,
    deterministic: Deterministic = False,
    processes: Processes = None,
    course: Annotated[
        bool, typer.Option("--course", help="As the course does it: its network, its windows, its batches.")
    ] = False,
) -> None:
    """Go on training a model on the Sonnets or on your own text, and write the weights of the best epoch."""
    from charlm.run.checkpoints import Checkpoints
    from charlm.run.files import same_file
    from charlm.run.training import Files
    from shakespeare.encoded import encode
    from shakespeare.keras_file import shipped

    settings = TrainingSettings(
        epochs,
        batch_size,
        FINETUNE_STREAMS,
        learning_rate,
        validation=validation,
        patience=patience,
        seed=seed,
    )
    path = model or shipped()
    checkpoints = Checkpoints(output, checkpoint, checkpoint_every, resume=resume, exact=exact)
    # Where it goes on from its own output, it takes that model's place.
    files = Files(output, checkpoints, plot, log, overwrite or same_file(output, path), _call(context))
    sources = corpus or ["sonnets"]
    backend.require_tensorflow()
    _require_writable(files, sources, path, tensorboard)
    _require_shareable(sources, processes)
    chosen = (batch_size, learning_rate, validation, patience, processes, every)
    if course and chosen != (None, FINETUNE_RATE, TrainingSettings.validation, None, None, None):
        raise WrongCall(
            "--course fixes batches, learning rate and validation, and runs alone; leave out "
            "--batch-size, --learning-rate, --validation, --patience, --processes and --every"
        )
    if course and (len(sources) > 1 or encoding):
        raise WrongCall("--course reads one text in UTF-8; leave out --encoding, and give --corpus once")
    if course:
        with files.locked(), console.watched() as watched:
            console.say_at_terminal("loading TensorFlow, which takes some seconds")
            backend.load_tensorflow(deterministic=deterministic)
            from shakespeare.course.training import train_as_the_course

            callbacks = _callbacks(seed, tensorboard)
            train_as_the_course(sources[0], model, files, callbacks, watched, epochs=epochs, seed=seed)
        return

    def prepare(found: "Checkpoint | None") -> "Prepared":
        return _finetuning(partial(encode, sources, encoding=encoding), path, settings, files, found, every)

    _run(prepare, files, settings, tensorboard, deterministic=deterministic, processes=processes)


def _call(context: typer.Context) -> "Call":
    from charlm.run.training import Call

    advice = ADVICE if context.info_name == "train" else FINETUNE_ADVICE
    if context.params.get("course"):
        advice = replace(advice, holds_out="the course holds none out")
    return Call(command.options_of(context), command.again(context), _try_it, advice=advice)


def _try_it(model: Path) -> str:
    """The command that writes a poem with a model."""
    return "shakespeare poem" if model == FINETUNED else f"shakespeare poem --model {command.quoted(model)}"


def _finetuning(
    encode: "Callable[[Vocabulary], EncodedCorpus]",
    path: Path,
    settings: TrainingSettings,
    files: "Files",
    found: "Checkpoint | None",
    every: int | None,
) -> "Prepared":
    """A run that goes on from a model's file, or from a checkpoint: the model may be overwritten by then."""
    from charlm.run.files import digest, is_file
    from charlm.vocabulary import Vocabulary, printable
    from shakespeare.corpus import report_every
    from shakespeare.keras_file import config_in

    if found:
        window = config_in(found, files.checkpoints.path)["window"]
        overwritten = path.resolve() == files.output.resolve() or not is_file(path)
        before = found.identity.get(MODEL) if overwritten else digest(path)
        encoded = encode(Vocabulary(config_in(found, files.checkpoints.path)["vocabulary"]))
    else:
        plain, before = load_network(path), digest(path)
        window = plain.window
        encoded = encode(plain.vocabulary)
        if encoded.lowered:
            console.say("the text is read in lower case, for the model knows no capitals")
        if encoded.new:
            console.say(f"new to the model, and added to its characters: {printable(encoded.new)}")
    part = report_every(every, window, encoded, settings)  # also tells at once that a text is too short

    def begin(**others: Any) -> "Training":  # noqa: ANN401 - of Training
        from shakespeare.training import Training, network_for, network_in

        if found:
            network = network_in(found, files.checkpoints.path)
        else:
            network = network_for(plain, encoded, settings.seed)
        return Training(
            network, encoded, settings, {MODEL: before}, begins_trained=True, every=part, **others
        )

    return encoded, {MODEL: before, "every": part}, begin


def _run(
    prepare: "Callable[[Checkpoint | None], Prepared]",
    files: "Files",
    settings: TrainingSettings,
    tensorboard: Path | None,
    *,
    deterministic: bool,
    processes: int | None,
) -> None:
    """Train, alone or as one of a cluster's workers, and say what is happening."""
    from charlm.run.training import silent
    from shakespeare import cluster

    place = cluster.member(os.environ)
    if processes is None and (devices := cluster.gpus()) > 1:
        processes = devices
    if processes is not None and place is None:
        raise typer.Exit(cluster.launch(processes, command.without(sys.argv[1:], "--processes")))
    with ExitStack() as stack:
        team = stack.enter_context(cluster.joined(place)) if place else None
        chief = team is None or team.chief
        if chief:
            stack.enter_context(files.locked())
        found = _found(files, team)
        encoded, identity, begin = prepare(found)
        if team:
            versions = {
                f"{name}'s version": version(name.lower()) for name in ("TensorFlow", "Keras", "NumPy")
            }
            text = {"the program's version": charlm.__version__, "the corpus's sha256": encoded.sha256}
            team.agree({**text, **versions, **vars(settings), **identity})
        if chief:
            console.say_at_terminal("loading TensorFlow, which takes some seconds")
        backend.load_tensorflow(deterministic=deterministic)
        together = team.connected() if team else cluster.ALONE
        watched = stack.enter_context(console.watched())
        if not chief:
            watched |= {"report": silent, "say": silent}
        from shakespeare.evaluation import beside
        from shakespeare.training import run

        training = begin(callbacks=_callbacks(settings.seed, tensorboard) if chief else (), cluster=together)
        if chief:
            _say_what_begins(training)
            files = replace(files, call=replace(files.call, baselines=partial(beside, training)))
        run(training, files if chief else None, found=found, patience=settings.patience, **watched)


def _found(files: "Files", team: "Team | None") -> "Checkpoint | None":
    """The checkpoint to go on from; a cluster's workers have it from the chief."""
    from charlm.run import checkpoints

    if team is None:
        return files.checkpoints.found()
    path = files.checkpoints.path
    there = team.chief and files.checkpoints.resume and path.is_file()
    content = team.share(path.read_bytes() if there else b"")
    if not content:
        return None
    with TemporaryDirectory() as folder:
        copy = Path(folder, path.name)
        copy.write_bytes(content)
        return checkpoints.read(copy, exact=files.checkpoints.exact)


def _say_what_begins(training: "Training") -> None:
    network, split = training.network, training.split
    workers = f", on {training.cluster.size} processes" if training.cluster.size > 1 else ""
    console.show(
        f"{split.end - split.cut:,} characters of {training.source} to learn from, "
        f"{split.cut:,} held out; {network.layer_count} x {network.units} units, "
        f"{training.epoch:,} updates an epoch with batches of {training.feed.rows}{workers}{_where(split)}"
    )


def _where(split: "Split") -> str:
    """Where the held-out text lies."""
    if not split.cut:
        return ""
    blocks = f"in {split.blocks} blocks over the text" if split.blocks > 1 else "its beginning"
    return f"; held out: {blocks}"


def _callbacks(seed: int, tensorboard: Path | None) -> "list[keras.callbacks.Callback]":
    """What prints sampled text at each epoch's end, and writes logs."""
    import keras

    from shakespeare.callbacks import SampleText

    return [SampleText(seed=seed), *([keras.callbacks.TensorBoard(str(tensorboard))] if tensorboard else [])]


def _require_shareable(sources: Sequence[str], processes: int | None) -> None:
    from shakespeare import cluster

    if "-" in sources and (processes is not None or cluster.member(os.environ)):
        raise WrongCall("--corpus is '-', and standard input has one reader; give several processes a file")


def _require_writable(
    files: "Files", sources: Sequence[str], model: Path | None, tensorboard: Path | None
) -> None:
    """Find out before a long job whether its results could be written.

    Raises:
        WrongCall: if TensorBoard is wanted and not installed, or one file for two things.
    """
    from charlm.run.files import require_writable

    for source in sources:
        files.require_writable(".keras", source, model)
    if tensorboard is None:
        return
    if find_spec("tensorboard") is None:
        raise WrongCall(
            "--tensorboard needs a package that is not installed; 'pip install tensorboard' gets it"
        )
    require_writable(tensorboard / "events")
    for path in (files.output, files.checkpoints.path, files.plot, files.log):
        if path is not None and tensorboard.resolve().is_relative_to(path.resolve()):
            raise WrongCall(f"{path} is wanted for two things; give the folder of TensorBoard its own")
