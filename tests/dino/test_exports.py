"""Names in other programs, each run by its own runtime without this package."""

import re
import subprocess
import sys

import numpy as np
import pytest

import dino
from charlm.errors import InvalidOption
from dino import exports


@pytest.fixture(scope="module")
def model():
    return dino.train(["rex", "troodon", "iguanodon"], steps=200, hidden_size=7, learning_rate=0.1)


def expected(model, ids):
    state, rows = model.rnn.start(1), []
    for index in ids:
        rows.append(model.rnn.logits(state)[0])
        state = model.rnn.advance(state, np.array([index]))
    return np.array(rows)


def run_page(folder):
    program = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)[1]
    return subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.split()


def test_onnx_runtime_gives_the_same_scores(model, tmp_path):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    exports.export(model, tmp_path, "onnx")
    session = runtime.InferenceSession(tmp_path / "model.onnx")
    ids = model.vocabulary.encode("troodon\n")
    hidden, rows = np.zeros((1, 7), np.float32), []
    for index in [len(model.vocabulary), *ids[:-1]]:
        logits, hidden = session.run(None, {"ids": np.array([index]), "hidden": hidden})
        rows.append(logits[0])
    assert np.abs(np.array(rows) - expected(model, ids)).max() < 1e-5
    assert len(run_page(tmp_path)) == 10


def test_safetensors_have_every_weight(model, tmp_path):
    loaded = pytest.importorskip("safetensors.numpy")
    exports.export(model, tmp_path, "safetensors")
    arrays = loaded.load_file(tmp_path / "model.safetensors")
    assert arrays["input"].shape == (len(model.vocabulary) + 1, 7)
    sizes = [sum(array.size for array in named.values()) for named in (arrays, model.rnn.parameters)]
    assert sizes[0] == sizes[1]
    assert len(run_page(tmp_path)) == 10


def test_a_format_that_there_is_not(model, tmp_path):
    with pytest.raises(InvalidOption, match="must be one of onnx, safetensors"):
        exports.export(model, tmp_path, "keras")
