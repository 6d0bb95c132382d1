"""The command ``dino``: each subcommand imports what it needs, so that --help is instant."""

import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.errors import SearchExhausted, require_choice, require_number
from charlm.run import command, console
from charlm.run.command import application, quoted, run
from charlm.run.verdict import Advice
from dino import grading_cli
from dino.training_settings import REPORT_EVERY, TrainingSettings

if TYPE_CHECKING:
    from dino.names_model import NamesModel
    from dino.origin import Origin
    from dino.training import Training

app = application("Invent dinosaur names with a recurrent network in NumPy - or names of any kind.")

OUTPUT = Path("models/dino.safetensors")
"""Where `train` writes, and where the other commands look first, under the current folder."""

ADVICE = Advice(
    "fewer --steps or --hidden units, --patience 3, or more names would do", "lower --learning-rate"
)
"""What to change where the losses turn."""

SAMPLES = 7
"""Names shown with each report."""

Names = Annotated[
    list[str] | None,
    typer.Option(
        help="A file with one name a line, '-' for standard input, 'bundled', 'course' or 'names'; several "
        "times for several.  [default: bundled]",
        show_default=False,
    ),
]
Encoding = Annotated[
    str | None, typer.Option(help="Of a file of your own, such as utf-16 or cp1252; left out: UTF-8.")
]
Column = Annotated[str | None, typer.Option(help="Of a table: which column, by its number or its name.")]
Model = Annotated[
    Path | None, typer.Option(help=f"A model file; left out: {OUTPUT} if there, else the one that ships.")
]


def main() -> None:
    """Run the command ``dino``."""
    # These are one-row products; a second thread costs far more than it gains.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    run(app, "dino")


@app.command(cls=command.Resumable)
def train(
    context: typer.Context,
    names: Names = None,
    encoding: Encoding = None,
    column: Column = None,
    steps: Annotated[
        int, typer.Option(help="How many names to learn from, one update each.")
    ] = TrainingSettings.steps,
    hidden: Annotated[
        int | None,
        typer.Option(
            help=f"Hidden units; left out: {TrainingSettings.hidden_size}, or as --from has them.",
            show_default=False,
        ),
    ] = None,
    begin_with: Annotated[
        Path | None,
        typer.Option(
            "--from", help="Go on from this model, on the names given now; new characters are added to it."
        ),
    ] = None,
    learning_rate: Annotated[
        float, typer.Option(help="The learning rate of gradient descent.")
    ] = TrainingSettings.learning_rate,
    seed: Annotated[
        int, typer.Option(help="The seed of the weights, the order and the choice of held-out names.")
    ] = TrainingSettings.seed,
    every: Annotated[
        int, typer.Option(help="After how many steps to report and to sample names.")
    ] = REPORT_EVERY,
    output: Annotated[Path, typer.Option(help="The model file to write.")] = OUTPUT,
    plot: command.Plot = None,
    log: command.Log = None,
    validation: Annotated[
        float, typer.Option(help="The share of names to hold out; with any, the best weights are kept.")
    ] = TrainingSettings.validation,
    patience: command.Patience = None,
    resume: command.Resume = False,
    exact: command.Exact = False,
    overwrite: command.Overwrite = False,
    checkpoint: command.CheckpointFile = None,
    checkpoint_every: command.CheckpointEvery = command.CHECKPOINT_SECONDS,
) -> None:
    """Train on a list of names and write a model file."""
    from charlm.run.checkpoints import Checkpoints
    from charlm.run.files import same_file
    from charlm.run.training import Call, Files, Run
    from dino.names import load_names
    from dino.origin import Origin
    from dino.training import Training, hidden_units

    require_number("every", every, at_least=1)
    checkpoints = Checkpoints(output, checkpoint, checkpoint_every, resume=resume, exact=exact)
    options, again = command.options_of(context), command.again(context)
    called = Call(options, again, _try_it, lambda: _beside(training), ADVICE)
    files = Files(output, checkpoints, plot, log, overwrite or same_file(output, begin_with), called)
    for source in names or ["bundled"]:
        files.require_writable(".safetensors", source, begin_with)
    origin = Origin.read(begin_with, output, checkpoints.found()) if begin_with else None
    settings = TrainingSettings(steps, hidden_units(hidden, origin), learning_rate, seed, validation)
    training = Training(load_names(*names or (), encoding=encoding, column=column), settings, every, origin)

    def samples() -> None:
        model = training.model()
        for name in islice(model.stream(seed=seed), SAMPLES):
            console.show(f"  {model.titled(name):<24} {'known' if name in model.known else 'new'}")

    with files.locked(), console.watched(samples) as watched:
        run = Run(training, files, patience=patience, **watched)
        held_out = f", {len(training.held_out):,} held out" if training.held_out else ""
        console.show(
            f"{len(training.trained_on):,} names from {training.source}{held_out}; "
            f"{len(training.vocabulary)} characters, {settings.hidden_size} hidden units"
        )
        if origin:
            _say_what_is_new(origin, training)
        run.run()


def _beside(training: "Training") -> dict[str, float]:
    """What the baselines cost on the held-out names, for the picture of the losses."""
    from dino.evaluation import baselines

    held_out = training.held_out
    return baselines(training.trained_on, held_out, training.vocabulary) if held_out else {}


def _try_it(model: Path) -> str:
    """The command that invents names with a model."""
    return "dino generate" if model == OUTPUT else f"dino generate --model {quoted(model)}"


def _say_what_is_new(origin: "Origin", training: "Training") -> None:
    from charlm.vocabulary import printable

    new = sorted({*training.vocabulary.characters} - {*origin.characters})
    if new:
        console.say(f"new to the model, and added to its characters: {printable(new)}")
    seen = len({*training.held_out} & {*origin.learned_from})
    if seen:
        console.say(f"the model has learned {seen:,} of the held-out names before, which makes them easy")


@app.command()
def generate(
    number: Annotated[int, typer.Option("-n", "--number", help="How many names.")] = 10,
    start: Annotated[str, typer.Option(help="What every name begins with.")] = "",
    model: Model = None,
    temperature: command.Temperature = 1.0,
    top_k: command.TopK = None,
    top_p: command.TopP = None,
    min_p: command.MinP = None,
    repetition_penalty: command.RepetitionPenalty = None,
    no_repeat_ngram_size: command.NoRepeatNgramSize = None,
    seed: command.Seed = None,
    new_only: Annotated[
        bool, typer.Option("--new-only", help="Only names not in the training list.")
    ] = False,
    format: command.Format = "text",
) -> None:
    """Print invented names, each once."""
    from charlm.sampling import SamplingOptions
    from dino.names_model import PATIENCE

    require_number("the number of names", number, at_least=1)
    require_choice("format", format, ("text", "json"))
    options = SamplingOptions(temperature, top_k, top_p, min_p, repetition_penalty, no_repeat_ngram_size)
    inventor = _load(model)
    if model is None:
        command.tell_which(_model_path(None), OUTPUT)
    adapted = inventor.vocabulary.adapt(console.as_text(start))
    if adapted.note:
        console.say(f"the start is {adapted.note}")
    seed = console.choose_seed(seed)
    stream = inventor.stream(start=adapted.text, options=options, seed=seed, new_only=new_only)
    found = []
    for _, name in zip(range(number), stream, strict=False):  # islice takes no number above sys.maxsize
        if format == "text":
            console.show(inventor.titled(name))
        found.append({"name": name, "new": name not in inventor.known})
    if format == "json":
        console.show(console.as_json({"seed": seed, "start": adapted.text, "names": found}))
    if len(found) < number:
        raise SearchExhausted(
            f"gave up: after {len(found):,} of {number:,} names, {PATIENCE:,} in a row brought nothing "
            f"{'new' if new_only else 'different'}; raise the temperature or ask for fewer"
        )


@app.command()
def evaluate(
    model: Model = None,
    names: Annotated[
        list[str] | None, typer.Option(help="Score these names in place of those that the model held out.")
    ] = None,
    encoding: Encoding = None,
    column: Column = None,
) -> None:
    """Print nats per character on held-out names, beside n-gram models of the training names."""
    from dino.evaluation import evaluation
    from dino.names import load_names

    others = load_names(*names, encoding=encoding, column=column) if names else None
    table = evaluation(_load(model), others)
    console.show(table.title)
    for what, nats in table.rows:
        console.show(f"  {what:<12} {nats:.4f}")


@app.command()
def info(
    file: Annotated[Path | None, typer.Argument(help="A model file.", show_default=False)] = None,
) -> None:
    """Say what a model is and what it was trained on."""
    path = _model_path(file)
    model = _load(path)
    rows = {
        "file": str(path),
        "network": f"vanilla RNN, {model.rnn.hidden_size} hidden units, "
        f"{sum(array.size for array in model.rnn.parameters.values()):,} parameters",
        "vocabulary": f"{len(model.vocabulary)} characters: {model.vocabulary.printable()}",
        "trained on": f"{len(model.trained_on):,} names from {model.source} (sha256 {model.sha256[:8]}…)",
        "held out": f"{len(model.held_out):,} names",
        "settings": ", ".join(f"{name} {value}" for name, value in model.settings.items()),
        "weights": model.kept(),
    }
    for what, value in rows.items():
        console.show(f"{what + ':':<12} {value}")


@app.command()
def export(
    output: Annotated[Path, typer.Argument(help="The folder to write.", show_default=False)],
    model: Model = None,
    format: Annotated[str, typer.Option(help="'onnx' or 'safetensors'.")] = "onnx",
) -> None:
    """Write a model for other programs, with a page that says how to run it there."""
    from dino import exports

    exports.export(_load(model), output, format, output.name)
    console.say(f"wrote {output}; {output / 'README.md'} says how to run it")


grading_cli.register(app)


@app.command()
def reproduce() -> None:
    """Run the course's 22,001 iterations and compare each line with its published table."""
    from dino.reproduction import reproduce_course

    raise typer.Exit(0 if reproduce_course(console.show) else 1)


@app.command()
def fetch(
    names: Annotated[list[str] | None, typer.Argument(help="Which lists; left out: 'course'.")] = None,
) -> None:
    """Fetch name lists into the cache ahead of time."""
    from charlm.run.corpora import KNOWN

    console.fetch(names or ["course"], {name: KNOWN[name] for name in ("course", "names")})


def _model_path(path: Path | None) -> Path:
    from dino.names_model import shipped

    if path:
        return path
    return OUTPUT if OUTPUT.is_file() else shipped()


def _load(path: Path | None) -> "NamesModel":
    from dino.names_model import load

    return load(_model_path(path))
