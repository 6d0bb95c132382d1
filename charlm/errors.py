"""Everything that a user can get wrong, as one tree of exceptions.

    CharLMError                 exit code 1: the job failed
    ├── WrongCall               exit code 2: what was asked for cannot be done as it was written
    │   ├── InvalidOption       a value out of its range (also a ValueError)
    │   ├── MissingFile         a path that names no file
    │   ├── MissingPackage      a package that is not installed here (also an ImportError)
    │   ├── SubmissionError     a learner's file that cannot be read as Python or as a notebook
    │   └── VocabularyError     text that the model's alphabet cannot spell (also a ValueError)
    │       └── UnknownCharacter
    ├── CorpusError             text that cannot be read, is empty or cannot be fetched
    ├── ModelFileError          a model file that is damaged, of another kind or of a newer version
    ├── OutputError             a result that cannot be written
    ├── TrainingDiverged        a loss, a gradient or a weight out of all bounds
    ├── ClusterError            workers that do not meet, differ, or are gone
    ├── NoPrediction            scores of a model that leave no character to choose
    └── SearchExhausted         sampling that brings nothing more of what was wanted

Each message is one line: what was given, what is allowed, what to do.
"""

import math
import operator
from pathlib import Path


class CharLMError(Exception):
    """The parent of every error of this project; ``exit_code`` is what a command ends with."""

    exit_code = 1


class WrongCall(CharLMError):
    """A call that cannot be carried out as it was written."""

    exit_code = 2


class InvalidOption(WrongCall, ValueError):
    """An option's value is out of its range."""


class MissingFile(WrongCall):
    """A path that names no file."""


class MissingPackage(WrongCall, ImportError):
    """What was asked for needs a package that is not installed here."""


class SubmissionError(WrongCall):
    """A learner's file that cannot be read as Python or as a notebook."""


class VocabularyError(WrongCall, ValueError):
    """Text that cannot be spelled with a model's characters."""


class UnknownCharacter(VocabularyError):
    """A character that the vocabulary does not hold.

    Attributes:
        character: the character.
        position: where in the text it stands, counted from 0.
    """

    def __init__(self, character: str, position: int) -> None:
        self.character = character
        self.position = position
        super().__init__(
            f"the character {character!r} (U+{ord(character):04X}) at position {position} is not in the "
            "vocabulary; leave it out, or adapt the text first (Vocabulary.adapt)"
        )


class CorpusError(CharLMError):
    """Text that cannot be read, is empty or cannot be fetched."""


class ModelFileError(CharLMError):
    """A model file that is damaged, of another kind or of a newer version."""


class OutputError(CharLMError):
    """A result that cannot be written."""


class TrainingDiverged(CharLMError):
    """A loss, a gradient or a weight is no longer a finite number, or the loss is hopeless."""


class ClusterError(CharLMError):
    """The workers of a cluster cannot meet, were started differently, or one was lost."""


class NoPrediction(CharLMError):
    """The model's scores leave no character to choose."""


class SearchExhausted(CharLMError):
    """Sampling no longer finds anything that was asked for."""


def require_number(
    name: str,
    value: float,
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
) -> None:
    """Check that a numeric option is finite and within its bounds.

    Raises:
        InvalidOption: naming the option, its value and what is allowed.
    """
    bounds = [
        (at_least, "{} or more", operator.ge),
        (above, "above {}", operator.gt),
        (at_most, "{} or less", operator.le),
        (below, "below {}", operator.lt),
    ]
    given = [(bound, text, holds) for bound, text, holds in bounds if bound is not None]
    finite = isinstance(value, int) or math.isfinite(value)  # math.isfinite fails on a huge int
    if not finite or not all(holds(value, bound) for bound, _, holds in given):
        allowed = " and ".join(text.format(f"{bound:,}") for bound, text, _ in given) or "a finite number"
        raise InvalidOption(f"{name} is {value}; it must be {allowed}")


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
