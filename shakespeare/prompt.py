"""The conversation of ``shakespeare prompt``: a beginning, a poem, another beginning."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charlm.errors import CharLMError, InvalidOption, WrongCall, require_number
from charlm.language_model import LanguageModel
from charlm.run.console import as_text, choose_seed, say
from charlm.run.files import is_there, replacing
from charlm.sampling import SamplingOptions
from shakespeare.poems import adapted, limit, stream_poem

if TYPE_CHECKING:
    from shakespeare.verse.form import Form
    from shakespeare.weights import Network

QUESTION = "How does your poem begin?"
WELCOME = "Type a beginning, and a poem follows. /help lists the commands."
HELP = """\
/temperature 0.7   how bold the choices are; 0: always the likeliest character
/top-p 0.9         choose among the likeliest that add up to this; so /top-k 5 and /min-p 0.05
/length 600        how many characters a poem goes on for
/lines 4           end it with this line
/seed 3            the same seed, the same poem; /seed alone: another one for each poem
/form sonnet       keep a form, such as sonnet, limerick or 'ABBA'; /form none: write freely
/again             the last beginning once more
/save FILE         write the last poem into a new file; /save! FILE writes over one
/help              this list and the settings; /lines alone shows that one, and /lines none ends it
/quit              leave; so does Ctrl-C in an empty line, or the end of the input
Ctrl-C ends a poem that is being written, and clears a line that is being typed. Tab completes."""

OPTIONS: dict[str, type[float] | type[int]] = {
    "temperature": float,
    "top-p": float,
    "top-k": int,
    "min-p": float,
}
"""Settings that are sampling options."""

LIMITS = ("length", "lines")
"""Settings that end a poem."""


class Quit(Exception):
    """The conversation is over."""


@dataclass
class Conversation:
    """The settings, and what was said so far.

    Args:
        model: what writes.
        options: how it chooses characters.
        length: how many characters a poem goes on for; None for the usual.
        lines: the line that it ends with; None for any.
        seed: of every poem; None for another one each time.
        network: what the model was made of, which says what it learned from; None if that is not known.

    Raises:
        InvalidOption: for a number out of its range.
    """

    model: LanguageModel[Any]
    options: SamplingOptions
    length: int | None = None
    seed: int | None = None
    network: "Network | None" = None
    lines: int | None = None
    _form: "Form | None" = field(default=None, init=False)
    _beginning: str | None = field(default=None, init=False)
    _poem: str = field(default="", init=False)

    def __post_init__(self) -> None:
        limit(self.length, self.lines)
        require_number("seed", self.seed or 0, at_least=0)

    def answer(self, line: str) -> None:
        """Do what a line asks for: a poem from this beginning, or a command that starts with a slash.

        Raises:
            Quit: if it asks for that.
            CharLMError: if it cannot be done.
        """
        if not line.startswith("/"):
            self.write(line)
            return
        name, _, argument = line[1:].strip().partition(" ")
        commands: dict[str, Callable[[str], None]] = {
            **{name: partial(self._set_option, name) for name in OPTIONS},
            **{name: partial(self._set_limit, name) for name in LIMITS},
            "seed": self._set_seed,
            "form": self._set_form,
            "again": self._again,
            "save": self._save,
            "save!": partial(self._save, over=True),
            "help": lambda _: print(f"{HELP}\nNow: {self.settings()}."),
            "quit": self._quit,
        }
        if name not in commands:
            raise WrongCall(f"there is no /{name}; /help lists what there is")
        commands[name](argument.strip())

    def write(self, beginning: str) -> None:
        """Print the beginning as it was typed, and the poem as it is written; Ctrl-C ends it."""
        note = adapted(self.model.vocabulary, beginning).note
        if note:
            say(f"the beginning is {note}")
        seed = choose_seed(self.seed)
        if self._form:
            self._write_form(beginning, seed, self._form)
            return
        settings: dict[str, Any] = {"length": self.length, "lines": self.lines, "options": self.options}
        poem = stream_poem(self.model, beginning, seed=seed, **settings)
        self._beginning, self._poem = beginning, beginning
        print(beginning, end="", flush=True)
        try:
            for character in poem:
                self._poem += character
                print(character, end="", flush=True)
        except KeyboardInterrupt:
            if not on_both_ends():
                raise
        print("\n")

    def _write_form(self, beginning: str, seed: int, form: "Form") -> None:
        """Print a poem under a form, line by line; the beginning is that of its first line."""
        from shakespeare.verse.poem import model_lines  # noqa: PLC0415 - only where a form is kept
        from shakespeare.verse_cli import say_at_terminal, shown  # noqa: PLC0415

        about = self.network.about if self.network else {}
        settings: dict[str, Any] = {"options": self.options, "seed": seed}
        lines = model_lines(self.model, about, form, beginning, **settings, tell=say, waiting=say_at_terminal)
        self._beginning, self._poem = beginning, ""
        try:
            for number, line in enumerate(lines):
                self._poem += ("\n" if number else "") + shown(line, number, form)
                print(shown(line, number, form), flush=True)
        except KeyboardInterrupt:
            if not on_both_ends():
                raise
        print()

    def settings(self) -> str:
        """The settings as they are now, in one line."""
        own = [(name, getattr(self, name)) for name in (*LIMITS, "seed")]
        options = [(name, getattr(self.options, _field(name))) for name in OPTIONS]
        told = [f"{name} {value}" for name, value in (*options, *own) if value is not None]
        return ", ".join([*told, *([f"form {self._form.name}"] if self._form else [])])

    def _show(self, name: str, value: float | None) -> None:
        say(f"{name} is {'not set' if value is None else value}")

    def _set_form(self, name: str) -> None:
        from shakespeare.verse.form import form  # noqa: PLC0415

        self._form = None if name == "none" else form(name)

    def _again(self, _: str) -> None:
        if self._beginning is None:
            raise WrongCall("there is no beginning yet; type one")
        self.write(self._beginning)

    def _set_option(self, name: str, value: str) -> None:
        if not value:
            self._show(name, getattr(self.options, _field(name)))
            return
        default = 1.0 if name == "temperature" else None
        number = default if value == "none" else _number(OPTIONS[name], name, value)
        changed: dict[str, Any] = {_field(name): number}
        self.options = replace(self.options, **changed)

    def _set_limit(self, name: str, value: str) -> None:
        if not value:
            self._show(name, getattr(self, name))
            return
        number = None if value == "none" else _number(int, name, value)
        limit(**{"length": None, "lines": None, name: number})
        setattr(self, name, number)

    def _set_seed(self, value: str) -> None:
        seed = _number(int, "seed", value) if value else None
        require_number("seed", seed or 0, at_least=0)
        self.seed = seed

    def _save(self, name: str, *, over: bool = False) -> None:
        if self._beginning is None:
            raise WrongCall("there is no poem yet; type a beginning")
        if not name:
            raise WrongCall("/save needs the name of a file")
        path = Path(name).expanduser()
        if is_there(path) and not over:
            raise WrongCall(f"{path} is there already; /save! {name} writes over it")
        with replacing(path) as temporary:
            temporary.write_text(f"{self._poem}\n", encoding="utf-8", errors="replace", newline="\n")
        say(f"wrote {path}")

    def _quit(self, _: str) -> None:
        raise Quit


def _field(name: str) -> str:
    return name.replace("-", "_")


def _number(kind: type[float] | type[int], name: str, value: str) -> Any:  # noqa: ANN401 - float or int
    try:
        return kind(value)
    except ValueError:
        raise InvalidOption(f"{name} is {value!r}; it must be a number, as in /{name} 1") from None


def converse(conversation: Conversation) -> None:
    """Ask and answer until the end: with line editing at a terminal, plainly elsewhere."""
    beginnings = _asked() if on_both_ends() else _piped()
    for line in beginnings:
        try:
            conversation.answer(line)
        except Quit:
            return
        except CharLMError as error:
            say(str(error))


def on_both_ends() -> bool:
    """Whether a person types and reads."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def _asked() -> Iterator[str]:
    """Lines typed at the prompt; end of input or Ctrl-C in an empty line ends it."""
    from shakespeare.typing_line import session  # noqa: PLC0415 - slow to load

    typed = session()
    print(WELCOME)
    while True:
        try:
            print(QUESTION)
            yield as_text(typed.prompt("> "))
        except (EOFError, KeyboardInterrupt):
            return


def _piped() -> Iterator[str]:
    """Lines of standard input, without their ends."""
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    for line in sys.stdin:
        yield line.rstrip("\r\n")
