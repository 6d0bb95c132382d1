"""A poem under a form, line by line."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from charlm.errors import InvalidOption, SearchExhausted, WrongCall, require_number
from charlm.language_model import LanguageModel, read
from charlm.sampling import SamplingOptions
from charlm.vocabulary import Vocabulary
from shakespeare.verse.automaton import BETWEEN, INSIDE, LineAutomaton, Place
from shakespeare.verse.form import Form
from shakespeare.verse.lexicon import Bits, Entry, Lexicon, entry, shipped
from shakespeare.verse.rhyme import key
from shakespeare.verse.search import Candidate, LineSearch

CANDIDATES = 24
ATTEMPTS = 4
MOST_CANDIDATES = 1_000
FEWEST_RHYMES = 4
"""A line that is to be rhymed ends in a word with as many rhymes, or more."""

CHOICE = 0.05
"""The line is drawn by its cost per character, in units of this."""


@dataclass(frozen=True)
class Source:
    """What a poem must not repeat: a text's lines, and which words end its neighbouring lines.

    Args:
        text: what the model learned from.
    """

    text: str

    def __post_init__(self) -> None:
        lines = self.text.replace("\0", "\n").split("\n")
        object.__setattr__(self, "lines", frozenset(map(_plain, lines)))

    lines: frozenset[str] = field(init=False, default=frozenset())


def _plain(line: str) -> str:
    return re.sub("[^a-z]", "", line.lower())


@lru_cache(maxsize=8)
def lexicon(vocabulary: Vocabulary) -> Lexicon:
    """The words that ship, as far as an alphabet can spell them."""
    return Lexicon(shipped(), vocabulary.characters, capitals=vocabulary.has_capitals)


def stream_lines(
    model: LanguageModel[Any],
    form: Form,
    beginning: str = "",
    *,
    options: SamplingOptions | None = None,
    seed: int = 0,
    candidates: int = CANDIDATES,
    source: Source | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[str]:
    """Yield the lines of a poem under a form, each as soon as it is chosen."""
    words = lexicon(model.vocabulary)
    generator = np.random.default_rng(seed)
    search = LineSearch(model, options or SamplingOptions(0.8), generator, candidates)
    state = read(model, model.start(1), model.vocabulary.encode("\n\n"), 1)
    ends: list[int] = []
    used = np.zeros(len(words), dtype=bool)
    lines: list[str] = []
    for number in range(len(form)):
        earlier = form.earlier(number)
        allowed = ~used
        if earlier:
            for one in earlier:
                allowed = allowed & words.partners(words.tails[ends[one]])
        elif form.rhymed_later(number):
            allowed = allowed & (words.partner_counts >= FEWEST_RHYMES)
        final = number == len(form) - 1
        metre = form.metre_of(number)
        found = []
        for _ in range(ATTEMPTS):
            if earlier:
                going = LineAutomaton(words, model.vocabulary, metre, allowed)
                last = LineAutomaton(words, model.vocabulary, metre, allowed, final=final, last_only=True)
                found = search.rhymed(going, last, state, "", going.start())
            else:
                rules = LineAutomaton(words, model.vocabulary, metre, allowed, final=final)
                found = search.free(rules, state, "", rules.start())
            if found:
                break
        if not found:
            raise SearchExhausted(f"no line {number + 1} was found")
        costs = np.array([one.nats / len(one.text) for one in found])
        chosen = found[int(np.argmax(-costs / CHOICE + generator.gumbel(size=len(found))))]
        state = chosen.state
        ends.append(chosen.word)
        used[chosen.word] = True
        lines.append(chosen.text)
        yield chosen.text.rstrip("\n")
