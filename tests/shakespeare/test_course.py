"""The course's part: its windows, its files, and the names of its notebook."""

import contextlib
import io

import numpy as np
import pytest

from charlm.errors import CorpusError
from charlm.run import corpora
from charlm.run.command import exit_code
from charlm.run.files import locked, replacing
from charlm.scoring import log_softmax
from charlm.vocabulary import Vocabulary
from shakespeare import course
from shakespeare.cli import app
from shakespeare.course import h5_file
from shakespeare.writer import writer_of, writer_of_model

BATCH = 256

PUBLISHED = {"course-first": 2.27938, "course-350": 3.22233}


@pytest.fixture
def examples(course_data):
    course_data("sonnets")
    text = corpora.load("sonnets", bundled_as="").text.lower()
    return course.windows(Vocabulary(h5_file.VOCABULARY).encode(text))


def test_windows_are_every_third_forty_characters_and_the_next():
    ids = np.arange(50)
    x, y = course.windows(ids)
    assert x.tolist() == [list(range(first, first + 40)) for first in (0, 3, 6, 9)]
    assert y.tolist() == [40, 43, 46, 49]


def test_a_text_shorter_than_a_window():
    assert len(course.windows(np.arange(41))[0]) == 1
    with pytest.raises(CorpusError, match="has 40 characters, and a window takes 40 and the one after"):
        course.windows(np.arange(40))


def test_the_sonnets_give_31_412_examples_of_38_characters(examples):
    x, y = examples
    assert x.shape == (31_412, 40) and y.shape == (31_412,)
    assert len(np.unique(y)) == 38 and -(-len(x) // 128) == 246


def nats(writer, x, y):
    costs = [
        -log_softmax(writer.logits(x[first : first + BATCH]))[
            np.arange(len(y[first : first + BATCH])), y[first : first + BATCH]
        ]
        for first in range(0, len(x), BATCH)
    ]
    return np.concatenate(costs).mean(dtype=np.float64)


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_course_s_files_predict_what_the_old_keras_predicted(course_data, examples, name):
    import tf_keras

    path, (x, _) = course_data(name), examples
    x = x[:: len(x) // 200][:200]
    oracle = tf_keras.models.load_model(path, compile=False)
    theirs = oracle.predict(np.eye(38, dtype=np.float32)[x], verbose=0)
    network, adam = h5_file.read(path)
    in_numpy = np.exp(log_softmax(writer_of(network).logits(x)))
    model = course.keras_model(network, adam)
    in_keras = np.exp(log_softmax(model.predict(x, verbose=0)))
    assert len(x) == 200
    assert np.abs(in_numpy - theirs).max() < 1e-5
    assert np.abs(in_keras - theirs).max() < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_mean_nats_over_all_windows(course_data, examples, name):
    network, _ = h5_file.read(course_data(name))
    assert f"{nats(writer_of(network), *examples):.5f}" == f"{PUBLISHED[name]:.5f}"


def test_importing_removes_what_a_killed_import_left(tmp_path, write_old_file):
    output = tmp_path / "old.keras"
    with replacing(output) as left:
        left.touch()
    left.write_text("half of it")
    command = ["import-course", str(write_old_file(tmp_path / "old.h5")), "--output", str(output)]
    assert exit_code(app, "shakespeare", command) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.h5", "old.keras"]
    with locked(output):
        assert exit_code(app, "shakespeare", command) == 1


def test_importing_spares_the_file_that_it_reads(tmp_path, write_old_file, capsys):
    path = write_old_file(tmp_path / "old.keras")
    before = path.read_bytes()
    assert exit_code(app, "shakespeare", ["import-course", str(path), "--output", str(path)]) == 2
    assert "old.keras is read, and would be written over" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_an_imported_model_goes_on_with_adam_where_it_was(tmp_path, write_old_file):
    import keras

    network, adam = h5_file.read(write_old_file(tmp_path / "old.h5"))
    course.keras_model(network, adam).save(tmp_path / "new.keras")
    model = keras.saving.load_model(tmp_path / "new.keras")
    optimizer = model.optimizer
    assert int(optimizer.iterations) == adam.steps == 500
    assert float(optimizer.learning_rate) == pytest.approx(0.001) and optimizer.epsilon == 1e-8
    means = [variable for variable in optimizer.variables if variable.path.endswith("_momentum")]
    squares = [variable for variable in optimizer.variables if variable.path.endswith("_velocity")]
    for variables, arrays in ((means, adam.means), (squares, adam.squares)):
        for variable, array in zip(variables, arrays, strict=True):
            assert np.array_equal(variable.numpy(), array)


@pytest.mark.slow
def test_a_step_of_training_is_the_old_keras_s(tmp_path, write_old_file):
    """One update of both from the same weights and Adam's state, without dropout."""
    import tf_keras

    network, adam = h5_file.read(write_old_file(tmp_path / "old.h5"))
    generator = np.random.default_rng(1)
    x, y = generator.integers(0, 38, (16, 40)), generator.integers(0, 38, 16)
    model = course.keras_model(network, adam)
    model.dropout.rate = 0.0
    model.train_on_batch(x, y)

    layers = tf_keras.layers
    lstm = {"units": 128, "recurrent_activation": "hard_sigmoid"}
    oracle = tf_keras.Sequential(
        [
            layers.Input((40, 38)),
            layers.LSTM(return_sequences=True, **lstm),
            layers.LSTM(**lstm),
            layers.Dense(38),
        ]
    )
    weights = [
        array for layer in network.layers for array in (layer.kernel, layer.recurrent_kernel, layer.bias)
    ]
    oracle.set_weights([*weights, network.head_kernel, network.head_bias])
    optimizer = tf_keras.optimizers.legacy.Adam(0.001, epsilon=1e-8)
    loss = tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    oracle.compile(optimizer, loss)
    optimizer._create_all_weights(oracle.trainable_variables)
    optimizer.set_weights([np.int64(adam.steps), *adam.means, *adam.squares])
    oracle.train_on_batch(np.eye(38, dtype=np.float32)[x], y)

    moved = 0.0
    for ours, theirs, before in zip(
        [weight.numpy() for weight in model.trainable_weights],
        oracle.get_weights(),
        [*weights, network.head_kernel, network.head_bias],
        strict=True,
    ):
        assert np.abs(ours - theirs).max() < 1e-6
        moved = max(moved, float(np.abs(ours - before).max()))
    assert moved > 1e-5
    assert np.array_equal(model.embedding.get_weights()[0], np.eye(38))


def test_the_notebook_s_cells_run_as_they_stand(tmp_path, monkeypatch, capsys, write_old_file):
    path = write_old_file(tmp_path / "old.h5")
    (tmp_path / "text.txt").write_text("Shall I compare thee to a summer's day?\n" * 5, encoding="utf-8")
    names = course.notebook(path, str(tmp_path / "text.txt"))._asdict()
    cells = """
from keras.callbacks import LambdaCallback
print_callback = LambdaCallback(on_epoch_end=on_epoch_end)
model.fit(x, y, batch_size=128, epochs=1, callbacks=[print_callback])
generate_output()
"""
    monkeypatch.setattr("builtins.input", lambda question: print(question, end="") or "Forsooth ")
    exec(cells, names)
    out = capsys.readouterr().out
    assert "loss: " in out
    assert "After epoch 1, " in out
    _, poem = out.split("How does your poem begin? ")
    assert poem.startswith("\nHere is your poem:\n\nForsooth ")
    assert len(poem.removeprefix("\nHere is your poem:\n\nForsooth ")) == 401


@pytest.fixture
def sonnet_notebook(tmp_path, write_old_file):
    """What ``notebook()`` hands over, of small files."""
    path = write_old_file(tmp_path / "old.h5")
    (tmp_path / "text.txt").write_text("Shall I compare thee to a summer's day?\n" * 5, encoding="utf-8")
    return course.notebook(path, str(tmp_path / "text.txt"))


@pytest.mark.slow
def test_cells_that_make_one_hot_windows_and_sample_from_predict_work(sonnet_notebook, tmp_path):
    x, y, model = sonnet_notebook[:3]
    one_hot = np.eye(38, dtype=bool)
    beginning = np.zeros((1, 40, 38))
    for place, character in enumerate("forsooth", start=32):
        beginning[0, place, h5_file.VOCABULARY.index(character)] = 1.0
    probabilities = model.predict(beginning, verbose=0)[0]
    assert probabilities.shape == (38,) and probabilities.sum() == pytest.approx(1, abs=1e-5)
    writer = writer_of(h5_file.read(tmp_path / "old.h5")[0])
    ids = np.full((1, 40), -1)
    ids[0, 32:] = writer.vocabulary.encode("forsooth")
    assert np.abs(np.exp(log_softmax(writer.logits(ids)))[0] - probabilities).max() < 1e-5
    assert np.allclose(model.predict(x[:9], verbose=0), model.predict(one_hot[x[:9]], verbose=0))
    loss = model.evaluate(x, y, verbose=0)
    assert model.evaluate(one_hot[x], one_hot[y], verbose=0) == pytest.approx(loss, rel=1e-5)
    assert loss == pytest.approx(nats(writer, x, y), rel=1e-4)
    model.fit(one_hot[x], one_hot[y], batch_size=16, epochs=1, verbose=0)
    assert model.evaluate(x, y, verbose=0) < loss


@pytest.mark.slow
def test_what_the_notebook_saves_writes_poems(sonnet_notebook, tmp_path):
    import keras

    x, model = sonnet_notebook.x, sonnet_notebook.model
    model.save(tmp_path / "mine.keras")
    assert exit_code(app, "shakespeare", ["poem", "For", "--model", str(tmp_path / "mine.keras")]) == 0
    again = keras.saving.load_model(tmp_path / "mine.keras")
    assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_a_beginning_can_be_given_in_place_of_typed(sonnet_notebook, monkeypatch, capsys):
    monkeypatch.setattr("builtins.input", lambda question: pytest.fail("asked"))
    sonnet_notebook.generate_output("Thou shalt not wait")
    assert "\nThou shalt not wait" in capsys.readouterr().out


def test_a_course_file_given_as_a_model_is_recognised(tmp_path, write_old_file, capsys):
    path = write_old_file(tmp_path / "old.h5")
    for command in (["poem"], ["finetune", "--corpus", "bundled"]):
        assert exit_code(app, "shakespeare", [*command, "--model", str(path)]) == 1
        assert f"'shakespeare import-course {path}' makes a model of it" in capsys.readouterr().err


def test_a_trailing_space_and_only_the_last_forty_characters_count(tmp_path, write_old_file):
    network, adam = h5_file.read(write_old_file(tmp_path / "old.h5"))
    model = course.keras_model(network, adam)
    printed = []
    beginning = "forsooth this maketh no sense"
    for start in (beginning, beginning + " ", "x" * 40 + beginning, "y" * 60 + "x" * 11 + beginning):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            course._print_continuation(model, start, 100, np.random.default_rng(0))
        printed.append(out.getvalue())
    plain, with_space, with_xs, with_ys_before = printed
    assert plain != with_space
    assert with_xs == with_ys_before


def test_nothing_loads_when_the_module_is_imported():
    import subprocess
    import sys

    code = "import sys, shakespeare.course; assert not {'keras', 'tensorflow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.slow
def test_the_writer_of_a_model_follows_its_training(tmp_path, write_old_file):
    network, adam = h5_file.read(write_old_file(tmp_path / "old.h5"))
    model = course.keras_model(network, adam)
    x = np.random.default_rng(1).integers(0, 38, (4, 40))
    before = writer_of_model(model).logits(x)
    model.train_on_batch(x, x[:, 0])
    after = writer_of_model(model).logits(x)
    assert np.abs(before - after).max() > 1e-4
    assert np.abs(after - model.predict(x, verbose=0)).max() < 1e-4
