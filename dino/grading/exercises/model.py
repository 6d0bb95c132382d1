"""The exercise ``model``: its cases and properties."""

from dataclasses import replace
from functools import cache
from itertools import cycle, pairwise

from charlm.errors import CharLMError
from dino.grading import expected
from dino.grading.calling import Outcome
from dino.grading.compare import Difference, first_difference, kind
from dino.grading.exercise import (
    Case,
    Exercise,
    Property,
    Random,
    expecting,
    letters_to,
    mixed_letters,
    untouched,
)
from dino.grading.printed import printed_difference
from dino.grading.training_seen import TOLERANCE, seen
from dino.names import END, load_names

PUBLISHED_ITERATIONS = 2_001

FEW, MANY = (5, 9), (60, 80)
"""How many names are drawn, from and below: for short runs, and for one of 2,001 iterations.

Over a handful of names so long a run can turn chaotic: in 8 of 3,000 draws two right solutions ended with
other weights, from roundings alone. Over 60 names and more they stay as near to each other as is usual.
"""


def _returned(place: int, name: str, case: Case, outcome: Outcome) -> Difference | None:
    returned = outcome.result
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        return Difference(f"what is returned is {kind(returned)}, not parameters and the last name")
    return first_difference(case.expected.result[place], returned[place], name, TOLERANCE)


def _parameters(case: Case, outcome: Outcome) -> Difference | None:
    return _returned(0, "parameters", case, outcome)


def _last_name(case: Case, outcome: Outcome) -> Difference | None:
    return _returned(1, "last_dino_name", case, outcome)


def _printed(case: Case, outcome: Outcome) -> Difference | None:
    return printed_difference(case.expected.printed, outcome.printed)


@cache
def published() -> Case:
    """The first 2,001 iterations of the course's run; on the bundled names where its list cannot be had."""
    title, note = f"published case, {PUBLISHED_ITERATIONS:,} iterations", ""
    try:
        names = load_names("course").names
    except CharLMError as error:
        names, note = (
            load_names("bundled").names,
            f"judged on bundled names in place of the course's: {error}",
        )
        title = f"bundled names, {PUBLISHED_ITERATIONS:,} iterations"
    char_to_ix, ix_to_char = letters_to(27)
    options = {"num_iterations": PUBLISHED_ITERATIONS, "n_a": 50, "dino_names": 7, "vocab_size": 27}
    arguments = [list(names), ix_to_char, char_to_ix]
    case = expecting(expected.model, title, arguments, options, published=not note)
    return replace(case, note=note, long=True)


def _names(random: Random, letters: list[str], how_many: tuple[int, int]) -> list[str]:
    """Some names, with blanks around them to be stripped, and two of them the same."""
    count = int(random.integers(*how_many))
    words = ["".join(random.choice(letters, int(random.integers(2, 7)))) for _ in range(count)]
    blanks = [("", " "), (" ", ""), ("  ", "\n"), ("", "\r\n")]
    words.append(words[0])
    return [f"{before}{word}{after}" for word, (before, after) in zip(words, cycle(blanks), strict=False)]


def _run(
    random: Random, lengths: list[int] | None, *, mixed: bool, how_many: tuple[int, int] = FEW
) -> list[Case]:
    """One list of names, trained on for longer and longer: the first run that differs tells the iteration."""
    size = int(random.integers(8, 20))
    char_to_ix, ix_to_char = mixed_letters(random, size) if mixed else letters_to(size)
    data = _names(random, [letter for letter in char_to_ix if letter != END], how_many)
    n_a, dino_names = int(random.integers(4, 12)), int(random.integers(*((8, 11) if mixed else (2, 6))))
    cases = []
    for before, iterations in pairwise(
        [0, *(lengths or [1, 2, len(data), len(data) + 1, 2 * len(data) + 3])]
    ):
        since = f", right after {before:,}" if before else ""
        options = {"num_iterations": iterations, "n_a": n_a, "dino_names": dino_names, "vocab_size": size}
        title = (
            f"{'a dictionary in another order' if mixed else 'fresh names'}, iteration {iterations:,}{since}"
        )
        arguments = [data, ix_to_char, char_to_ix]
        case = expecting(expected.model, title, arguments, options, seed=int(random.integers(2**31)))
        cases.append(replace(case, long=iterations >= PUBLISHED_ITERATIONS))
    return cases


def _special(random: Random) -> list[Case]:
    """A few iterations with the course's own sizes, and a call with verbose=True past the end of the list."""
    char_to_ix, ix_to_char = letters_to(27)
    data = _names(random, [letter for letter in char_to_ix if letter != END], FEW)
    sizes = {"num_iterations": 3, "n_a": 50, "dino_names": 7, "vocab_size": 27}
    small = {**sizes, "num_iterations": len(data) + 1, "n_a": 6, "verbose": True}
    arguments, seed = [data, ix_to_char, char_to_ix], int(random.integers(2**31))
    return [
        expecting(expected.model, "fresh names, the default sizes", arguments, sizes, seed=seed, sized=True),
        expecting(
            expected.model, "fresh names, verbose=True", arguments, small, seed=seed, about="verbose=True"
        ),
    ]


def draw(random: Random, *, long: bool = True) -> list[Case]:
    """Fresh names in runs that grow, and with ``long`` 2,001 iterations of fresh and of published ones."""
    short = [*_run(random, None, mixed=False), *_run(random, [1, 20], mixed=True), *_special(random)]
    if not long:
        return short
    return [*short, *_run(random, [PUBLISHED_ITERATIONS], mixed=True, how_many=MANY), published()]


TASK = r"""## 4. Training on all names

1. Draw the parameters with `initialize_parameters`, and start the running loss with
   `get_initial_loss(vocab_size, dino_names)`.
2. Make a list of your own of the names, each stripped of blanks around it. Call `np.random.seed(0)`, then shuffle that
   list with `np.random.shuffle`. The caller's list stays as it was.
3. The hidden state starts as zeros and carries over from each name to the next.
4. Iteration number `j`, from 0, learns from the name at place `j` of the list; behind its end the list begins anew.
   The inputs X are `None`, then the name's letters; the labels Y are the letters, then the newline. The learning rate
   is 0.01. Keep the running loss with `smooth`.
5. At iteration 0 and every 2,000 after, print `Iteration: %d, Loss: %f` with the running loss, and an empty line. Then
   sample `dino_names` names with the seeds 0, 1, 2, … and print each in a line, by way of `get_sample`; at the end
   `print("\n")`.

Return the parameters, and the last name that was sampled as `get_sample` gave it, newline and all; `"abc"` if none
was."""

STUB = '''def model(
    data_x, ix_to_char, char_to_ix, num_iterations=35000, n_a=50, dino_names=7, vocab_size=27, verbose=False
):
    """Train on names, and print a few samples every 2,000 iterations.

    Args:
        data_x: a list of names.
        ix_to_char: the character of each index.
        char_to_ix: the index of each character.
        num_iterations: how many names are learned from.
        n_a: hidden units.
        dino_names: how many names are sampled at a time.
        vocab_size: how many characters there are.
        verbose: you may print more if it is true.

    Returns:
        The parameters, and the last name that was sampled.
    """'''

SKELETON = """    # 1. Parameters, and the running loss to begin with.
    parameters = None
    loss = None
    # 2. A list of your own, stripped; seed NumPy with 0, and shuffle it.
    examples = None
    # 3. The hidden state before the first name.
    a_prev = None
    last_name = "abc"
    for j in range(num_iterations):
        # 4. This iteration's name, as indices; then its inputs and its labels.
        letters = None
        X = None
        Y = None
        # 5. One step of training; its hidden state is the next one's a_prev. Then the running loss.
        cur_loss, gradients, a_prev = None
        loss = None
        # 6. Every 2,000 iterations: the loss, and dino_names names with the seeds 0, 1, 2, ...
        if None:
            print("Iteration: %d, Loss: %f" % (j, loss) + "\\n")
            for seed in range(dino_names):
                indices = None
                last_name = get_sample(indices, ix_to_char)
                print(last_name.replace("\\n", ""))
            print("\\n")
    return parameters, last_name"""

EXAMPLE = """trained, last_name = model(names, ix_to_char, char_to_ix, num_iterations=1)
print("the last name:", repr(last_name))"""

EXERCISE = Exercise(
    4,
    "model",
    TASK,
    STUB,
    SKELETON,
    "data_x, ix_to_char, char_to_ix, "
    "num_iterations=35000, n_a=50, dino_names=7, vocab_size=27, verbose=False",
    ("clip", "sample", "optimize"),
    (
        Property(
            "the trained parameters",
            0.45,
            _parameters,
            hint="Follow the first two iterations by hand: which name, which X and Y, which state goes in.",
        ),
        Property(
            "the reports printed",
            0.2,
            _printed,
            hint="A report comes at iteration 0 and every 2,000 after: the smoothed loss, then the names.",
        ),
        Property(
            "the last name returned",
            0.1,
            _last_name,
            hint="It is the last text sampled, as get_sample gives it.",
        ),
        Property(
            "the list left as it was",
            0.1,
            untouched({0: "the argument data_x", 1: "the argument ix_to_char", 2: "the argument char_to_ix"}),
            dependent=True,
            hint="Shuffle a list of your own.",
        ),
        Property(
            "a call with verbose=True",
            0.05,
            _parameters,
            dependent=True,
            hint="Read the lines that run only if verbose is true once more, and call the function with it.",
            about="verbose=True",
        ),
    ),
    draw,
    printed_difference,
    example=EXAMPLE,
    seen=seen,
)
