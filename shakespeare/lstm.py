"""An LSTM layer that trains on a CPU as fast as PyTorch's.

Keras's own layer takes a loop of TensorFlow operations for the time steps, and differentiates that loop step
by step. Here three things are otherwise. What needs no state is one product over all time steps: the
projection of the inputs, before the loop, and the gradient of the recurrent weights, after it. XLA compiles
the two loops that remain, forward and backward, and nothing else, for its large products are slower than
TensorFlow's. And the gradient is written by hand, so that it keeps the gates alone.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import ops

Tensor = Any
States = tuple[Tensor, Tensor]
"""Hidden and cell state, each (batch, units)."""


@tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
def _forward(z: Tensor, h: Tensor, c: Tensor, recurrent: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states, cell states and gates of every step, from projected inputs (time, batch, 4 units)."""

    def step(before: tuple[Tensor, Tensor, Tensor], z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h, c, _ = before
        i, f, g, o = tf.split(z + h @ recurrent, 4, axis=-1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        c = f * c + i * g
        return o * tf.tanh(c), c, tf.concat([i, f, g, o], -1)

    states: tuple[Tensor, Tensor, Tensor] = tf.scan(step, z, (h, c, tf.zeros_like(z[0])))
    return states


@tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
def _backward(
    gates: Tensor, c: Tensor, c_before: Tensor, recurrent: Tensor, dh_out: Tensor, dc_last: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of h and c before the first step (batch, units), and of z at every step."""

    def step(after: tuple[Tensor, Tensor, Tensor], now: Any) -> tuple[Tensor, Tensor, Tensor]:  # noqa: ANN401
        dh, dc, _ = after
        gates, c, c_before, dh_out = now
        i, f, g, o = tf.split(gates, 4, axis=-1)
        c = tf.tanh(c)
        dh += dh_out
        dc += dh * o * (1 - c * c)
        dz = [dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g * g), dh * c * o * (1 - o)]
        dz = tf.concat(dz, -1)
        return tf.matmul(dz, recurrent, transpose_b=True), dc * f, dz

    after_last = tf.zeros_like(dc_last), dc_last, tf.zeros_like(gates[0])
    dh, dc, dz = tf.scan(step, (gates, c, c_before, dh_out), after_last, reverse=True)
    return dh[0], dc[0], dz


@tf.function(autograph=False)  # type: ignore[untyped-decorator]
@tf.custom_gradient  # type: ignore[untyped-decorator]
def _recurrence(
    z: Tensor, h: Tensor, c: Tensor, recurrent: Tensor
) -> tuple[States, Callable[[Tensor, Tensor], tuple[Tensor, ...]]]:
    """The hidden state at every step (time, batch, units) and the last cell state; and their gradient."""
    hidden, cells, gates = _forward(z, h, c, recurrent)

    def gradient(dh_out: Tensor, dc_last: Tensor) -> tuple[Tensor, ...]:
        dh, dc, dz = _backward(gates, cells, _shifted(c, cells), recurrent, dh_out, dc_last)
        return dz, dh, dc, tf.matmul(_flat(_shifted(h, hidden)), _flat(dz), transpose_a=True)

    return (hidden, cells[-1]), gradient


def _shifted(first: Tensor, states: Tensor) -> Tensor:
    """The state before each step, given the states after each."""
    return tf.concat([first[None], states[:-1]], 0)


def _flat(values: Tensor) -> Tensor:
    return tf.reshape(values, (-1, values.shape[-1]))


@keras.saving.register_keras_serializable(package="shakespeare")
class FastLSTM(keras.layers.Layer):  # type: ignore[misc]
    """A layer with the weights and results of ``keras.layers.LSTM`` that also returns its last state.

    Args:
        units: how many.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:  # noqa: ANN401 - what keras.layers.Layer takes
        super().__init__(**kwargs)
        self.units = units
        # Compiling the whole step with XLA is slower than compiling the recurrence alone.
        self.supports_jit = False

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make kernel, recurrent kernel and bias; the gates stand in Keras's order i, f, c, o."""
        size, gates = input_shape[-1], 4 * self.units
        self.kernel = self.add_weight(name="kernel", shape=(size, gates), initializer="glorot_uniform")
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel", shape=(self.units, gates), initializer="orthogonal"
        )
        self.bias = self.add_weight(name="bias", shape=(gates,), initializer=_unit_forget_bias)
        self.built = True

    def call(self, values: Tensor, state: States | None = None) -> tuple[Tensor, States]:
        """Hidden states (batch, time, units) for values (batch, time, features), and the last state."""
        z = ops.tensordot(ops.transpose(values, (1, 0, 2)), self.kernel, 1) + self.bias
        if state is None:
            zeros = tf.zeros((tf.shape(z)[1], self.units), z.dtype)
            state = zeros, zeros
        h, c, recurrent = map(tf.convert_to_tensor, (*state, self.recurrent_kernel))
        hidden, cell = _recurrence(z, h, c, recurrent)
        return ops.transpose(hidden, (1, 0, 2)), (hidden[-1], cell)

    def get_config(self) -> dict[str, Any]:
        """Every argument under its own name."""
        return {**super().get_config(), "units": self.units}


def _unit_forget_bias(shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
    """A bias of 1 at the forget gate, so that a new network remembers at first; 0 elsewhere."""
    return ops.cast(ops.equal(ops.arange(shape[0]) // (shape[0] // 4), 1), dtype or "float32")
