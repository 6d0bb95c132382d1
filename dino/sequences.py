"""Names as the network reads them."""

import numpy as np

from charlm.language_model import BLANK
from charlm.vocabulary import Ids


class Sequences:
    """Names as indices: of each the blank input, its characters and the end.

    Args:
        ids: all names in a row, (length,), with ``end`` before the first and after each.
        end: the index that ends a name.

    Attributes:
        longest: the most predictions that a name takes.
    """

    def __init__(self, ids: Ids, end: int) -> None:
        ends = np.flatnonzero(ids == end)
        self._ids = np.insert(ids, ends + 1, BLANK)
        self._starts = ends + np.arange(1, len(ends) + 1)  # where each blank went
        self.longest = int(np.diff(ends).max())

    def __len__(self) -> int:
        """How many names there are."""
        return len(self._starts) - 1

    def __getitem__(self, index: int) -> tuple[Ids, Ids]:
        """Inputs and targets of one name, both (characters + 1,)."""
        start, next_start = self._starts[index], self._starts[index + 1]
        return self._ids[start : next_start - 1], self._ids[start + 1 : next_start]
