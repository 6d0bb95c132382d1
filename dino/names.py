"""Lists of names: where they come from, and which are held out of training."""

from dataclasses import dataclass

import numpy as np

from charlm.errors import CorpusError, require_number
from charlm.run import corpora

BUNDLED = "data/dinosaurs.txt"
LOWER_CASED = ("bundled", "course")
"""Lists that are read in lower case, as the course does; any other keeps its letters as they are."""

END = "\n"
"""The character that ends a name."""

LONGEST = 1_000
"""The most characters of a name: training unrolls the network over each of them."""


@dataclass(frozen=True)
class NameList:
    """Names, and where they came from.

    Attributes:
        names: in the order of the source, without blank lines.
        source: a path, or the name that they were asked for by.
        sha256: the digest of the source's bytes.
    """

    names: tuple[str, ...]
    source: str
    sha256: str

    def __len__(self) -> int:
        """How many names there are."""
        return len(self.names)

    def split(self, validation: float, seed: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names to train on, and names held out; no name is in both, however often it is listed.

        Args:
            validation: the share of the distinct names to hold out, from 0 to below 1.
            seed: which ones.

        Raises:
            InvalidOption: for a share out of range.
            CorpusError: if the names are too few to be divided.
        """
        require_number("the validation share", validation, at_least=0, below=1)
        if not validation:
            return self.names, ()
        distinct = sorted(set(self.names))
        count = max(1, round(validation * len(distinct)))
        if count >= len(distinct):
            raise CorpusError(
                f"{len(distinct)} distinct name(s) cannot be divided into training and {validation:g} "
                "validation; give more names, or train without --validation"
            )
        chosen = np.random.default_rng([seed, len(distinct)]).choice(len(distinct), count, replace=False)
        held_out = {distinct[index] for index in chosen}
        return tuple(name for name in self.names if name not in held_out), tuple(sorted(held_out))


def load_names(source: str = "bundled") -> NameList:
    """Read a list of names, one a line.

    Args:
        source: a path, ``bundled`` (the genera that ship), or a known name such as ``course``.

    Raises:
        CorpusError: if it cannot be had or holds no names, or one of more than LONGEST characters.
        MissingFile: if there is no such source.
    """
    corpus = corpora.load(source, bundled_as=BUNDLED)
    text = corpus.text.lower() if source in LOWER_CASED else corpus.text
    lines = [line.strip() for line in text.split("\n")]
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST:
            raise CorpusError(
                f"line {number:,} of {source} has {len(line):,} characters; a name has at most {LONGEST:,}: "
                "give one name a line"
            )
    return NameList(tuple(filter(None, lines)), source, corpus.sha256)
