"""Loss curves."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from charlm.errors import OutputError, require_ending
from charlm.run.files import replacing, require_writable

ENDINGS = (".png", ".svg", ".pdf")

_STYLES = ("-", ":", "-.", (0, (1, 4)), (0, (5, 5)))  # of the lines that mark a cost


@dataclass(frozen=True)
class Marks:
    """What is marked beside the curves.

    Attributes:
        kept: where along the run the weights that were kept are from; None: not marked.
        before: what the held-out text cost before the run, nats per character.
        guessing: what equal chances cost.
        baselines: what others cost on the held-out text, by name.
    """

    kept: float | None = None
    before: float | None = None
    guessing: float | None = None
    baselines: Mapping[str, float] = field(default_factory=dict)

    def costs(self) -> dict[str, float]:
        """Every cost that is marked, by its name in the picture."""
        known = {"before": self.before, "equal chances": self.guessing, **self.baselines}
        return {name: nats for name, nats in known.items() if nats is not None}


def require_plottable(path: Path) -> None:
    """Check before a long job that its curves can be drawn to this file.

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
    marks: Marks | None = None,
) -> None:
    """Draw training and validation loss, nats per character, into a file.

    Args:
        path: ends in one of ENDINGS.
        steps: where along the run each loss was taken.
        training: the training loss at each of them.
        validation: the validation loss, None where there is none.
        title: stands above, its characters as they are; what cannot be shown is a question mark.
        unit_of_steps: stands below, such as ``steps``.
        marks: what is marked beside the curves.

    Raises:
        OutputError: if it cannot be drawn or written.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - slow to load, and needed only here

        figure = Figure(figsize=(8, 4.5), layout="constrained")
        axes = figure.subplots()
        axes.plot(steps, training, label="training", color="#2b6777")
        held_out = [(step, loss) for step, loss in zip(steps, validation, strict=True) if loss is not None]
        if held_out:
            axes.plot(*zip(*held_out, strict=True), label="held out", color="#c8553d", marker=".")
        marks = marks or Marks()
        if marks.kept is not None:
            axes.axvline(marks.kept, label="kept", color="#52796f", linestyle="--", linewidth=1)
        for (name, nats), style in zip(marks.costs().items(), cycle(_STYLES), strict=False):
            axes.axhline(nats, label=f"{name} {nats:.2f}", color="#888888", linestyle=style, linewidth=1)
        axes.set(xlabel=unit_of_steps, ylabel="nats per character")
        shown = "".join(character if character.isprintable() else "?" for character in title)
        axes.set_title(shown, parse_math=False)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        with replacing(path) as temporary, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about characters that the font lacks
            figure.savefig(temporary, dpi=120)
    except ValueError as error:  # such as a bad setting in matplotlibrc
        raise OutputError(f"cannot draw {path}: {' '.join(str(error).split())}") from error
