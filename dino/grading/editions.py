"""The two editions of the assignment, and which of them a file was written for.

Until 2020 ``model`` opens ``dinos.txt`` itself, prints with ``print_sample`` and returns the parameters
alone, and ``clip`` clips the caller's own arrays. Since 2021 ``model`` is given the names and returns the
last name sampled as well, and ``clip`` leaves its argument as it was. The other two are the same in both.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from dino.grading.calling import Outcome
from dino.grading.exercise import Case, Exercise, Random
from dino.grading.mistakes import right_source
from dino.grading.selection import Submission

SINCE_2021, UNTIL_2020 = "2021", "2020"
TITLES = {SINCE_2021: "the edition since 2021", UNTIL_2020: "the edition until 2020"}
FILE = "dinos.txt"

_CLIP_IN_PLACE = """
def clip(gradients, maxValue):
    for gradient in gradients.values():
        np.clip(gradient, -maxValue, maxValue, out=gradient)
    return gradients
"""


@dataclass(frozen=True)
class Edition:
    """What a file is judged by.

    Attributes:
        name: a key of TITLES.
        mixes: what of the file belongs to the other edition, in words; empty if nothing does.
    """

    name: str
    mixes: str = ""

    @property
    def title(self) -> str:
        """For people."""
        return TITLES[self.name]

    def exercise(self, exercise: Exercise) -> Exercise:
        """An exercise as this edition has it."""
        return _EARLIER.get(exercise.name, _same)(exercise) if self.name == UNTIL_2020 else exercise

    def beneath(self, names: tuple[str, ...]) -> str:
        """The source of right solutions; the ``clip`` until 2020 may be called for what it does in place."""
        if self.name == SINCE_2021 or "clip" not in names:
            return right_source(names)
        return right_source(tuple(name for name in names if name != "clip")) + _CLIP_IN_PLACE


def recognised(submission: Submission, wanted: str | None = None) -> Edition:
    """The edition that a file was written for.

    Args:
        submission: the file.
        wanted: the edition that somebody says it is; None to find out.
    """
    marks: dict[str, list[str]] = {SINCE_2021: [], UNTIL_2020: []}
    for edition, what in _marks(submission.definition("model")):
        marks[edition].append(what)
    name = wanted
    if name is None and (marks[SINCE_2021] or marks[UNTIL_2020]):
        opens = any(what.startswith("opens") for what in marks[UNTIL_2020])
        name = UNTIL_2020 if opens or len(marks[UNTIL_2020]) > len(marks[SINCE_2021]) else SINCE_2021
    if name is None:
        name = UNTIL_2020 if submission.mentions("print_sample") else SINCE_2021
    other = SINCE_2021 if name == UNTIL_2020 else UNTIL_2020
    return Edition(name, f"model {' and '.join(marks[other])}, as in {TITLES[other]}" if marks[other] else "")


def _marks(model: ast.FunctionDef | None) -> Iterator[tuple[str, str]]:
    """What in ``model`` belongs to one edition alone."""
    if model is None:
        return
    parameters = [argument.arg for argument in [*model.args.posonlyargs, *model.args.args]]
    if parameters[:1] == ["data_x"]:
        yield SINCE_2021, "takes data_x"
    if parameters[:1] == ["data"]:
        yield UNTIL_2020, "takes data"
    if "verbose" in parameters:
        yield SINCE_2021, "takes verbose"
    for node in ast.walk(model):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("open", "read_text"):
            yield UNTIL_2020, "opens a file"
            break
    returned = [node.value for node in ast.walk(model) if isinstance(node, ast.Return) and node.value]
    if returned and isinstance(returned[-1], ast.Tuple):
        yield SINCE_2021, "returns the last name too"
    elif returned and isinstance(returned[-1], ast.Name):
        yield UNTIL_2020, "returns the parameters alone"


def _same(exercise: Exercise) -> Exercise:
    return exercise


def _clip(exercise: Exercise) -> Exercise:
    """Where the caller's arrays may be clipped, the values alone count."""
    values, untouched = exercise.properties
    return replace(
        exercise,
        properties=(replace(values, share=values.share + untouched.share),),
        converted=lambda outcome: replace(outcome, arguments=[]),
    )


def _model(exercise: Exercise) -> Exercise:
    """Judged by the weights and by what is printed, with the names in a file."""
    parameters, reports, name, untouched, verbose = exercise.properties

    def draw(random: Random) -> list[Case]:
        return [_from_a_file(case) for case in exercise.draw(random) if case.about != verbose.about]

    return replace(
        exercise,
        signature=exercise.signature.replace("data_x", "data").removesuffix(", verbose=False"),
        properties=(
            replace(
                parameters,
                share=parameters.share + untouched.share + verbose.share,
                check=_on_pairs(parameters.check),
            ),
            replace(reports, share=reports.share + name.share),
        ),
        draw=draw,
        converted=_parameters_alone,
    )


_EARLIER = {"clip": _clip, "model": _model}


def _from_a_file(case: Case) -> Case:
    """The same names in a file; ``data`` is its text, as the notebook reads it."""
    names = [name.strip() for name in case.arguments[0]]
    # In the course's file names begin with a capital, and its model makes them small.
    lines = [name.capitalize() if name.islower() else name for name in names]
    return replace(
        case,
        arguments=["\n".join(names), *case.arguments[1:]],
        options={name: value for name, value in case.options.items() if name != "verbose"},
        files={FILE: "\n".join(lines)},
        known=(case.arguments, case.options),
    )


def _on_pairs(check: Any) -> Any:
    """A check of parameters and a name, for parameters alone."""
    return lambda case, outcome: check(case, replace(outcome, result=(_alone(outcome.result), "")))


def _alone(returned: Any) -> Any:
    """The parameters, also of a file that returns the last name with them, as later editions do."""
    return returned[0] if isinstance(returned, tuple | list) and len(returned) == 2 else returned


def _parameters_alone(outcome: Outcome) -> Outcome:
    """An outcome as this edition can tell it apart from others."""
    return replace(outcome, result=_alone(outcome.result), arguments=[])
