"""What costs no points, what costs some, and what must not pass unnoticed."""

import pytest

from .conftest import SHORT, right_file

PLOTS = """
import matplotlib
import matplotlib.pyplot as plt
import seaborn as sns
from matplotlib import cm
from tqdm import tqdm, trange
from tqdm.notebook import tqdm as bar
from IPython.display import clear_output, display
import tensorflow as tf
"""

SHOWN = """
    figure, axes = plt.subplots(1, 2)
    axes[0].plot([loss], label='loss')
    with plt.style.context('ggplot'):
        plt.figure(figsize=(4, 3)).tight_layout()
    line, = plt.plot([1]); n, bins, patches = plt.hist([1]); plt.rcParams['font.size'] = 9
    for one in axes: one.grid(True)
    plt.legend(); plt.savefig('loss.png'); plt.show(); display(figure); sns.set_theme()
    np.save('weights.npy', parameters['Wax']); open('log.txt', 'w').write('done')
    return parameters"""

HEAVY = """
import tensorflow as tf
import keras, torch
from tensorflow.keras.models import Sequential
from tensorflow.keras import layers, backend as K
from keras.callbacks import *
print(tf.__version__)
"""


@pytest.mark.slow
def test_heavy_packages_are_not_loaded_and_cost_nothing_unless_a_value_comes_from_them(grade_source):
    set_up = "tf.random.set_seed(1)\n    if tf.config.list_physical_devices('GPU'): K.clear_session()"
    source = right_file().replace("clipped = copy", f"{set_up}\n    clipped = copy")
    source = source.replace("def clip(", "@tf.function\ndef clip(")
    assert all(result.passed for result in grade_source(HEAVY + source).values())
    used = right_file().replace("y = softmax(Wya @ a + by)", "y = tf.nn.softmax(Wya @ a + by)")
    result = grade_source(HEAVY + used, exercises=SHORT[1:2])["sample"]
    assert not result.passed and "tensorflow is not loaded while grading" in result.diagnosis


PASTED = """
def rnn_forward(X, Y, a0, parameters, vocab_size = 27):
    x, a, y_hat, loss = {}, {-1: np.copy(a0)}, {}, 0
    for t in range(len(X)):
        x[t] = np.zeros((vocab_size, 1))
        if X[t] != None:
            x[t][X[t]] = 1
        a[t], y_hat[t] = rnn_step_forward(parameters, a[t - 1], x[t])
        loss -= np.log(y_hat[t][Y[t], 0])
    return loss, (y_hat, a, x)

"""


@pytest.mark.parametrize(
    "loop",
    [
        "for j in tqdm(range(num_iterations)):",
        "for j in trange(num_iterations):",
        "for j in bar(range(num_iterations), desc='training'):",
    ],
)
def test_plots_bars_saves_and_heavy_imports_cost_nothing(grade_source, loop):
    source = PLOTS + right_file().replace("for j in range(num_iterations):", loop)
    source = source.replace("\n    return parameters, last_name", f"{SHOWN}, last_name")
    results = grade_source(source)
    assert all(result.passed for result in results.values()), results
    assert not any("tried" in note for result in results.values() for note in result.notes)


def test_the_course_s_own_utilities_in_the_file_cost_nothing(grade_source):
    assert all(result.passed for result in grade_source(PASTED + right_file()).values())


def test_a_name_undefined_only_where_verbose_is_true_is_found(grade_source):
    source = right_file().replace("print('single_example =', example)", "print(single_exampel)")
    assert "single_exampel" in source
    result = grade_source(source, exercises=SHORT[3:])["model"]
    assert result.points == 23.75 and "single_exampel is not defined" in result.diagnosis
    assert "verbose=True" in result.first_difference


def test_a_model_without_verbose_loses_nothing(grade_source):
    source = right_file().replace(", verbose=False", "").replace("if verbose and", "if False and")
    assert grade_source(source, exercises=SHORT[3:])["model"].points == 25


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("sample", "size = len(by)", "size = 27"),
        ("sample", "a = np.zeros((len(b), 1))", "a = np.zeros((100, 1))"),
        ("optimize", "rnn_forward(X, Y, a_prev, parameters)", "rnn_forward(X, Y, a_prev, parameters, 27)"),
        ("model", "a_prev = np.zeros((n_a, 1))", "a_prev = np.zeros((50, 1))"),
        ("model", "initialize_parameters(n_a, vocab_size, vocab_size)", "initialize_parameters(n_a, 27, 27)"),
    ],
)
def test_a_size_that_is_written_down_loses_part_of_the_points(grade_source, name, old, new):
    source = right_file()
    assert source.count(old) == 1
    result = grade_source(source.replace(old, new))[name]
    assert 5 < result.points < 20 and result.diagnosis


def test_expected_values_that_are_written_down_get_nothing(grade_source):
    listed = [23, 16, 26, 26, 24, 3, 21, 1, 7, 24, 15, 3, 25, 20, 6, 13, 10, 8, 20, 12, 2, 0]
    source = right_file(sample=f"def sample(parameters, char_to_ix, seed):\n    return {listed}\n")
    assert grade_source(source, exercises=SHORT[1:2])["sample"].points == 0
