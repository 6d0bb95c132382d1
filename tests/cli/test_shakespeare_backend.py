"""Keras as the commands load it, whatever its user has set for other work."""

import json

import pytest

LOADED = """
from shakespeare import backend
backend.load_tensorflow()
import keras, os
print(keras.config.backend(), keras.config.floatx(), keras.config.epsilon(), os.environ["KERAS_BACKEND"])
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings", [{"backend": "jax", "floatx": "float64", "epsilon": 1e-3}, {"floatx": "float8"}, [1]]
)
def test_keras_s_own_settings_are_not_read(python, tmp_path, settings):
    file = tmp_path / "keras.json"
    file.write_text(json.dumps(settings))
    theirs = {"KERAS_HOME": str(tmp_path), "KERAS_BACKEND": "foo", "KERAS_MAX_EPOCHS": "many"}
    done = python("-c", LOADED, env=theirs)
    assert (done.stdout, done.stderr, done.returncode) == ("tensorflow float32 1e-07 foo\n", "", 0)
    assert list(tmp_path.iterdir()) == [file]
