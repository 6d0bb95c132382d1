"""A poem under a form, line by line, by any language model."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from charlm.errors import SearchExhausted, require_number
from charlm.language_model import LanguageModel, read_text
from charlm.sampling import SamplingOptions
from shakespeare.verse.automaton import LineAutomaton
from shakespeare.verse.beginning import Beginning, laid
from shakespeare.verse.form import Form
from shakespeare.verse.lexicon import Bits, Lexicon
from shakespeare.verse.line import words_and_pauses
from shakespeare.verse.model_words import invented, knows_english, lexicon
from shakespeare.verse.rhyme import key, same_onset
from shakespeare.verse.search import Candidate, LineSearch
from shakespeare.verse.source import Source

TEMPERATURE = 0.8

CANDIDATES = 16
MOST_CANDIDATES = 1_000

ATTEMPTS = 4
"""How often a line is sought, each time among twice as many candidates, before the poem is given up."""

FEWEST_RHYMES = 8
"""A line that must be rhymed ends in a word with so many rhymes or more, for each that must follow."""

SHARPNESS = 12.0
"""By what the cost per character is multiplied where one of the lines found is drawn."""

PAIRS_OF_THE_SOURCE = 2
"""How many of a poem's pairs of rhymes may be a pair of the source: of the seven of his last sonnets,
Shakespeare uses two before."""

PATIENCE = 1.0
"""After so many seconds without a line, what is sought is told."""

_LEANING = """
a an the and or nor but if of to in on at by for from with as than that into unto upon my thy his her its
our your their when where while because such every therefore wherefore whose thus is am are was were hath
has doth
"""
_NO_ENDS = frozenset(_LEANING.split())
"""Words that lean on the next one, and end no line."""

_WORD_TWICE = re.compile(r"\b([\w']+)[ ,;:]+\1\b", re.IGNORECASE)


def plain(line: str) -> str:
    """A line's letters alone, by which lines are the same."""
    return re.sub("[^a-z]", "", line.lower())


class Poet:
    """Writes one poem.

    Args:
        model: what writes.
        form: what it is held to.
        words: those it may use.
        options: how characters are chosen.
        seed: the same seed gives the same poem.
        candidates: how many lines are written side by side.
        source: what must not be repeated; None if that is not known.
        tell: takes a line about the model.
        waiting: takes a line about what is being sought, where that takes long.
    """

    def __init__(
        self,
        model: LanguageModel[Any],
        form: Form,
        words: Lexicon,
        *,
        options: SamplingOptions,
        seed: int,
        candidates: int,
        source: Source | None,
        tell: Callable[[str], None],
        waiting: Callable[[str], None],
    ) -> None:
        self.model, self.form, self.words, self.source = model, form, words, source
        self._tell, self._waiting = tell, waiting
        self._options, self._candidates = options, candidates
        self._generator = np.random.default_rng(seed)
        self._keys: list[str] = []
        self._tails: list[tuple[str, ...]] = []
        self._lines: set[str] = set()
        self._of_the_source = 0
        self._quiet_since = time.monotonic()

    def lines(self, beginning: Beginning | None) -> Iterator[str]:
        """Yield the poem's lines."""
        if not knows_english(self.model, self.words):
            self._tell("this model knows no English: common words cost it no less than backwards")
        state = read_text(self.model, self.model.start(1), self.model.vocabulary.encode("\n\n"), 1)
        for number in range(len(self.form)):
            begun = beginning if number == 0 else None
            if begun and begun.whole:
                chosen = self._as_it_is(begun, state)
            else:
                chosen = self._chosen(number, state, begun)
            state = chosen.state
            text = chosen.text.rstrip("\n")
            self._lines.add(plain(text))
            last = words_and_pauses(text)[0][-1]
            self._keys.append(key(last))
            self._tails.append(
                self.words.tails[chosen.word] if chosen.word >= 0 else begun.tails if begun else ()
            )
            self._of_the_source += self._is_a_pair_of_the_source(number, key(last))
            yield text
            self._quiet_since = time.monotonic()

    def _as_it_is(self, begun: Beginning, state: Any) -> Candidate:  # noqa: ANN401 - a model's state is its own
        """A beginning that fills the line by itself."""
        text = f"{begun.text}\n"
        state = read_text(self.model, state, self.model.vocabulary.encode(text), 1)
        return Candidate(text, 0.0, 0.0, -1, state)

    def _chosen(self, number: int, state: Any, begun: Beginning | None) -> Candidate:  # noqa: ANN401
        """One of the lines found, the likelier the less it costs a character.

        Raises:
            SearchExhausted: if none is found, also not among more candidates.
        """
        candidates, last_words = self._candidates, self._last_words(number)
        if not last_words.any():
            raise SearchExhausted(self._no_word(number))
        for _ in range(ATTEMPTS):
            search = LineSearch(
                self.model, self._options, self._generator, candidates, pulse=lambda: self._pulse(number)
            )
            lines = self._found(number, search, last_words, state, begun)
            found = [one for one in lines if self._is_new(number, one)]
            if found:
                costs = np.array([one.nats / len(one.text) for one in found])
                if self._options.temperature == 0:
                    return found[int(np.argmin(costs))]
                return found[int(np.argmax(self._generator.gumbel(size=len(found)) - SHARPNESS * costs))]
            candidates = min(2 * candidates, MOST_CANDIDATES)
        metre = self.form.metre_of(number).name
        raise SearchExhausted(
            f"no line {number + 1} in {metre}{self._rhyming(number)} was found among {ATTEMPTS} times "
            f"{self._candidates} candidates or more; take another seed, a higher temperature or more of them"
        )

    def _found(
        self,
        number: int,
        search: LineSearch,
        last_words: Bits,
        state: Any,  # noqa: ANN401
        begun: Beginning | None,
    ) -> list[Candidate]:
        final = number == len(self.form) - 1
        metre, words, vocabulary = self.form.metre_of(number), self.words, self.model.vocabulary
        free = not self.form.earlier(number)
        rules = LineAutomaton(words, vocabulary, metre, last_words, final=final)
        before, start = ("", rules.start()) if begun is None else (f"{begun.text} ", begun.place(len(words)))
        if begun:
            state = read_text(self.model, state, vocabulary.encode(before), 1)
        if free:
            return search.free(rules, state, before, start)
        last = LineAutomaton(words, vocabulary, metre, last_words, final=final, last_only=True)
        return search.rhymed(rules, last, state, before, start)

    def _last_words(self, number: int) -> Bits:
        """The words that may end a line: they rhyme with what they must and with nothing else, none twice."""
        words, earlier = self.words, self.form.earlier(number)
        bits = np.ones(len(words), dtype=bool)
        for place, tails in enumerate(self._tails):
            if place in earlier:
                bits &= words.partners(tails)
            elif self.form.letters[place] != "." or self.form.rhymed_later(number):
                bits &= ~words.partners(tails)
        for used in (*self._keys, *_NO_ENDS):
            if used in words.index:
                bits[words.index[used]] = False
        for place in earlier:  # sea and foresee: the same once more
            for word in bits.nonzero()[0]:
                bits[word] = not same_onset(self._keys[place], words.words[word])
        if (later := self.form.rhymed_later(number)) and not earlier:
            bits &= words.partner_counts >= FEWEST_RHYMES * later
        return bits

    def _is_new(self, number: int, one: Candidate) -> bool:
        """Whether a line repeats no line, no word at once, and no pair of rhymes that the source has."""
        word = key(self.words.words[one.word])
        if plain(one.text) in self._lines or _WORD_TWICE.search(one.text) or word in self._keys:
            return False
        if self.source is None:
            return True
        spent = self._of_the_source >= PAIRS_OF_THE_SOURCE
        pair = spent and self._is_a_pair_of_the_source(number, word)
        return not pair and not self.source.has(one.text)

    def _is_a_pair_of_the_source(self, number: int, word: str) -> bool:
        if self.source is None:
            return False
        pairs = [(self._keys[place], word) for place in self.form.earlier(number)]
        return any(pair in self.source.pairs or pair[::-1] in self.source.pairs for pair in pairs)

    def _no_word(self, number: int) -> str:
        """Why nothing can end a line."""
        if self.form.earlier(number):
            return f"no word is left for line {number + 1}{self._rhyming(number)}; take another seed"
        lines = self.form.rhymed_later(number) + 1
        return f"no word has as many rhymes as {lines} lines need; take a form with fewer lines to a rhyme"

    def _rhyming(self, number: int) -> str:
        words = ", ".join(self._keys[place] for place in self.form.earlier(number))
        return f" that rhymes with {words}" if words else ""

    def _pulse(self, number: int) -> None:
        if time.monotonic() - self._quiet_since > PATIENCE:
            self._waiting(f"seeking line {number + 1} of {len(self.form)}{self._rhyming(number)}")
            self._quiet_since = time.monotonic()


def stream_lines(
    model: LanguageModel[Any],
    form: Form,
    beginning: str = "",
    *,
    options: SamplingOptions | None = None,
    seed: int = 0,
    candidates: int = CANDIDATES,
    any_words: bool = False,
    more_words: Iterable[str] = (),
    source: Source | None = None,
    tell: Callable[[str], None] = lambda _: None,
    waiting: Callable[[str], None] = lambda _: None,
) -> Iterator[str]:
    """Yield the lines of a poem under a form, each as soon as it is chosen.

    Args:
        model: what writes; any :class:`LanguageModel` whose alphabet spells English.
        form: what the poem is held to.
        beginning: how line 1 begins.
        options: how characters are chosen; temperature TEMPERATURE if left out.
        seed: the same seed gives the same poem.
        candidates: how many lines are written side by side.
        any_words: also words that the model invents.
        more_words: words beside those that ship, in lower case.
        source: what must not be repeated.
        tell: takes a line about the model.
        waiting: takes a line about what is being sought, where that takes long.

    Raises:
        InvalidOption: for a number out of its range.
        VocabularyError: for a beginning, or an alphabet, without words.
        BeginningError: for a beginning that fits no first line.
        SearchExhausted: if no line is found.
    """
    require_number("candidates", candidates, at_least=1, at_most=MOST_CANDIDATES)
    require_number("seed", seed, at_least=0)
    options = options or SamplingOptions(TEMPERATURE)
    more = frozenset(more_words)
    if any_words:
        lexicon(model.vocabulary)  # refuses an alphabet without words before it is sampled from
        more |= invented(model, options, seed)
    words = lexicon(model.vocabulary, more)
    begun = laid(beginning, model.vocabulary, form, words) if beginning.strip() else None
    poet = Poet(
        model,
        form,
        words,
        options=options,
        seed=seed,
        candidates=candidates,
        source=source,
        tell=tell,
        waiting=waiting,
    )
    return poet.lines(begun)
