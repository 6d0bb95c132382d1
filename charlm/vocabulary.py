"""Vocabulary: characters <-> indices, and how a prompt is adapted to it."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from charlm.errors import UnknownCharacter, VocabularyError

Ids = npt.NDArray[np.intp]
"""Indices into a vocabulary."""

MOST_CHARACTERS = 10_000
"""No vocabulary has more: each character costs weights, and time at every step."""

# Typographic characters and their plain forms.
STRAIGHT = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛ʼ′", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\t\u00a0\u2007\u2009\u202f", " "),
        "…": "...",
    }
)

# Each of them may stand for another of its row, the typewriter's first.
_ALIKE = ("'’‘ʼ‛‚′", '"”“‟„″»«', "-—–‒‐‑―−", " \u00a0\u202f\u2009\u2007\t")
_OPENING = frozenset("‘“«„‚‛‟")
_WRITTEN_OUT = {"...": "…", "---": "—", "--": "—"}
"""What a typewriter puts together out of several."""


@dataclass(frozen=True)
class AdaptedText:
    """A text that a vocabulary can spell, and what was changed to make it so.

    Attributes:
        text: the text as the model reads it.
        note: what was changed, in one line; empty if nothing was.
    """

    text: str
    note: str


@dataclass(frozen=True, repr=False)
class Vocabulary:
    """An alphabet, sorted by code point; a character's index is its place in it.

    Args:
        characters: the distinct characters, sorted.

    Raises:
        VocabularyError: if they are not sorted and distinct, none are given, there are more than
            MOST_CHARACTERS, or NUL is among them, which NumPy's strings take for their end.
    """

    characters: str

    def __post_init__(self) -> None:
        if len(self.characters) > MOST_CHARACTERS:
            raise VocabularyError(
                f"there are {len(self.characters):,} different characters; {MOST_CHARACTERS:,} are the most, "
                "so take a text with fewer"
            )
        if (
            not self.characters
            or "\0" in self.characters
            or list(self.characters) != sorted(set(self.characters))
        ):
            raise VocabularyError(
                "a vocabulary needs one or more distinct characters in sorted order, without NUL, "
                f"not {self.characters!r}; make it with Vocabulary.of(text)"
            )

    @classmethod
    def of(cls, text: Iterable[str]) -> "Vocabulary":
        """The vocabulary of all the characters in ``text`` (a string, or several)."""
        return cls("".join(sorted(set().union(*text))))

    def __repr__(self) -> str:
        """One line, however many characters there are."""
        return f"Vocabulary({len(self)} characters: {self.printable()})"

    def __len__(self) -> int:
        """How many characters there are."""
        return len(self.characters)

    def __contains__(self, character: object) -> bool:
        """Whether a character belongs to the alphabet."""
        return character in self._index

    @cached_property
    def _index(self) -> dict[str, int]:
        return {character: index for index, character in enumerate(self.characters)}

    @cached_property
    def _alphabet(self) -> npt.NDArray[np.str_]:
        # One more empty string, so that the index -1 spells nothing.
        return np.array([*self.characters, ""], dtype="<U1")

    @cached_property
    def _code_points(self) -> npt.NDArray[np.uint32]:
        return np.array([ord(character) for character in self.characters], dtype=np.uint32)

    def encode(self, text: str) -> Ids:
        """The index of each character, shape (len(text),).

        Raises:
            UnknownCharacter: naming the first character that is not in the vocabulary.
        """
        code_points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        ids = np.minimum(np.searchsorted(self._code_points, code_points), len(self) - 1)
        unknown = np.flatnonzero(self._code_points[ids] != code_points)
        if unknown.size:
            position = int(unknown[0])
            raise UnknownCharacter(text[position], position)
        return ids

    def index(self, character: str) -> int:
        """The index of one character.

        Raises:
            UnknownCharacter: if it is not in the vocabulary.
        """
        return int(self.encode(character)[0])

    def decode(self, ids: npt.ArrayLike) -> str:
        """The text that indices spell; the index -1 spells nothing."""
        return "".join(self._alphabet[np.asarray(ids, dtype=np.intp)].tolist())

    def decode_rows(self, ids: Ids) -> list[str]:
        """The text of each row of ``ids``, shape (rows, length), in which -1 only pads the end."""
        rows, length = ids.shape
        if not length:
            return [""] * rows
        # NumPy strings drop trailing padding by themselves.
        ids = np.ascontiguousarray(ids)
        return [str(row) for row in self._alphabet[ids].view(f"<U{length}").ravel()]

    def adapt(self, text: str) -> AdaptedText:
        """The nearest text that this vocabulary can spell.

        A character that is known stays; so does a letter with its accents, as one character or as several,
        whichever the alphabet has. Of one that is not known, the first of these that is takes its place: its
        straight form (for a typographic quote, dash or space), its typographic form (for a straight one), its
        other case, its form without accents, both of these; otherwise it is dropped.

        Raises:
            VocabularyError: if there was something, and nothing is left of it.
        """
        kept: list[str] = []
        changes: dict[str, dict[str, None]] = {}  # what was done -> the characters, in order, each once
        for character in self._pieces(text):
            replacement, change = self._nearest(character, kept[-1][-1:] if kept else "")
            kept.append(replacement)
            if change:
                changes.setdefault(change, {})[character] = None
        adapted = "".join(kept)
        if text and not adapted:
            raise VocabularyError(
                f"nothing is left of {text!r}: this model knows only {self.printable()}; begin with these"
            )
        note = "; ".join(f"{change} {printable(characters)}" for change, characters in changes.items())
        return AdaptedText(adapted, f"read as {adapted!r}: {note}" if note else "")

    @cached_property
    def has_capitals(self) -> bool:
        """Whether any letter has a lower-case form; if not, text is read and written in lower case.

        Some signs, such as that of the real numbers, count as capitals and have none.
        """
        return any(character.lower() != character for character in self.characters)

    def printable(self) -> str:
        """The alphabet in a form that fits a message."""
        return printable(self.characters)

    def _pieces(self, text: str) -> Iterator[str]:
        """The text's characters, each letter with its accents as the alphabet has it; dashes also."""
        text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" not in self else text
        for several, one in _WRITTEN_OUT.items():
            if several[0] not in self and one in self:
                text = text.replace(several, one)
        for letter in _letters(text):
            spellings = (letter, *(unicodedata.normalize(form, letter) for form in ("NFC", "NFD")))
            known = (spelling for spelling in spellings if all(part in self for part in spelling))
            yield from next(known, spellings[1])

    def _nearest(self, character: str, before: str) -> tuple[str, str]:
        if character in self:
            return character, ""
        for candidate, change in _candidates(character, before):
            if candidate and all(part in self for part in candidate):
                return candidate, change
        return "", "dropped"


def _letters(text: str) -> Iterator[str]:
    """Each character together with what combines with it: accents, and the parts of a Korean syllable."""
    first = 0
    for place in range(1, len(text)):
        if not unicodedata.combining(text[place]) and not "\u1160" <= text[place] <= "\u11ff":
            yield text[first:place]
            first = place
    yield text[first:]


def _candidates(character: str, before: str) -> Iterator[tuple[str, str]]:
    """What may stand for an unknown character, best first, with the name of the change.

    Args:
        character: the unknown one.
        before: what stands before it, which tells an opening quote from a closing one.
    """
    straight = character.translate(STRAIGHT)
    plain = "".join(
        part for part in unicodedata.normalize("NFKD", straight) if not unicodedata.combining(part)
    ).translate(STRAIGHT)
    yield straight, "straightened"
    opens = not before or before.isspace() or before in "([{-—–"
    for row in _ALIKE:
        if character in row:
            for other in sorted(row, key=lambda other: (other in _OPENING) != opens):
                yield other, "typeset"
    for folded in (straight.lower(), straight.upper()):
        yield folded, "changed the case of"
    yield plain, "took the accents off"
    for folded in (plain.lower(), plain.upper()):
        yield folded, "took the accents off and changed the case of"


def printable(characters: Iterable[str], most: int = 40) -> str:
    """Characters for a message: neighbours as ``'a' to 'z'``, and no more than ``most`` in all."""
    runs: list[list[str]] = []
    for character in characters:
        if runs and ord(character) == ord(runs[-1][-1]) + 1:
            runs[-1].append(character)
        else:
            runs.append([character])
    words = [
        word
        for run in runs
        for word in ([f"{run[0]!r} to {run[-1]!r}"] if len(run) > 2 else [repr(part) for part in run])
    ]
    return ", ".join(words[:most]) + (", …" if len(words) > most else "")
