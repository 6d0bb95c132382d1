"""The commands ``shakespeare train`` and ``shakespeare finetune``."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.errors import WrongCall
from charlm.run import command, console
from shakespeare import backend
from shakespeare.model_cli import FINETUNED, load_network
from shakespeare.training_settings import NetworkSettings, TrainingSettings

if TYPE_CHECKING:
    from charlm.run.checkpoints import Checkpoint
    from shakespeare.encoded import EncodedCorpus
    from shakespeare.network import CharacterLSTM
    from shakespeare.results import Results

TRAINED = Path("models/trained.keras")
"""Where `train` writes."""

RATE, FINETUNE_RATE = 3e-3, 1e-3
STREAMS, FINETUNE_STREAMS = 64, 16

MODEL = "the model's sha256"
"""What a run's identity calls the model that it goes on from."""

Corpus = Annotated[str, typer.Option(help="A text file, 'sonnets', 'plays', or 'bundled', verse that ships.")]
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
Validation = Annotated[float, typer.Option(help="The share of the text that chooses the best epoch.")]
Patience = Annotated[int | None, typer.Option(help="Stop after this many epochs without improvement.")]
Seed = Annotated[int, typer.Option(help="The seed of new weights, dropout and the order of the text.")]
Plot = Annotated[Path | None, typer.Option(help="Draw the losses into this file.")]
Log = Annotated[Path | None, typer.Option(help="Write the losses of each epoch into this CSV file.")]
TensorBoard = Annotated[Path | None, typer.Option(help="Write logs for TensorBoard into this folder.")]

Deterministic = Annotated[
    bool,
    typer.Option("--deterministic", help="Use one thread: the same bits however many processors there are."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(train)
    app.command()(finetune)


def train(
    corpus: Corpus = "plays",
    epochs: Epochs = 16,
    units: Annotated[int, typer.Option(help="The units of each LSTM layer.")] = NetworkSettings.units,
    layers: Annotated[int, typer.Option(help="How many LSTM layers.")] = NetworkSettings.layers,
    dropout: Annotated[
        float, typer.Option(help="The share of each layer's outputs that training leaves out.")
    ] = NetworkSettings.dropout,
    output: Annotated[Path, typer.Option(help="The model file to write.")] = TRAINED,
    batch_size: BatchSize = None,
    learning_rate: LearningRate = RATE,
    validation: Validation = TrainingSettings.validation,
    patience: Patience = None,
    seed: Seed = 0,
    plot: Plot = None,
    log: Log = None,
    tensorboard: TensorBoard = None,
    resume: command.Resume = False,
    checkpoint: command.CheckpointFile = None,
    checkpoint_every: command.CheckpointEvery = command.CHECKPOINT_SECONDS,
    deterministic: Deterministic = False,
) -> None:
    """Train a new network on a text, and write the weights of its best epoch."""
    from charlm.run.checkpoints import Checkpoints
    from shakespeare.encoded import encode
    from shakespeare.results import Results

    shape = NetworkSettings(units, layers, dropout)
    settings = TrainingSettings(
        epochs, batch_size, STREAMS, learning_rate, validation=validation, patience=patience, seed=seed
    )
    checkpoints = Checkpoints(output, checkpoint, checkpoint_every, resume=resume)
    results = Results(output, checkpoints, plot, log, tensorboard)
    results.require_writable(corpus)
    encoded = encode(corpus)
    with results.held():
        found = checkpoints.found()
        backend.load_tensorflow(deterministic=deterministic)
        from shakespeare.training import new_network

        _run(new_network(encoded.vocabulary, shape, seed), encoded, settings, results, found, vars(shape))


def finetune(
    corpus: Corpus = "sonnets",
    epochs: Epochs = 1,
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
    patience: Patience = None,
    seed: Seed = 0,
    plot: Plot = None,
    log: Log = None,
    tensorboard: TensorBoard = None,
    resume: command.Resume = False,
    checkpoint: command.CheckpointFile = None,
    checkpoint_every: command.CheckpointEvery = command.CHECKPOINT_SECONDS,
    deterministic: Deterministic = False,
    course: Annotated[
        bool, typer.Option("--course", help="As the course does it: its network, its windows, its batches.")
    ] = False,
) -> None:
    """Go on training a model on the Sonnets or on your own text, and write the weights of the best epoch."""
    from charlm.run.checkpoints import Checkpoints
    from shakespeare.keras_file import shipped
    from shakespeare.results import Results

    settings = TrainingSettings(
        epochs,
        batch_size,
        FINETUNE_STREAMS,
        learning_rate,
        validation=validation,
        patience=patience,
        seed=seed,
    )
    checkpoints = Checkpoints(output, checkpoint, checkpoint_every, resume=resume)
    results = Results(output, checkpoints, plot, log, tensorboard)
    path = model or shipped()
    results.require_writable(corpus, path)
    chosen = (batch_size, learning_rate, validation, patience)
    if course and chosen != (None, FINETUNE_RATE, TrainingSettings.validation, None):
        raise WrongCall(
            "--course fixes batches, learning rate and validation; "
            "leave out --batch-size, --learning-rate, --validation and --patience"
        )
    with results.held():
        found = checkpoints.found()
        if course:
            backend.load_tensorflow(deterministic=deterministic)
            from shakespeare.course_training import train_as_the_course

            train_as_the_course(corpus, model, results, found, epochs=epochs, seed=seed)
        elif found:
            _go_on(corpus, path, settings, results, found, deterministic)
        else:
            _begin(corpus, path, settings, results, deterministic)


def _begin(
    corpus: str, path: Path, settings: TrainingSettings, results: "Results", deterministic: bool
) -> None:
    """Fine-tune a model from its file."""
    from charlm.run.files import digest
    from charlm.vocabulary import shown
    from shakespeare.encoded import encode

    plain, before = load_network(path), digest(path)
    encoded = encode(corpus, plain.vocabulary)
    if encoded.lowered:
        console.say("the text is read in lower case, for the model knows no capitals")
    backend.load_tensorflow(deterministic=deterministic)
    from shakespeare.pretrained import extended, trainable

    network = trainable(plain)
    if encoded.new:
        console.say(f"new to the model, and added to its characters: {shown(encoded.new)}")
        network = extended(network, encoded.vocabulary, settings.seed)
    _run(network, encoded, settings, results, None, {MODEL: before})


def _go_on(
    corpus: str,
    path: Path,
    settings: TrainingSettings,
    results: "Results",
    found: "Checkpoint",
    deterministic: bool,
) -> None:
    """Fine-tune the network in a checkpoint; the model that it began from may be overwritten by now."""
    from charlm.run.files import digest, is_file
    from shakespeare.encoded import encode

    overwritten = path.resolve() == results.output.resolve() or not is_file(path)
    before = found.identity.get(MODEL) if overwritten else digest(path)
    backend.load_tensorflow(deterministic=deterministic)
    from shakespeare.resuming import network_in

    network = network_in(found, results.checkpoints.path)
    encoded = encode(corpus, network.vocabulary)
    _run(network, encoded, settings, results, found, {MODEL: before})


def _run(
    network: "CharacterLSTM",
    corpus: "EncodedCorpus",
    settings: TrainingSettings,
    results: "Results",
    found: "Checkpoint | None",
    identity: Mapping[str, object],
) -> None:
    """Train, and say what is happening."""
    from shakespeare.training import Training

    training = Training(network, corpus, settings, results.output)
    held_out, end = training.split.cut, training.split.end
    console.show(
        f"{end - held_out:,} characters of {corpus.source} to learn from, {held_out:,} held out; "
        f"{network.layer_count} x {network.units} units, "
        f"{training.feed.batches:,} updates an epoch with batches of {training.feed.rows}"
    )
    before = training.score() if network.about and not found else None
    if before is not None:
        console.show(f"before: held out {before:.4f} nats per character")
    with results.of(training.kept, corpus.source):
        training.run(results, {"the corpus's sha256": corpus.sha256, **identity}, found)
