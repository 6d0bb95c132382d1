"""A line under a form, sought among what a language model would write.

It is a search over the model's own distribution by sequential Monte Carlo (N. Chopin and O.
Papaspiliopoulos, An Introduction to Sequential Monte Carlo, 2020): candidates are written side by side, a
letter at a time; each draws from the letters that can still become a line of the form, and weighs as much
as the model gave to these together. Where few candidates hold most of the weight, they are drawn again by
it. Where a rhyme is due, candidates stop before their last word, and all words that rhyme are scored behind
all of them: a beam of spellings, in which words and beginnings share what they have in common.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from charlm.language_model import LanguageModel
from charlm.sampling import SamplingOptions
from charlm.scoring import log_softmax
from shakespeare.verse.automaton import BETWEEN, DONE, LineAutomaton, Place

LONGEST = 90
"""How many characters a line may take before it is given up."""

Costs: TypeAlias = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Candidate:
    """A line that is done.

    Attributes:
        text: with its newline.
        nats: what it costs under the model, all characters together.
        weight: logarithm of what it counts in the draw.
        word: its last word, a place in the lexicon.
        state: the model's behind it, a batch of one.
    """

    text: str
    nats: float
    weight: float
    word: int
    state: Any


@dataclass
class _Rows:
    """Candidates side by side: what each has written, where it stands, its costs and the model's states."""

    texts: list[str]
    places: list[Place]
    nats: Costs
    weights: Costs
    state: Any
    logits: npt.NDArray[np.floating] | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def taken(self, rows: npt.NDArray[np.intp]) -> "_Rows":
        """Some of them, perhaps several times."""
        return _Rows(
            [self.texts[row] for row in rows],
            [self.places[row] for row in rows],
            self.nats[rows],
            self.weights[rows],
            gathered(self.state, rows),
            None if self.logits is None else self.logits[rows],
        )


def gathered(state: Any, rows: npt.NDArray[np.intp]) -> Any:  # noqa: ANN401 - a model's state is its own
    """The states of some rows."""
    return tuple(gathered(part, rows) for part in state) if isinstance(state, tuple) else state[rows]


def joined(states: list[Any]) -> Any:  # noqa: ANN401
    """Several batches of states as one."""
    if isinstance(states[0], tuple):
        return tuple(joined([state[part] for state in states]) for part in range(len(states[0])))
    return np.concatenate(states)


@dataclass
class LineSearch:
    """Seeks one line.

    Args:
        model: what predicts.
        options: temperature and what else bounds its choices.
        generator: where all chance comes from.
        candidates: how many lines are written side by side.
        pulse: called at every step; may tell that it is still at work.
    """

    model: LanguageModel[Any]
    options: SamplingOptions
    generator: np.random.Generator
    candidates: int
    pulse: Callable[[], None] = field(default=lambda: None)

    def __post_init__(self) -> None:
        self._alphabet = self.model.vocabulary.characters
        self._transforms = self.options.transforms()

    def free(self, rules: LineAutomaton, state: Any, before: str, start: Place) -> list[Candidate]:  # noqa: ANN401
        """Lines whose last word is any that the rules allow.

        Args:
            rules: the line's.
            state: the model's, a batch of one, behind all that was written.
            before: what of the line is written.
            start: where that is.
        """
        done: list[Candidate] = []
        rows = self._begin(state, before, start)
        for _ in range(LONGEST):
            rows = self._advanced(rows, rules)
            ended = [row for row, here in enumerate(rows.places) if here.phase == DONE]
            done += (self._candidate(rows, row) for row in ended)
            rows = self._resampled(
                rows.taken(np.array([r for r in range(len(rows)) if r not in set(ended)], dtype=np.intp))
            )
            if not len(rows) or len(done) >= self.candidates:
                break
        return done

    def rhymed(
        self,
        going: LineAutomaton,
        last: LineAutomaton,
        state: Any,  # noqa: ANN401
        before: str,
        start: Place,
    ) -> list[Candidate]:
        """Lines that end in one of few words.

        Args:
            going: the line's rules for all words but the last.
            last: for the last word alone.
            state: see :meth:`free`.
            before: see :meth:`free`.
            start: see :meth:`free`.
        """
        stopped: list[_Rows] = []
        held = 0
        rows = self._begin(state, before, start)
        for _ in range(LONGEST):
            ready = [
                row
                for row, here in enumerate(rows.places)
                if here.phase == BETWEEN and last.possible(here.feet)[0].any()
            ]
            if ready:
                stopped.append(rows.taken(np.array(ready, dtype=np.intp)))
                held += len(ready)
            on = [
                row
                for row, here in enumerate(rows.places)
                if here.phase != BETWEEN or going.possible(here.feet)[1].any()
            ]
            if not on or held >= 2 * self.candidates:
                break
            rows = self._resampled(self._advanced(rows.taken(np.array(on, dtype=np.intp)), going))
            if not len(rows):
                break
        return self._last_words(_merged(stopped), last) if stopped else []

    def _begin(self, state: Any, before: str, start: Place) -> _Rows:  # noqa: ANN401
        """All candidates at the line's beginning, which the model has read once for all of them."""
        logits = self.model.logits(state)
        zeros = np.zeros(self.candidates)
        same = np.zeros(self.candidates, dtype=np.intp)
        return _Rows(
            [before] * self.candidates,
            [start] * self.candidates,
            zeros,
            zeros,
            gathered(state, same),
            logits[same],
        )

    def _masked(self, rows: _Rows, rules: LineAutomaton) -> tuple[Costs, Costs]:
        """Logarithms of the model's probabilities, and the scores that are drawn from."""
        self.pulse()
        logits = self.model.logits(rows.state) if rows.logits is None else rows.logits
        logarithms = log_softmax(logits.astype(np.float64))
        mask = np.stack([rules.mask(here) for here in rows.places])
        return logarithms, np.where(mask, logarithms, -np.inf)

    def _advanced(self, rows: _Rows, rules: LineAutomaton) -> _Rows:
        """One character more for each; those that nothing can follow are left out."""
        logarithms, scores = self._masked(rows, rules)
        alive = np.flatnonzero(np.isfinite(scores.max(axis=-1)))
        if not alive.size:
            return rows.taken(alive)
        if alive.size < len(rows):
            rows, logarithms, scores = rows.taken(alive), logarithms[alive], scores[alive]
        tempered = logarithms if self.options.temperature in {0, 1} else logarithms / self.options.temperature
        mass = _log_sum(np.where(np.isfinite(scores), tempered, -np.inf)) - _log_sum(tempered)
        for transform in self._transforms:
            scores = transform(scores)
        ids = self._drawn(scores)
        return self._stepped(rows, rules, ids, logarithms[np.arange(len(rows)), ids], mass)

    def _drawn(self, scores: Costs) -> npt.NDArray[np.intp]:
        if self.options.temperature == 0:
            likeliest: npt.NDArray[np.intp] = np.argmax(scores, axis=-1)
            return likeliest
        noise = self.generator.gumbel(size=scores.shape)
        drawn: npt.NDArray[np.intp] = np.argmax(scores - scores.max(axis=-1, keepdims=True) + noise, axis=-1)
        return drawn

    def _stepped(
        self, rows: _Rows, rules: LineAutomaton, ids: npt.NDArray[np.intp], gained: Costs, weight: Costs
    ) -> _Rows:
        characters = [self._alphabet[character] for character in ids]
        return _Rows(
            [text + character for text, character in zip(rows.texts, characters, strict=True)],
            [rules.step(here, character) for here, character in zip(rows.places, characters, strict=True)],
            rows.nats - gained,
            rows.weights + weight,
            self.model.advance(rows.state, ids),
        )

    def _resampled(self, rows: _Rows) -> _Rows:
        """Drawn again by their weights, where few of them hold most of it."""
        if len(rows) < 2:
            return rows
        shares = np.exp(rows.weights - rows.weights.max())
        shares /= shares.sum()
        if 1 / (shares**2).sum() >= len(rows) / 2:
            return rows
        points = (np.arange(len(rows)) + self.generator.random()) / len(rows)
        chosen = np.minimum(np.searchsorted(np.cumsum(shares), points), len(rows) - 1)
        mean = _log_sum(rows.weights) - np.log(len(rows))
        rows = rows.taken(chosen)
        rows.weights = np.full(len(rows), mean)
        return rows

    def _candidate(self, rows: _Rows, row: int) -> Candidate:
        state = gathered(rows.state, np.array([row]))
        return Candidate(
            rows.texts[row], float(rows.nats[row]), float(rows.weights[row]), rows.places[row].word, state
        )

    def _last_words(self, rows: _Rows, rules: LineAutomaton) -> list[Candidate]:
        """The beam: every spelling behind every beginning, the best kept by the cost per character so far."""
        done: list[Candidate] = []
        while len(rows) and len(done) < 4 * self.candidates:
            logarithms, scores = self._masked(rows, rules)
            at, ids = np.nonzero(np.isfinite(scores))
            gained = logarithms[at, ids]
            total = rows.weights[at] + gained
            if not at.size:
                break
            best = np.argsort(-total, kind="stable")[: 2 * self.candidates]
            at, ids, gained = at[best], ids[best], gained[best]
            rows = self._stepped(rows.taken(at), rules, ids, gained, gained)
            ended = np.array([here.phase == DONE for here in rows.places])
            done += (self._candidate(rows, int(row)) for row in np.flatnonzero(ended))
            rows = rows.taken(np.flatnonzero(~ended))
        return done


def _merged(parts: Iterable[_Rows]) -> _Rows:
    """Several batches as one, each beginning once."""
    parts = list(parts)
    texts = [text for part in parts for text in part.texts]
    whole = _Rows(
        texts,
        [here for part in parts for here in part.places],
        np.concatenate([part.nats for part in parts]),
        np.concatenate([part.weights for part in parts]),
        joined([part.state for part in parts]),
    )
    once = np.array(sorted({text: row for row, text in enumerate(texts)}.values()), dtype=np.intp)
    return whole.taken(once)


def _log_sum(logarithms: Costs) -> Costs:
    best = logarithms.max(axis=-1, keepdims=True)
    best = np.where(np.isfinite(best), best, 0.0)
    with np.errstate(divide="ignore"):
        total: Costs = np.squeeze(best, -1) + np.log(np.exp(logarithms - best).sum(axis=-1))
    return total
