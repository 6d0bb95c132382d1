"""How a text is fed to a network: split into parts, then read as parallel streams or as windows.

Streams are the better way: each batch goes on where the last one ended, with the network's state carried
over, and every position has a target. Windows are the course's: each is read from a state of zeros, and has
one target. Either comes in an order that depends on the seed and the epoch alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from charlm.errors import CorpusError, require_number
from charlm.run import corpora
from shakespeare.training_settings import LENGTH, STRIDE, WINDOW_BATCH, TrainingSettings

if TYPE_CHECKING:
    from shakespeare.encoded import EncodedCorpus

RESERVED = ("plays", "sonnets")
"""Corpora whose last tenth is never trained on nor chosen on, so that figures on it can be compared."""

UPDATES = 20
"""An epoch has at least this many updates, where the batch size is not the user's choice."""

SHORTEST = 10
"""A stream reads at least this many characters in a batch, where the batch size is not the user's choice."""

Encoded = npt.NDArray[np.integer]
"""Indices of characters in a small type, (characters,); may be a memory-mapped file."""

EVERY = 2_000
"""Updates from one report to the next within an epoch that has at least twice as many."""

ALL = slice(None)
"""Every row of a batch."""

Batch = tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]
"""Inputs and targets."""


BLOCK = 200
"""Held-out text is cut into blocks of no fewer characters, where it is cut at all."""

MOST_BLOCKS = 10


@dataclass(frozen=True)
class Split:
    """How a text is split, by characters: into what is held out, what is learned from, what is never seen.

    What is held out lies in blocks over the whole text, for a text may change on the way: its second half may
    be of another author, or in another language. Of the plays and the Sonnets it is one block, the beginning,
    because what is never seen is the end. Neighbours share a play and its names: to learn from all but the
    last pages before the test part costs 0.3 nats there (6-gram, the plays).

    Attributes:
        cut: how many characters are held out.
        end: where what is never seen begins.
        characters: how many the whole text has.
        blocks: in how many blocks they are held out; a single one is the beginning.
    """

    cut: int
    end: int
    characters: int
    blocks: int = 1

    @classmethod
    def of(cls, source: str, sha256: str, characters: int, validation: float) -> "Split":
        """Split a corpus: the last tenth is set aside if it is one of RESERVED; of the rest, a share."""
        reserved = source in RESERVED and corpora.KNOWN[source].sha256 == sha256
        end = characters * 9 // 10 if reserved else characters
        held_out = round(end * validation)
        blocks = 1 if reserved else max(1, min(MOST_BLOCKS, held_out // BLOCK))
        return cls(held_out, end, characters, blocks)

    def spans(self) -> dict[str, list[int]]:
        """First character and the one after the last of each stretch, one after the other, of each part."""
        held_out = self._blocks()
        return {
            "training": [0, *held_out, self.end] if held_out[0] else [*held_out[1:], self.end],
            "validation": held_out,
            "test": [self.end, self.characters],
        }

    def _blocks(self) -> list[int]:
        """The blocks that are held out, with as much text to learn from before, between and behind them."""
        if self.blocks == 1:
            return [0, self.cut]
        bounds = []
        for block in range(self.blocks):
            before, after = (self.cut * part // self.blocks for part in (block, block + 1))
            start = (self.end - self.cut) * (2 * block + 1) // (2 * self.blocks) + before
            bounds += [start, start + after - before]
        return bounds


def pairs(spans: Sequence[int]) -> list[tuple[int, int]]:
    """First character and the one after the last, of each stretch of a part."""
    return list(zip(spans[::2], spans[1::2], strict=True))


class Stretches:
    """Several stretches of a text as one, without a copy of it.

    Args:
        ids: the text.
        spans: the stretches, see :func:`pairs`.
    """

    def __init__(self, ids: Encoded, spans: Sequence[int]) -> None:
        firsts, ends = np.array(pairs(spans)).T
        self._ids = ids
        self._behind = np.cumsum(ends - firsts)
        self._moved = firsts - (self._behind - (ends - firsts))

    def __len__(self) -> int:
        """How many characters there are."""
        return int(self._behind[-1])

    def __getitem__(self, places: npt.NDArray[np.intp]) -> Encoded:
        """The indices at these places, counted over all stretches."""
        read: Encoded = self._ids[places + self._moved[np.searchsorted(self._behind, places, side="right")]]
        return read


def part(ids: Encoded, spans: Sequence[int]) -> "Encoded | Stretches":
    """A part of a text."""
    return ids[spans[0] : spans[1]] if len(spans) == 2 else Stretches(ids, spans)


class Feed(Protocol):
    """Batches of a text, epoch by epoch.

    Attributes:
        rows: of a batch; the last of an epoch may have fewer.
        batches: how many make an epoch.
    """

    rows: int
    batches: int

    def rows_of(self, index: int) -> int:
        """How many rows a batch has."""
        ...

    def batch(self, epoch: int, index: int, rows: slice = ALL) -> Batch:
        """One batch of one epoch, both counted from 0, or some of its rows."""
        ...


class Streams:
    """A text read at several places at once; each batch continues where the last one ended.

    The text is taken for a circle and cut into arcs of equal length, one a stream. Each epoch begins the cut
    at another character.

    Args:
        ids: the text.
        streams: how many places, the rows of a batch.
        length: characters that each reads in a batch.
        seed: of where an epoch begins; None: always at the first character, and the text is no circle.

    Raises:
        CorpusError: if the text is too short for one batch.
    """

    def __init__(self, ids: Encoded | Stretches, streams: int, length: int, seed: int | None = None) -> None:
        self._ids = ids
        self._seed = seed
        self._arc = (len(ids) - (seed is None)) // streams
        self.rows = streams
        self.length = length
        self.batches = self._arc // length  # the remainder, less than one piece, lies elsewhere next epoch
        if self.batches < 1:
            raise CorpusError(
                f"the text to learn from has {len(ids):,} characters, too few for {streams} streams of "
                f"{length:,}; give a longer text or a smaller batch size"
            )

    def rows_of(self, index: int) -> int:
        """How many rows a batch has: always as many as there are streams."""
        return self.rows

    def batch(self, epoch: int, index: int, rows: slice = ALL) -> Batch:
        """Inputs and targets of one update, both (streams, length), or some of the streams."""
        first = 0
        if self._seed is not None:
            first = int(np.random.default_rng([self._seed, epoch]).integers(len(self._ids)))
        starts = first + self._arc * np.arange(self.rows)[rows] + self.length * index
        places = (starts[:, None] + np.arange(self.length + 1)) % len(self._ids)
        read = self._ids[places].astype(np.int32)
        return read[:, :-1], read[:, 1:]


def training_streams(ids: Encoded | Stretches, most: int, length: int, seed: int) -> Streams:
    """As many streams as possible, as long as possible, that still leave an epoch UPDATES updates.

    Raises:
        CorpusError: if the text has fewer characters than that takes.
    """
    if len(ids) < UPDATES * SHORTEST:
        raise CorpusError(
            f"the text to learn from has {len(ids):,} characters, too few for {UPDATES} updates of "
            f"{SHORTEST}; give a longer text"
        )
    streams = max(1, min(most, len(ids) // (UPDATES * length)))
    return Streams(ids, streams, min(length, len(ids) // (UPDATES * streams)), seed)


def validation_streams(ids: Encoded | Stretches, length: int, most: int = 16) -> Streams:
    """Few long streams for scoring, with almost nothing left over.

    Raises:
        CorpusError: if the text has fewer than two characters.
    """
    streams = max(1, min(most, len(ids) // 1000))
    arc = max(1, (len(ids) - 1) // streams)
    return Streams(ids, streams, arc // -(-arc // length))


class Windows:
    """The course's examples: a window of characters and the one that follows it, every ``stride``.

    Nothing is held but the text; a batch is cut out of it when it is wanted.

    Args:
        ids: the text.
        length: of a window.
        stride: from the start of one to the start of the next.
        batch_size: how many make an update.
        seed: of the order in which they come; None: as they stand.

    Attributes:
        examples: how many there are.

    Raises:
        CorpusError: for a text that is too short for one.
    """

    def __init__(
        self, ids: Encoded | Stretches, length: int, stride: int, batch_size: int, seed: int | None
    ) -> None:
        if len(ids) <= length:
            raise CorpusError(
                f"the text has {len(ids):,} characters, and a window takes {length} and the one after them; "
                "give a longer text"
            )
        self._ids = ids
        self._length, self._stride = length, stride
        self.examples = (len(ids) - length - 1) // stride + 1
        self.rows = batch_size
        self.batches = -(-self.examples // batch_size)
        order = np.arange(self.examples)
        # An epoch's order is drawn once, not for each of its batches.
        self._order = lru_cache(maxsize=1)(
            lambda epoch: order if seed is None else np.random.default_rng([seed, epoch]).permutation(order)
        )

    def rows_of(self, index: int) -> int:
        """How many windows a batch has; the last one of an epoch may have fewer."""
        return min(self.rows, self.examples - index * self.rows)

    def batch(self, epoch: int, index: int, rows: slice = ALL) -> Batch:
        """Windows (batch, length) and the characters that follow them (batch,), or some of them."""
        chosen = self._order(epoch)[index * self.rows : (index + 1) * self.rows][rows]
        places = chosen[:, None] * self._stride + np.arange(self._length + 1)
        read = self._ids[places].astype(np.int32)
        return read[:, :-1], read[:, -1]


def split_of(corpus: "EncodedCorpus", settings: TrainingSettings) -> Split:
    """The parts of a text that a run with these settings reads."""
    return Split.of(corpus.source, corpus.sha256, len(corpus.ids), settings.validation)


def report_every(
    wanted: int | None, window: int | None, corpus: "EncodedCorpus", settings: TrainingSettings
) -> int | None:
    """After how many updates to report within an epoch: as wanted, else EVERY where an epoch is far longer.

    Raises:
        InvalidOption: for a number below 1.
        CorpusError: for a text that is too short for the settings.
    """
    feed, _ = feeds(window, corpus.ids, split_of(corpus, settings), settings)
    if wanted is not None:
        require_number("every", wanted, at_least=1)
        return wanted
    return EVERY if feed.batches >= 2 * EVERY else None


def feeds(
    window: int | None, ids: Encoded, split: Split, settings: TrainingSettings
) -> tuple[Feed, Feed | None]:
    """What a network is trained on, and what is held out, if any.

    Args:
        window: how many characters the network reads from a state of zeros; None: it reads streams.
        ids: the text.
        split: its parts.
        settings: see :class:`TrainingSettings`.

    Raises:
        CorpusError: if either is too short.
    """
    spans = split.spans()
    training, validation = part(ids, spans["training"]), part(ids, spans["validation"])
    shortest = (window or 1) + 1
    if 0 < len(validation) < shortest:
        raise CorpusError(
            f"the part of the text that is held out is too short to score: it has {len(validation):,} of at "
            f"least {shortest} characters; hold out a larger share, or none"
        )
    size, seed = settings.batch_size, settings.seed
    if window is not None:
        held_out = Windows(validation, window, STRIDE, WINDOW_BATCH, None) if len(validation) else None
        return Windows(training, window, STRIDE, size or WINDOW_BATCH, seed), held_out
    streams = (
        Streams(training, size, LENGTH, seed)
        if size
        else training_streams(training, settings.most_streams, LENGTH, seed)
    )
    return streams, validation_streams(validation, LENGTH) if len(validation) else None
