"""How a command runs: its exit code, its one-line errors, and its terminal or pipe."""

import os
import reprlib
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperCommand
from typer.main import get_command

from charlm import __version__
from charlm.errors import CharLMError
from charlm.run.console import say, say_at_terminal, show
from charlm.run.files import is_file, same_file
from charlm.run.signals import SIGNAL_EXIT, Stopped, end_without_a_word, raise_at_once

INTERRUPTED = SIGNAL_EXIT + signal.SIGINT
"""What a command ends with after Ctrl-C."""

CLOSED_PIPE = 141
"""What it ends with when the reader of its output went away: 128 + SIGPIPE."""

Temperature = Annotated[
    float,
    typer.Option(help="Below 1 bolder choices grow rarer, above 1 more frequent; 0: always the likeliest."),
]
TopK = Annotated[int | None, typer.Option(help="Choose among the K likeliest characters only.")]
TopP = Annotated[
    float | None,
    typer.Option(help="Choose among the likeliest characters whose probabilities add up to P."),
]
MinP = Annotated[
    float | None, typer.Option(help="Leave out characters less than P times as probable as the likeliest.")
]
RepetitionPenalty = Annotated[
    float | None,
    typer.Option(help="Above 1: the more, the rarer characters come again that are there already."),
]
NoRepeatNgramSize = Annotated[
    int | None, typer.Option(help="Write no N characters in a row a second time.", metavar="N")
]
Seed = Annotated[
    int | None, typer.Option(help="The same seed gives the same text; drawn and shown if left out.")
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Resume from the last checkpoint, if there is one, as if never interrupted; options that are "
        "left out are those that the run began with.",
    ),
]
Exact = Annotated[
    bool,
    typer.Option(
        "--exact",
        help="With --resume: refuse to go on with another version, processor or number of threads, where the "
        "last bits would differ.",
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Let the new model take the place of another run's.")
]
CheckpointFile = Annotated[
    Path | None,
    typer.Option(help="The checkpoint file; left out: the output's name with '.checkpoint' behind it."),
]
CheckpointEvery = Annotated[float, typer.Option(help="Seconds from one checkpoint to the next.")]
Plot = Annotated[Path | None, typer.Option(help="Draw the losses into this file.")]
Log = Annotated[Path | None, typer.Option(help="Write the losses of each report into this CSV file.")]
Patience = Annotated[
    int | None, typer.Option(help="Stop after this many reports in a row without improvement.")
]
Format = Annotated[str, typer.Option(help="'text' or 'json'.")]

MEANT = {
    "lr": ("--learning-rate",),
    "prompt": ("--start", "start"),
    "start": ("--start", "start"),
    "seed-text": ("--start", "start"),
    "num": ("--number",),
    "count": ("--number",),
    "num-samples": ("--number",),
    "max-new-tokens": ("--length",),
    "temp": ("--temperature",),
    "data": ("--names", "--corpus"),
    "input": ("--names", "--corpus"),
    "file": ("--names", "--corpus"),
    "iterations": ("--steps", "--epochs"),
    "hidden-size": ("--hidden", "--units"),
    "out": ("--output",),
}
"""What other programs call an option, and what the options that may be meant are called here."""

ARGUMENTS = "arguments"
"""Where a command's context keeps what it was called with."""

NOT_RECALLED = ("resume", "exact", "output", "checkpoint", "processes")
"""Options that a resumed run takes from its own call alone: by some its checkpoint is found."""

CHECKPOINT_SECONDS = 60.0
"""From one checkpoint of a training run to the next."""


def application(help_text: str) -> typer.Typer:
    """A command with subcommands, whose help is plain and fast."""
    app = typer.Typer(
        help=help_text,
        rich_markup_mode=None,
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def whole(version: Version = False) -> None: ...

    return app


class Resumable(TyperCommand):
    """A command that trains: with --resume, options that are left out are those that the run began with."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's own context, and what a command returns
        """Fill in what the checkpoint has, then run the command."""
        if ctx.params.get("resume"):
            recalled = _recalled(ctx.params)
            for parameter in self.params:
                name = parameter.name or ""
                source = ctx.get_parameter_source(name)
                left_out = source is not None and source.name == "DEFAULT"
                if left_out and name in recalled and name not in NOT_RECALLED:
                    # As if it had been typed, so that it is checked in the same way.
                    parameter.handle_parse_result(ctx, {name: recalled[name]}, [])
        return super().invoke(ctx)


def _recalled(given: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """The options of the run whose checkpoint is to be gone on from, as they would be typed."""
    from charlm.run import checkpoints  # noqa: PLC0415 - it needs NumPy, and --help none

    path = Path(given.get("checkpoint") or f"{given['output']}.checkpoint")
    options = checkpoints.read(path).progress.get("options") if is_file(path) else None
    if not isinstance(options, dict):
        return {}
    return {
        str(name): [str(one) for one in value] if isinstance(value, list) else str(value)
        for name, value in options.items()
    }


def options_of(context: typer.Context) -> dict[str, Any]:
    """A command's options as JSON can hold them, without those that were not given and have no default."""
    return {
        name: [str(one) for one in value] if isinstance(value, list | tuple) else _plain(value)
        for name, value in context.params.items()
        if value is not None and name not in NOT_RECALLED
    }


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | float | str) else str(value)


def tell_which(model: Path, own: Path) -> None:
    """Say which model answers where none was named and it is not the only one that could be meant.

    Args:
        model: the one that answers.
        own: the file that training writes where it is told nothing else.
    """
    others = [path for path in sorted(own.parent.glob(f"*{own.suffix}")) if not same_file(path, model)]
    if others:
        there = ", ".join(map(str, others))
        say(f"by {model}; {there} {'is' if len(others) == 1 else 'are'} there too (--model names another)")
    elif same_file(model, own):
        say_at_terminal(f"by {model} (--model names another)")


def quoted(path: Path) -> str:
    """A path as a shell takes it."""
    return subprocess.list2cmdline([str(path)]) if os.name == "nt" else shlex.quote(str(path))


def again(context: typer.Context) -> str:
    """The whole command that goes on with a run, as a shell takes it."""
    given = (context.find_root().obj or {}).get(ARGUMENTS, [])
    words = [*context.find_root().command_path.split(), *given]
    words += [] if "--resume" in words else ["--resume"]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _show_version(wanted: bool) -> None:
    if wanted:
        show(__version__)
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True),
]


def run(app: typer.Typer, name: str) -> NoReturn:
    """Run a command and end the process: 0, 1 for a failed job, 2 for a wrong call, never a traceback."""
    raise_at_once()
    _open_closed_streams()
    try:
        code = exit_code(app, name)
    except (KeyboardInterrupt, Stopped) as stopped:  # a second signal, while an error was being reported
        code = _code_of(stopped)
    end_without_a_word()  # the work is done; just obey the signal
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            # Whatever Python has not flushed must not fail at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(code)


def _open_closed_streams() -> None:
    """Open the null device in place of a closed standard stream, before another file takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - for the whole process
            setattr(sys, name, stream)


def without(arguments: list[str], option: str) -> list[str]:
    """A command's arguments without an option and its value."""
    kept, skip = [], False
    for argument in arguments:
        if not skip and argument != option and not argument.startswith(f"{option}="):
            kept.append(argument)
        skip = argument == option
    return kept


def exit_code(app: typer.Typer, name: str, arguments: list[str] | None = None) -> int:
    """Run a command; report any error in one line on standard error, and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal shows a mark in place of a character that it cannot encode.
            stream.reconfigure(errors="replace" if stream is sys.stdout else "backslashreplace")
    try:
        code = _called(app, name, arguments)
        sys.stdout.flush()
        return code
    except CharLMError as error:
        say(f"{name}: {error}")
        return error.exit_code
    except typer.TyperException as error:
        return _wrong_call(error, name)
    except (KeyboardInterrupt, typer.Abort, Stopped) as stopped:
        return _stopped(stopped, name)
    except OSError as error:
        return _not_written(error, name)
    except ImportError as error:
        say(f"{name}: a library cannot be loaded: {error}; install it anew, or make room in memory")
    except MemoryError:
        say(f"{name}: out of memory; take a smaller model, a smaller batch or a shorter text")
    return 1


def _called(app: typer.Typer, name: str, arguments: list[str] | None) -> int:
    """Run a command without typer's own handling of Ctrl-C and closed pipes."""
    command = get_command(app)
    try:
        given = sys.argv[1:] if arguments is None else list(arguments)
        with command.make_context(name, list(given), obj={ARGUMENTS: given}) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    return 0


def _not_written(error: OSError, name: str) -> int:
    """Our own files raise our own errors, so any other OSError comes from standard output."""
    if isinstance(error, BrokenPipeError):  # the reader is gone
        return CLOSED_PIPE
    what = error.filename or "cannot write standard output"
    say(f"{name}: {what}: {error.strerror or error}; make room, or send it elsewhere")
    return 1


def _wrong_call(error: typer.TyperException, name: str) -> int:
    message = error.format_message()
    if message.startswith("Usage:"):  # called without a command: show the help
        with suppress(OSError):
            print(message, file=sys.stderr)
    else:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else name
        meant = _meant(error)
        say(f"{name}: {' '.join(message.split())}{_given(error)}{meant} (see '{command} --help')")
    return 2


def _meant(error: typer.TyperException) -> str:
    """The option that other programs call by the name that was given."""
    option = getattr(error, "option_name", None)
    context = getattr(error, "ctx", None)
    if not isinstance(option, str) or context is None:
        return ""
    known = {name for parameter in context.command.params for name in parameter.opts}
    others = MEANT.get(option.lstrip("-").replace("_", "-").lower(), ())
    found = next((name for name in others if name in known), None)
    if found == "start":
        return ': the beginning is given without an option, as in "Shall I compare"'
    return f": {found} is meant" if found else ""


def _given(error: typer.TyperException) -> str:
    """The value that typer's message about a wrong number leaves out; the error's cause has it."""
    findings = getattr(error.__cause__, "errors", None)
    return f": {reprlib.repr(findings()[0]['input'])}" if findings else ""


def _stopped(stopped: BaseException, name: str) -> int:
    """The exit code after Ctrl-C or another signal, and a word about it."""
    say(f"{name}: {f'ended by {stopped}' if isinstance(stopped, Stopped) else 'interrupted'}")
    return _code_of(stopped)


def _code_of(stopped: BaseException) -> int:
    return SIGNAL_EXIT + stopped.number if isinstance(stopped, Stopped) else INTERRUPTED
