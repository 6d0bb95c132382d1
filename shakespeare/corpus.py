"""How text is fed to a network: its parts, and parallel streams through one of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from charlm.corpora import Corpus
from charlm.errors import CorpusError
from charlm.vocabulary import Ids

RESERVED = ("plays", "sonnets")
"""Corpora whose last tenth is never trained on nor chosen on, so that figures on it can be compared."""

Batch = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]
"""Inputs and targets."""


@dataclass(frozen=True)
class Parts:
    """A text cut into the parts that a training run needs, in the order in which they stand in it.

    Attributes:
        training: what the weights learn from.
        validation: what is scored after each epoch, to choose among the weights; may be empty.
        test: what neither sees; empty unless the corpus is one of RESERVED.
    """

    training: str
    validation: str
    test: str


def parts(corpus: Corpus, validation: float) -> Parts:
    """Cut a corpus.

    Args:
        corpus: the last tenth of its characters is the test part, if it is one of RESERVED.
        validation: the share of the rest that is held out for validation, cut from its end.
    """
    text = corpus.text
    end = len(text) * 9 // 10 if corpus.source in RESERVED else len(text)
    cut = end - round(end * validation)
    return Parts(text[:cut], text[cut:end], text[end:])


class Streams:
    """A text read at several places at once, each batch going on where the last one ended.

    The text is taken for a circle and cut into arcs of equal length, one a stream. Each epoch begins the cut
    at another character, which depends on the seed and the epoch alone.

    Args:
        ids: the text, (characters,); may be a memory-mapped file.
        streams: how many places, the rows of a batch.
        length: characters that each reads in a batch.
        seed: of where an epoch begins; None: always at the first character, and the text is no circle.

    Attributes:
        batches: how many make an epoch; what is left over, less than ``length`` a stream, falls to others.

    Raises:
        CorpusError: if the text is too short for one batch.
    """

    def __init__(self, ids: Ids, streams: int, length: int, seed: int | None = None) -> None:
        self._ids = ids
        self._seed = seed
        self._arc = (len(ids) - (seed is None)) // streams
        self.streams = streams
        self.length = length
        self.batches = self._arc // length
        if not self.batches:
            raise CorpusError(
                f"the text has {len(ids):,} characters, too few for {streams} x {length} characters a batch; "
                "give a longer one, or fewer streams"
            )

    def batch(self, epoch: int, index: int) -> Batch:
        """Inputs and targets of one update, both (streams, length)."""
        first = 0
        if self._seed is not None:
            first = int(np.random.default_rng([self._seed, epoch]).integers(len(self._ids)))
        starts = first + self._arc * np.arange(self.streams) + self.length * index
        places = (starts[:, None] + np.arange(self.length + 1)) % len(self._ids)
        read = self._ids[places].astype(np.int32)
        return read[:, :-1], read[:, 1:]

    def endlessly(self, epoch: int = 0) -> Iterator[Batch]:
        """All batches of one epoch after the other, beginning with ``epoch``."""
        while True:
            for index in range(self.batches):
                yield self.batch(epoch, index)
            epoch += 1


def validation_streams(ids: Ids, most: int = 16, length: int = 100) -> Streams:
    """Few long streams over a text for scoring, of which nearly nothing is left over.

    Raises:
        CorpusError: if the text has fewer than two characters.
    """
    streams = max(1, min(most, len(ids) // 1000))
    arc = max(1, (len(ids) - 1) // streams)
    return Streams(ids, streams, arc // -(-arc // length))
