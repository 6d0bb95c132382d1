"""The forward and backward pass of :mod:`dino.rnn` in preallocated buffers: what training runs.

Its equations are those at the head of ``dino/rnn.py``, and a test holds the two to each other. What makes it
fast: an input is an index, so a product with a one-hot vector is a look-up of a row; a last hidden unit that
is always 1 carries both biases, so that they need no operation of their own; the output layer and every
weight gradient are one product over all time steps, and only the two recurrences loop; all parameters live in
one flat buffer, and all gradients in another, so that clipping and updating are one operation each.
"""

import numpy as np

from charlm.vocabulary import Ids
from dino.rnn import Array, Letters


class Parameters:
    """The five arrays, or their gradients, as views of one flat buffer.

    Args:
        hidden_size: n_a.
        vocabulary_size: n_x = n_y, the number of characters.

    Attributes:
        flat: every number once, shape ((n_a + n_y) (n_a + 1) + n_x n_a,).
        recurrent: Waa with b as its last column, (n_a, n_a + 1).
        output: Wya with by as its last column, (n_y, n_a + 1).
        input: Wax transposed, with one row more for the blank input, (n_x + 1, n_a). That row, reached by
            the index BLANK, lies behind ``flat``: it is no parameter, so it is never updated.
    """

    def __init__(self, hidden_size: int, vocabulary_size: int) -> None:
        n_a, n_y = self.hidden_size, self.vocabulary_size = hidden_size, vocabulary_size
        shapes = ((n_a, n_a + 1), (n_y, n_a + 1), (n_y + 1, n_a))
        ends = np.cumsum([rows * columns for rows, columns in shapes])
        buffer = np.zeros(ends[-1])
        self.flat = buffer[: ends[-1] - n_a]
        parts = np.split(buffer, ends[:-1])
        self.recurrent, self.output, self.input = (
            part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)
        )

    @classmethod
    def of(cls, letters: Letters) -> "Parameters":
        """A copy of the course's arrays: Wax (n_a, n_x), Waa, Wya, b (n_a, 1) and by (n_y, 1)."""
        n_y, n_a = np.shape(letters["Wya"])
        parameters = cls(n_a, n_y)
        for letter, view in parameters.letters().items():
            view[...] = np.reshape(letters[letter], view.shape)
        return parameters

    @classmethod
    def drawn(cls, hidden_size: int, vocabulary_size: int, random: np.random.RandomState) -> "Parameters":
        """Small random weights, drawn in the course's order, and biases of zero."""
        parameters = cls(hidden_size, vocabulary_size)
        for letter in ("Wax", "Waa", "Wya"):
            view = parameters.letters()[letter]
            view[...] = random.randn(*view.shape) * 0.01
        return parameters

    def letters(self) -> dict[str, Array]:
        """Views in the course's shapes: Wax (n_a, n_x), Waa, Wya, b (n_a, 1) and by (n_y, 1)."""
        return {
            "Wax": self.input[:-1].T,
            "Waa": self.recurrent[:, :-1],
            "Wya": self.output[:, :-1],
            "b": self.recurrent[:, -1:],
            "by": self.output[:, -1:],
        }


class BackpropagationThroughTime:
    """Loss and gradients of one sequence at a time, in buffers that are made once.

    Args:
        parameters: what is differentiated; read anew at every call.
        longest: the most time steps that a sequence will have.

    Attributes:
        gradients: of the last sequence, after :meth:`backward`.
        hidden: (longest + 1, n_a); row t + 1 is the hidden state after time step t, row 0 the one before.
        probabilities: (longest, n_y), y_hat, after :meth:`forward`.
    """

    def __init__(self, parameters: Parameters, longest: int) -> None:
        n_a, n_y = parameters.hidden_size, parameters.vocabulary_size
        self.parameters = parameters
        self.gradients = Parameters(n_a, n_y)
        self._units = np.ones((longest + 1, n_a + 1))  # the last one stays 1
        self.hidden = self._units[:, :-1]
        self.probabilities = np.empty((longest, n_y))
        self._inputs = np.empty((longest, n_a))  # Wax x[t]
        self._outward = np.empty((longest, n_a + 1))  # the gradient of a[t] by way of y_hat[t]
        self._slopes = np.empty((longest, n_a + 1))  # the derivative of tanh, 1 - a[t]^2
        self._deltas = np.empty((longest, n_a))  # the gradient of what tanh is taken of
        self._recurred = np.empty(n_a + 1)
        self._step = np.empty_like(parameters.flat)
        self._times = np.arange(longest)
        # Views of the rows, made once: indexing so small an array costs as much as the arithmetic. Matrices
        # keep the column of the constant unit, which has no gradient: a product with a slice copies it first.
        self._unit_rows = list(self._units)
        self._hidden_rows = list(self.hidden)
        self._input_rows = list(self._inputs)
        self._outward_rows = list(self._outward[:, :-1])
        self._slope_rows = list(self._slopes[:, :-1])
        self._delta_rows = list(self._deltas)
        self._look_up_rows = list(self.gradients.input)

    def forward(self, inputs: Ids, targets: Ids, a_prev: Array | None) -> float:
        """The loss in nats, summed over the sequence.

        Args:
            inputs: (T,), with BLANK for a vector of zeros.
            targets: (T,), what should follow each input.
            a_prev: (n_a,), the hidden state before; None means zeros.
        """
        parameters, steps = self.parameters, len(inputs)
        parameters.input.take(inputs, axis=0, out=self._inputs[:steps], mode="wrap")
        self._hidden_rows[0][...] = 0 if a_prev is None else a_prev
        recur, recurred = parameters.recurrent.dot, self._recurred[:-1]
        for before, entering, after in zip(
            self._unit_rows[:steps], self._input_rows, self._hidden_rows[1:], strict=False
        ):
            recur(before, recurred)
            np.add(recurred, entering, recurred)
            np.tanh(recurred, after)

        scores = np.dot(self._units[1 : steps + 1], parameters.output.T, self.probabilities[:steps])
        scores -= np.maximum.reduce(scores, axis=1, keepdims=True)
        correct = scores[self._times[:steps], targets]
        np.exp(scores, scores)
        sums = np.add.reduce(scores, axis=1, keepdims=True)
        scores /= sums
        return float(np.add.reduce(np.log(sums), axis=None) - np.add.reduce(correct))

    def backward(self, inputs: Ids, targets: Ids) -> None:
        """Fill ``gradients``, after :meth:`forward` on the same sequence; ``probabilities`` are used up."""
        parameters, gradients, steps = self.parameters, self.gradients, len(inputs)
        errors = self.probabilities[:steps]  # the gradient of the scores: y_hat - y
        errors[self._times[:steps], targets] -= 1
        units = self._units[1 : steps + 1]
        np.dot(errors.T, units, gradients.output)
        np.dot(errors, parameters.output, self._outward[:steps])
        slopes = np.multiply(units, units, self._slopes[:steps])
        np.subtract(1, slopes, slopes)

        recur, recurred_and_constant = parameters.recurrent.T.dot, self._recurred
        recurred = recurred_and_constant[:-1]
        recurred.fill(0)
        for outward, slope, delta in zip(
            self._outward_rows[steps - 1 :: -1],
            self._slope_rows[steps - 1 :: -1],
            self._delta_rows[steps - 1 :: -1],
            strict=True,
        ):
            np.add(recurred, outward, recurred)
            np.multiply(recurred, slope, delta)
            recur(delta, recurred_and_constant)
        np.dot(self._deltas[:steps].T, self._units[:steps], gradients.recurrent)
        gradients.input.fill(0)
        rows = self._look_up_rows
        for index, delta in zip(inputs.tolist(), self._delta_rows, strict=False):
            row = rows[index]
            np.add(row, delta, row)

    def clip(self, bound: float) -> None:
        """Bring every gradient into [-bound, bound]."""
        flat = self.gradients.flat
        if not flat.dot(flat) <= bound * bound:  # otherwise none can be outside
            flat.clip(-bound, bound, flat)

    def descend(self, learning_rate: float) -> None:
        """Take one step of gradient descent."""
        step = np.multiply(self.gradients.flat, learning_rate, self._step)
        self.parameters.flat -= step
