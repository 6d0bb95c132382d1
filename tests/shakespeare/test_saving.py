"""Writing a ``.keras`` file: Keras reads it, its digest is what it says, a full disk leaves the old one."""

import hashlib
import json
import subprocess
import sys
import time
import zipfile

import keras
import numpy as np
import pytest

from charlm.errors import OutputError
from shakespeare import keras_file
from shakespeare.network import CharacterLSTM
from shakespeare.saving import save


@pytest.fixture(scope="module")
def network():
    """A small network that has an optimizer's state."""
    network = CharacterLSTM("\nab", 16, 2, 4)
    network.compile("adam", "mse")
    network.optimizer.build(network.trainable_variables)
    for number, variable in enumerate(network.optimizer.variables):
        variable.assign(keras.ops.full_like(variable, number + 1))
    return network


def state(network):
    return network.optimizer.variables


def test_keras_reads_what_was_written(tmp_path, network):
    save(network, tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for before, after in ((network.weights, loaded.weights), (state(network), state(loaded))):
        assert all(np.array_equal(*pair) for pair in zip(before, after, strict=True))
    assert keras_file.read(tmp_path / "model.keras").verified


@pytest.mark.slow
@pytest.mark.parametrize("imports", ["keras, shakespeare", "shakespeare, keras"])
def test_plain_keras_loads_it_once_the_package_is_imported(tmp_path, network, imports):
    save(network, tmp_path / "model.keras")
    code = f"import {imports}, sys; print(keras.saving.load_model(sys.argv[1]).count_params())"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "model.keras")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == network.count_params()


def test_the_digest_is_of_names_and_contents(tmp_path, network):
    save(network, tmp_path / "model.keras")
    digest = hashlib.sha256()
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        said = json.loads(archive.read("digest.json"))
        for name in ("config.json", "metadata.json", "model.weights.h5"):
            digest.update(f"{name} {len(archive.read(name))}\n".encode() + archive.read(name))
    assert said == {"format": 1, "sha256": digest.hexdigest()}


@pytest.mark.unix
@pytest.mark.parametrize("room", [0, 100, 20_000])
def test_a_full_disk_leaves_the_old_file(tmp_path, network, room):
    import resource

    path = tmp_path / "model.keras"
    path.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.raises(OutputError, match=r"cannot write .*: File too large; choose another place"):
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
            save(network, path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("now", [0.0, 9e9], ids=["1970", "2255"])
def test_equal_networks_give_equal_files_whatever_the_clock_says(tmp_path, network, monkeypatch, now):
    save(network, tmp_path / "before.keras")
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: now)
        save(network, tmp_path / "after.keras")
    assert (tmp_path / "before.keras").read_bytes() == (tmp_path / "after.keras").read_bytes()


def test_it_is_what_keras_writes_but_for_the_time(tmp_path, network):
    save(network, tmp_path / "ours.keras")
    network.save(tmp_path / "theirs.keras")
    with (
        zipfile.ZipFile(tmp_path / "ours.keras") as ours,
        zipfile.ZipFile(tmp_path / "theirs.keras") as theirs,
    ):
        assert ours.namelist() == [*theirs.namelist(), "digest.json"]
        for name in ("config.json", "model.weights.h5"):
            assert ours.read(name) == theirs.read(name)


def test_what_could_not_be_read_again_is_not_written(tmp_path, network, monkeypatch):
    monkeypatch.setattr("shakespeare.saving.LARGEST_FILE", 1000)
    with pytest.raises(OutputError, match="bytes, and a model file has at most 1,000; take fewer units"):
        save(network, tmp_path / "model.keras")
    assert not list(tmp_path.iterdir())
