"""Lists of names: where they come from, and which are held out of training."""

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from charlm.errors import CorpusError, require_number
from charlm.run import corpora
from charlm.run.text_files import column_of

BUNDLED = "data/dinosaurs.txt"
LOWER_CASED = ("bundled", "course")
"""Lists that are read in lower case, as the course does; any other keeps its letters as they are."""

END = "\n"
"""The character that ends a name."""

LONGEST = 1_000
"""The most characters of a name: training unrolls the network over each of them."""


@dataclass(frozen=True, repr=False)
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

    def __repr__(self) -> str:
        """One short line, whatever the number of names."""
        return f"NameList({len(self):,} names from {self.source!r})"

    @classmethod
    def of(cls, names: Iterable[str]) -> "NameList":
        """A list of one's own.

        Raises:
            CorpusError: if there is no name, or one of several lines or of more than LONGEST characters.
        """
        own = tuple(filter(None, (name.strip() for name in names)))
        wrong = next((name for name in own if END in name or len(name) > LONGEST), None)
        if wrong is not None or not own:
            raise CorpusError(
                "there are no names; give one or more"
                if wrong is None
                else f"{wrong[:40]!r} is no name; a name is one line of at most {LONGEST:,} characters"
            )
        digest = hashlib.sha256(END.join(own).encode("utf-8", "surrogatepass")).hexdigest()
        return cls(own, "a list", digest)

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
        distinct = sorted({spelled_alike(name) for name in self.names})
        count = max(1, round(validation * len(distinct)))
        if count >= len(distinct):
            raise CorpusError(
                f"{len(distinct)} distinct name(s) cannot be divided into training and {validation:g} "
                "validation; give more names, or train without --validation"
            )
        chosen = np.random.default_rng([seed, len(distinct)]).choice(len(distinct), count, replace=False)
        held_out = {distinct[index] for index in chosen}
        training = tuple(name for name in self.names if spelled_alike(name) not in held_out)
        spelled = {spelled_alike(name): name for name in reversed(self.names)}  # as the list has it first
        return training, tuple(spelled[name] for name in sorted(held_out))


def load_names(*sources: str, encoding: str | None = None, column: str | None = None) -> NameList:
    """Read a list of names, one a line, or several lists as one.

    Args:
        sources: of each a path, ``-`` for standard input, ``bundled`` (the genera that ship, also where none
            is given), or a known name such as ``course``.
        encoding: of files of one's own; None for UTF-8.
        column: of tables, by number or by name.

    Raises:
        CorpusError: if it cannot be had or holds no names, or one of more than LONGEST characters.
        MissingFile: if there is no such source.
    """
    lists = [_load(source, encoding, column) for source in sources or ("bundled",)]
    if len(lists) == 1:
        return lists[0]
    digests = "".join(each.sha256 for each in lists)
    return NameList(
        tuple(name for each in lists for name in each.names),
        ", ".join(each.source for each in lists),
        hashlib.sha256(digests.encode()).hexdigest(),
    )


def _load(source: str, encoding: str | None, column: str | None) -> NameList:
    corpus = corpora.load(source, bundled_as=BUNDLED, encoding=encoding)
    own = corpus.source not in ("bundled", *corpora.KNOWN)
    text = column_of(corpus.text, corpus.source, column) if own else corpus.text
    text = text.lower() if source in LOWER_CASED else text
    lines = [line.strip() for line in text.split("\n")]
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST:
            raise CorpusError(
                f"line {number:,} of {corpus.source} has {len(line):,} characters; a name has at most "
                f"{LONGEST:,}: give one name a line"
            )
    return NameList(tuple(filter(None, lines)), corpus.source, corpus.sha256)


def spelled_alike(name: str) -> str:
    """What two spellings of one name have in common: their composed form, in Unicode's terms."""
    return unicodedata.normalize("NFC", name)
