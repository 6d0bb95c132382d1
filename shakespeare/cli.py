"""The command ``shakespeare``: each subcommand imports what it needs, so that --help is instant."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.errors import WrongCall, require_choice, require_ending, require_number
from charlm.run import command, console
from charlm.run.command import application, run
from shakespeare import backend, training_cli, verse_cli
from shakespeare.model_cli import Model, answering, load_network, model_path
from shakespeare.training_cli import Encoding

if TYPE_CHECKING:
    from charlm.vocabulary import Vocabulary

app = application("Write poems with a stacked LSTM that has read Shakespeare, and train it further.")
training_cli.register(app)
verse_cli.register(app)

Length = Annotated[
    int | None,
    typer.Option(
        help="How many characters; left out: 400 and on to the line's end, or as many as --lines takes.",
        show_default=False,
    ),
]
Lines = Annotated[
    int | None,
    typer.Option(help="Stop at the end of this line; the beginning ends in line 1."),
]


def main() -> None:
    """Run the command ``shakespeare``."""
    # A poem's products have one row, where a second thread costs more than it gains. TensorFlow has
    # threads of its own.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    run(app, "shakespeare")


@app.command()
def poem(
    start: Annotated[
        str, typer.Argument(help="What the poem begins with; '-': standard input.", show_default=False)
    ] = "",
    number: Annotated[int, typer.Option("-n", "--number", help="How many poems.")] = 1,
    length: Length = None,
    lines: Lines = None,
    temperature: command.Temperature = 1.0,
    top_k: command.TopK = None,
    top_p: command.TopP = None,
    min_p: command.MinP = None,
    repetition_penalty: command.RepetitionPenalty = None,
    no_repeat_ngram_size: command.NoRepeatNgramSize = None,
    seed: command.Seed = None,
    model: Model = None,
    format: command.Format = "text",
    report: Annotated[
        bool, typer.Option("--report", help="Say below how much of it is copied from the training text.")
    ] = False,
    form: Annotated[
        str | None, typer.Option(help="Keep a form, as the command sonnet does; it ends with the form.")
    ] = None,
) -> None:
    """Complete a poem, printed as it is written."""
    from charlm.sampling import SamplingOptions
    from shakespeare.poems import adapted, limit, stream_poem
    from shakespeare.report import copying_report
    from shakespeare.writer import writer_of

    require_choice("format", format, ("text", "json"))
    require_number("the number of poems", number, at_least=1, at_most=1_000)
    options = SamplingOptions(temperature, top_k, top_p, min_p, repetition_penalty, no_repeat_ngram_size)
    if form is not None:
        if length is not None or lines is not None:
            raise WrongCall("--form sets how long the poem is; leave out --length and --lines")
        if options.strategies():
            raise WrongCall(
                "--form chooses whole lines; leave out --repetition-penalty and --no-repeat-ngram-size"
            )
        network = load_network(model_path(model))
        verse_cli.write(network, start, form, options, seed, format=format, report=report)
        return
    limit(length, lines)  # a wrong number is told before a file is read
    network = answering(model)
    start = _beginning(start, network.vocabulary)
    note = adapted(network.vocabulary, start).note
    if note:
        console.say(f"the beginning is {note}")
    seed = console.choose_seed(seed)
    writer, poems = writer_of(network), []
    for of_this in range(seed, seed + number):
        poem = stream_poem(writer, start, length=length, lines=lines, options=options, seed=of_this)
        if format == "text" and of_this > seed:
            console.show("")
        written = "".join(poem if format == "json" else printed(start, poem))
        copied = copying_report(network, written, console.say) if report else None
        figures = {"copied": copied and copied.figures()} if report else {}
        poems.append({"seed": of_this, "beginning": start, "continuation": written} | figures)
        if copied and format == "text":
            console.show(f"\n{copied}\nIt leans most on: {copied.line.strip()}")
    if format == "json":
        console.show(console.as_json(poems[0] if number == 1 else poems))


def _beginning(start: str, vocabulary: "Vocabulary") -> str:
    """The beginning as it was typed or piped; a typed backslash and n are a line break."""
    if start == "-":
        start = sys.stdin.buffer.read().decode("utf-8", "replace").replace("\r\n", "\n").removesuffix("\n")
    start = console.as_text(start)
    return start if "\\" in vocabulary else start.replace("\\n", "\n")


def printed(start: str, poem: Iterator[str]) -> Iterator[str]:
    """Print the beginning, then each character of the poem; yield each once it is printed."""
    sys.stdout.write(start)
    for character in poem:
        sys.stdout.write(character)
        sys.stdout.flush()
        yield character
    sys.stdout.write("\n")


@app.command()
def prompt(
    length: Length = None,
    lines: Lines = None,
    temperature: command.Temperature = 1.0,
    top_k: command.TopK = None,
    top_p: command.TopP = None,
    min_p: command.MinP = None,
    repetition_penalty: command.RepetitionPenalty = None,
    no_repeat_ngram_size: command.NoRepeatNgramSize = None,
    seed: command.Seed = None,
    model: Model = None,
) -> None:
    """Ask for beginnings, and complete each to a poem; /help lists what else it understands."""
    from charlm.sampling import SamplingOptions
    from shakespeare.prompt import Conversation, converse
    from shakespeare.writer import writer_of

    options = SamplingOptions(temperature, top_k, top_p, min_p, repetition_penalty, no_repeat_ngram_size)
    network = answering(model)
    writer = writer_of(network)
    converse(Conversation(writer, options, length=length, lines=lines, seed=seed, network=network))


@app.command("import-course")
def import_course(
    file: Annotated[Path, typer.Argument(help="One of the course's .h5 files.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option(help="The model file to write; left out: the same name with .keras.")
    ] = None,
) -> None:
    """Turn one of the course's .h5 files into a model file that predicts the same."""
    from charlm.run.files import locked, require_spared, require_writable
    from shakespeare.course import h5_file

    if output:
        require_ending("output", output, (".keras",))
        require_writable(output)
    network, adam = h5_file.read(file)
    output = output or Path(f"{file.stem}.keras")  # only once the file is known to exist
    require_spared(file, output)
    with locked(output):
        backend.load_tensorflow()
        from shakespeare.course import keras_model
        from shakespeare.saving import save

        save(keras_model(network, adam), output)
    console.say(f"wrote {output}, with Adam's state after {adam.steps:,} steps")


@app.command()
def evaluate(
    model: Model = None,
    corpus: Annotated[
        str | None,
        typer.Option(
            help="The text: 'sonnets', 'plays', 'bundled', a file or '-'; left out: what the model held out "
            "of its own text, or the Sonnets.",
            show_default=False,
        ),
    ] = None,
    split: Annotated[
        float | None,
        typer.Option(help="Score the last share of it, by characters; left out: 0.1.", show_default=False),
    ] = None,
    encoding: Encoding = None,
    sample: Annotated[
        int, typer.Option(help="How many characters to write and to search for copies; 0: none.")
    ] = 20_000,
    temperature: command.Temperature = 0.8,
    seed: Annotated[int, typer.Option(help="The seed of the sampled text.")] = 0,
    form: Annotated[
        str | None, typer.Option(help="Write poems under this form instead, and say how well they keep it.")
    ] = None,
    poems: Annotated[int, typer.Option(help="With --form: how many poems.")] = 100,
) -> None:
    """Score a model on held-out text, beside models that only count, and say how much it copies."""
    if form is not None:
        share = 0.1 if split is None else split
        network = load_network(model_path(model))
        verse_cli.evaluate(network, form, corpus or "sonnets", share, poems, temperature, seed)
        return
    from shakespeare.report import EvaluationSettings, report

    settings = EvaluationSettings(corpus, split, sample, temperature, seed, encoding)
    for line in report(load_network(model_path(model)), settings, console.say):
        console.show(line)


@app.command()
def info(
    file: Annotated[Path | None, typer.Argument(help="A model file.", show_default=False)] = None,
) -> None:
    """Say what a model is and what it was trained on."""
    from shakespeare.report import description

    path = model_path(file)
    for what, value in {"file": str(path), **description(load_network(path))}.items():
        console.show(f"{what + ':':<12} {value}")


@app.command()
def fetch(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Which of sonnets, plays, course-350, course-first; left out: the first two."),
    ] = None,
) -> None:
    """Fetch texts and the course's files into the cache ahead of time."""
    from charlm.run.corpora import KNOWN
    from shakespeare.course import h5_file

    usual = {name: KNOWN[name] for name in ("sonnets", "plays")}
    console.fetch(names or list(usual), usual | h5_file.KNOWN)


@app.command()
def assignment(
    notebook: Annotated[Path, typer.Argument(help="The notebook to write.", show_default=False)],
) -> None:
    """Write a notebook that trains a small network, fine-tunes a larger one, and samples from both."""
    from charlm.run import notebook_file
    from shakespeare.course import assignment

    notebook_file.write_new(notebook, assignment.notebook)
    console.say(f"wrote {notebook}; open it with Jupyter ('pip install notebook' gets it)")


@app.command()
def export(
    output: Annotated[Path, typer.Argument(help="The folder to write.", show_default=False)],
    model: Model = None,
    format: Annotated[
        str, typer.Option(help="'keras' (Keras's own layers), 'onnx' or 'safetensors'.")
    ] = "onnx",
) -> None:
    """Write a model for other programs, with a page that says how to run it there."""
    from shakespeare import exports

    require_choice("format", format, exports.FORMATS)
    network = load_network(model_path(model))
    if format == "keras":
        backend.load_tensorflow()
    exports.export(network, output, format, output.name)
    console.say(f"wrote {output}; {output / 'README.md'} says how to run it")
