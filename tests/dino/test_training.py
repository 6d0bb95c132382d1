"""The training loop of names."""

import itertools
import math
import re
import signal
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.errors import CorpusError, InvalidOption, TrainingDiverged
from charlm.language_model import BLANK
from charlm.run.checkpoints import Checkpoints
from charlm.run.training import Files, Run
from charlm.vocabulary import Vocabulary
from dino import NameList, Training, TrainingSettings, load, load_names, train
from dino.names_model import LARGEST_WEIGHT
from dino.training import Sequences, shuffled_epochs


def listed(*names):
    return NameList(names, "a test", "0" * 64)


DINOSAURS = listed("rex", "stegosaurus", "allosaurus", "brontosaurus", "troodon", "iguanodon")


def weights(model):
    return np.concatenate([array.ravel() for array in model.rnn.parameters.values()])


def test_the_loss_falls():
    reports = []
    train(DINOSAURS, steps=1500, every=500, progress=reports.append)
    losses = [report.training for report in reports if report.ended]
    assert math.log(13) > losses[0] > losses[1] > losses[2] and len(losses) == 3


def test_the_network_learns_names_by_heart():
    model = train(listed("rex"), steps=400, hidden_size=10, learning_rate=0.1)
    assert model.nats_per_character(["rex"]) < 0.05
    assert next(model.stream()) == "rex"


def test_a_report_s_training_loss_is_the_mean_of_the_characters_since_the_one_before():
    names = listed("a", "bcd")
    training = Training(names, TrainingSettings(steps=6, hidden_size=3))
    costs = []
    order = shuffled_epochs(2, 0)
    for _ in range(6):
        name = names.names[next(order)]
        costs.append((training.model().nats_per_character([name]) * (len(name) + 1), len(name) + 1))
        training.advance(1)
    reports = []
    train(names, steps=6, hidden_size=3, every=4, progress=reports.append)
    means = [sum(nats for nats, _ in part) / sum(n for _, n in part) for part in (costs[:4], costs[4:])]
    assert [report.training for report in reports if report.ended] == pytest.approx(means, rel=1e-13, abs=0)


@pytest.mark.parametrize("validation", [0, 0.4])
def test_the_seed_determines_the_weights(validation):
    first, again, other = (
        train(DINOSAURS, steps=60, hidden_size=8, seed=seed, validation=validation) for seed in (1, 1, 2)
    )
    assert weights(first).tolist() == weights(again).tolist()
    assert weights(first).tolist() != weights(other).tolist()
    assert first.trained_on == again.trained_on
    assert first.history == again.history


@pytest.mark.parametrize("pieces", [[60], [1, 59], [20, 20, 20], [7] * 9])
def test_it_does_not_matter_in_how_many_pieces_a_run_is_made(pieces):
    training = Training(DINOSAURS, TrainingSettings(steps=60, hidden_size=8))
    for piece in pieces:
        training.advance(piece)
    assert training.finished
    assert training.made == 60
    assert weights(training.model()).tolist() == weights(train(DINOSAURS, steps=60, hidden_size=8)).tolist()


def test_a_model_does_not_change_while_the_training_goes_on():
    training = Training(DINOSAURS, TrainingSettings(steps=20, hidden_size=8))
    training.advance(10)
    model = training.model()
    before = weights(model).copy()
    training.advance(10)
    assert weights(model).tolist() == before.tolist() != weights(training.model()).tolist()


def interrupting(*updates):
    """A report to whom Ctrl-C happens after so many updates, as a terminal or a notebook sends it."""
    left = list(updates)

    def report(now):
        if left and now.update >= left[0]:
            left.pop(0)
            signal.raise_signal(signal.SIGINT)

    return report


def test_ctrl_c_gives_back_what_was_learned(caplog):
    handler = signal.getsignal(signal.SIGINT)
    model = train(DINOSAURS, steps=50_000, hidden_size=8, every=1000, progress=interrupting(300))
    steps = model.settings["steps"]
    assert 300 <= steps <= 500
    assert "stopped by Ctrl-C at step" in caplog.text
    whole = train(DINOSAURS, steps=steps, hidden_size=8)
    assert weights(model).tolist() == weights(whole).tolist()
    assert signal.getsignal(signal.SIGINT) is handler


def test_ctrl_c_gives_back_the_best_weights_where_names_are_held_out():
    options = {"learning_rate": 0.05, "validation": 0.4, "every": 100}
    reports, interrupt = [], interrupting(650)

    def report(now):
        reports.append(now)
        interrupt(now)

    model = train(DINOSAURS, steps=50_000, **options, progress=report)
    best = min(now.validation for now in reports if now.ended)
    assert model.nats_per_character(model.held_out) == best


def test_a_second_ctrl_c_is_raised():
    def impatient(now):
        if now.update >= 300:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(DINOSAURS, steps=50_000, hidden_size=8, progress=impatient)


def test_a_notebook_shows_a_line_that_moves_and_nothing_else_prints(monkeypatch, capsys):
    train(DINOSAURS, steps=300, hidden_size=8, every=100)
    assert capsys.readouterr() == ("", "")
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    train(DINOSAURS, steps=300, hidden_size=8, every=100)
    out, err = capsys.readouterr()
    *lines, last = out.split("\n")
    assert err == last == "" and len(lines) == 3
    assert all("nats per character" in line and "of 300 updates" in line for line in lines)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=2), st.floats(0.01, 0.99), st.integers(0, 99))
def test_no_name_is_both_trained_on_and_held_out(names, share, seed):
    distinct = set(names)
    try:
        trained_on, held_out = listed(*names).split(share, seed)
    except CorpusError:
        assert max(1, round(share * len(distinct))) >= len(distinct)
        return
    assert not set(trained_on) & set(held_out)
    assert set(trained_on) | set(held_out) == distinct
    assert len(held_out) == len(set(held_out)) == max(1, round(share * len(distinct)))
    assert list(trained_on) == [name for name in names if name not in held_out]  # repeated as it was listed


def test_without_validation_every_name_is_trained_on():
    assert listed("b", "a", "b").split(0, 0) == (("b", "a", "b"), ())


@pytest.mark.parametrize("names", [["rex"], ["rex", "rex", "rex"], ["rex", "anna"]])
def test_too_few_names_to_be_divided_are_refused(names):
    with pytest.raises(CorpusError, match=rf"{len(set(names))} distinct name\(s\) cannot be divided"):
        train(listed(*names), steps=1, validation=0.9)


def test_held_out_names_leave_no_trace_in_the_weights():
    names = [f"{first}xy" for first in "abcdefghij"]
    model = train(listed(*names), steps=50, hidden_size=6, validation=0.3)
    assert len(model.held_out) == 3
    # Other names in their places, with the same letters: the same are held out, and all else is equal.
    others = [f"{name[0]}yx" if name in model.held_out else name for name in names]
    again = train(listed(*others), steps=50, hidden_size=6, validation=0.3)
    assert again.held_out == tuple(f"{name[0]}yx" for name in model.held_out)
    assert weights(again).tolist() == weights(model).tolist()
    assert again.trained_on == model.trained_on


def test_the_best_weights_by_the_held_out_names_are_kept():
    settings = TrainingSettings(steps=900, learning_rate=0.05, validation=0.4)
    training, seen = Training(DINOSAURS, settings, 100), {}

    def report(now):
        if now.ended:
            seen[now.validation] = weights(training.model()).copy()

    run = Run(training, report=report)
    model = training.model(run.run(), run.reports)
    best = min(seen)
    assert list(seen)[-1] > best  # it did get worse again, so something is at stake
    assert weights(model).tolist() == seen[best].tolist()
    assert model.nats_per_character(model.held_out) == best
    assert model.history.validation == tuple(seen)
    assert model.history.steps == tuple(range(100, 1000, 100))


def test_patience_ends_a_run_that_gets_no_better():
    whole, short = [], []
    options = {"steps": 900, "learning_rate": 0.05, "validation": 0.4, "every": 100}
    train(DINOSAURS, **options, progress=whole.append)
    train(DINOSAURS, **options, patience=2, progress=short.append)
    losses = [report.validation for report in whole if report.ended]
    best = next(place for place in range(9) if min(losses[place + 1 : place + 3]) >= losses[place])
    assert [report.validation for report in short if report.ended] == losses[: best + 3]


@pytest.mark.parametrize(
    "names",
    [
        ["rex"],
        ["rex", "rex"],
        ["a"],
        ["Anna Lena", "José", "Ōta", "Jean-Luc", "o'neil"],
        ["x" * 200],
        ["李", "王"],
    ],
)
def test_names_of_any_kind_are_kept_as_they_are(names):
    model = train(listed(*names), steps=5, hidden_size=4)
    assert model.trained_on == tuple(names)
    assert set(model.vocabulary.characters) == {*"".join(names), "\n"}
    assert np.isfinite(weights(model)).all()
    assert model.limit >= max(map(len, names)) + 1


def test_case_accents_spaces_and_hyphens_survive_reading(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("Anna Lena\n\n  José \nJean-Luc\nANNA LENA\n", encoding="utf-8")
    assert load_names(str(path)).names == ("Anna Lena", "José", "Jean-Luc", "ANNA LENA")


@pytest.fixture
def diverged(tmp_path):
    """``diverged(learning_rate, **settings)``: what a run that diverges says, and the model it leaves."""

    def run(learning_rate, chunk=100, **settings):
        training = Training(DINOSAURS, TrainingSettings(learning_rate=learning_rate, **settings), 200)
        training.chunk = chunk
        output = tmp_path / "dino.safetensors"
        files = Files(output, Checkpoints(output, None, 3600, resume=False))
        with pytest.raises(TrainingDiverged) as caught:
            Run(training, files).run()
        return str(caught.value), load(output) if output.exists() else None

    return run


@pytest.mark.parametrize("learning_rate", [1e31, 1e200, 1e307, 1e308, 1.7e308])
@pytest.mark.parametrize("chunk", [1, 4, 100])
def test_numbers_that_go_wrong_stop_a_run_with_the_step(diverged, learning_rate, chunk):
    message, model = diverged(learning_rate, chunk, steps=400)
    step = int(
        re.search(r"is no longer a number at step (\d+); lower the learning rate \(it is ", message)[1]
    )
    assert step <= 2 * chunk
    assert model is None or np.abs(weights(model)).max() <= LARGEST_WEIGHT


@pytest.mark.parametrize("learning_rate", [30.0, 1e9])
def test_a_loss_above_guessing_for_2000_names_stops_a_run_though_it_is_finite(diverged, learning_rate):
    message, model = diverged(learning_rate, steps=22_001)
    told = "its loss stayed above 4.06 nats for 2,000 names, where guessing costs 2.71, at step 2,0"
    assert told in message
    assert model is None or np.isfinite(weights(model)).all()


def test_what_was_learned_before_a_run_diverged_is_kept(tmp_path):
    output = tmp_path / "dino.safetensors"
    training = Training(DINOSAURS, TrainingSettings(steps=9_000, learning_rate=0.05), 500)
    files = Files(output, Checkpoints(output, None, 3600, resume=False))

    def spoil(report):
        if report.update == 1_500:
            training._parameters.flat *= 1e4

    with pytest.raises(TrainingDiverged, match=r"at step 3,500; .* the weights of step 1,500 are kept"):
        Run(training, files, report=spoil).run()
    model = load(output)
    assert model.settings["steps"] == 1_500
    assert model.nats_per_character(DINOSAURS.names) < math.log(13)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("steps", 0),
        ("hidden_size", 0),
        ("hidden_size", 4097),
        ("learning_rate", 0),
        ("learning_rate", math.nan),
        ("learning_rate", math.inf),
        ("seed", -1),
        ("seed", 2**32),
        ("validation", -0.1),
        ("validation", 1),
        ("validation", math.nan),
        ("every", 0),
    ],
)
def test_settings_out_of_range_are_refused(setting, value):
    with pytest.raises(InvalidOption, match=f"is {value}; it must be"):
        train(DINOSAURS, **{setting: value})


def test_each_epoch_has_every_name_once_in_an_order_of_its_own():
    order = list(itertools.islice(shuffled_epochs(20, seed=3), 60))
    epochs = [order[:20], order[20:40], order[40:]]
    assert all(sorted(epoch) == list(range(20)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert order == list(itertools.islice(shuffled_epochs(20, seed=3), 60))
    assert order != list(itertools.islice(shuffled_epochs(20, seed=4), 60))


@given(st.lists(st.text("abc", min_size=1), min_size=1))
def test_a_sequence_reads_blank_and_the_name_and_should_say_the_name_and_its_end(names):
    vocabulary = Vocabulary.of("abc\n")
    ids = vocabulary.encode("\n" + "".join(name + "\n" for name in names))
    before = ids.copy()
    sequences = Sequences(ids, 0)
    assert len(sequences) == len(names)
    assert sequences.longest == max(map(len, names)) + 1
    for index, name in enumerate(names):
        inputs, targets = sequences[index]
        assert inputs[0] == BLANK
        assert vocabulary.decode(inputs[1:]) == name
        assert vocabulary.decode(targets) == name + "\n"
    assert ids.tolist() == before.tolist()
