"""A vanilla recurrent network over characters: the equations, forwards and backwards, on one screen.

    a[t]     = tanh(Wax x[t] + Waa a[t-1] + b)     the hidden state after time step t
    y_hat[t] = softmax(Wya a[t] + by)              probabilities of the next character
    loss     = - sum over t of log y_hat[t][Y[t]]  nats

x[t] is the one-hot vector of character X[t], or zeros for the blank that comes before the first one. The
derivatives of the loss, from the last time step to the first (z[t] is what tanh is taken of):

    dy[t] = y_hat[t] - one-hot of Y[t]
    dz[t] = (1 - a[t]^2) * (Wya^T dy[t] + Waa^T dz[t+1])

The letters are the course's (Deep Learning Specialization, Sequence Models, "Dinosaurus Island"); ``LETTERS``
says in plain words what they mean. Training uses the same two functions in buffers that are made once, five
times as fast: :mod:`dino.fast_rnn`, which a test holds to this file.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from charlm.language_model import BLANK, Logits
from charlm.sampling import softmax
from charlm.vocabulary import Ids, Vocabulary

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.floating]
Letters = Mapping[str, Array]
Cache = tuple[Array, Array, Array]

LETTERS = {
    "Wax": "input_weights",
    "Waa": "recurrent_weights",
    "Wya": "output_weights",
    "b": "hidden_bias",
    "by": "output_bias",
}


def forward(X: Ids, Y: Ids, a_prev: Array, parameters: Letters) -> tuple[float, Cache]:
    """The loss over a sequence, and what :func:`backward` needs.

    Args:
        X: (T,), the character read at each time step, with BLANK for a vector of zeros.
        Y: (T,), the character that should follow each.
        a_prev: (n_a,), the hidden state before.
        parameters: Wax (n_a, n_x), Waa (n_a, n_a), Wya (n_y, n_a), b (n_a, 1) and by (n_y, 1).
    """
    Wax, Waa, Wya, b, by = (parameters[letter] for letter in LETTERS)
    T, (n_a, n_x) = len(X), Wax.shape
    x = np.eye(n_x + 1)[X, :-1]  # (T, n_x); BLANK has its 1 in the column that is left out
    a = np.empty((T + 1, n_a))  # the last row is the state before the first time step, a[-1]
    a[-1] = a_prev
    for t in range(T):
        a[t] = np.tanh(Wax @ x[t] + Waa @ a[t - 1] + b[:, 0])
    y_hat = softmax(a[:T] @ Wya.T + by[:, 0])  # (T, n_y)
    loss = -np.log(y_hat[np.arange(T), Y]).sum()
    return float(loss), (x, a, y_hat)


def backward(Y: Ids, parameters: Letters, cache: Cache) -> dict[str, Array]:
    """The derivatives of the loss by each of the parameters, under the same letters and in their shapes."""
    (x, a, y_hat), Waa, Wya = cache, parameters["Waa"], parameters["Wya"]
    T = len(Y)
    dy = y_hat.copy()  # (T, n_y)
    dy[np.arange(T), Y] -= 1
    dz = np.zeros_like(a)  # (T + 1, n_a); nothing comes back from behind the last time step
    for t in reversed(range(T)):
        dz[t] = (1 - a[t] ** 2) * (Wya.T @ dy[t] + Waa.T @ dz[t + 1])
    dz, a_before = dz[:T], np.roll(a, 1, axis=0)[:T]  # a[t-1] for each t
    return {
        "Wax": dz.T @ x,
        "Waa": dz.T @ a_before,
        "Wya": dy.T @ a[:T],
        "b": dz.sum(axis=0)[:, None],
        "by": dy.sum(axis=0)[:, None],
    }


class DinoRNN:
    """The network as a language model with a batch axis; its state is the hidden state, (batch, n_a).

    Args:
        vocabulary: the characters, n_y in number.
        parameters: as :func:`forward` has them; they are copied, so training on does not change this model.
        dtype: the precision that it computes in.

    Attributes:
        parameters: the copy.
        hidden_size: n_a.
    """

    def __init__(
        self, vocabulary: Vocabulary, parameters: Letters, dtype: npt.DTypeLike = np.float64
    ) -> None:
        self._vocabulary = vocabulary
        self.parameters = {letter: np.array(parameters[letter]) for letter in LETTERS}
        Wax, Waa, Wya, b, by = self.parameters.values()
        self.hidden_size = len(b)
        # A product with a one-hot vector is a look-up of a row; the last row is the blank's.
        self._look_up = (np.vstack([Wax.T, np.zeros(len(b))]) + b[:, 0]).astype(dtype)
        self._recurrent, self._output = (weights.T.astype(dtype, order="C") for weights in (Waa, Wya))
        self._output_bias = by[:, 0].astype(dtype)

    def __repr__(self) -> str:
        """One short line."""
        return f"DinoRNN({self.hidden_size} hidden units, {len(self._vocabulary)} characters)"

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters that the model reads and writes."""
        return self._vocabulary

    def start(self, batch_size: int) -> Floats:
        """The state after the blank input and a hidden state of zeros."""
        return np.tile(np.tanh(self._look_up[BLANK]), (batch_size, 1))

    def advance(self, state: Floats, ids: Ids) -> Floats:
        """The hidden states after one character more."""
        after: Floats = state @ self._recurrent
        after += self._look_up[ids]
        np.tanh(after, out=after)
        return after

    def logits(self, state: Floats) -> Logits:
        """Scores for the next character, (batch, n_y)."""
        scores: Logits = state @ self._output
        scores += self._output_bias
        return scores
