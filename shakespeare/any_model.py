"""Any Keras model of characters as a language model: on every backend, compiled, and never changed.

The model is called through Keras's ``stateless_call``: its variables (weights, the states of stateful layers,
the seeds of random generators) are arguments, and what the call makes of them is a result.
"""

import inspect
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Literal, TypeAlias

import keras
import numpy as np
import numpy.typing as npt

from charlm.errors import InvalidOption, require_choice
from charlm.language_model import BLANK, LanguageModel, Logits
from charlm.vocabulary import Ids, Vocabulary
from shakespeare.characters import Characters, characters_of

Inputs: TypeAlias = Callable[[npt.NDArray[np.int32]], Any]
"""From indices (batch, length) to what the model takes."""

Outputs: TypeAlias = Literal["logits", "probabilities"] | Callable[[Any], Any] | None
"""What the model gives; a function picks the logits out of it; None finds out."""

Values = list[Any]
"""Of a model's variables that do not learn: states, seeds, statistics."""

_ROUNDING = 0.02
"""By so much the sum of 16-bit probabilities may miss 1."""


def language_model(
    model: keras.Model,
    vocabulary: Characters,
    window: int | None = None,
    inputs: Inputs | None = None,
    outputs: Outputs = None,
) -> LanguageModel[Any]:
    """A Keras model as a language model, tried once.

    Args:
        model: gives scores (batch, characters), or (batch, window, characters), of which the last count.
        vocabulary: what its indices mean; see :func:`characters_of`.
        window: how many characters it reads; left out, as many as its input has.
        inputs: makes what it takes of indices (batch, window); left out, it takes these or one-hot vectors.
        outputs: see :data:`Outputs`.

    Raises:
        InvalidOption: saying what to pass, if the model cannot be read so.
    """
    scorer = _Scorer(model, inputs, outputs)
    window = scorer.length if window is None else window
    if window is None and not scorer.states:
        raise InvalidOption(
            "the model's input does not say how many characters it reads; give window=, as in training"
        )
    if scorer.length not in (None, window):
        raise InvalidOption(
            f"window is {window}, and the model reads {scorer.length} characters; leave it out"
        )
    scorer.try_out(vocabulary, window or 1)
    if scorer.states and window in (None, 1):
        return SteppedModel(scorer)
    return WindowedModel(scorer, window or 1)


class WindowedModel:
    """Reads the last characters anew for each one; its state is that window, (batch, window).

    Args:
        scorer: the model.
        window: how many characters it reads.
    """

    def __init__(self, scorer: "_Scorer", window: int) -> None:
        self._scorer, self._window = scorer, window
        self.vocabulary = scorer.vocabulary

    def start(self, batch_size: int) -> Ids:
        """Windows of blanks; of a single one, where the model takes windows of any length."""
        return np.full((batch_size, 1 if self._scorer.grows else self._window), BLANK, dtype=np.intp)

    def advance(self, state: Ids, ids: Ids) -> Ids:
        """The windows moved on by one character."""
        first_of_all = self._scorer.grows and (state == BLANK).all()
        before = state[:, :0] if first_of_all else state
        return np.concatenate([before, ids[:, None]], axis=1)[:, -self._window :]

    def logits(self, state: Ids) -> Logits:
        """Scores for the next character, (batch, characters)."""
        return self._scorer.scores(state, self._scorer.initial())[0]


class SteppedModel:
    """Carries what stateful layers remember from one character to the next.

    Its state is the scores for the next character, and the values of the model's variables that do not learn.

    Args:
        scorer: the model; it reads one character at a time.
    """

    def __init__(self, scorer: "_Scorer") -> None:
        self._scorer = scorer
        self.vocabulary = scorer.vocabulary

    def start(self, batch_size: int) -> tuple[Logits, Values]:
        """Before the first character all are alike."""
        return np.zeros((batch_size, len(self.vocabulary)), dtype=np.float32), self._scorer.initial()

    def advance(self, state: tuple[Logits, Values], ids: Ids) -> tuple[Logits, Values]:
        """The scores and the values after one character more."""
        return self._scorer.scores(ids[:, None], state[1])

    def logits(self, state: tuple[Logits, Values]) -> Logits:
        """Scores for the next character, (batch, characters)."""
        return state[0]


class _Scorer:
    """One compiled call of a model.

    Args:
        model: a built one.
        inputs: see :func:`language_model`.
        outputs: see :data:`Outputs`.

    Attributes:
        length: how many characters its input has; None if it does not say, or takes any number.
        states: of each variable that the model remembers something in, its value before the first character.
        grows: whether it reads windows of any length.
        vocabulary: known once it was tried.
    """

    vocabulary: Vocabulary

    def __init__(self, model: keras.Model, inputs: Inputs | None, outputs: Outputs) -> None:
        if isinstance(outputs, str):
            require_choice("outputs", outputs, ("logits", "probabilities"))
        self._model, self._outputs = model, outputs
        tensors = list(getattr(model, "inputs", None) or [])
        if len(tensors) > 1 and inputs is None:
            raise InvalidOption(
                f"the model takes {len(tensors)} inputs; give inputs=, a function from indices "
                "(batch, window) to them"
            )
        shape = tuple(tensors[0].shape) if tensors else ()
        stateful = [layer for layer in model._flatten_layers() if getattr(layer, "stateful", False)]
        states = [
            variable
            for layer in stateful
            for variable in keras.tree.flatten(getattr(layer, "states", None) or [])
        ]
        self.states = {id(variable): np.zeros(variable.shape, np.float32) for variable in states}
        self._batch = shape[0] if shape else (states[0].shape[0] if states else None)
        self.length = shape[1] if len(shape) > 1 else None
        self._size = shape[2] if len(shape) == 3 else None  # of one-hot vectors
        self._inputs = inputs or self._as_one_hot if self._size else inputs or _as_they_are
        self.grows = bool(tensors) and self.length is None and inputs is None and not states
        self._order, self._blank, self._logarithm = np.zeros(1, np.int32), 0, False
        takes_mode = "training" in inspect.signature(model.call).parameters
        self._mode = {"training": False} if takes_mode else {}
        self._call = _compiled(self._called)

    def _as_one_hot(self, ids: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """(batch, window, characters)."""
        return np.eye(self._size or 0, dtype=np.float32)[ids]

    def _called(self, weights: list[Any], values: Values, inputs: Any) -> tuple[Any, Values]:  # noqa: ANN401
        """The model's scores, (batch, characters), and the values after them; in terms of the backend."""
        scores, values = self._model.stateless_call(weights, values, inputs, **self._mode)
        scores = self._outputs(scores) if callable(self._outputs) else scores
        if isinstance(scores, (list, tuple, dict)):
            raise InvalidOption(
                "the model has several outputs; give outputs=, a function from these to the logits"
            )
        if len(scores.shape) == 3:
            scores = scores[:, -1]
        return keras.ops.cast(scores, "float32"), values

    def initial(self) -> Values:
        """The values now, with nothing remembered."""
        return [
            keras.ops.cast(self.states[id(variable)], variable.dtype)
            if id(variable) in self.states
            else keras.ops.convert_to_tensor(variable)
            for variable in self._model.non_trainable_variables
        ]

    def _raw(self, ids: npt.NDArray[np.int32], values: Values) -> tuple[Logits, Values]:
        """What the model gives for its own indices (batch, window)."""
        rows = len(ids)
        if self._batch and rows < self._batch:
            ids = np.concatenate([ids, np.repeat(ids[-1:], self._batch - rows, axis=0)])
        weights = [keras.ops.convert_to_tensor(variable) for variable in self._model.trainable_variables]
        with generators_kept():
            scores, values = self._call(weights, values, self._inputs(ids))
        return np.array(keras.ops.convert_to_numpy(scores))[:rows], values

    def scores(self, ids: Ids, values: Values) -> tuple[Logits, Values]:
        """Logits (batch, characters) for the vocabulary's indices (batch, window), and the values then."""
        its_own = np.where(ids == BLANK, self._blank, self._order[ids])
        scores, values = self._raw(its_own.astype(np.int32), values)
        scores = scores[:, self._order]
        if self._logarithm:
            with np.errstate(divide="ignore", invalid="ignore"):
                scores = np.log(scores)
        return scores, values

    def try_out(self, vocabulary: Characters, window: int) -> None:
        """Call the model once, and find out what its indices and its scores mean.

        Raises:
            InvalidOption: saying what to pass, if it cannot be read so.
        """
        self._build(np.zeros((self._batch or 1, window), np.int32))
        before = self.initial()
        scores, after = self._tried(np.zeros((1, window), np.int32), before)
        if scores.ndim != 2:
            raise InvalidOption(
                f"the model's scores have the shape {scores.shape}, where (batch, characters) or (batch, "
                "window, characters) is needed; give outputs=, a function from what it gives to the logits"
            )
        size = scores.shape[1]
        if self._size not in (None, size):
            raise InvalidOption(
                f"the model takes {self._size} numbers for each character and scores {size}, so they are not "
                "one-hot; give inputs=, a function from indices (batch, window) to what it takes"
            )
        self._remember(before, after)
        self._name(characters_of(vocabulary, size))
        self._logarithm = self._outputs == "probabilities" or (
            (self._outputs is None or callable(self._outputs)) and _are_probabilities(scores)
        )
        if self.grows:
            try:
                self._raw(np.zeros((1, 1), np.int32), before)
            except Exception:
                self.grows = False

    def _build(self, ids: npt.NDArray[np.int32]) -> None:
        """Let a model make its weights that ``fit`` would build with its first batch; nothing is computed."""
        if all(layer.built for layer in self._model._flatten_layers()):
            return
        if any(getattr(layer, "stateful", False) for layer in self._model._flatten_layers()):
            raise InvalidOption(
                "the model is stateful and has no weights yet, so its batch size is not known; "
                "call it on a batch before fit, or give its input a batch size"
            )
        with suppress(Exception):  # the first call tells what is wrong
            self._model(
                keras.tree.map_structure(
                    lambda part: keras.KerasTensor(part.shape, keras.backend.standardize_dtype(part.dtype)),
                    self._inputs(ids),
                )
            )

    def _tried(self, ids: npt.NDArray[np.int32], values: Values) -> tuple[Logits, Values]:
        """The first call: compiled if that can be, else as Python runs it."""
        try:
            return self._raw(ids, values)
        except InvalidOption:
            raise
        except Exception:
            self._call = self._called
        try:
            return self._raw(ids, values)
        except Exception as error:
            first_line = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise InvalidOption(
                f"the model cannot read indices of the shape {ids.shape}: {first_line}; give window=, how "
                "many characters it reads, or inputs=, a function from these indices to what it takes"
            ) from error

    def _remember(self, before: Values, after: Values) -> None:
        """Note which other variables the call changed, but for generators' seeds, which are integers."""
        for variable, old, new in zip(self._model.non_trainable_variables, before, after, strict=True):
            if id(variable) in self.states or not keras.backend.is_float_dtype(variable.dtype):
                continue
            value = keras.ops.convert_to_numpy(old)
            if not np.array_equal(value, keras.ops.convert_to_numpy(new), equal_nan=True):
                self.states[id(variable)] = value

    def _name(self, characters: tuple[str, ...]) -> None:
        """Take the characters, one for each index, as the vocabulary, which is sorted."""
        self.vocabulary = Vocabulary.of(characters)
        places = {character: index for index, character in enumerate(characters)}
        self._order = np.array([places[character] for character in self.vocabulary.characters], np.int32)
        self._blank = places.get("", places.get(" ", 0))


def _are_probabilities(scores: Logits) -> bool:
    """Told by the numbers, for a last layer may be hidden in a model of one's own.

    Raises:
        InvalidOption: if they could be either.
    """
    if scores.min() < 0 or scores.max() > 1 + _ROUNDING or not scores.any():
        return False
    if np.abs(scores.sum(axis=1) - 1).max() <= _ROUNDING:
        return True
    raise InvalidOption(
        "the model's scores are from 0 to 1 and do not add up to 1, so they may be logits or not; "
        "give outputs='logits' or outputs='probabilities'"
    )


def _as_they_are(ids: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    return ids


def _compiled(call: Callable[..., Any]) -> Callable[..., Any]:
    """A function of tensors, as the backend runs it fastest."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf  # noqa: PLC0415 - another backend does without

        return tf.function(call, reduce_retracing=True, autograph=False)  # type: ignore[no-any-return]
    if backend == "jax":
        import jax  # noqa: PLC0415

        return jax.jit(call)  # type: ignore[no-any-return]
    if backend == "torch":
        import torch  # noqa: PLC0415

        return torch.no_grad()(call)  # type: ignore[no-any-return]
    return call


@contextmanager
def generators_kept() -> Iterator[None]:
    """Put back what a model may draw random numbers from: Python's, NumPy's and PyTorch's generators."""
    with ExitStack() as after:
        after.callback(random.setstate, random.getstate())
        after.callback(np.random.set_state, np.random.get_state())
        if keras.backend.backend() == "torch":
            import torch  # noqa: PLC0415

            after.enter_context(torch.random.fork_rng())
        yield
