"""What can be said for certain of a ``model`` that came out wrong: its calls beside those of the right one."""

from collections.abc import Iterator
from typing import Any

from dino.grading.compare import Tolerance, first_difference, kind
from dino.grading.exercise import Seen
from dino.grading.printed import REPORT, lines_of

TOLERANCE = Tolerance(1e-5, 1e-7)
"""After 2,001 iterations formulations differ by far less than this; the smallest mistake by far more."""


def seen(way: Seen) -> str:
    """The first thing that goes another way than it should; empty if none can be told."""
    if way.outcome.error:
        return _sizes(way) or _pairs(way)
    return _sizes(way) or next(filter(None, (*_learning(way), *_reporting(way), *_returning(way))), "")


def _sizes(way: Seen) -> str:
    for own, right in way.calls("initialize_parameters")[:1]:
        if own and right and own != right:
            return f"initialize_parameters gets {_listed(own)}; it should get {_listed(right)}."
    return ""


def _pairs(way: Seen) -> str:
    """The first X and Y that are not as they should be; empty if there are none."""
    for j, (own, right) in enumerate(way.calls("optimize")):
        if own and right and (own["X"], own["Y"]) != (right["X"], right["Y"]):
            return _names(way, j, own, right)
    return ""


def _learning(way: Seen) -> Iterator[str]:
    """What optimize is given in each iteration."""
    calls = way.calls("optimize")
    for j, (own, right) in enumerate(calls):
        if own is None or right is None:
            made = sum(mine is not None for mine, _ in calls)
            due = sum(theirs is not None for _, theirs in calls)
            yield f"optimize is called {made} times in {due} iteration{'s' if due > 1 else ''}."
            return
        if (own["X"], own["Y"]) != (right["X"], right["Y"]):
            yield _names(way, j, own, right)
            return
        if own["learning_rate"] != right["learning_rate"]:
            yield f"optimize gets the learning rate {own['learning_rate']:g} in iteration {j}; it should be 0.01."
            return
        for name, first, later in (
            ("a_prev", "The first hidden state is not zeros.", "the hidden state that it returned"),
            (
                "parameters",
                "The first parameters are not those that initialize_parameters draws.",
                "the parameters",
            ),
        ):
            difference = first_difference(right[name], own[name], name, TOLERANCE)
            if difference and " is " in difference.where:
                yield f"In iteration {j} optimize gets what does not fit: {difference.where}."
                return
            if difference:
                yield (
                    first
                    if not j
                    else f"In iteration {j} optimize does not get {later} in iteration {j - 1}."
                )
                return


def _names(way: Seen, j: int, own: dict[str, Any], right: dict[str, Any]) -> str:
    """What is wrong with an iteration's X and Y: the turn of the name, or the pair itself."""
    arguments = (way.case.known or (way.case.arguments,))[0]
    letters = {index: character for character, index in way.case.arguments[2].items()}
    word = _word(right["X"], letters)
    other = _word(own["X"], letters)
    paired = own["X"][:1] == [None] and own["Y"] == [*own["X"][1:], *right["Y"][-1:]]
    if paired and other != word and other.strip() == word:
        return f"Iteration {j} learns from {other!r}: the blanks around the name {word!r} are no part of it."
    if paired and other != word and other in [name.strip() for name in arguments[0]]:
        return f"Iteration {j} learns from {other!r}, and it is the turn of {word!r}{_order(way)}."
    said = [
        f"{name} is {_spelled(own[name], letters)} and should be {_spelled(right[name], letters)}"
        for name in ("X", "Y")
        if own[name] != right[name]
    ]
    name = "the first name" if j == 0 else f"the name of iteration {j}"
    return f"For {name}, {word!r}, {'; '.join(said)}."


def _order(way: Seen) -> str:
    """Why the names come in another order, if the shuffle shows it."""
    seeds, shuffled = [], []
    for name, arguments in way.steps:
        if name == "optimize":
            break
        if name == "seed":
            seeds.append(arguments.get("first", arguments.get("seed")))
        if name == "shuffle":
            shuffled.append((seeds[-1:], arguments.get("first", arguments.get("x"))))
    due = next((step[1]["first"] for step in way.right if step[0] == "shuffle"), None)
    if not shuffled:
        return "; np.random.shuffle is not called before"
    if len(shuffled) > 1:
        return f"; np.random.shuffle is called {len(shuffled)} times"
    if shuffled[0][1] != due:
        return "; the list that is shuffled is not that of the stripped names in their order"
    if shuffled[0][0] != [0]:
        return f"; the seed before the shuffle is {shuffled[0][0][0] if shuffled[0][0] else 'not set'}, not 0"
    return ""


def _reporting(way: Seen) -> Iterator[str]:
    """The running loss, the seeds of the names, and what is printed."""
    for name in ("get_initial_loss", "smooth"):
        for j, (own, right) in enumerate(way.calls(name)):
            if own and right and first_difference(right, own, name, TOLERANCE):
                yield f"{name} gets {_listed(own)}{f' in iteration {j}' if j else ''}; it should get {_listed(right)}."
                break
    yield _reports(way)
    seeds = [[one and one["seed"] for one in side] for side in zip(*way.calls("sample"), strict=True)]
    if seeds:
        made, due = ([seed for seed in side if seed is not None] for side in seeds)
        if len(made) != len(due):
            yield f"{len(made)} names are sampled, and there should be {len(due)}."
        if made != due:
            yield f"sample gets the seeds {', '.join(map(str, made))}; they should be {', '.join(map(str, due))}."
    printed = lines_of(way.outcome.printed)
    for line in lines_of(way.case.expected.printed):
        if (
            not REPORT.match(line)
            and line not in printed
            and "=" not in line
            and "single_example" not in line
        ):
            yield "The names are sampled, but not each of them is printed in a line of its own, as get_sample spells it."


def _reports(way: Seen) -> str:
    wanted, got = (
        [match for line in lines_of(printed) if (match := REPORT.match(line))]
        for printed in (way.case.expected.printed, way.outcome.printed)
    )
    if len(got) != len(wanted):
        return (
            f"{len(got) or 'No'} report{'' if len(got) == 1 else 's'} of the form 'Iteration: 0, Loss: 1.234567' "
            f"{'is' if len(got) == 1 else 'are'} printed, and there should be {len(wanted)}."
        )
    current = [right["cur_loss"] for _, right in way.calls("smooth") if right]
    for place, (mine, theirs) in enumerate(zip(got, wanted, strict=True), start=1):
        if mine[1] != theirs[1]:
            return f"Report {place} says that it is of iteration {mine[1]}, and should be of iteration {theirs[1]}."
        if abs(_number(mine[2]) - float(theirs[2])) > 2e-5:
            what = "is another than the smoothed one"
            if abs(_number(mine[2]) - current[int(theirs[1])]) < 1e-4:
                what = "is that of the name alone, not the smoothed one"
            elif len(mine[2]) < len(theirs[2]) and abs(_number(mine[2]) - float(theirs[2])) < 0.06:
                what = "has too few decimals"
            never = any(own for own, _ in way.calls("smooth"))
            return (
                f"The loss in report {place}, {mine[2]}, {what}{'' if never else '; smooth is never called'}."
            )
    return ""


def _returning(way: Seen) -> Iterator[str]:
    """What is returned where all that was learned and printed is right."""
    parameters, last = way.case.expected.result
    got = way.outcome.result
    if way.case.files:  # of the edition that returns the parameters alone
        got = got if isinstance(got, tuple | list) and len(got) == 2 else (got, last)
    if not isinstance(got, tuple | list) or len(got) != 2:
        size = f" of {len(got)}" if isinstance(got, tuple | list) else ""
        yield f"What is returned is {kind(got)}{size}, not the parameters and the last name."
        return
    if difference := first_difference(parameters, got[0], "parameters", TOLERANCE):
        yield f"The calls of optimize are right, and the parameters returned are not: {difference.where}."
    if got[1] != last:
        shown = repr(got[1]) if isinstance(got[1], str) else kind(got[1])
        yield f"The last name returned, last_dino_name, is {shown}; the last that get_sample spelt is {last!r}."
    for place, name in enumerate(("data_x", "ix_to_char", "char_to_ix")):
        if way.outcome.arguments[place] != way.case.arguments[place]:
            yield f"The argument {name}, which belongs to the caller, is changed by the call."


def _number(text: str) -> float:
    try:
        return float(text.rstrip(".,;"))
    except ValueError:
        return float("inf")


def _listed(arguments: dict[str, Any]) -> str:
    shown = (
        f"{value:.6g}" if isinstance(value, int | float) else kind(value) for value in arguments.values()
    )
    return ", ".join(f"{name} = {value}" for name, value in zip(arguments, shown, strict=True))


def _word(row: list[Any], letters: dict[int, str]) -> str:
    return "".join(str(letters.get(index, index)) for index in row if index is not None)


def _spelled(row: list[Any], letters: dict[int, str]) -> str:
    shown = ["None" if x is None else repr(letters.get(x, x)) if isinstance(x, int) else repr(x) for x in row]
    return f"[{', '.join(shown)}]"
