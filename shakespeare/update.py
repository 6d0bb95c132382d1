"""One update of a network, compiled: states in, loss and states out; and what it takes, AdamW and dropout."""

import math
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from shakespeare.cluster import Cluster
from shakespeare.lstm import States, Tensor
from shakespeare.network import CharacterLSTM
from shakespeare.training_settings import TrainingSettings

GRADIENT_NORM = 1.0
"""The bound of the norm of all gradients together."""

FINAL_RATE = 0.05
"""What is left of the learning rate at the end of its fall along a cosine."""

WARMUP = 10
"""Updates in which the learning rate rises to its height."""

Update = Callable[..., tuple[Tensor, list[States]]]


def compiled_update(
    network: CharacterLSTM,
    optimizer: keras.optimizers.Optimizer,
    average: list[tf.Variable],
    cluster: Cluster,
) -> Update:
    """One update as a TensorFlow function; it changes the network's weights, their average and the optimizer.

    It takes inputs (rows, time) and targets, the states of the layers before, the share of a character in the
    loss, dropout's key, the number of the first row in the whole batch, and the average's momentum. It gives
    the mean loss of the whole batch, nats per character, and the states after. A gradient that is no number
    makes the loss none.
    """
    weights = network.trainable_variables

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def update(
        inputs: Tensor,
        targets: Tensor,
        states: list[States],
        share: Tensor,
        key: Tensor,
        row: Tensor,
        momentum: Tensor,
    ) -> tuple[Tensor, list[States]]:
        with tf.GradientTape() as tape:
            logits, after = network.read(inputs, states or None, drop=dropped(network.dropout_rate, key, row))
            costs = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
            loss = share * tf.reduce_sum(costs)
        gradients = [tf.convert_to_tensor(part) for part in tape.gradient(loss, weights)]
        loss, *gradients = cluster.sum([loss, *gradients])
        norm = tf.linalg.global_norm(gradients)
        gradients, _ = tf.clip_by_global_norm(gradients, GRADIENT_NORM, use_norm=norm)
        optimizer.apply(gradients, weights)
        for mean, weight in zip(average, weights, strict=True):
            mean.assign(momentum * mean + (1 - momentum) * weight.value)
        return tf.where(tf.math.is_finite(norm), loss, norm), after if states else []

    return update  # type: ignore[no-any-return]


@tf.function(autograph=False)  # type: ignore[untyped-decorator]
def costs(network: CharacterLSTM, inputs: Tensor, targets: Tensor, states: list[States]) -> Any:  # noqa: ANN401
    """The nats of a batch, summed, and the states after it."""
    logits, after = network.read(inputs, states or None)
    costs = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
    return tf.reduce_sum(costs), after if states else []


def dropped(rate: float, key: Tensor, row: Tensor) -> Callable[[Tensor, int], Tensor]:
    """Dropout whose masks depend only on the key, the layer and the row's number in the whole batch.

    So a batch may be cut into parts for several machines. The bits are Philox's (Salmon et al. 2011), whose
    counter can begin anywhere; one count gives eight numbers of 16 bits.

    Args:
        rate: the share that is left out.
        key: (1,), 64 bits.
        row: the first row's number.
    """

    def drop(values: Tensor, layer: int) -> Tensor:
        if rate == 0:
            return values
        shape = tf.shape(values)  # what Keras's own LSTM gives has no fixed number of rows
        rows, width = shape[0], math.prod(values.shape[1:])
        counts = -(-width // 8)
        counter = tf.stack([row * counts, tf.constant(layer, tf.uint64)])
        words = tf.raw_ops.StatelessRandomUniformFullIntV2(
            shape=tf.stack([rows, counts * 4]), key=key, counter=counter, alg=1, dtype=tf.uint32
        )
        bits = tf.reshape(tf.bitcast(words, tf.uint16), (rows, -1))[:, :width]
        stays = tf.reshape(bits >= tf.constant(round(rate * 2**16), tf.uint16), shape)
        return tf.where(stays, values / (1 - rate), tf.zeros_like(values))

    return drop


def optimizer(settings: TrainingSettings, updates: int) -> keras.optimizers.Optimizer:
    """AdamW whose rate rises for a little while, then falls along a cosine over the updates of ``epochs``."""
    steps = settings.epochs * updates
    warmup = min(WARMUP, steps // 10)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0 if warmup else settings.learning_rate,
        max(1, steps - warmup),
        alpha=FINAL_RATE,
        warmup_target=settings.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    adam = keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay)
    adam.exclude_from_weight_decay(var_names=["bias"])
    return adam


def zeros(network: CharacterLSTM, rows: slice) -> list[States]:
    """The states of a batch's rows before the first character; none where windows are read."""
    if network.window is not None:
        return []
    nothing = tf.zeros((rows.stop - rows.start, network.units))
    return [(nothing, nothing)] * network.layer_count
