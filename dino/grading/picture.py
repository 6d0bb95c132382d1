"""The picture that the assignment opens with: the network, unrolled over a short name."""

import io

NAME = "Rex"
"""What the network in the picture reads and predicts."""


def unrolled() -> bytes:
    """A PNG of the network at each letter of a name: what goes in, the hidden state, what should come out."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - slow to load
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(8, 3.4), dpi=100, layout="tight")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_axis_off()
    axes.set_xlim(-0.9, len(NAME) + 0.6)
    axes.set_ylim(-0.45, 2.45)
    letters = list(NAME.lower())
    rows = {0: ["0", *letters], 2: [*letters, "\\n"]}
    colours = {0: "#e8d9b5", 1: "#b7d3c0", 2: "#d9c3dd"}

    def box(column: float, row: float, text: str) -> None:
        style = {"boxstyle": "round,pad=0.45", "facecolor": colours[int(row)], "edgecolor": "#555555"}
        axes.text(column, row, text, ha="center", va="center", fontsize=13, bbox=style)

    def arrow(start: tuple[float, float], end: tuple[float, float], text: str = "") -> None:
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "#555555", "lw": 1.4})
        if text:
            middle = (start[0] + end[0]) / 2 + (0.05 if start[0] == end[0] else 0)
            axes.text(middle, (start[1] + end[1]) / 2 + 0.04, text, fontsize=10, color="#555555")

    for time, (read, wanted) in enumerate(zip(rows[0], rows[2], strict=True)):
        box(time, 0, read)
        box(time, 1, rf"$a^{{\langle {time} \rangle}}$")
        box(time, 2, wanted)
        arrow((time, 0.22), (time, 0.76), r"$W_{ax}$")
        arrow((time, 1.24), (time, 1.78), r"$W_{ya}$")
        arrow((time - 0.78, 1), (time - 0.2, 1), r"$W_{aa}$")
    for row, text in ((0, "reads"), (1, "remembers"), (2, "should\npredict")):
        axes.text(len(NAME) + 0.38, row, text, va="center", fontsize=10, color="#555555")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()
