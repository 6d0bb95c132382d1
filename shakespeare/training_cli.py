"""The commands ``shakespeare train`` and ``shakespeare finetune``."""

from pathlib import Path
from typing import Annotated

import typer

from charlm import cli

TRAINED = Path("models/trained.keras")
"""Where `train` writes."""


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(train)


def train(
    corpus: Annotated[str, typer.Option(help="A text file, 'bundled', 'sonnets' or 'plays'.")] = "plays",
    units: Annotated[int, typer.Option(help="Of each LSTM layer.")] = 448,
    layers: Annotated[int, typer.Option(help="How many LSTM layers.")] = 2,
    dropout: Annotated[float, typer.Option(help="The share of outputs that training leaves out.")] = 0.4,
    epochs: Annotated[int, typer.Option(help="Passes over the text.")] = 20,
    streams: Annotated[
        int, typer.Option("--streams", "--batch-size", help="Places of the text that are read side by side.")
    ] = 64,
    learning_rate: Annotated[float, typer.Option(help="Of AdamW, at first; it falls along a cosine.")] = 3e-3,
    validation: Annotated[
        float, typer.Option(help="The share of the text to choose the best epoch by.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(help="Of weights, dropout and the order of the text.")] = 0,
    output: Annotated[Path, typer.Option(help="The model file to write.")] = TRAINED,
    log: Annotated[Path | None, typer.Option(help="Write each epoch's losses into this CSV file.")] = None,
) -> None:
    """Train a new network on a text and write a model file."""
    from charlm.corpora import load
    from charlm.files import require_writable
    from shakespeare.training_cli import quiet_tensorflow

    cli.require_ending("output", output, (".keras",))
    require_writable(output)
    text = load(corpus, bundled_as="data/verse.txt")
    quiet_tensorflow()
    import keras

    from shakespeare.training import TrainingSettings, fit, new_network

    settings = TrainingSettings(
        epochs=epochs, streams=streams, learning_rate=learning_rate, validation=validation, seed=seed
    )
    network = new_network(text, units=units, layers=layers, dropout=dropout, seed=seed)
    fit(network, text, settings, output, [keras.callbacks.CSVLogger(str(log))] if log else [])


def quiet_tensorflow() -> None:
    """Keep TensorFlow's remarks about the machine off the terminal; before it is imported."""
    import os

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
