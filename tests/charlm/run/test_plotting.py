"""Loss curves as files."""

import pytest

from charlm.errors import InvalidOption, OutputError
from charlm.run.plotting import ENDINGS, Marks, plot_losses, require_plottable

BEGINNINGS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


def plot(path, validation=(3.0, None, 2.2), title="names"):
    plot_losses(path, [10, 20, 30], [3.1, 2.5, 2.0], validation, title=title, unit_of_steps="steps")


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_ending_of_the_name_chooses_the_format(tmp_path, ending):
    path = tmp_path / f"loss{ending}"
    plot(path)
    assert path.read_bytes().startswith(BEGINNINGS[ending])
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("validation", "labels"),
    [((3.0, None, 2.2), {"training", "held out"}), ((None, None, None), {"training"})],
)
def test_a_curve_is_drawn_and_named_for_each_loss_that_there_is(tmp_path, validation, labels):
    plot(tmp_path / "loss.svg", validation)
    drawing = (tmp_path / "loss.svg").read_text(encoding="utf-8")
    written = {"names", "steps", "nats per character", *labels}
    assert {text for text in {*written, "training", "held out"} if f"<!-- {text} -->" in drawing} == written


def test_what_was_kept_and_what_others_cost_is_marked(tmp_path):
    marks = Marks(kept=20, before=2.3, guessing=3.3, baselines={"trigram": 1.9})
    steps, losses = [10, 20, 30], [3.1, 2.5, 2.0]
    path = tmp_path / "loss.svg"
    plot_losses(path, steps, losses, losses, title="names", unit_of_steps="steps", marks=marks)
    drawing = path.read_text(encoding="utf-8")
    for label in ("kept", "before 2.30", "equal chances 3.30", "trigram 1.90"):
        assert f"<!-- {label} -->" in drawing


@pytest.mark.parametrize("name", ["loss", "loss.npy", "loss.jpeg", ".png"])
def test_another_ending_is_refused_with_those_that_there_are(tmp_path, name):
    with pytest.raises(InvalidOption, match=r"name must end in \.png, \.svg, \.pdf"):
        require_plottable(tmp_path / name)


def test_a_plot_that_cannot_be_written_is_found_out_before(tmp_path):
    require_plottable(tmp_path / "loss.PNG")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OutputError, match="it is a folder"):
        require_plottable(tmp_path / "folder.png")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("title", "drawn"),
    [(r"$\frac$.txt", r"$\frac$.txt"), ("恐龙.txt", "恐龙.txt"), ("a\x00b\udcff\n.txt", "a?b??.txt")],
    ids=["no formula", "beyond the font", "beyond printing"],
)
def test_a_title_is_drawn_whatever_is_in_it(tmp_path, title, drawn):
    plot(tmp_path / "loss.svg", title=title)
    assert f"<!-- {drawn} -->" in (tmp_path / "loss.svg").read_text(encoding="utf-8")


def test_what_cannot_be_drawn_is_told_in_a_line(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(OutputError, match=r"cannot draw .*loss\.svg: .*yesterday"):
        plot(tmp_path / "loss.svg")
    assert list(tmp_path.iterdir()) == []
