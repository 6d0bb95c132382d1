"""Checkpoints: everything a run needs to go on, to the last bit, as if it had never been interrupted."""

import itertools
import json
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from charlm.errors import ModelFileError, OutputError, WrongCall, require_number
from charlm.run.files import is_file, is_there, require_writable
from charlm.run.model_file import Arrays, FileFormat

FORMAT = FileFormat("checkpoint", "leave --resume out to begin anew")

LARGEST_WEIGHT = 1e30
"""No weight is larger: sums of larger ones would leave the range of single precision."""

PROCESSOR = "the processor"
THREADS = "threads"
"""What a run's identity calls the machine that it runs on."""


def processor() -> str:
    """The kind of processor, as far as it decides in which order NumPy takes sums."""
    found = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return " ".join([platform.machine(), *found[-1:]])


def _decides_bits_only(name: str) -> bool:
    """Whether a part of an identity changes the rounding of a run, and not what it learns."""
    return name in (PROCESSOR, THREADS) or name.endswith("'s version")


@dataclass(frozen=True)
class Checkpoint:
    """One moment of a run.

    Attributes:
        identity: what the run is determined by, each under a name for people: settings, corpus, versions.
        progress: how far it has come; anything that JSON can hold.
        arrays: weights, and all else that is numbers.
        exact: whether only the very same bits will do: then another version, processor or number of threads
            is another run.
    """

    identity: Mapping[str, Any]
    progress: Mapping[str, Any]
    arrays: Arrays
    exact: bool = True

    def require_same(self, identity: Mapping[str, Any], path: Path, apart: tuple[str, ...] = ()) -> list[str]:
        """Refuse to go on with another run: one that differs in anything but these names.

        Returns:
            What to say where the run goes on, but to other bits.

        Raises:
            WrongCall: naming each difference.
        """
        given = json.loads(json.dumps(identity))
        differences = {
            name: f"{name} was {_shown(self.identity.get(name))} and is {_shown(given.get(name))}"
            for name in dict.fromkeys([*self.identity, *given])
            if self.identity.get(name) != given.get(name) and name not in apart
        }
        rounding = [told for name, told in differences.items() if _decides_bits_only(name)]
        if self.exact or len(rounding) < len(differences):
            if differences:
                raise WrongCall(
                    f"{path} is of another run: {'; '.join(differences.values())}; call it as it was called, "
                    "or leave --resume out to begin anew"
                )
        elif rounding:
            return [
                f"{'; '.join(rounding)}: the bits will differ from those of a run on one machine "
                "(--exact refuses to go on)"
            ]
        return []


class Checkpoints:
    """The file of a run's checkpoints: each takes the place of the one before.

    Args:
        output: the file that the run writes in the end.
        path: of the checkpoints; None: beside ``output``, with ``.checkpoint`` behind its name.
        seconds: from one to the next; 0: at every chance.
        resume: whether to go on from the one that is there.
        exact: see :class:`Checkpoint`.

    Raises:
        InvalidOption: for seconds below 0.
        OutputError: if it could not be written.
    """

    def __init__(
        self, output: Path, path: Path | None, seconds: float, *, resume: bool, exact: bool = True
    ) -> None:
        require_number("the seconds between checkpoints", seconds, at_least=0)
        self.path = path or Path(f"{output}.checkpoint")
        require_writable(self.path)
        self._seconds, self.resume, self.exact = seconds, resume, exact
        self._last = time.monotonic()

    def found(self) -> Checkpoint | None:
        """The one to go on from; None if there is none, or it is not wanted.

        Raises:
            ModelFileError: if it is damaged, or no checkpoint.
        """
        return read(self.path, exact=self.exact) if self.resume and is_file(self.path) else None

    def _replaceable(self) -> bool:
        """Whether overwriting the file loses nothing: this run resumes from it, or its run has finished."""
        if self.resume or not is_file(self.path):
            return True
        try:
            return bool(read(self.path).progress.get("finished"))
        except ModelFileError:
            return False

    @property
    def due(self) -> bool:
        """Whether it is time for the next."""
        return time.monotonic() - self._last >= self._seconds

    def begun(self) -> list[str]:
        """Start a new run: keep the checkpoint that another left, and return what to say about it.

        Raises:
            OutputError: if it cannot be kept.
        """
        if self.resume:
            return [f"beginning anew: there is no checkpoint {self.path}"]
        aside = self.set_aside()
        return [f"beginning anew: what was in {self.path} is kept as {aside}"] if aside else []

    def set_aside(self) -> Path | None:
        """Rename the checkpoint of a run that has not finished; return its new name, or None.

        Raises:
            OutputError: if it cannot be renamed.
        """
        if self._replaceable():
            return None
        numbers = itertools.chain([""], itertools.count(2))
        names = (self.path.with_name(f"{self.path.name}.before{number}") for number in numbers)
        aside = next(name for name in names if not is_there(name))
        try:
            return self.path.replace(aside)
        except OSError as error:
            raise OutputError(f"cannot rename {self.path}: {error.strerror or error}") from error

    def write(self, checkpoint: Checkpoint) -> None:
        """Put it in the place of the one before.

        Raises:
            OutputError: if it cannot be written; the one before is still there.
        """
        about = json.dumps({"identity": checkpoint.identity, "progress": checkpoint.progress})
        FORMAT.write(self.path, {**checkpoint.arrays, "about": np.frombuffer(about.encode(), dtype=np.uint8)})
        self._last = time.monotonic()


def read(path: Path, *, exact: bool = True) -> Checkpoint:
    """The checkpoint in a file; ``exact`` as :class:`Checkpoint` has it.

    Raises:
        ModelFileError: if it is damaged, or no checkpoint.
    """
    arrays = FORMAT.read(path)
    try:
        about = json.loads(arrays.pop("about").tobytes())
        return Checkpoint(dict(about["identity"]), dict(about["progress"]), arrays, exact)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise unusable(path, error) from error


def _shown(value: object) -> str:
    """A value as a message shows it; the beginning of a digest is enough."""
    return f"{value[:8]}…" if isinstance(value, str) and len(value) == 64 else str(value)


def unusable(path: Path, error: Exception) -> ModelFileError:
    """What to raise for a checkpoint that is whole but makes no sense."""
    return ModelFileError(f"{path} is not a checkpoint as this version writes it: {error!r}; {FORMAT.remedy}")


def require_like(found: Arrays, arrays: Arrays) -> None:
    """Check that a checkpoint's arrays have the same shapes and types as these, and no absurd numbers.

    Raises:
        ValueError: naming one that does not fit.
        KeyError: for one that is missing.
    """
    for name, array in arrays.items():
        one = found[name]
        fits = (one.shape, one.dtype) == (array.shape, array.dtype)
        if not fits or not np.abs(one).max(initial=0) <= LARGEST_WEIGHT:
            raise ValueError(f"{name} does not fit, or holds numbers that cannot be computed with")
