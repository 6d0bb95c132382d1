"""What a training run is determined by; without NumPy, so that ``dino --help`` needs none."""

from dataclasses import dataclass

from charlm.errors import require_number

REPORT_EVERY = 2_000
"""After how many steps the losses are noted, the course's."""


@dataclass(frozen=True)
class TrainingSettings:
    """What a run is determined by, beside the names.

    Args:
        steps: how many names it learns from, one update each.
        hidden_size: n_a.
        learning_rate: of plain gradient descent.
        seed: of the weights, of the order of the names and of the names held out.
        validation: the share of the distinct names to hold out; with any, the best weights are kept.

    Raises:
        InvalidOption: for a value out of its range.
    """

    steps: int = 22_001
    hidden_size: int = 50
    learning_rate: float = 0.01
    seed: int = 0
    validation: float = 0.0

    def __post_init__(self) -> None:
        require_number("steps", self.steps, at_least=1)
        require_number("the hidden size", self.hidden_size, at_least=1, at_most=4096)
        require_number("the learning rate", self.learning_rate, above=0)
        require_number("seed", self.seed, at_least=0, at_most=2**32 - 1)
        require_number("the validation share", self.validation, at_least=0, below=1)
