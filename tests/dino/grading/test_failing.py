"""What happened is said in words: no exception of Python's is handed on without what led to it."""

import pytest

from .conftest import SHORT, right_file

CHOICE = "np.random.choice(range(size), p=y.ravel())"
STATE = "a = np.tanh(Wax @ x + Waa @ a + b)"
SCORES = "y = softmax(Wya @ a + by)"
FIRST_X = "x = np.zeros((size, 1))\n    a ="
ZERO_A = "a = np.zeros((len(b), 1))"
LATER_X = "        x = np.zeros((size, 1))\n        x[index] = 1"
X = "X = [None, *letters]"
Y = "Y = [*letters, char_to_ix['\\n']]"
LETTERS = "letters = [char_to_ix[letter] for letter in example]"
STEP = "cur_loss, _, a_prev = optimize(X, Y, a_prev, parameters, learning_rate=0.01)"
FORWARD = "loss, cache = rnn_forward(X, Y, a_prev, parameters)"

SAMPLE = [
    # a must be 1-dimensional
    (CHOICE, "np.random.choice(y, p=y.ravel())", "to draw from an array of shape (27, 1)"),
    (CHOICE, "np.random.choice(np.arange(size).reshape(-1, 1), p=y.ravel())", "to draw from"),
    (CHOICE, "np.random.choice(Wya, p=y.ravel())", "to draw from an array of shape (27, 100)"),
    # a and p must have same size
    (FIRST_X, "x = np.zeros((size,))\n    a =", "because x is one-dimensional since line"),
    (
        ZERO_A,
        "a = np.zeros((len(b), len(b)))",
        "y is (27, 100) and should be (27, 1), because a is (100, 100) since",
    ),
    (
        CHOICE,
        "np.random.choice(range(size - 1), p=y.ravel())",
        "26 things to draw from, and 27 probabilities",
    ),
    (CHOICE, "np.random.choice(len(b), p=y.ravel())", "100 things to draw from, and 27 probabilities"),
    # p must be 1-dimensional
    (CHOICE, "np.random.choice(range(size), p=y.T)", "of shape (1, 27)"),
    (CHOICE, "np.random.choice(range(size), p=[y.ravel()])", "of shape (1, 27)"),
    # probabilities do not sum to 1
    (SCORES, "y = np.abs(Wya @ a + by)", "add up to"),
    (SCORES, "y = 1 / (1 + np.exp(-(Wya @ a + by)))", "add up to"),
    (SCORES, "y = softmax(Wya @ a + by) / 2", "add up to 0.5, not to 1"),
    # probabilities contain NaN
    (SCORES, "y = softmax(np.log(Wya @ a + by))", "y contains NaN since line"),
    (SCORES, "y = np.exp((Wya @ a + by) * 1000); y = y / y.sum()", "NaN"),
    (STATE, "a = np.tanh(np.sqrt(Wax @ x + Waa @ a + b))", "a contains NaN since line"),
    # not aligned
    (STATE, "a = np.tanh(np.dot(x, Wax) + np.dot(Waa, a) + b)", "the shapes do not go together"),
    (STATE, "a = np.tanh(np.dot(Waa, x) + np.dot(Waa, a) + b)", "the shapes do not go together"),
    (SCORES, "y = softmax(np.dot(Wax, a) + by)", "the shapes do not go together"),
    (FIRST_X, "x = np.zeros((len(b), 1))\n    a =", "the shapes do not go together"),
    (STATE, "a = np.tanh(Wax @ x + Waa @ a + by)", "by"),
    # list indices must be integers
    ("index == newline", "indices['last'] == newline", "indices must be integers"),
    ("int(" + CHOICE + ")", "str(" + CHOICE + ")", "is the text '23' since line"),
    ("x[index] = 1", "x[indices[char_to_ix]] = 1", "char_to_ix is a dictionary of 27"),
    # KeyError
    ("char_to_ix['\\n']", "char_to_ix['/n']", "char_to_ix has no key '/n'"),
    ("parameters['Wya']", "parameters['Way']", "the nearest that it has is 'Wya'"),
    ("char_to_ix['\\n']", "char_to_ix[0]", "char_to_ix is asked for a number, 0"),
    # names
    (
        "np.random.seed(seed + 2 * count)",
        "np.random.seed(seed + 2 * counter)",
        "the nearest name that there is: count",
    ),
    ("y.ravel()", "probabilities", "probabilities is not defined"),
    ("indices = []", "pass", "indices is"),
    ("np.random.seed", "numpy.random.seed", "the file imports it as np"),
    ("np.random.seed", "random.seed", "no import of it"),
    ("    count = 0\n", "", "count is read in"),
    # None, kinds
    ("indices.append(index)", "indices = indices.append(index)", "what append returns"),
    ("x[index] = 1", "x = x.fill(index)", "x is None since line"),
    ("indices = []", "indices = np.zeros(50)", "which has no append"),
    ("indices = []", "indices = ()", "a tuple of 0"),
    ("indices = []", "indices = None", "Not filled in yet: line"),
    (STATE, "a = None", "a is None since line 28: not filled in yet"),
    (FIRST_X, "x = np.zeros((None, None))\n    a =", "Not filled in yet: line"),
    ("while count < 50:", "while count < None:", "None"),
    ("indices.append(index)", "indices = indices + index", "adds two things of different kinds"),
    ("indices.append(index)", "indices = indices + np.int64(index)", "is no list since line"),
]

MODEL = [
    (
        LETTERS,
        "letters = [ix_to_char[letter] for letter in example]",
        "The dictionary for that is char_to_ix",
    ),
    (LETTERS, "letters = list(example)", "among the entries of X"),
    (LETTERS, "letters = example", "'"),
    ("name.strip() for name", "name for name", "blanks"),
    ("examples[j % len(examples)]", "data_x[j % len(examples)]", "not stripped"),
    (Y, "Y = [*letters, '\\n']", "the text '\\n' among the entries of Y"),
    (Y, "Y = X[1:] + char_to_ix['\\n']", "adds two things of different kinds"),
    (Y, "Y = X[1:].append(char_to_ix['\\n'])", "append returns"),
    (Y, "Y = X[1:] + [None]", "Y is ["),
    (Y, "Y = X[1:]", "The closing newline is missing"),
    (Y, "Y = X[2:] + [char_to_ix['\\n']]", "first letter's own label is missing"),
    (Y, "Y = letters[::-1] + [char_to_ix['\\n']]", "For the first name"),
    (X, "X = [None, *letters[:-1]]; letters = letters[1:]", "beside their inputs"),
    (X, "X = letters[:-1]; letters = letters[1:-1] + letters[-1:]", "X is ["),
    (X, "X = None", "Not filled in yet: line"),
    (X, "X = [None] * len(example)", "X is ["),
    (STEP, "cur_loss, _, a_prev = optimize(X, Y, parameters, a_prev, learning_rate=0.01)", "In line"),
    (STEP, "cur_loss, _, a_prev = None", "Not filled in yet: line"),
    (STEP, "cur_loss, a_prev = optimize(X, Y, a_prev, parameters)", "too many values to unpack"),
    (
        "loss = smooth(loss, cur_loss)",
        "loss = smooth(loss, curr_loss)",
        "the nearest name that there is: cur_loss",
    ),
    ("examples[j % len(examples)]", "examples[j / len(examples)]", "In line"),
    ("if j % 2000 == 0:", "if verbose and j % 2000 == 0:", "only if verbose"),
]

OPTIMIZE = [
    (FORWARD, "loss, cache = rnn_forward(X, Y, parameters, a_prev)", "In line"),
    (FORWARD, "loss = rnn_forward(X, Y, a_prev, parameters)", "cache is not defined"),
    (FORWARD, "loss, cache = rnn_forward(X, Y, a_prev, parameters, vocab_size=27)", "vocab_size is 27"),
    ("gradients = clip(gradients, 5)", "gradients = clip(gradients, maxValue)", "maxValue is not defined"),
    ("gradients = clip(gradients, 5)", "gradients = None", "Not filled in yet: line"),
    ("gradients = clip(gradients, 5)", "gradients = clip(5, gradients)", "In line"),
    ("a[len(X) - 1]", "a['last']", "'last'"),
    ("a[len(X) - 1]", "A[len(X) - 1]", "A is not defined"),
]

CLIP = [
    ("np.clip(clipped[name]", "np.clip(gradient", "gradient is not defined"),
    (
        "[name], -maxValue, maxValue",
        "[name], -maxvalue, maxvalue",
        "the nearest name that there is: maxValue",
    ),
    ("import copy\n", "", "there is no import of it (import copy)"),
    ("'dby')", "'dBy')", "the nearest that it has is 'dby'"),
    ("clipped = copy.deepcopy(gradients)", "clipped = None", "Not filled in yet: line"),
    ("clipped[name] = np.clip(clipped[name], -maxValue, maxValue)", "...", "Not filled in yet: line"),
]

ALL = [
    (name, *row)
    for name, rows in (("sample", SAMPLE), ("model", MODEL), ("optimize", OPTIMIZE), ("clip", CLIP))
    for row in rows
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "old", "new", "told"), ALL, ids=[f"{row[0]}-{row[2]}" for row in ALL])
def test_what_happened_is_said(grade_source, name, old, new, told):
    source = right_file()
    assert source.count(old) >= 1
    place = source.index(old, 0 if old.startswith("import") else source.index(f"def {name}("))
    source = source[:place] + new + source[place + len(old) :]
    chosen = tuple(exercise for exercise in SHORT if exercise.name == name)
    result = grade_source(source, exercises=chosen)[name]
    assert not result.passed and told in result.diagnosis, result.diagnosis
    assert "It raises" not in result.diagnosis and "no mistake that is known" not in result.diagnosis
    assert result.hint and "\n" not in result.diagnosis
