"""The line that is typed at ``shakespeare prompt``: its history, its completions, and Ctrl-C."""

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from charlm.run.fetching import cache_folder
from shakespeare.prompt import HELP
from shakespeare.verse.form import FORMS

COMMANDS = sorted(set(re.findall(r"/[a-z-]+!?", HELP)))
"""What may stand behind a slash: what the help lists."""


class Commands(Completer):
    """Completes a command, the name of a form, or the name of a file."""

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What the text before the cursor may become."""
        typed = document.text_before_cursor
        command, space, argument = typed.partition(" ")
        if not typed.startswith("/"):
            return
        if not space:
            yield from _beginning_with(command, COMMANDS)
        elif command == "/form":
            yield from _beginning_with(argument, [*FORMS, "none"])
        elif command in ("/save", "/save!"):
            yield from PathCompleter(expanduser=True).get_completions(Document(argument), complete_event)


def _beginning_with(typed: str, words: Iterable[str]) -> Iterable[Completion]:
    return (Completion(word, start_position=-len(typed)) for word in words if word.startswith(typed))


def session() -> PromptSession[str]:
    """A prompt with the history of earlier ones, if there is a place to keep it."""
    bindings = KeyBindings()

    @bindings.add("c-c")
    @bindings.add("<sigint>")
    def _(event: KeyPressEvent) -> None:
        """Clear what is typed; leave where nothing is."""
        if event.current_buffer.text:
            event.current_buffer.reset()
        else:
            event.app.exit(exception=KeyboardInterrupt, style="class:aborting")

    return PromptSession(
        history=_history(cache_folder() / "prompt_history"),
        completer=Commands(),
        complete_while_typing=False,
        key_bindings=bindings,
    )


class _History(FileHistory):
    """A history that a full disk or a stray byte costs a line, and not the conversation."""

    def store_string(self, string: str) -> None:
        """Keep a line for the next time."""
        with suppress(OSError, UnicodeError):
            super().store_string(string)


def _history(path: Path) -> History:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8"):
            return _History(path)
    except OSError:  # a cache that cannot be written is no reason not to talk
        return InMemoryHistory()
