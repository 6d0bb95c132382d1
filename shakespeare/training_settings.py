"""What determines a training run; without Keras, so that mistakes are reported at once."""

from dataclasses import dataclass

from charlm.errors import InvalidOption, require_number

LENGTH = 100
"""Characters that a stream reads in a batch; gradients reach as far back."""

STRIDE = 3
"""From the start of one window to the start of the next, the course's."""

WINDOW_BATCH = 128
"""Windows that are read side by side, the course's."""

FINETUNE_EPOCHS, FINETUNE_RATE, FINETUNE_STREAMS = 1, 1e-3, 16
"""What fine-tuning has in place of the defaults of :class:`TrainingSettings`."""

MOST_UNITS = 4096
MOST_LAYERS = 8
MOST_WEIGHTS = 2**25
"""Of the LSTM layers together; they leave half of a model file to the rest."""


@dataclass(frozen=True)
class NetworkSettings:
    """The shape of a new network.

    Args:
        units: of each LSTM layer.
        layers: how many.
        dropout: the share of each layer's outputs that training leaves out.

    Raises:
        InvalidOption: for a value out of its range.
    """

    units: int = 512
    layers: int = 2
    dropout: float = 0.5

    def __post_init__(self) -> None:
        require_number("units", self.units, at_least=1, at_most=MOST_UNITS)
        require_number("layers", self.layers, at_least=1, at_most=MOST_LAYERS)
        require_number("dropout", self.dropout, at_least=0, below=1)
        weights = 8 * self.layers * self.units**2
        if weights > MOST_WEIGHTS:
            raise InvalidOption(
                f"units is {self.units:,} and layers is {self.layers}, which takes {weights:,} weights; "
                f"{MOST_WEIGHTS:,} are the most"
            )


@dataclass(frozen=True)
class TrainingSettings:
    """What determines a run, apart from the text and the network.

    Args:
        epochs: passes over the text.
        batch_size: how many places of the text are read side by side; None: ``most_streams``, or fewer
            where the text is short.
        most_streams: see ``batch_size``.
        learning_rate: of AdamW, at first; it falls along a cosine.
        weight_decay: of AdamW; biases have none.
        validation: the share of the text that is held out to choose among the epochs by.
        patience: stop after this many epochs in a row without improvement; None: never before the last.
        seed: of new weights, of dropout, and of the order of the text in each epoch.

    Raises:
        InvalidOption: for a value out of its range.
    """

    epochs: int = 16
    batch_size: int | None = None
    most_streams: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 0.2
    validation: float = 0.1
    patience: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        require_number("epochs", self.epochs, at_least=1)
        for rows in (self.batch_size, self.most_streams):
            if rows is not None:
                require_number("the batch size", rows, at_least=1, at_most=4096)
        require_number("the learning rate", self.learning_rate, above=0)
        require_number("the weight decay", self.weight_decay, at_least=0)
        require_number("the validation share", self.validation, at_least=0, below=1)
        if self.patience is not None:
            require_number("patience", self.patience, at_least=1)
        require_number("seed", self.seed, at_least=0, at_most=2**32 - 1)
