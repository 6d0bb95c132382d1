"""The course's .h5 files: only those are read, whatever else an .h5 holds."""

import json

import numpy as np
import pytest
from h5py import ExternalLink

from charlm.errors import MissingFile, ModelFileError
from charlm.run import corpora, trial
from shakespeare.course import h5_file


def refused(path, told):
    with pytest.raises(ModelFileError) as error:
        h5_file.read(path)
    message = str(error.value)
    assert "an .h5 that is not the course's" in message and told in message and "\n" not in message
    assert "or train a model of your own" in message


def test_one_of_its_form_is_read(tmp_path, write_old_file):
    network, adam = h5_file.read(write_old_file(tmp_path / "old.h5"))
    assert (network.window, network.recurrent_activation) == (40, "hard_sigmoid")
    assert np.array_equal(network.embedding, np.eye(38))
    assert [layer.kernel.shape for layer in network.layers] == [(38, 512), (128, 512)]
    assert len(adam.means) == len(adam.squares) == 8 and adam.steps == 500


def test_the_vocabulary_is_that_of_the_sonnets(course_data):
    course_data("sonnets")
    text = corpora.load("sonnets", bundled_as="").text
    assert "".join(sorted(set(text.lower()))) == h5_file.VOCABULARY
    assert len(text) == corpora.KNOWN["sonnets"].size


def test_missing_cut_short_and_no_hdf5(tmp_path, write_old_file):
    path = tmp_path / "old.h5"
    with pytest.raises(MissingFile, match="there is no file"):
        h5_file.read(path)
    write_old_file(path)
    path.write_bytes(path.read_bytes()[:20_000])
    refused(path, "truncated")
    path.write_text("a poem", encoding="utf-8")
    refused(path, "signature not found")


def test_one_that_makes_hdf5_go_round_in_a_circle(tmp_path, write_old_file, monkeypatch):
    monkeypatch.setattr(trial, "SECONDS", 1)
    path = write_old_file(tmp_path / "old.h5")
    content = bytearray(path.read_bytes())
    size = content.index(b"GCOL") + 24  # of the first attribute's text
    content[size : size + 8] = (-16 % 2**64).to_bytes(8, "little")  # back to its own beginning
    path.write_bytes(content)
    refused(path, "the HDF5 library hangs on it")


def test_one_that_makes_hdf5_crash(tmp_path, write_old_file, monkeypatch):
    monkeypatch.setattr(trial, "failure", lambda function, argument: "crashes")
    refused(write_old_file(tmp_path / "old.h5"), "the HDF5 library crashes on it")


def test_the_course_s_own_need_no_trial(course_data, monkeypatch):
    monkeypatch.setattr(trial, "failure", lambda function, argument: pytest.fail("tried"))
    assert h5_file.read(course_data("course-350"))[1].steps > 0


def other(place, setting, value):
    from copy import deepcopy

    def config(whole):
        changed = deepcopy(whole)
        changed["config"]["layers"][place]["config"][setting] = value
        return changed

    return config


@pytest.mark.parametrize(
    ("place", "setting", "value", "told"),
    [
        (0, "batch_input_shape", [None, 50, 38], "batch_input_shape of a InputLayer is [None, 50, 38]"),
        (1, "units", 256, "units of a LSTM is 256, not 128"),
        (3, "recurrent_activation", "sigmoid", "recurrent_activation of a LSTM is 'sigmoid'"),
        (4, "rate", 0.2, "rate of a Dropout is 0.2"),
        (6, "activation", "relu", "activation of a Activation is 'relu'"),
    ],
)
def test_another_architecture(tmp_path, write_old_file, old_config, place, setting, value, told):
    path = write_old_file(tmp_path / "old.h5", config=other(place, setting, value)(old_config))
    refused(path, told)


def test_a_lambda_layer(tmp_path, write_old_file, old_config):
    old_config["config"]["layers"][2]["class_name"] = "Lambda"
    refused(write_old_file(tmp_path / "old.h5", config=old_config), "its layers are InputLayer, LSTM, Lambda")


BIAS = "model_weights/out/out_2/bias:0"


def replaced(name, value):
    def change(file):
        del file[name]
        file[name] = value

    return change


def emptied(file):
    del file["model_weights/lower"]
    file.create_group("model_weights/lower")


def roundabout(file):
    """A name that goes over a link."""
    group = file["optimizer_weights"]
    group["aside"] = ExternalLink("x.h5", "/")
    names = group.attrs["weight_names"].astype("S30")
    names[0] = b"aside/iterations:0"
    group.attrs["weight_names"] = names


def adam(setting, value):
    """Another setting of Adam, as it stands in JSON."""

    def change(file):
        whole = json.loads(file.attrs["training_config"])
        whole["optimizer_config"]["config"][setting] = "here"
        file.attrs["training_config"] = json.dumps(whole).replace('"here"', value)

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda file: file.attrs.__delitem__("model_config"), "model_config"),
        (lambda file: file.attrs.__setitem__("model_config", "{"), "Expecting"),
        (lambda file: file.attrs.__setitem__("training_config", "{}"), "optimizer_config"),
        (lambda file: file.__delitem__("optimizer_weights"), ""),
        (lambda file: file.__delitem__("model_weights/out"), ""),
        (lambda file: file.__delitem__(BIAS), "out/bias are missing"),
        (replaced(BIAS, np.zeros(39, np.float32)), "must be (38,) of float32, but are (39,)"),
        (replaced(BIAS, np.full(38, np.inf, np.float32)), "not finite"),
        (replaced("model_weights/out", ExternalLink("x.h5", "/")), "links are never followed"),
        (replaced("optimizer_weights/Variable_3:0", np.zeros(3, np.float32)), "Variable_3:0 must be"),
        (replaced("optimizer_weights/Variable_15:0", np.full(38, -1, np.float32)), "squares is below 0"),
        (replaced("optimizer_weights/iterations:0", np.float32(3e38)), "steps is 3"),
        (replaced("optimizer_weights/iterations:0", np.float32(-5)), "steps is -5.0; it must be 0 or more"),
        (replaced("optimizer_weights/iterations:0", np.float32(1.5)), "steps are no whole number"),
        (emptied, "lower/kernel are missing"),
        (roundabout, "'aside/iterations:0' is a path"),
        (adam("lr", "1e400"), "lr is inf"),
        (adam("lr", f"1{'0' * 400}"), "too large"),
        (adam("lr", "-1"), "lr is -1.0; it must be above 0"),
        (adam("beta_1", "7"), "beta_1 is 7.0; it must be 0 or more and below 1"),
        (adam("beta_2", "1"), "beta_2 is 1.0"),
        (adam("epsilon", "0"), "epsilon is 0.0"),
    ],
)
def test_contents_that_do_not_fit(tmp_path, write_old_file, change, told):
    refused(write_old_file(tmp_path / "old.h5", change=change), told)
