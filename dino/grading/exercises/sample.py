"""The exercise ``sample``: its cases and properties."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from dino.exercises import rnn_step_forward
from dino.grading import expected
from dino.grading.calling import Outcome
from dino.grading.compare import Difference, first_difference, kind
from dino.grading.exercise import (
    Arrays,
    Case,
    Exercise,
    Property,
    Random,
    Seen,
    drawn_parameters,
    expecting,
    letters_to,
    mixed_letters,
    untouched,
)
from dino.names_model import COURSE_LIMIT

MARGIN = 1e-9
"""No draw of a fresh case comes closer to the border between two letters, so rounding cannot move it."""

SEEDS = 6_000
"""Among this many seeds one is looked for that ends a name where it is wanted."""


def _indices(case: Case, outcome: Outcome) -> Difference | None:
    changed = untouched({0: "the argument parameters"})(case, outcome)
    return first_difference(case.expected.result, outcome.result, "draw") or changed


def published() -> Case:
    """The course's: a network of 100 hidden units drawn after seed 24."""
    random = np.random.RandomState(24)
    shapes = {"Wax": (100, 27), "Waa": (100, 100), "Wya": (27, 100), "b": (100, 1), "by": (27, 1)}
    parameters = {name: random.randn(*shape) for name, shape in shapes.items()}
    arguments = [parameters, letters_to(27)[0], 0]
    return expecting(expected.sample, "published case", arguments, published=True, about="letters", seed=11)


def margin(parameters: Arrays, indices: list[int], seed: int) -> float:
    """How close the draws that gave these indices came to the border between two letters."""
    size = len(parameters["by"])
    x, a = np.zeros((size, 1)), np.zeros((len(parameters["b"]), 1))
    random, closest = np.random.RandomState(), 1.0
    for draw, index in enumerate(indices[:COURSE_LIMIT]):
        a, y = rnn_step_forward(parameters, a, x)
        random.seed(seed + 2 * draw)
        closest = min(closest, float(np.abs(np.cumsum(y) - random.random_sample()).min()))
        x = np.zeros((size, 1))
        x[index] = 1
    return closest


@cache
def first_numbers() -> npt.NDArray[np.float64]:
    """The first number in [0, 1) that each seed's generator gives, (SEEDS,)."""
    random, numbers = np.random.RandomState(), np.empty(SEEDS)
    for seed in range(SEEDS):
        random.seed(seed)
        numbers[seed] = random.random_sample()
    return numbers


def _ending_at(random: Random, draw: int) -> Case:
    """A name whose newline is draw number ``draw``, counted from 0."""
    numbers = first_numbers()
    starts = np.arange(SEEDS - 2 * COURSE_LIMIT)
    ends = numbers[starts + 2 * draw] < 0.01
    goes_on = (numbers[starts[:, None] + 2 * np.arange(draw)] > 0.035).all(axis=1)
    seed = int(random.choice(starts[ends & goes_on]))
    while True:
        n_a, size = int(random.integers(6, 20)), int(random.integers(15, 30))
        parameters = drawn_parameters(random, n_a, size, 0.8)
        # The newline has index 0 and about 2% of the probability, whatever the letters before.
        parameters["Wya"] *= 0.3
        parameters["Wya"][0] *= 0.1
        parameters["by"][0] = np.log(0.02 * np.exp(parameters["by"][1:]).sum())
        case = _case(
            f"a network that ends the name at draw {draw}", parameters, letters_to(size)[0], seed, "ending"
        )
        if len(case.expected.result) == draw + 1 + (draw + 1 == COURSE_LIMIT) and _clear(case):
            return case


def _case(title: str, parameters: Arrays, char_to_ix: dict[str, int], seed: int, about: str) -> Case:
    return expecting(expected.sample, title, [parameters, char_to_ix, seed], about=about, seed=seed + 1_000)


def _clear(case: Case) -> bool:
    parameters, _, seed = case.arguments
    return margin(parameters, case.expected.result, seed) > MARGIN


def _ordinary(random: Random, about: str, *, mixed: bool, longest: int = 40) -> Case:
    """A network of any size whose names have from 4 to ``longest`` letters."""
    while True:
        n_a, size = int(random.integers(5, 40)), int(random.integers(8, 40))
        parameters = drawn_parameters(random, n_a, size, 0.8)
        char_to_ix, _ = mixed_letters(random, size) if mixed else letters_to(size)
        title = "a dictionary in another order" if mixed else f"a fresh network of {size} characters"
        case = _case(title, parameters, char_to_ix, int(random.integers(1, 10_000)), about)
        if 4 <= len(case.expected.result) - 1 <= longest and _clear(case):
            return case


def _of_published_size(random: Random) -> Case:
    """A fresh network as large as the published one."""
    while True:
        parameters = drawn_parameters(random, 100, 27, 0.3)
        case = _case(
            "a fresh network of 27 characters",
            parameters,
            letters_to(27)[0],
            int(random.integers(1, 10_000)),
            "letters",
        )
        if 4 <= len(case.expected.result) - 1 <= COURSE_LIMIT - 10 and _clear(case):
            return replace(case, sized=True)


def _extreme(random: Random, title: str, score: float) -> Case:
    """A network that gives the newline a score beyond all others, or below."""
    while True:
        parameters = drawn_parameters(
            random, int(random.integers(5, 30)), size := int(random.integers(8, 30)), 0.8
        )
        char_to_ix, _ = mixed_letters(random, size)
        parameters["by"][char_to_ix["\n"]] = score
        case = _case(title, parameters, char_to_ix, int(random.integers(1, 10_000)), "ending")
        if _clear(case) or score > 0:
            return case


def draw(random: Random) -> list[Case]:
    """The published case and fresh ones; those that never end come last."""
    return [
        published(),
        _of_published_size(random),
        *(_ordinary(random, "letters", mixed=False) for _ in range(3)),
        *(_ordinary(random, "dictionary", mixed=True) for _ in range(2)),
        _extreme(random, "a network that ends at once", 200.0),
        _ending_at(random, COURSE_LIMIT - 2),
        _ending_at(random, COURSE_LIMIT - 1),
        _extreme(random, "a network that never ends a name", -1_000.0),
    ]


def seen(way: Seen) -> str:
    """The first draw that is not as it should be, or what is wrong with what is returned."""
    if way.outcome.error not in ("", "EndlessLoop"):
        return ""
    own, right = (_draws(steps) for steps in (way.steps, way.right))
    wanted, got = way.case.expected.result, way.outcome.result
    for draw, (mine, theirs) in enumerate(zip(own, right, strict=False)):
        if wrong := _wrong_draw(draw, mine, theirs):
            return wrong
    if len(own) > len(right):
        newline = wanted[len(right) - 1] == way.case.arguments[1]["\n"]
        end = "the newline was drawn" if newline else f"there were {COURSE_LIMIT} characters"
        return f"It goes on after draw {len(right) - 1}, though {end} there."
    if not isinstance(got, list | np.ndarray):
        size = f" of {len(got)}" if isinstance(got, tuple) else ""
        return f"What is returned is {kind(got)}{size}, not a list of indices."
    if list(got) == wanted:
        return "The indices are right, but parameters, which belongs to the caller, is changed by the call."
    return _returned(list(got), wanted, len(own), len(right))


def _wrong_draw(draw: int, mine: "_Draw", theirs: "_Draw") -> str:
    """What a draw has that it should not have: other probabilities, or another seed; empty if it is right."""
    before = f"The {'draws before it are' if draw > 1 else 'draw before it is'} right. " if draw else ""
    if mine.p is None:
        return f"Draw {draw} is made without the network's probabilities."
    if not (mine.p.shape == theirs.p.shape and np.allclose(mine.p, theirs.p, rtol=1e-6, atol=1e-12)):
        if not draw:
            return (
                "The probabilities of draw 0 are not the network's already: there input and state are zeros, so "
                "it is a line that computes the state, the scores or the probabilities."
            )
        return (
            f"The probabilities of draw {draw} are not the network's. {before}So it is what goes into this step: "
            "the input (a 1 at the index just drawn, zeros elsewhere) or the state of the step before."
        )
    if mine.seeds[-1:] != theirs.seeds[-1:]:
        is_set = f"{mine.seeds[-1]} is set" if mine.seeds else "no seed is set"
        return f"Before draw {draw} {is_set} as the seed, where it should be {theirs.seeds[-1]}. {before}".strip()
    return ""


def _returned(got: list[Any], wanted: list[int], made: int, right: int) -> str:
    """What is wrong with a list of indices whose draws are right as far as they go."""
    if not made and not got:
        return "Nothing is drawn: the list of 0 entries comes back as it was at first."
    if 0 < made < right:
        once = "one draw" if made == 1 else f"{made} draws"
        return (
            f"It stops after {once}, which are right; neither was the newline drawn nor are there "
            f"{COURSE_LIMIT} characters."
        )
    head = "The draws are right, but not what is returned: " if made else ""
    for words, other in (
        ("the indices stand in reverse order", wanted[::-1]),
        ("the first index is left out", wanted[1:]),
        ("the last index, the closing newline, is left out", wanted[:-1]),
    ):
        if got == other:
            return f"{head}{words}."
    first = next((n for n, (one, two) in enumerate(zip(got, wanted, strict=False)) if one != two), None)
    if first is None:
        return f"{head}it has {len(got)} entries, and the name has {len(wanted)} with its newline."
    what = " (the closing newline)" if first == len(wanted) - 1 else ""
    if isinstance(got[first], str):
        return f"{head}entry {first} of the list is the text {got[first]!r}, and should be an index."
    told = "as it should be" if made else "the index that its seed and its probabilities give"
    return f"{head}entry {first} of the list{what} is {got[first]!r}, not {told}."


@dataclass(frozen=True)
class _Draw:
    """A call of np.random.choice, with the seeds that were set since the one before."""

    seeds: list[Any]
    p: Any


def _draws(steps: list[list[Any]]) -> list[_Draw]:
    found, seeds = [], []
    for name, arguments in steps:
        if name == "seed":
            seeds.append(arguments.get("first", arguments.get("seed")))
        elif name == "choice":
            p = arguments.get("p")
            found.append(_Draw(seeds, None if p is None else np.asarray(p, dtype=float).ravel()))
            seeds = []
    return found


TASK = r"""## 2. Sampling

A trained network writes by *drawing* each letter with the probability that it gives it, and by reading what it has just
drawn. Begin with a zero input and a zero hidden state. At each step compute the new state and the probabilities, draw
an index, add it to the list, and make it the next input.

So that a result can be checked, the draws are to be the same for everyone: right before draw number $k$ (counted from
0), call `np.random.seed(seed + 2 * k)`, then take one index with `np.random.choice`.

A name ends when a newline has been drawn, which belongs to the list. It also ends after 50 characters: whenever the
count has reached 50, a newline is added behind them, whatever the 50th was."""

STUB = '''def sample(parameters, char_to_ix, seed):
    """Let the network write one name.

    Args:
        parameters: a dictionary with Wax, Waa, Wya, b and by.
        char_to_ix: the index of each character; its entries may stand in any order.
        seed: draw number k uses seed + 2 * k.

    Returns:
        A list of indices that ends with the newline's.
    """'''

SKELETON = """    Wax, Waa, b = parameters["Wax"], parameters["Waa"], parameters["b"]
    Wya, by = parameters["Wya"], parameters["by"]
    newline = char_to_ix["\\n"]
    indices = []
    # 1. The first input, a column of zeros with a row for each character; the first hidden state, one of n_a zeros.
    x = None
    a = None
    while len(indices) < 50:
        # 2. The new hidden state, and the probability of each character: two equations of the text above.
        a = None
        y = None
        # 3. Seed NumPy for this draw (len(indices) says which it is), then draw an index.
        index = None
        indices.append(index)
        # 4. After a newline nothing follows.
        if None:
            break
        # 5. What was drawn is the next input, one-hot.
        x = None
    # 6. After 50 characters a newline is added.
    if None:
        indices.append(newline)
    return indices"""

EXAMPLE = """random = np.random.RandomState(24)
shapes = {"Wax": (100, 27), "Waa": (100, 100), "Wya": (27, 100), "b": (100, 1), "by": (27, 1)}
weights = {name: random.randn(*shape) for name, shape in shapes.items()}
indices = sample(weights, char_to_ix, 0)
print(indices)
print(repr(get_sample(indices, ix_to_char)))"""

FIGURE = """untrained = initialize_parameters(100, 27, 27)
untrained["by"][1:6] += 2  # as if names began with a, b, c, d and e more often
first = [sample(untrained, char_to_ix, seed)[0] for seed in range(300)]
chances = softmax(untrained["by"]).ravel()
plt.figure(figsize=(7, 2.5))
plt.bar(range(27), np.bincount(first, minlength=27) / len(first), label="share of 300 names")
plt.plot(range(27), chances, "k_", markersize=12, label="probability")
plt.xticks(range(27), [repr(letter).strip("'") for letter in alphabet])
plt.xlabel("first character")
plt.legend()
plt.show()"""

EXERCISE = Exercise(
    2,
    "sample",
    TASK,
    STUB,
    SKELETON,
    "parameters, char_to_ix, seed",
    (),
    (
        Property(
            "the letters drawn",
            0.6,
            _indices,
            about="letters",
            hint="Follow one draw by hand: input, state, probabilities, seed, index, and the next input.",
        ),
        Property(
            "any dictionary",
            0.15,
            _indices,
            about="dictionary",
            hint="A character's index is what the dictionary says; the order of its entries means nothing.",
        ),
        Property(
            "how a name ends",
            0.15,
            _indices,
            about="ending",
            hint="Two things end a name: a newline, and the count. What stands last in either case?",
        ),
    ),
    draw,
    example=EXAMPLE,
    figure=FIGURE,
    seen=seen,
)
