"""Options, messages and exit codes that the commands share."""

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.main import get_command

from charlm.errors import CharLMError, InvalidOption
from charlm.signals import SHELL, Stopped, raise_at_once

if TYPE_CHECKING:
    from charlm.checkpoints import Checkpoints

Temperature = Annotated[
    float,
    typer.Option(help="Below 1 bolder choices grow rarer, above 1 more frequent; 0: always the likeliest."),
]
TopK = Annotated[int | None, typer.Option(help="Choose among the K likeliest characters only.")]
TopP = Annotated[
    float | None, typer.Option(help="Choose among the likeliest characters that have probability P together.")
]
MinP = Annotated[
    float | None, typer.Option(help="Leave out characters less than P times as probable as the likeliest.")
]
Seed = Annotated[
    int | None, typer.Option(help="The same seed gives the same text; drawn and shown if left out.")
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume", help="Go on from the last checkpoint, if there is one, as if never interrupted."
    ),
]
CheckpointFile = Annotated[
    Path | None,
    typer.Option(
        help="The file of the checkpoints; left out: the output's name with '.checkpoint' behind it."
    ),
]
CheckpointEvery = Annotated[float, typer.Option(help="Seconds from one checkpoint to the next.")]
Format = Annotated[str, typer.Option(help="'text' or 'json'.")]

CHECKPOINT_SECONDS = 60.0
"""From one checkpoint of a training run to the next."""

INTERRUPTED = 130
"""What a command ends with after Ctrl-C: 128 + SIGINT, as a shell has it."""

CLOSED_PIPE = 141
"""What it ends with when the reader of its output went away: 128 + SIGPIPE."""


def application(help_text: str) -> typer.Typer:
    """A command with subcommands, whose help needs no rich and answers at once."""
    return typer.Typer(
        help=help_text,
        rich_markup_mode=None,
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def run(app: typer.Typer, name: str) -> NoReturn:
    """Run a command and end the process: 0, 1 for a failed job, 2 for a wrong call, never a traceback."""
    raise_at_once()
    _open_closed_streams()
    code = exit_code(app, name)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            # What Python still holds back must go nowhere, not fail at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(code)


def _open_closed_streams() -> None:
    """Open the null device where the caller closed a standard stream, before another file gets its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - for the whole process
            setattr(sys, name, stream)


def exit_code(app: typer.Typer, name: str, arguments: list[str] | None = None) -> int:
    """Run a command; say in one line on standard error what went wrong, and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a character shows a mark in its place.
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
    except MemoryError:
        say(f"{name}: out of memory; take a smaller model, a smaller batch or a shorter text")
        return 1


def _called(app: typer.Typer, name: str, arguments: list[str] | None) -> int:
    """Run a command; typer's own way would make ends of its own of Ctrl-C and of a closed pipe."""
    command = get_command(app)
    try:
        with command.make_context(name, sys.argv[1:] if arguments is None else list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    return 0


def _not_written(error: OSError, name: str) -> int:
    """What is not told by an error of ours is standard output's: every file of ours is looked after."""
    if isinstance(error, BrokenPipeError):  # nobody reads on
        return CLOSED_PIPE
    what = error.filename or "cannot write standard output"
    say(f"{name}: {what}: {error.strerror or error}; make room, or send it elsewhere")
    return 1


def _wrong_call(error: typer.TyperException, name: str) -> int:
    message = error.format_message()
    if message.startswith("Usage:"):  # called without a command: the help is the answer
        with suppress(OSError):
            print(message, file=sys.stderr)
    else:
        say(f"{name}: {' '.join(message.split())} (see '{name} --help')")
    return 2


def _stopped(stopped: BaseException, name: str) -> int:
    """The exit code after Ctrl-C or another signal, in a word for who is still there."""
    if isinstance(stopped, Stopped):
        say(f"{name}: ended by {stopped}")
        return SHELL + stopped.number
    say(f"{name}: interrupted")
    return INTERRUPTED


def say(message: str) -> None:
    """One line for the person at the terminal, on standard error."""
    with suppress(OSError):  # that nobody can be told is no reason to fail
        print(" ".join(message.splitlines()), file=sys.stderr, flush=True)


def show(text: str) -> None:
    """A result, on standard output; not by typer.echo, which takes an ASCII terminal for one of UTF-8."""
    print(text, flush=True)


def as_json(value: Any, indent: int | None = None) -> str:  # noqa: ANN401 - all that JSON can hold
    """As JSON: characters as they are, or all of them escaped if standard output cannot have one."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent)
    return text


def as_text(typed: str) -> str:
    """What was typed; bytes that the locale cannot read, such as C all beyond ASCII, are read as UTF-8."""
    try:
        return typed.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a character, as Windows can pass it on
        return typed


def choose_seed(seed: int | None) -> int:
    """The seed that was given, or a new one, which is shown so that the result can be had again.

    Raises:
        InvalidOption: if it is negative.
    """
    if seed is None:
        seed = secrets.randbelow(1_000_000)
        say(f"seed {seed}")
    if seed < 0:
        raise InvalidOption(f"seed is {seed}; it must be 0 or more")
    return seed


def require_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Check an option that is one of a few words.

    Raises:
        InvalidOption: naming the choices.
    """
    if value not in choices:
        raise InvalidOption(f"{name} is {value!r}; it must be one of {', '.join(choices)}")


def require_ending(name: str, path: Path, endings: tuple[str, ...]) -> None:
    """Check how a file's name ends.

    Raises:
        InvalidOption: naming the endings.
    """
    if path.suffix.lower() not in endings:
        raise InvalidOption(f"{name} is {path}; the file's name must end in {', '.join(endings)}")


def fetch(names: list[str], among: tuple[str, ...]) -> None:
    """Fetch known files into the cache, and say where each is.

    Raises:
        InvalidOption: for a name that is not among those given.
        CorpusError: if one cannot be had.
    """
    from charlm import corpora, fetching

    for name in names:
        require_choice("the name", name, among)
    for name in names:
        show(f"{name}: {fetching.locate(corpora.KNOWN[name])}")


def say_where_it_begins(checkpoints: "Checkpoints", moment: str | None) -> None:
    """Say what a run that may be resumed begins with.

    Args:
        checkpoints: the run's.
        moment: where the one that it goes on from was written; None: there is none.
    """
    if moment:
        say(f"going on from {moment} ({checkpoints.path})")
    elif checkpoints.resume:
        say(f"beginning anew: there is no checkpoint {checkpoints.path}")
    elif checkpoints.replaces_unfinished:
        say(f"beginning anew: the checkpoint {checkpoints.path} will be replaced; --resume goes on from it")


@contextmanager
def resumable(checkpoints: "Checkpoints") -> Iterator[None]:
    """Around a training run: where a signal ends it, say how to go on."""
    try:
        yield
    except (KeyboardInterrupt, Stopped):
        if checkpoints.written:
            say(f"{checkpoints.path} has all that was done; --resume goes on from it")
        raise


def on_terminal() -> bool:
    """Whether a person watches: standard output is a terminal, and NO_COLOR does not ask for plain lines."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
