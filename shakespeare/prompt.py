"""The conversation of ``shakespeare prompt``: a beginning, a poem, another beginning."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charlm.errors import CharLMError, InvalidOption, WrongCall, require_number
from charlm.language_model import LanguageModel
from charlm.run.console import as_text, choose_seed, say
from charlm.run.files import replacing
from charlm.sampling import SamplingOptions
from shakespeare.poems import adapted, stream_poem

if TYPE_CHECKING:
    from shakespeare.verse.form import Form
    from shakespeare.weights import Network

QUESTION = "How does your poem begin?"
WELCOME = "Type a beginning, and a poem follows. /help lists the commands."
HELP = """\
/temperature 0.7   how bold the choices are; 0: always the likeliest character
/length 600        how many characters a poem goes on for
/seed 3            the same seed, the same poem; /seed alone: another one for each poem
/form sonnet       keep a form, such as sonnet, limerick or 'ABBA'; /form none: write freely
/again             the last beginning once more
/save FILE         write the last poem into a file
/help              this list
/quit              leave; so does Ctrl-C, or the end of the input
Ctrl-C while a poem is written ends that poem."""


class Quit(Exception):
    """The conversation is over."""


@dataclass
class Conversation:
    """The settings, and what was said so far.

    Args:
        model: what writes.
        options: how it chooses characters.
        length: how many characters a poem goes on for; None for the usual.
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
    _form: "Form | None" = field(default=None, init=False)
    _beginning: str | None = field(default=None, init=False)
    _poem: str = field(default="", init=False)

    def __post_init__(self) -> None:
        require_number("length", self.length or 0, at_least=0)
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
            "temperature": self._set_temperature,
            "length": self._set_length,
            "seed": self._set_seed,
            "form": self._set_form,
            "again": self._again,
            "save": self._save,
            "help": lambda _: print(HELP),
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
        poem = stream_poem(self.model, beginning, length=self.length, options=self.options, seed=seed)
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

    def _set_form(self, name: str) -> None:
        from shakespeare.verse.form import form  # noqa: PLC0415

        self._form = None if name == "none" else form(name)

    def _again(self, _: str) -> None:
        if self._beginning is None:
            raise WrongCall("there is no beginning yet; type one")
        self.write(self._beginning)

    def _set_temperature(self, value: str) -> None:
        self.options = replace(self.options, temperature=_number(float, "temperature", value))

    def _set_length(self, value: str) -> None:
        length = _number(int, "length", value)
        require_number("length", length, at_least=0)
        self.length = length

    def _set_seed(self, value: str) -> None:
        seed = _number(int, "seed", value) if value else None
        require_number("seed", seed or 0, at_least=0)
        self.seed = seed

    def _save(self, name: str) -> None:
        if self._beginning is None:
            raise WrongCall("there is no poem yet; type a beginning")
        if not name:
            raise WrongCall("/save needs the name of a file")
        path = Path(name).expanduser()
        with replacing(path) as temporary:
            temporary.write_text(f"{self._poem}\n", encoding="utf-8", errors="replace", newline="\n")
        say(f"wrote {path}")

    def _quit(self, _: str) -> None:
        raise Quit


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
    """Lines typed at the prompt; Ctrl-C or end of input ends it."""
    from prompt_toolkit import PromptSession  # noqa: PLC0415 - slow to load

    session: PromptSession[str] = PromptSession()
    print(WELCOME)
    while True:
        try:
            print(QUESTION)
            yield as_text(session.prompt("> "))
        except (EOFError, KeyboardInterrupt):
            return


def _piped() -> Iterator[str]:
    """Lines of standard input, without their ends."""
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    for line in sys.stdin:
        yield line.rstrip("\r\n")
