"""The exercise ``clip``: its cases and properties."""

from collections.abc import Mapping

import numpy as np

from dino.grading import expected
from dino.grading.calling import Outcome
from dino.grading.compare import Difference, first_difference, kind
from dino.grading.exercise import Arrays, Case, Exercise, Property, Random, Seen, expecting, untouched
from dino.grading.expected import Array


def _values(case: Case, outcome: Outcome) -> Difference | None:
    return first_difference(case.expected.result, outcome.result, "gradients")


def published() -> list[Case]:
    """The course's: one set of gradients, clipped at 10 and at 5."""
    random = np.random.RandomState(3)
    shapes = {"dWax": (5, 3), "dWaa": (5, 5), "dWya": (2, 5), "db": (5, 1), "dby": (2, 1)}
    gradients = {name: random.randn(*shape) * 10 for name, shape in shapes.items()}
    return [
        expecting(expected.clip, f"published case, maxValue {bound}", [gradients, bound], published=True)
        for bound in (10, 5)
    ]


def _gradients(random: Random, bound: float) -> Arrays:
    """Of any size, each array with elements outside the bounds on either side, at them and inside."""
    n_a, size = int(random.integers(3, 9)), int(random.integers(5, 12))
    shapes = {"dWax": (n_a, size), "dWaa": (n_a, n_a), "dWya": (size, n_a), "db": (n_a, 1), "dby": (size, 1)}
    gradients = {name: random.standard_normal(shape) * 2 * bound for name, shape in shapes.items()}
    for gradient in gradients.values():
        places = random.permutation(gradient.size)
        gradient.flat[places[:3]] = [1.7 * bound, -1.9 * bound, 0.4 * bound]
    return gradients


def draw(random: Random) -> list[Case]:
    """The published cases, and fresh ones: other sizes and thresholds, and some that need no clipping."""
    cases = published()
    for _ in range(3):
        bound = float(np.round(random.uniform(0.2, 30), 2))
        cases.append(
            expecting(expected.clip, "fresh gradients, another threshold", [_gradients(random, bound), bound])
        )
    calm = {name: gradient * 1e-3 for name, gradient in _gradients(random, 1.0).items()}
    cases.append(expecting(expected.clip, "fresh gradients, all within the bounds", [calm, 4.0]))
    return cases


def seen(way: Seen) -> str:
    """Which arrays came back wrong, and what became of their elements above, below and within the bounds."""
    gradients, bound = way.case.arguments
    got = way.outcome.result
    if way.outcome.error:
        return ""
    if not isinstance(got, Mapping):
        return f"What is returned is {kind(got)}, not a dictionary."
    if missing := [name for name in gradients if name not in got]:
        there = ", ".join(map(str, got)) or "nothing"
        return f"The dictionary that is returned has no {', '.join(missing)}; it holds {there}."
    wrong = [name for name in gradients if first_difference(way.case.expected.result[name], got[name], name)]
    for name in wrong:
        if not isinstance(got[name], np.ndarray) or got[name].shape != gradients[name].shape:
            return f"{name} comes back as {kind(got[name])}, and went in as {kind(gradients[name])}."
    if not wrong:
        return ""
    before, after = (np.concatenate([arrays[name].ravel() for name in wrong]) for arrays in (gradients, got))
    parts = [
        ("what is above maxValue", before > bound, bound),
        ("what is below -maxValue", before < -bound, -bound),
        ("what lies within the bounds", np.abs(before) <= bound, before),
    ]
    told = [
        f"{what} {_became(before[chosen], after[chosen], bound)}"
        for what, chosen, right in parts
        if not np.allclose(np.where(chosen, after - right, 0), 0)
    ]
    where = "In all arrays " if len(wrong) == len(gradients) else f"In {', '.join(wrong)} "
    return f"{where}{', and '.join(told)}."


def _became(before: Array, after: Array, bound: float) -> str:
    """What became of some elements, in words."""
    if np.allclose(before, after):
        return "stays as it is"
    if np.allclose(after, after[0]):
        share = after[0] / bound
        times = {1.0: "maxValue", -1.0: "-maxValue", 0.0: "0"}.get(round(share, 9))
        return f"becomes {times or f'{after[0]:.6g}, which is {share:.4g} times maxValue'}"
    ratios = after[before != 0] / before[before != 0]
    if np.allclose(ratios, ratios[0]):
        return f"is multiplied by {ratios[0]:.4g}"
    most = np.abs(after).max()
    if np.allclose(after, np.clip(before, -most, most)):
        return f"is cut at {most:.6g}, which is {most / bound:.4g} times maxValue"
    return "is changed element by element" if not np.isclose(before, after).any() else "is changed in part"


TASK = r"""## 1. Clipping

Over many letters gradients can grow without bound, and one huge step would ruin the weights. So each *element* of each
gradient is brought into the interval from $-m$ to $m$, where $m$ is `maxValue`: what is beyond an end becomes that end,
what is inside stays as it is. Who calls `clip` may still need the gradients as they were, so leave them alone and
return new arrays."""

STUB = '''def clip(gradients, maxValue):
    """Bring every element of the gradients into the interval from -maxValue to maxValue.

    Args:
        gradients: a dictionary with the arrays dWax, dWaa, dWya, db and dby; it is not changed.
        maxValue: a number above 0.

    Returns:
        A dictionary with the same keys and new, clipped arrays.
    """'''

SKELETON = """    # 1. Copy the dictionary together with the arrays in it.
    clipped = None
    for name in ("dWax", "dWaa", "dWya", "db", "dby"):
        # 2. Bring each element of this array into the interval, and keep what comes of it.
        clipped[name] = None
    return clipped"""

EXAMPLE = """gradients = {name: np.array([[-12.0, 3.0], [0.5, 7.0]]) for name in ("dWax", "dWaa", "dWya", "db", "dby")}
print(clip(gradients, 5)["dWaa"])
print("the argument, as before:")
print(gradients["dWaa"])"""

FIGURE = """before = {name: np.random.default_rng(1).normal(0, 5, (20, 50)) for name in gradients}
after = clip(before, 5)
plt.figure(figsize=(7, 2.5))
plt.hist([before["dWaa"].ravel(), after["dWaa"].ravel()], bins=40, label=["before", "clipped at 5"])
plt.xlabel("element of a gradient")
plt.legend()
plt.show()"""

EXERCISE = Exercise(
    1,
    "clip",
    TASK,
    STUB,
    SKELETON,
    "gradients, maxValue",
    (),
    (
        Property(
            "the clipped values",
            0.7,
            _values,
            hint="Every element of every array ends between minus and plus maxValue; what was inside stays.",
        ),
        Property(
            "the argument left as it was",
            0.2,
            untouched({0: "the argument gradients"}),
            dependent=True,
            hint="Who calls clip may still need the gradients as they were.",
        ),
    ),
    draw,
    example=EXAMPLE,
    figure=FIGURE,
    seen=seen,
)
