"""The processes that share each batch of a run: one alone, or the workers of a cluster."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from charlm.run.training import alone

Tensor = Any


class Cluster:
    """One process alone, which has every row of a batch.

    Attributes:
        index: which of the processes this one is; 0 is the chief, who alone prints and writes.
        size: how many there are.
    """

    index, size = 0, 1

    def rows(self, total: int) -> slice:
        """Which of so many rows of a whole batch are this process's; they may be none."""
        return slice(total * self.index // self.size, total * (self.index + 1) // self.size)

    def sum(self, tensors: Sequence[Tensor]) -> Sequence[Tensor]:
        """Each tensor's sum over all processes; called within a TensorFlow function."""
        return tensors

    def sum_now(self, number: float) -> float:
        """A number's sum over all processes."""
        return number

    def gather(self, array: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """The rows of all processes, one after the other."""
        return array

    def settle(self, *wanted: int) -> tuple[int, ...]:
        """The largest of each number that a process wants."""
        return alone(*wanted)


ALONE = Cluster()
