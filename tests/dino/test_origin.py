"""Going on from a trained model: on other names, with characters that are new to it."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

import dino
from charlm.errors import InvalidOption
from charlm.language_model import read_text
from charlm.run.checkpoints import Checkpoints
from charlm.run.training import Files, Run
from dino import NameList, Training, TrainingSettings
from dino.origin import Origin

TOWNS = NameList(("Bath", "Wells", "York", "Æbbe", "Ely", "Durham"), "towns.txt", "ab" * 32)
SETTINGS = TrainingSettings(steps=400, hidden_size=8, validation=0.3)


@pytest.fixture(scope="module")
def model():
    return dino.train(["rex", "troodon", "minmi", "allosaurus"], steps=600, hidden_size=8, learning_rate=0.05)


def test_the_old_characters_are_predicted_as_before_and_new_ones_are_unlikely(model):
    training = Training(TOWNS, SETTINGS, origin=Origin.of(model))
    after, old = training.model().rnn, model.rnn
    places = after.vocabulary.encode(model.vocabulary.characters)
    new = np.setdiff1d(np.arange(len(after.vocabulary)), places)
    for text in ("", "tr", "roo"):
        states = [read_text(one, one.start(1), one.vocabulary.encode(text), 1) for one in (after, old)]
        theirs, ours = old.logits(states[1])[0], after.logits(states[0])[0]
        np.testing.assert_allclose(ours[places], theirs, rtol=1e-12)
        assert new.size and ours[new].max() < ours[places].max()


def test_it_ends_with_the_names_of_both_and_never_worse_than_it_began(model):
    reports = []
    towns = dino.train(TOWNS, model=model, steps=400, validation=0.3, every=100, progress=reports.append)
    before, *after = [report.validation for report in reports if report.ended]
    assert reports[0].when == "before"
    assert towns.nats_per_character(towns.held_out) == min(before, *after) <= before
    assert {"rex", "Bath"} <= towns.known | set(towns.held_out) and "rex" not in towns.trained_on
    assert towns.rnn.hidden_size == 8 and "Æ" in towns.vocabulary and "x" in towns.vocabulary
    with pytest.raises(InvalidOption, match="hidden is 9, and the model to go on from has 8"):
        dino.train(TOWNS, model=model, hidden_size=9)


def test_where_nothing_gets_better_the_model_says_what_it_costs_as_it_was(model):
    spoiled = dino.train(TOWNS, model=model, steps=40, learning_rate=1.0, validation=0.5, every=40)
    assert "of step 0, the best on held-out names" in spoiled.kept()
    assert spoiled.nats_per_character(spoiled.held_out) == spoiled.history.best()[0]


def test_written_over_its_own_model_it_resumes_to_the_same_bits(model, tmp_path):
    def run(name, steps, resume):
        output = tmp_path / f"{name}.safetensors"
        checkpoints = Checkpoints(output, None, 0.0, resume=resume)
        if not resume:
            model.save(output)
        origin = Origin.read(output, output, checkpoints.found())
        training = Training(TOWNS, replace(SETTINGS, steps=steps, validation=0), 100, origin)
        Run(training, Files(output, checkpoints)).run()
        return dino.load(output)

    whole = run("whole", 300, resume=False)
    run("again", 150, resume=False)
    again = run("again", 300, resume=True)
    assert all(map(np.array_equal, whole.rnn.parameters.values(), again.rnn.parameters.values()))
    assert again.learned_before == whole.learned_before == tuple(model.trained_on)
    assert again.settings == whole.settings and again.settings["from"] == model.digest
    assert list(itertools.islice(again.stream(), 5)) == list(itertools.islice(whole.stream(), 5))
