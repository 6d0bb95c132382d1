"""Networks for other programs, each run by its own runtime without this package."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from charlm.errors import InvalidOption
from charlm.sampling import softmax
from shakespeare import exports, keras_file
from shakespeare.writer import writer_of

KERAS = """
import sys, keras, numpy as np
model = keras.saving.load_model("model.keras")
assert not {"shakespeare", "charlm"} & set(sys.modules)
np.save("logits.npy", keras.ops.convert_to_numpy(model(np.load("ids.npy")[None]))[0])
"""


@pytest.fixture(params=["sigmoid", "hard_sigmoid"])
def network(request, tmp_path, write_poem_model):
    path = write_poem_model(tmp_path / "poem.keras", recurrent_activation=request.param)
    return keras_file.read(path)


@pytest.fixture
def ids(network):
    return np.random.default_rng(0).integers(0, len(network.vocabulary), 60)


def expected(network, ids):
    """Our own probabilities after each character."""
    writer = writer_of(network)
    state, rows = writer.start(1), []
    for index in ids:
        state = writer.advance(state, np.array([index]))
        rows.append(writer.logits(state)[0])
    return softmax(np.array(rows, np.float64))


def run_page(folder):
    """What the page's own program prints."""
    program = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)[1]
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_onnx_runtime_gives_the_same_probabilities(network, ids, tmp_path):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    exports.export(network, tmp_path / "out", "onnx")
    session = runtime.InferenceSession(tmp_path / "out" / "model.onnx")
    states = {part.name: np.zeros((1, 1, 12), np.float32) for part in session.get_inputs()[1:]}
    halves, rows = np.split(ids[:, None], 2), []
    for half in halves:  # the states go on from one call to the next
        logits, *after = session.run(None, {"ids": half, **states})
        states = dict(zip(states, after, strict=True))
        rows.append(logits[:, 0])
    assert np.abs(softmax(np.concatenate(rows).astype(float)) - expected(network, ids)).max() < 1e-5
    config = json.loads(session.get_modelmeta().custom_metadata_map["config"])
    assert config["vocabulary"] == network.vocabulary.characters
    assert len(run_page(tmp_path / "out")) > 400


def test_safetensors_have_every_weight(network, tmp_path):
    loaded = pytest.importorskip("safetensors.numpy")
    exports.export(network, tmp_path / "out", "safetensors")
    arrays = loaded.load_file(tmp_path / "out" / "model.safetensors")
    assert {name: array.tolist() for name, array in arrays.items()} == {
        name: array.tolist() for name, array in exports.arrays(network).items()
    }
    assert len(run_page(tmp_path / "out")) > 400


@pytest.mark.slow
def test_keras_alone_gives_the_same_probabilities(network, ids, tmp_path):
    folder = tmp_path / "out"
    exports.export(network, folder, "keras")
    np.save(folder / "ids.npy", ids)
    subprocess.run([sys.executable, "-c", KERAS], cwd=folder, check=True, capture_output=True)
    logits = np.load(folder / "logits.npy").astype(float)
    assert np.abs(softmax(logits) - expected(network, ids)).max() < 1e-5


def test_a_page_for_people_and_for_hugging_face(network, tmp_path):
    pytest.importorskip("safetensors.numpy")
    exports.export(network, tmp_path, "safetensors", "mine")
    page = (tmp_path / "README.md").read_text("utf-8")
    assert page.startswith("---\nlibrary_name: safetensors\npipeline_tag: text-generation\n")
    assert "model-index:\n- name: mine\n" in page
    assert json.loads((tmp_path / "generation_config.json").read_text("utf-8"))["do_sample"] is True


def test_a_format_that_there_is_not(network, tmp_path):
    with pytest.raises(InvalidOption, match="must be one of keras, onnx, safetensors"):
        exports.export(network, tmp_path, "gguf")
