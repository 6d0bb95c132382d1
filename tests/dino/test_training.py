"""The training loop of names."""

import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charlm.errors import CorpusError, InvalidOption, TrainingDiverged
from charlm.language_model import BLANK
from charlm.vocabulary import Vocabulary
from dino import NameList, Training, TrainingSettings, load, load_names, train
from dino.descent import shuffled_epochs
from dino.names_model import LARGEST_WEIGHT
from dino.sequences import Sequences


def listed(*names):
    return NameList(names, "a test", "0" * 64)


DINOSAURS = listed("rex", "stegosaurus", "allosaurus", "brontosaurus", "troodon", "iguanodon")


def weights(model):
    return model.rnn.parameters.flat


def test_the_loss_falls():
    training = Training(DINOSAURS, TrainingSettings(steps=1500))
    losses = []
    while not training.finished:
        training.advance(500)
        losses.append(training.loss)
    assert math.log(len(training.vocabulary)) > losses[0] > losses[1] > losses[2]


def test_the_network_learns_names_by_heart():
    model = train(listed("rex"), steps=400, hidden_size=10, learning_rate=0.1)
    assert model.nats_per_character(["rex"]) < 0.05
    assert next(model.stream()) == "rex"


def test_the_smoothed_loss_is_the_mean_of_characters_with_the_weight_of_each_step():
    names = listed("a")
    training = Training(names, TrainingSettings(steps=2, hidden_size=3))
    costs = []
    for _ in range(2):
        costs.append(training.current().nats_per_character(["a"]))
        training.advance(1)
    nats, predictions = math.log(2), 1.0
    for cost in costs:
        nats, predictions = 0.999 * nats + 0.001 * 2 * cost, 0.999 * predictions + 0.001 * 2
    assert training.loss == pytest.approx(nats / predictions, rel=1e-14, abs=0)


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
    assert training.step == 60
    assert weights(training.current()).tolist() == weights(train(DINOSAURS, steps=60, hidden_size=8)).tolist()


def test_a_model_does_not_change_while_the_training_goes_on():
    training = Training(DINOSAURS, TrainingSettings(steps=20, hidden_size=8))
    training.advance(10)
    model = training.current()
    before = weights(model).copy()
    training.advance(10)
    assert weights(model).tolist() == before.tolist() != weights(training.current()).tolist()


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
    training = Training(DINOSAURS, TrainingSettings(steps=900, learning_rate=0.05, validation=0.4))
    seen = {}
    while not training.finished:
        training.advance(100)
        seen[training.record()] = weights(training.current()).copy()
    best = min(seen)
    assert list(seen)[-1] > best  # it did get worse again, so something is at stake
    model = training.model()
    assert weights(model).tolist() == seen[best].tolist()
    assert model.nats_per_character(model.held_out) == best
    assert model.history.validation == tuple(seen)
    assert model.history.steps == tuple(range(100, 1000, 100))


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


@pytest.mark.parametrize("learning_rate", [1e31, 1e200, 1e307, 1e308, 1.7e308])
@pytest.mark.parametrize("chunk", [1, 4, 100])
def test_a_run_that_diverges_stops_with_the_step_and_keeps_the_weights_before(learning_rate, chunk):
    training = Training(DINOSAURS, TrainingSettings(steps=400, hidden_size=50, learning_rate=learning_rate))
    kept = None
    with pytest.raises(TrainingDiverged) as caught:
        while not training.finished:
            kept = training.step, weights(training.current()).copy()
            training.advance(chunk)
    step, before = kept
    assert training.step == step
    assert weights(training.current()).tolist() == before.tolist()
    assert np.abs(before).max() <= LARGEST_WEIGHT
    assert math.isfinite(training.loss)
    message = r"at step (\d+); lower the learning rate \(it is .*\); the weights of step (\d+) are kept"
    at, of = map(int, re.search(message, str(caught.value)).groups())
    assert of == step <= at <= step + chunk


def test_what_is_left_of_a_run_that_diverged_can_be_used(tmp_path):
    training = Training(DINOSAURS, TrainingSettings(steps=400, learning_rate=1e29, validation=0.4))
    with pytest.raises(TrainingDiverged):
        while not training.finished:
            training.advance(10)
            training.record()
    model = training.model()
    model.save(tmp_path / "dino.npz")
    assert load(tmp_path / "dino.npz").settings["steps"] == training.step
    assert len(next(model.stream())) > 0


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
