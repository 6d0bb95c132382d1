"""Which model file a command uses, and what it says of one without a digest."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charlm.run import command, console

if TYPE_CHECKING:
    from shakespeare.weights import Network

FINETUNED = Path("models/finetuned.keras")
"""Where `finetune` writes, and where the other commands look first, under the current folder."""

Model = Annotated[
    Path | None, typer.Option(help=f"A model file; left out: {FINETUNED} if there, else the one that ships.")
]


def model_path(path: Path | None) -> Path:
    """The given model file, or the default."""
    from shakespeare.keras_file import shipped

    if path:
        return path
    return FINETUNED if FINETUNED.is_file() else shipped()


def answering(path: Path | None) -> "Network":
    """The network that writes; says which it is where that is not clear. Raises as :func:`load_network`."""
    chosen = model_path(path)
    network = load_network(chosen)
    if path is None:
        command.tell_which(chosen, FINETUNED)
    return network


def load_network(path: Path) -> "Network":
    """The network in a model file; says so if it is unverified.

    Raises:
        MissingFile: if there is none.
        ModelFileError: if it is damaged or of another kind.
    """
    from shakespeare import keras_file

    network = keras_file.read(path)
    if not network.verified:
        console.say(f"{path} has no digest, so nothing tells whether it was altered: it is unverified")
    return network
