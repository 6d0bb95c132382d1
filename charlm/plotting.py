"""Loss curves."""

from collections.abc import Sequence
from pathlib import Path

from charlm.errors import require_ending
from charlm.files import replacing, require_writable

ENDINGS = (".png", ".svg", ".pdf")


def require_plottable(path: Path) -> None:
    """Find out before a long job whether its curves could be drawn to this file.

    Raises:
        InvalidOption: for a file name with another ending than those of ENDINGS.
        OutputError: if it cannot be written.
    """
    require_ending("the plot's file", path, ENDINGS)
    require_writable(path)


def plot_losses(
    path: Path,
    steps: Sequence[float],
    training: Sequence[float],
    validation: Sequence[float | None],
    *,
    title: str,
    unit_of_steps: str,
) -> None:
    """Draw training and validation loss, nats per character, into a file.

    Args:
        path: ends in one of ENDINGS.
        steps: where along the run each loss was taken.
        training: the training loss at each of them.
        validation: the validation loss, None where there is none.
        title: stands above.
        unit_of_steps: stands below, such as ``steps``.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load, and needed only here

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(steps, training, label="training", color="#2b6777")
    held_out = [(step, loss) for step, loss in zip(steps, validation, strict=True) if loss is not None]
    if held_out:
        axes.plot(*zip(*held_out, strict=True), label="held out", color="#c8553d", marker=".")
    axes.set(title=title, xlabel=unit_of_steps, ylabel="nats per character")
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)
