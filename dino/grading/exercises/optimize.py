"""The exercise ``optimize``: its cases and properties."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dino.exercises import rnn_forward
from dino.grading import expected
from dino.grading.calling import Outcome
from dino.grading.compare import Difference, Tolerance, first_difference, kind
from dino.grading.exercise import Case, Exercise, Property, Random, Seen, drawn_parameters, expecting

TOLERANCE = Tolerance(1e-6, 1e-8)
PARTS = ("the loss", "gradients", "the hidden state returned")


def _part(place: int) -> Callable[[Case, Outcome], Difference | None]:
    """A check of one of the three values returned."""

    def check(case: Case, outcome: Outcome) -> Difference | None:
        returned = outcome.result
        if not isinstance(returned, tuple | list) or len(returned) != len(PARTS):
            return Difference(f"what is returned is {kind(returned)}, not loss, gradients and state")
        return first_difference(case.expected.result[place], returned[place], PARTS[place], TOLERANCE)

    return check


def _updated(case: Case, outcome: Outcome) -> Difference | None:
    parameters: Any = outcome.arguments[3] if len(outcome.arguments) > 3 else None
    return first_difference(case.expected.arguments[3], parameters, "parameters after the call:", TOLERANCE)


def published() -> Case:
    """The course's: six letters, a network of 100 hidden units drawn after seed 1."""
    random = np.random.RandomState(1)
    a_prev = random.randn(100, 1)
    shapes = {"Wax": (100, 27), "Waa": (100, 100), "Wya": (27, 100), "b": (100, 1), "by": (27, 1)}
    parameters = {name: random.randn(*shape) for name, shape in shapes.items()}
    arguments = [[12, 3, 5, 11, 22, 3], [4, 14, 11, 22, 25, 26], a_prev, parameters]
    return expecting(expected.optimize, "published case", arguments, {"learning_rate": 0.01}, published=True)


def _fresh(random: Random, title: str, options: dict[str, Any], *, steep: bool, sized: bool = False) -> Case:
    """A name and a network of any size; if ``steep``, with gradients on either side of 5 and beyond 10."""
    while True:
        n_a, size = (100, 27) if sized else (int(random.integers(10, 30)), int(random.integers(6, 30)))
        length = int(random.integers(5, 12)) if steep else int(random.integers(2, 7))
        parameters = drawn_parameters(random, n_a, size, 1.0 if steep else 0.3)
        letters = random.integers(1, size, length).tolist()
        X, Y = [None, *letters], [*letters, 0]
        a_prev = random.standard_normal((n_a, 1)) * 0.5
        if steep:
            gradients = expected.gradients_of(X, Y, a_prev, parameters)
            sizes = np.concatenate([np.abs(gradient).ravel() for gradient in gradients.values()])
            if sizes.max() < 12 or sizes.min() > 4:
                continue
        return expecting(expected.optimize, title, [X, Y, a_prev, parameters], options, sized=sized)


def draw(random: Random) -> list[Case]:
    """The published case, and fresh ones: other networks, names and learning rates."""
    rate = float(np.round(random.uniform(0.02, 0.2), 3))
    return [
        published(),
        _fresh(random, "a fresh name of 27 characters", {"learning_rate": rate}, steep=False, sized=True),
        _fresh(random, "a fresh name, the learning rate left out", {}, steep=False),
        _fresh(random, "a fresh name, another learning rate", {"learning_rate": rate}, steep=False),
        _fresh(random, "a fresh name with steep gradients", {"learning_rate": rate / 3}, steep=True),
        _fresh(random, "another fresh name with steep gradients", {}, steep=True),
    ]


HANDED_ON = (
    ("rnn_forward", {"X": "X", "Y": "Y", "a_prev": "a_prev"}),
    ("rnn_backward", {"X": "X", "Y": "Y"}),
    ("clip", {"maxValue": "the bound 5"}),
    ("update_parameters", {"learning_rate": "the learning rate"}),
)
"""What the given functions are to get, and how it is called."""


def seen(way: Seen) -> str:
    """What a given function is handed wrongly, or which value that comes out is wrong and how."""
    failed = way.steps[-1][0] if way.outcome.error and way.steps else ""
    for name, arguments in HANDED_ON:
        if name == failed:
            return ""
        (own, right), *more = way.calls(name) or [(None, None)]
        if own and right:
            for argument, words in arguments.items():
                if first_difference(right.get(argument), own.get(argument), argument, TOLERANCE):
                    got = own.get(argument)
                    shown = f" ({argument} is {got:g})" if isinstance(got, int | float) else ""
                    return f"{name} does not get {words}, which it should{shown}."
        if more and more[0][0] and name != "rnn_forward":
            return f"{name} is called {1 + len(more)} times, which should be once."
    return "" if way.outcome.error else _update(way) or _results(way)


def _update(way: Seen) -> str:  # noqa: PLR0911 - a return a kind
    """What the parameters became, in words; empty if they are right."""
    before, after = way.case.arguments[3], way.outcome.arguments[3]
    wanted = way.case.expected.arguments[3]
    steps = {}
    for name, array in before.items():
        if not isinstance(after.get(name), np.ndarray) or after[name].shape != array.shape:
            return f"{name} is {kind(after.get(name))} after the call, and was {kind(array)} before."
        if first_difference(wanted[name], after[name], name, TOLERANCE):
            due = wanted[name] - array
            steps[name] = float((after[name] - array).ravel() @ due.ravel() / (due.ravel() @ due.ravel()))
            if not np.allclose(after[name] - array, steps[name] * due, rtol=1e-4, atol=1e-9):
                return _other_gradient(way, name)
    if not steps:
        return ""
    rates = sorted(set(np.round(list(steps.values()), 6)))
    names = "All parameters" if len(steps) == len(before) else f"{', '.join(steps)} alone"
    if len(rates) > 1:
        return f"{names} are not updated as they should be: their steps are {rates} times the right ones."
    if rates[0] == 0:
        return f"{names} are as they were before the call: they are not updated."
    if rates[0] == -1:
        return f"{names} are moved in the opposite direction: the sign of the step is wrong."
    return f"{names} are moved {rates[0]:.4g} times as far as they should be: look at the learning rate."


def _other_gradient(way: Seen, name: str) -> str:
    X, Y, a_prev, parameters = way.case.arguments
    plain = expected.gradients_of(X, Y, a_prev, parameters)
    moved = way.outcome.arguments[3][name] - parameters[name]
    rate = way.case.options.get("learning_rate", 0.01)
    if np.allclose(moved, -rate * plain[f"d{name}"], rtol=1e-4, atol=1e-9):
        return "The parameters are updated with gradients that are not clipped."
    return f"{name} is not moved along its clipped gradient: follow what the update is given."


def _results(way: Seen) -> str:  # noqa: PLR0911 - a return a kind
    """Which of the three values returned is wrong, and how."""
    got = way.outcome.result
    if not isinstance(got, tuple | list) or len(got) != len(PARTS):
        size = f" of {len(got)}" if isinstance(got, tuple | list) else ""
        return f"What is returned is {kind(got)}{size}, not the loss, the gradients and a hidden state."
    X, Y, a_prev, parameters = way.case.arguments
    loss, gradients, last = way.case.expected.result
    if first_difference(loss, got[0], PARTS[0], TOLERANCE):
        if not isinstance(got[0], int | float):
            return f"The first value returned is {kind(got[0])}, and should be the loss, a number."
        return f"The loss returned is {got[0] / loss:.5g} times that of the forward pass."
    for name, array in gradients.items():
        if difference := first_difference({name: array}, got[1], "gradients", TOLERANCE):
            plain = expected.gradients_of(X, Y, a_prev, parameters)
            if first_difference(plain, got[1], "gradients", TOLERANCE) is None:
                return "The gradients returned are those from before clipping."
            return f"Of the values returned the second is not right: {difference.where}."
    if not isinstance(got[2], np.ndarray) or got[2].shape != last.shape:
        return f"The hidden state returned is {kind(got[2])}, not {kind(last)}."
    states = rnn_forward(X, Y, a_prev, parameters)[1][1]
    same = [t for t, state in states.items() if np.allclose(state, got[2])]
    which = "not one of a[0], a[1], …"
    if same:
        which = (
            "a_prev, the one before the first time step" if same[0] < 0 else f"that after time step {same[0]}"
        )
    return f"The hidden state returned is {which}; it should be that after the last, time step {len(X) - 1}."


TASK = r"""## 3. One step of training

Run forward through one name for the loss, backward for the gradients, clip these at 5, and take one step of gradient
descent: $W \leftarrow W - \alpha\, dW$ with the learning rate $\alpha$, for each parameter, in the dictionary that was
given. At your service:

- `rnn_forward(X, Y, a_prev, parameters)` returns the loss and a cache,
- `rnn_backward(X, Y, parameters, cache)` returns the gradients and a dictionary of hidden states: `a[t]` is the one
  after time step `t`, and `a[-1]` is `a_prev`,
- `update_parameters(parameters, gradients, learning_rate)` takes the step in place."""

STUB = '''def optimize(X, Y, a_prev, parameters, learning_rate=0.01):
    """Learn from one name.

    Args:
        X: a list of indices, the inputs; None stands for the zero vector.
        Y: a list of indices, what should follow each input.
        a_prev: the hidden state before, (n_a, 1).
        parameters: updated in place.
        learning_rate: of gradient descent.

    Returns:
        The loss, the clipped gradients, and the hidden state after the last time step, (n_a, 1).
    """'''

SKELETON = """    # 1. Forward: the loss, and what the backward pass needs.
    loss, cache = None
    # 2. Backward: the gradients, and the hidden states by time step.
    gradients, a = None
    # 3. Clip the gradients at 5.
    gradients = None
    # 4. One step of gradient descent.
    parameters = None
    # 5. The last time step's hidden state.
    a_last = None
    return loss, gradients, a_last"""

EXAMPLE = """random = np.random.RandomState(1)
state = random.randn(100, 1)
shapes = {"Wax": (100, 27), "Waa": (100, 100), "Wya": (27, 100), "b": (100, 1), "by": (27, 1)}
weights = {name: random.randn(*shape) for name, shape in shapes.items()}
loss, gradients, last = optimize([12, 3, 5, 11, 22, 3], [4, 14, 11, 22, 25, 26], state, weights)
print(f"loss {loss:.6f}")
print(f"dWaa[1][2] {gradients['dWaa'][1][2]:.6f}, dby[1] {gradients['dby'][1]}")
print(f"the last hidden state has the shape {last.shape}; its element 4 is {last[4]}")"""

EXERCISE = Exercise(
    3,
    "optimize",
    TASK,
    STUB,
    SKELETON,
    "X, Y, a_prev, parameters, learning_rate=0.01",
    ("clip",),
    (
        Property(
            "the loss", 0.15, _part(0), hint="The loss comes from the forward pass, before anything changes."
        ),
        Property(
            "the gradients returned",
            0.3,
            _part(1),
            hint="Which gradients does the caller want to see: before or after clipping?",
        ),
        Property(
            "the update of the parameters",
            0.3,
            _updated,
            dependent=True,
            hint="The caller's own dictionary is to hold the new weights: one step by clipped gradients.",
        ),
        Property(
            "the hidden state returned",
            0.15,
            _part(2),
            hint="The next name goes on from where this one ended.",
        ),
    ),
    draw,
    example=EXAMPLE,
    seen=seen,
)
