"""A trained network with all that belongs to it, and the file that holds it."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from charlm.errors import ModelFileError, VocabularyError, require_number
from charlm.generation import generate_texts
from charlm.run.checkpoints import LARGEST_WEIGHT
from charlm.run.corpora import bundled
from charlm.run.history import History
from charlm.run.model_file import FileFormat
from charlm.run.threads import one_thread
from charlm.sampling import Choices, SamplingOptions, chosen
from charlm.scoring import nats_per_character
from charlm.vocabulary import Vocabulary
from dino.names import END, LOWER_CASED, spelled_alike
from dino.rnn import LETTERS, DinoRNN, Letters

FORMAT = FileFormat("model of dinosaur names", "give one that 'dino train' wrote", largest=160 * 2**20)
"""The file that a model lives in: 128 MiB hold the weights of the most hidden units that are trained."""

COURSE_LIMIT = 50
"""The most characters of a name that the course samples."""

PATIENCE = 10_000
"""After this many names in a row that were not wanted, there are taken to be no more."""

LEARNED_BEFORE = "learned_before"
"""The array with the names of earlier runs, which only a model has that went on from another."""

LARGEST_ABOUT = 2**20
"""The most bytes of a model file's description; its history takes a hundred thousand."""


@dataclass(frozen=True, repr=False)
class NamesModel:
    """A network that invents names.

    Attributes:
        rnn: the network and its vocabulary.
        trained_on: the names that it learned from.
        held_out: the names that it was chosen by; empty without validation.
        source: where the names came from.
        sha256: the digest of that source's bytes.
        settings: what the training was determined by.
        history: its losses.
        learned_before: the names that the model learned from that this one went on from.
    """

    rnn: DinoRNN
    trained_on: tuple[str, ...]
    held_out: tuple[str, ...]
    source: str
    sha256: str
    settings: dict[str, Any]
    history: History
    learned_before: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """One short line, whatever the number of names."""
        return (
            f"NamesModel({len(self.trained_on):,} names from {self.source!r}, "
            f"{len(self.vocabulary)} characters, {self.rnn.hidden_size} hidden units)"
        )

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters of the names, and END."""
        return self.rnn.vocabulary

    @cached_property
    def known(self) -> frozenset[str]:
        """The names that it has learned from."""
        return frozenset((*self.trained_on, *self.learned_before))

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of its weights and characters, in hexadecimal."""
        digest = hashlib.sha256(self.vocabulary.characters.encode("utf-8", "surrogatepass"))
        for letter in LETTERS:
            digest.update(np.ascontiguousarray(self.rnn.parameters[letter]).tobytes())
        return digest.hexdigest()

    @cached_property
    def _sampled(self) -> DinoRNN:
        """The network in single precision: names come twice as fast."""
        return DinoRNN(self.vocabulary, self.rnn.parameters, np.float32)

    @cached_property
    def limit(self) -> int:
        """The most characters that a name gets: the course's, or more if a training name is longer."""
        return max([COURSE_LIMIT, *(len(name) + 1 for name in self.trained_on)])

    def titled(self, name: str) -> str:
        """A name for people: with its capital again, where the program itself read the list in lower case."""
        return name[:1].upper() + name[1:] if self.source in LOWER_CASED else name

    def stream(
        self,
        *,
        start: str = "",
        options: SamplingOptions | None = None,
        seed: int = 0,
        new_only: bool = False,
        **choices: Unpack[Choices],
    ) -> Iterator[str]:
        """Yield names, each once, until PATIENCE in a row bring nothing more.

        Two spellings of an accented letter, as one character or two, make one name, and it is written as the
        training list has it.

        Args:
            start: what every name begins with, in the model's characters; see ``Vocabulary.adapt``.
            options: how characters are chosen.
            seed: the same seed yields the same names.
            new_only: leave out those in the training list.
            choices: ``temperature`` and its kin, in place of ``options``.

        Raises:
            UnknownCharacter: for a start with a character that the model does not know.
            VocabularyError: for a start with the end of a name in it.
        """
        if END in start:
            raise VocabularyError(f"the start {start!r} has a line break in it; a name is one line")
        options = chosen(options, choices)
        pick, model = options.picker(np.random.default_rng(seed)), options.on(self._sampled)
        listed = (*self.trained_on, *self.learned_before)
        spelled = {spelled_alike(name): name for name in reversed(listed)}
        seen = set(spelled) if new_only else set()
        unwanted, batch_size = 0, 64
        while unwanted < PATIENCE:
            with one_thread:
                endings = generate_texts(
                    model,
                    pick,
                    batch_size,
                    prompt=start,
                    limit=max(1, self.limit - len(start)),
                    stop=END,
                    batch_size=batch_size,
                )
            for ending in endings:
                name = (start + ending).strip()
                alike = spelled_alike(name)
                if not name or alike in seen:
                    unwanted += 1
                    continue
                unwanted = 0
                seen.add(alike)
                yield spelled.get(alike, name)
            batch_size = min(2 * batch_size, 4096)  # a few names come soon, many come fast

    def kept(self) -> str:
        """Which weights these are, and what they cost, in one line."""
        if best := self.history.best():
            return f"of step {best[1]:,}, the best on held-out names: {best[0]:.4f} nats per character"
        if self.history.steps:
            steps, training = self.history.steps[-1], self.history.training[-1]
            return f"of step {steps:,}: training {training:.4f} nats per character"
        return "of a run that was stopped before its first report"

    def follows(self, other: "NamesModel") -> bool:
        """Whether the other model is from the same run, at the same step or an earlier one."""
        ours, theirs = self.settings, other.settings
        same = self.trained_on == other.trained_on and ours == {**theirs, "steps": ours["steps"]}
        return same and isinstance(theirs.get("steps"), int) and theirs["steps"] <= ours["steps"]

    def nats_per_character(self, names: Sequence[str]) -> float:
        """The mean cost of the names' characters, each name's end included.

        Raises:
            UnknownCharacter: for a name that the vocabulary cannot spell.
        """
        return nats_per_character(self.rnn, [self.vocabulary.encode(name + END) for name in names])

    def save(self, path: str | Path) -> None:
        """Write everything into one ``.safetensors`` file, in one step.

        Raises:
            OutputError: if it cannot be written.
        """
        about = {
            "vocabulary": self.vocabulary.characters,
            "hidden_size": self.rnn.hidden_size,
            "source": self.source,
            "sha256": self.sha256,
            "settings": self.settings,
            "history": vars(self.history),
        }
        arrays: dict[str, npt.NDArray[Any]] = {
            **{name: self.rnn.parameters[letter] for letter, name in LETTERS.items()},
            "about": _bytes(json.dumps(about, ensure_ascii=False)),
            "trained_on": _bytes(END.join(self.trained_on)),
            "held_out": _bytes(END.join(self.held_out)),
        }
        if self.learned_before:
            arrays[LEARNED_BEFORE] = _bytes(END.join(self.learned_before))
        FORMAT.write(Path(path), arrays)


def generate(
    model: NamesModel | str | Path | None = None,
    count: int = 10,
    *,
    start: str = "",
    options: SamplingOptions | None = None,
    seed: int = 0,
    new_only: bool = False,
    **choices: Unpack[Choices],
) -> list[str]:
    """Names by a model, a model file, or the model that ships; see :meth:`NamesModel.stream`.

    There are fewer than ``count`` where the model has no more; ``start`` is adapted to its characters.

    Raises:
        InvalidOption: for a number out of its range.
        MissingFile, ModelFileError: as :func:`load`.
        VocabularyError: for a start of which the model knows no character.
    """
    require_number("the number of names", count, at_least=0)
    inventor = model if isinstance(model, NamesModel) else load(model or shipped())
    adapted = inventor.vocabulary.adapt(start).text
    stream = inventor.stream(start=adapted, options=options, seed=seed, new_only=new_only, **choices)
    return [name for _, name in zip(range(count), stream, strict=False)]


def shipped() -> Path:
    """The file of the model that ships."""
    return bundled("models/dinosaurs.safetensors")


def load(path: str | Path) -> NamesModel:
    """Read a model file.

    Raises:
        MissingFile: if there is none.
        ModelFileError: if it is damaged, of another kind or of a newer version.
    """
    names = {*LETTERS.values(), "about", "trained_on", "held_out"}
    arrays = FORMAT.read(Path(path), names, {"about": LARGEST_ABOUT}, frozenset({LEARNED_BEFORE}))
    try:
        about = json.loads(_text(arrays["about"]))
        vocabulary = Vocabulary(str(about["vocabulary"]))
        vocabulary.index(END)  # raises if no name could end
        return NamesModel(
            rnn=DinoRNN(vocabulary, _parameters(path, arrays, int(about["hidden_size"]), len(vocabulary))),
            trained_on=_lines(arrays["trained_on"]),
            held_out=_lines(arrays["held_out"]),
            source=str(about["source"]),
            sha256=str(about["sha256"]),
            settings=dict(about["settings"]),
            history=History.of(about["history"]),
            learned_before=_lines(arrays[LEARNED_BEFORE]) if LEARNED_BEFORE in arrays else (),
        )
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ModelFileError(
            f"{path} is not a model of names as this version writes it: {error!r}; {FORMAT.remedy}"
        ) from error


def _parameters(path: str | Path, arrays: dict[str, npt.NDArray[Any]], n_a: int, n_y: int) -> Letters:
    """The weights, each of them checked."""
    shapes = {"Wax": (n_a, n_y), "Waa": (n_a, n_a), "Wya": (n_y, n_a), "b": (n_a, 1), "by": (n_y, 1)}
    for letter, shape in shapes.items():
        weights = arrays[LETTERS[letter]]
        fits = weights.shape == shape and weights.dtype == np.float64
        if not fits or not usable(weights):
            found = "some are larger or no numbers" if fits else f"is {weights.shape} of {weights.dtype}"
            raise ModelFileError(
                f"{path}: {LETTERS[letter]} must be {shape} float64 numbers up to {LARGEST_WEIGHT:g}, "
                f"but {found}; train the model anew"
            )
    return {letter: arrays[LETTERS[letter]] for letter in shapes}


def usable(weights: npt.NDArray[np.float64]) -> bool:
    """Whether all weights are finite and small enough to compute with."""
    return bool((np.abs(weights) <= LARGEST_WEIGHT).all())


def _bytes(text: str) -> npt.NDArray[np.uint8]:
    # A name from Python may hold half a surrogate pair, which strict UTF-8 refuses.
    return np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8)


def _text(array: npt.NDArray[Any]) -> str:
    return array.tobytes().decode("utf-8", "surrogatepass")


def _lines(array: npt.NDArray[Any]) -> tuple[str, ...]:
    return tuple(filter(None, _text(array).split(END)))
