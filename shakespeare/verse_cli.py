"""The commands ``shakespeare scan`` and ``shakespeare sonnet``, and how a poem under a form is shown."""

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.errors import require_choice
from charlm.run import command, console
from shakespeare.model_cli import Model, load_network, model_path

if TYPE_CHECKING:
    from charlm.sampling import SamplingOptions
    from shakespeare.verse.form import Form
    from shakespeare.verse.scanned import ScannedPoem
    from shakespeare.weights import Network

FORM_HELP = (
    "shakespearean, petrarchan, quatrain, couplets, blank-verse, limerick, "
    "or a scheme such as 'ABBA: iambic tetrameter'."
)
PATIENCE = 1.5
"""Seconds without a word, behind which a long reading says how far it is."""

Candidates = Annotated[int, typer.Option(help="How many lines are written side by side for each one chosen.")]
AnyWords = Annotated[bool, typer.Option("--any-words", help="Allow words that the model invents.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(scan)
    app.command()(sonnet)


def say_at_terminal(line: str) -> None:
    """Tell it to a person who would else see nothing for a while; no one else needs it."""
    if sys.stderr.isatty():
        console.say(line)


def scan(
    file: Annotated[str, typer.Argument(help="A text file; '-': standard input.")] = "-",
    form: Annotated[
        str | None, typer.Option(help=f"Say where it departs from this form: {FORM_HELP}")
    ] = None,
    format: command.Format = "text",
) -> None:
    """Print a text's lines with syllables, beats and rhymes, and the form that it has."""
    from charlm.run import corpora
    from shakespeare.verse import form as forms
    from shakespeare.verse.scan import scan as poems

    require_choice("format", format, ("text", "json"))
    wanted = None if form is None else forms.form(form)
    if file == "-":
        text = corpora.decoded(sys.stdin.buffer.read(), "standard input").text
    else:
        text = corpora.load(file, bundled_as="data/verse.txt").text
    found = False
    for poem in _telling_how_far(poems(text, wanted), 1 + text.count("\n")):
        if format == "json":  # a line for each poem
            console.show(console.as_json(poem.figures()))
        else:
            console.show("\n" * found + "\n".join(_as_text(poem)))
        found = True
    if not found:
        console.say(f"{file} has no line of verse")


def _as_text(poem: "ScannedPoem") -> "Iterator[str]":
    """A poem's lines, each with its syllables, beats, rhyme and what is to be said of it; then the form."""
    for line in poem.lines:
        count = str(line.fitted.syllables) if line.counts else "-"
        notes = f"  [{'; '.join(line.notes)}]" if line.notes else ""
        yield f"{count:>3}  {line.fitted.beats[:13]:<13}  {line.letter}  {line.text}{notes}"
    yield poem.summary()
    yield from (f"  {departure}" for departure in poem.departures)


def _telling_how_far(poems: "Iterator[ScannedPoem]", lines: int) -> "Iterator[ScannedPoem]":
    """Poems as they come; with a line about it every few seconds, where they themselves are not seen."""
    last = time.monotonic()
    for poem in poems:
        yield poem
        if time.monotonic() - last >= PATIENCE and not sys.stdout.isatty():
            say_at_terminal(f"read: line {poem.lines[-1].number:,} of {lines:,}")
            last = time.monotonic()


def sonnet(
    start: Annotated[str, typer.Argument(help="What line 1 begins with.", show_default=False)] = "",
    form: Annotated[str, typer.Option(help=FORM_HELP)] = "shakespearean",
    temperature: command.Temperature = 0.8,
    top_k: command.TopK = None,
    top_p: command.TopP = None,
    min_p: command.MinP = None,
    seed: command.Seed = None,
    candidates: Candidates = 16,
    any_words: AnyWords = False,
    model: Model = None,
    format: command.Format = "text",
    report: Annotated[bool, typer.Option("--report", help="Say below how well it keeps its form.")] = False,
) -> None:
    """Write a sonnet, or another form, with rhyme and metre, printed line by line."""
    from charlm.sampling import SamplingOptions

    require_choice("format", format, ("text", "json"))
    options = SamplingOptions(temperature, top_k, top_p, min_p)
    network = load_network(model_path(model))
    write(
        network,
        start,
        form,
        options,
        seed,
        candidates=candidates,
        any_words=any_words,
        format=format,
        report=report,
    )


def write(
    network: "Network",
    start: str,
    form: str,
    options: "SamplingOptions",
    seed: int | None,
    *,
    candidates: int = 16,
    any_words: bool = False,
    format: str = "text",
    report: bool = False,
) -> None:
    """Write a poem under a form to standard output."""
    from shakespeare.poems import adapted
    from shakespeare.verse import form as forms
    from shakespeare.verse.poem import poem_lines, report_of

    wanted = forms.form(form)
    start = console.as_text(start)
    note = adapted(network.vocabulary, start).note if start else ""
    if note:
        console.say(f"the beginning is {note}")
    seed = console.choose_seed(seed)
    lines = poem_lines(
        network,
        wanted,
        start,
        options=options,
        seed=seed,
        candidates=candidates,
        any_words=any_words,
        tell=console.say,
        waiting=say_at_terminal,
    )
    written = list(lines if format == "json" else printed(lines, wanted))
    figures = report_of(network, wanted, written, options, console.say) if report else {}
    if format == "json":
        whole = {"seed": seed, "form": wanted.name, "beginning": start, "lines": written}
        console.show(console.as_json(whole | ({"report": figures} if report else {})))
    elif report:
        console.show("")
        for what, value in figures.items():
            console.show(f"{what}: {value}")


def evaluate(
    network: "Network", form: str, corpus: str, split: float, poems: int, temperature: float, seed: int
) -> None:
    """Print how poems under a form compare with free ones and with held-out ones."""
    from shakespeare.verse import form as forms
    from shakespeare.verse.evaluation import report

    wanted = forms.form(form)
    for line in report(
        network,
        wanted,
        corpus=corpus,
        split=split,
        poems=poems,
        temperature=temperature,
        seed=seed,
        say=console.say,
    ):
        console.show(line)


def printed(lines: Iterator[str], form: "Form") -> Iterator[str]:
    """A poem's lines, each once it is on standard output: the last ones set in, stanzas of a scheme apart."""
    for number, line in enumerate(lines):
        console.show(shown(line, number, form))
        yield line


def shown(line: str, number: int, form: "Form") -> str:
    """A line as it stands on the page."""
    return f"{'  ' * (number >= len(form) - form.indented)}{line}"
