"""From logits to the next index: temperature, top-k, top-p, min-p, and the pickers.

A transform is a frozen dataclass from logits to logits, checked when it is made; what it rules out gets the
score minus infinity. Names, meaning and order follow Hugging Face transformers. A picker goes from logits
(batch, vocabulary) to one index for each row.

Scores may be of any finite size, and minus infinity for what can never be. A row in which the best is no
finite number (NaN or infinity is among its scores, or all are minus infinity) has no probabilities, and
every picker refuses it with :class:`charlm.errors.NoPrediction`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar

import numpy as np
import numpy.typing as npt

from charlm.errors import InvalidOption, NoPrediction, require_number
from charlm.language_model import LanguageModel, Logits
from charlm.repetition import NoRepeatNGram, RepetitionPenalty, Strategy, remembering
from charlm.vocabulary import Ids

Floating = TypeVar("Floating", bound=np.floating)

Transform = Callable[[Logits], Logits]
Picker = Callable[[Logits], Ids]

# -1e308 - 1e308 is minus infinity and what underflows is 0, both of which are right.
_at_the_bounds = np.errstate(over="ignore", under="ignore")


@_at_the_bounds
def softmax(logits: npt.NDArray[Floating]) -> npt.NDArray[Floating]:
    """Probabilities along the last axis; shifted by the maximum, so that no score overflows.

    Raises:
        NoPrediction: if there are none, see above.
    """
    weights = _weights(logits)
    weights /= weights.sum(axis=-1, keepdims=True)
    return weights


@dataclass(frozen=True)
class Temperature:
    """Divide the scores by ``value``: below 1 bolder choices grow rarer, above 1 more frequent."""

    value: float

    def __post_init__(self) -> None:
        require_number("temperature", self.value, above=0)

    @_at_the_bounds
    def __call__(self, logits: Logits) -> Logits:
        """Scores shifted so that the best is 0, and stays 0 when divided by a tiny temperature."""
        shifted: Logits = (logits - best_scores(logits)) / self.value
        return shifted


@dataclass(frozen=True)
class TopK:
    """Keep the ``k`` best scores (and those equal to the last of them)."""

    k: int

    def __post_init__(self) -> None:
        if self.k == 0:
            raise InvalidOption("top-k is 0; it must be 1 or more: for no limit leave it out")
        require_number("top-k", self.k, at_least=1)

    def __call__(self, logits: Logits) -> Logits:
        """Scores with all but the best at minus infinity."""
        k = min(self.k, logits.shape[-1])
        worst_kept = np.partition(logits, -k, axis=-1)[..., -k, None]
        return np.where(logits < worst_kept, -np.inf, logits)


@dataclass(frozen=True)
class TopP:
    """Keep the fewest characters, the likeliest first, whose probabilities reach ``p`` together."""

    p: float

    def __post_init__(self) -> None:
        require_number("top-p", self.p, above=0, at_most=1)

    def __call__(self, logits: Logits) -> Logits:
        """Scores with the improbable tail at minus infinity; the likeliest always stays."""
        ascending = np.argsort(logits, axis=-1, kind="stable")
        ordered = np.take_along_axis(logits, ascending, axis=-1)
        dropped = np.cumsum(softmax(ordered), axis=-1) <= 1 - self.p
        dropped[..., -1] = False
        masked = np.empty_like(logits)
        np.put_along_axis(masked, ascending, np.where(dropped, -np.inf, ordered), axis=-1)
        return masked


@dataclass(frozen=True)
class MinP:
    """Keep characters at least ``p`` times as probable as the likeliest."""

    p: float

    def __post_init__(self) -> None:
        require_number("min-p", self.p, at_least=0, at_most=1)

    def __call__(self, logits: Logits) -> Logits:
        """Scores with the comparatively improbable at minus infinity."""
        return np.where(_weights(logits) < self.p, -np.inf, logits)  # the likeliest weighs 1


@dataclass(frozen=True)
class SamplingOptions:
    """How the next character is chosen; made into one picker by :meth:`picker`.

    Args:
        temperature: 0 or more; 0 means the likeliest character every time.
        top_k: 1 or more, or None for no limit.
        top_p: above 0, at most 1, or None.
        min_p: from 0 to 1, or None.
        repetition_penalty: from 0.01 to 100, or None; see :mod:`charlm.repetition`, as for the next.
        no_repeat_ngram_size: 1 or more, or None.

    Raises:
        InvalidOption: for a value out of its range.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    no_repeat_ngram_size: int | None = None

    def __post_init__(self) -> None:
        require_number("temperature", self.temperature, at_least=0)
        self.transforms()
        self.strategies()

    def strategies(self) -> tuple[Strategy, ...]:
        """What the options ask for that depends on what was written; it applies before the transforms."""
        penalty, size = self.repetition_penalty, self.no_repeat_ngram_size
        return (
            *([RepetitionPenalty(penalty)] if penalty is not None else []),
            *([NoRepeatNGram(size)] if size is not None else []),
        )

    def on(self, model: LanguageModel[Any]) -> LanguageModel[Any]:
        """The model that the picker is to choose by: itself, or with the history that the options need."""
        return remembering(model, self.strategies())

    def transforms(self) -> tuple[Transform, ...]:
        """The transforms that the options ask for, in the order in which they apply."""
        return (
            *([Temperature(self.temperature)] if self.temperature not in (0, 1) else []),
            *([TopK(self.top_k)] if self.top_k is not None else []),
            *([TopP(self.top_p)] if self.top_p is not None else []),
            *([MinP(self.min_p)] if self.min_p is not None else []),
        )

    def picker(self, generator: np.random.Generator) -> Picker:
        """The picker that draws from what the transforms leave."""
        if self.temperature == 0:
            return likeliest
        transforms = self.transforms()

        def pick(logits: Logits) -> Ids:
            logits = logits.astype(np.float64, copy=False)
            for transform in transforms:
                logits = transform(logits)
            return draw(logits, generator.random(len(logits)))

        return pick


class Choices(TypedDict, total=False):
    """The fields of :class:`SamplingOptions` as keywords of a call."""

    temperature: float
    top_k: int | None
    top_p: float | None
    min_p: float | None
    repetition_penalty: float | None
    no_repeat_ngram_size: int | None


def chosen(options: SamplingOptions | None, choices: Choices) -> SamplingOptions:
    """The options of a call that takes them whole or one by one.

    Raises:
        InvalidOption: if it was given both, or a value out of its range.
    """
    if options is not None and choices:
        raise InvalidOption(f"options and {', '.join(choices)} are both given; give one or the other")
    return options or SamplingOptions(**choices)


def likeliest(logits: Logits) -> Ids:
    """The index of the highest score in each row; the first of equals.

    Raises:
        NoPrediction: if there is none, see above.
    """
    chosen: Ids = np.argmax(logits, axis=-1)  # also finds NaN
    _require_finite(logits[np.arange(len(chosen)), chosen])
    return chosen


def draw(logits: Logits, uniform: npt.NDArray[np.float64]) -> Ids:
    """One index for each row by inversion, from numbers in [0, 1): the first whose cumulative sum passes.

    Args:
        logits: (batch, vocabulary); minus infinity means never.
        uniform: (batch,), each in [0, 1).

    Raises:
        NoPrediction: if a row has no probabilities, see above.
    """
    cumulative = np.cumsum(_weights(logits), axis=-1)
    threshold = uniform[:, None] * cumulative[:, -1:]
    chosen: Ids = (cumulative <= threshold).sum(axis=-1)
    return chosen


@_at_the_bounds
def _weights(logits: npt.NDArray[Floating]) -> npt.NDArray[Floating]:
    """Probabilities along the last axis up to a factor: the likeliest has weight 1."""
    weights: npt.NDArray[Floating] = logits - best_scores(logits)
    np.exp(weights, out=weights)
    return weights


def best_scores(logits: npt.NDArray[Floating]) -> npt.NDArray[Floating]:
    """The highest score of each row, (..., 1); NaN counts as the highest, so that it is caught here.

    Raises:
        NoPrediction: if one is no finite number.
    """
    best: npt.NDArray[Floating] = np.maximum.reduce(logits, axis=-1, keepdims=True)
    _require_finite(best)
    return best


def _require_finite(best: npt.NDArray[np.floating]) -> None:
    finite = np.isfinite(best)
    if not finite.all():
        raise NoPrediction(
            f"the model's best score for the next character is {best[~finite][0]}; it must be a finite "
            "number: the model's weights are out of range, take another model file or train anew"
        )
