"""The model that a run goes on from, and how its weights are laid out for more characters."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from charlm.errors import InvalidOption
from charlm.run.checkpoints import Checkpoint, unusable
from charlm.run.files import is_file, same_file
from charlm.run.model_file import Arrays
from charlm.vocabulary import Vocabulary
from dino.fast_rnn import Parameters
from dino.names import END
from dino.names_model import NamesModel, load
from dino.rnn import Letters

MODEL = "the model's sha256"
"""What a run's identity calls the model that it goes on from."""

_NAMES = "learned_before"


@dataclass(frozen=True, repr=False)
class Origin:
    """A model that a run goes on from.

    Attributes:
        characters: of its vocabulary.
        hidden_size: n_a.
        letters: its weights; None where the run is resumed, for its checkpoint has later ones.
        learned_from: the names that it has learned from.
        digest: see :attr:`NamesModel.digest`.
    """

    characters: str
    hidden_size: int
    letters: Letters | None
    learned_from: tuple[str, ...]
    digest: str

    @classmethod
    def of(cls, model: NamesModel) -> "Origin":
        """A model that is at hand."""
        learned_from = tuple(dict.fromkeys((*model.trained_on, *model.learned_before)))
        rnn = model.rnn
        return cls(model.vocabulary.characters, rnn.hidden_size, rnn.parameters, learned_from, model.digest)

    @classmethod
    def read(cls, path: Path, output: Path, found: Checkpoint | None) -> "Origin":
        """A model in a file; from the checkpoint of the run, where the run may have written over it.

        Raises:
            MissingFile: if there is no such file.
            ModelFileError: if it is damaged or of another kind, or if the checkpoint is.
        """
        overwritten = not is_file(path) or same_file(output, path)
        if found is None or MODEL not in found.identity or not overwritten:
            return cls.of(load(path))
        try:
            names = found.arrays[_NAMES].tobytes().decode("utf-8", "surrogatepass")
            return cls(
                str(found.identity["the characters"]),
                int(found.identity["hidden"]),
                None,
                tuple(filter(None, names.split(END))),
                str(found.identity[MODEL]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise unusable(path, error) from error

    def arrays(self) -> Arrays:
        """What a checkpoint keeps of it."""
        names = END.join(self.learned_from).encode("utf-8", "surrogatepass")
        return {_NAMES: np.frombuffer(names, dtype=np.uint8)}

    def require_hidden(self, wanted: int | None) -> int:
        """The hidden units, which are the model's.

        Raises:
            InvalidOption: if another number is wanted.
        """
        if wanted not in (None, self.hidden_size):
            raise InvalidOption(
                f"hidden is {wanted}, and the model to go on from has {self.hidden_size}; leave out --hidden"
            )
        return self.hidden_size

    def lay_out(self, parameters: Parameters, vocabulary: Vocabulary) -> None:
        """Put the weights into the parameters of a network for at least its characters.

        A new character keeps the small input weights that were drawn for it. Before anything is learned
        of it, it is as improbable as the least probable old one.
        """
        if self.letters is None:
            return
        places, new = vocabulary.encode(self.characters), parameters.letters()
        for letter in ("Waa", "b"):
            new[letter][...] = np.reshape(self.letters[letter], new[letter].shape)
        new["Wax"][:, places] = self.letters["Wax"]
        new["Wya"][...] = self.letters["Wya"].mean(axis=0)
        new["Wya"][places] = self.letters["Wya"]
        new["by"][...] = self.letters["by"].min()
        new["by"][places] = np.reshape(self.letters["by"], new["by"][places].shape)
