"""Training a network on a text: ``fit`` with all that belongs to it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from charlm.errors import CorpusError
from charlm.run.checkpoints import Checkpoint
from charlm.vocabulary import Vocabulary
from shakespeare.best_weights import KeepBest
from shakespeare.carried_state import CarriedState, EpochStart, InTraining
from shakespeare.corpus import (
    Encoded,
    Feed,
    Split,
    Streams,
    Windows,
    training_streams,
    validation_streams,
)
from shakespeare.encoded import EncodedCorpus
from shakespeare.fitting import ValidationBatches, fit
from shakespeare.network import CharacterLSTM
from shakespeare.results import Results
from shakespeare.training_settings import LENGTH, STRIDE, WINDOW_BATCH, NetworkSettings, TrainingSettings

GRADIENT_NORM = 1.0
"""The bound of the norm of all gradients together."""

FINAL_RATE = 0.05
"""What is left of the learning rate at the end of its fall along a cosine."""

WARMUP = 10
"""Updates in which the learning rate rises to its height."""

EMA_SHARE = 0.04
"""The weights scored and kept are an average over about this share of the run's updates, the last ones."""


def new_network(vocabulary: Vocabulary, settings: NetworkSettings, seed: int) -> CharacterLSTM:
    """A network with weights drawn anew."""
    keras.utils.set_random_seed(seed)
    return CharacterLSTM(vocabulary.characters, settings.units, settings.layers, dropout=settings.dropout)


class Training:
    """One run over a text.

    Args:
        network: what learns.
        corpus: the text, in the network's vocabulary.
        settings: see :class:`TrainingSettings`.
        output: where the best weights go.

    Attributes:
        split: what is trained on, and what is held out.
        kept: the weights written and the losses.

    Raises:
        CorpusError: if the text is too short.
    """

    def __init__(
        self, network: CharacterLSTM, corpus: EncodedCorpus, settings: TrainingSettings, output: Path
    ) -> None:
        self.settings = settings
        self.split = Split.of(corpus.source, corpus.sha256, len(corpus.ids), settings.validation)
        self.feed, self.held_out = feeds(network, corpus.ids, self.split, settings)
        self.kept = KeepBest(output, about(network, corpus, self.split, settings))
        self._model = self._compiled(network)

    def _compiled(self, network: CharacterLSTM) -> InTraining:
        if network.window is None:
            rows = self.held_out.rows if self.held_out else 1
            model: InTraining = CarriedState(network, self.feed.rows, rows)
        else:
            model = InTraining(network)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        # FastLSTM has compiled what is worth it.
        model.compile(optimizer(self.settings, self.feed.batches), loss, jit_compile=False)
        return model

    def score(self) -> float | None:
        """What the held-out text costs now, in nats per character; None without any."""
        if self.held_out is None:
            return None
        callbacks = [EpochStart(self.settings.seed)]
        return float(self._model.evaluate(ValidationBatches(self.held_out), callbacks=callbacks, verbose=0))

    def run(
        self,
        results: Results,
        identity: Mapping[str, Any],
        found: Checkpoint | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
    ) -> None:
        """Train, and write the network as it was at its best epoch.

        Args:
            results: what is left behind.
            identity: what the run is determined by, beside the corpus and the settings.
            found: the checkpoint to go on from, or None.
            callbacks: more of them.

        Raises:
            OutputError: if a file cannot be written.
            TrainingDiverged: if the loss is no longer a number.
            WrongCall: if the checkpoint is of another run.
        """
        patience = None
        if self.settings.patience is not None:
            monitor = "val_loss" if self.held_out else "loss"
            patience = keras.callbacks.EarlyStopping(monitor, patience=self.settings.patience)
        fit(
            self._model,
            self.feed,
            self.kept,
            results,
            {**identity, **self._identity()},
            found,
            epochs=self.settings.epochs,
            seed=self.settings.seed,
            falling=True,
            averaging=[keras.callbacks.SwapEMAWeights(swap_on_epoch=True)],
            patience=patience,
            held_out=self.held_out,
            callbacks=callbacks,
        )

    def _identity(self) -> dict[str, Any]:
        settings = self.settings
        return {
            "the parts of the text": self.split.spans(),
            "batch size": settings.batch_size,
            "learning rate": settings.learning_rate,
            "weight decay": settings.weight_decay,
            "seed": settings.seed,
        }


def feeds(
    network: CharacterLSTM, ids: Encoded, split: Split, settings: TrainingSettings
) -> tuple[Feed, Feed | None]:
    """What a network is trained on, and what is held out, if any.

    Raises:
        CorpusError: if either is too short.
    """
    training, validation = ids[split.cut : split.end], ids[: split.cut]
    shortest = (network.window or 1) + 1
    if 0 < len(validation) < shortest:
        raise CorpusError(
            f"the part of the text that is held out is too short to score: it has {len(validation):,} of at "
            f"least {shortest} characters; hold out a larger share, or none"
        )
    size, seed = settings.batch_size, settings.seed
    if network.window is not None:
        held_out = (
            Windows(validation, network.window, STRIDE, WINDOW_BATCH, None) if len(validation) else None
        )
        return Windows(training, network.window, STRIDE, size or WINDOW_BATCH, seed), held_out
    streams = (
        Streams(training, size, LENGTH, seed)
        if size
        else training_streams(training, settings.most_streams, LENGTH, seed)
    )
    return streams, validation_streams(validation, LENGTH) if len(validation) else None


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
    adam = keras.optimizers.AdamW(
        rate,
        weight_decay=settings.weight_decay,
        global_clipnorm=GRADIENT_NORM,
        use_ema=True,
        ema_momentum=max(0.0, 1 - 1 / (EMA_SHARE * steps)),
    )
    adam.exclude_from_weight_decay(var_names=["bias"])
    return adam


def about(
    network: CharacterLSTM, corpus: EncodedCorpus, split: Split, settings: TrainingSettings
) -> dict[str, Any]:
    """What a model file says of a run, before it has begun."""
    return {
        "corpus": corpus.source,
        "sha256": corpus.sha256,
        "characters": len(corpus.ids),
        "split": split.spans(),
        "seed": settings.seed,
        "settings": {**asdict(settings), "dropout": network.dropout_rate},
    }
