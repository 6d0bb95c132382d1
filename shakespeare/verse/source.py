"""What a poem must not repeat of the text that its model learned from."""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from shakespeare.verse.automaton import ENDS
from shakespeare.verse.rhyme import key


@dataclass(frozen=True)
class Source:
    """What a poem must not repeat.

    Args:
        text: what the model learned from.
    """

    text: str

    def has(self, line: str) -> bool:
        """Whether a line stands in it, whatever mark it ends with."""
        return line.strip().rstrip(ENDS) in self.text

    @cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """The last words of lines that are neighbours, or have one line between them."""
        ends = [key(line.rstrip(" ,;:.?!)").rpartition(" ")[2]) for line in re.split("[\n\0]+", self.text)]
        return frozenset((*pairwise(ends), *zip(ends, ends[2:], strict=False)))
