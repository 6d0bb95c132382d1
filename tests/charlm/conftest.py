"""A model without a network: what it says next is known beforehand."""

import numpy as np
import numpy.typing as npt
import pytest

from charlm.vocabulary import Ids, Vocabulary

END = "\n"


class Speller:
    """Row r spells word number r (they come round again), then END, then the word again.

    It looks at what it has read, so that a wrong character fed back is found out. Its state is a tuple with a
    tuple in it: the number of the row, and all that it has read, (batch, characters).

    Attributes:
        asked: for how many rows each call of ``logits`` was.
    """

    def __init__(self, *words: str) -> None:
        self.words = words
        self.vocabulary = Vocabulary.of([*words, END])
        self.asked: list[int] = []

    def start(self, batch_size: int):
        return np.arange(batch_size), (np.empty((batch_size, 0), dtype=np.intp),)

    def advance(self, state, ids: Ids):
        rows, (read,) = state
        return rows, (np.column_stack([read, ids]),)

    def logits(self, state) -> npt.NDArray[np.float64]:
        rows, (read,) = state
        self.asked.append(len(rows))
        wanted = [
            self.vocabulary.index(self.next_character(row, self.vocabulary.decode(ids)))
            for row, ids in zip(rows, read, strict=True)
        ]
        return np.where(np.arange(len(self.vocabulary)) == np.array(wanted)[:, None], 0.0, -np.inf)

    def next_character(self, row: int, read: str) -> str:
        line = self.words[row % len(self.words)] + END
        text = line * (len(read) // len(line) + 1)
        assert text.startswith(read), f"row {row} spells {line!r} and was given {read!r}"
        return text[len(read)]


@pytest.fixture(scope="session")
def speller() -> type[Speller]:
    return Speller
