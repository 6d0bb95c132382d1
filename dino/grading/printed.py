"""What ``model`` prints, and where it first differs from what is expected."""

import re

from dino.grading.compare import Difference

REPORT = re.compile(r"Iteration:\s*(\d+),\s*Loss:\s*(\S+)")


def lines_of(printed: str) -> list[str]:
    """What was printed, without blank lines and surrounding blanks."""
    return [line.strip() for line in printed.splitlines() if line.strip()]


def printed_difference(expected: str, got: str) -> Difference | None:
    """The first expected line that is missing; lines of the learner's own may stand between.

    Args:
        expected: reports and names.
        got: what was printed.
    """
    theirs = lines_of(got)
    reports = [line for line in theirs if REPORT.match(line)]
    wanted = [line for line in lines_of(expected) if REPORT.match(line)]
    for place, line in enumerate(wanted):
        if place == len(reports):
            return Difference(f"report {place + 1} is missing", f"expected '{line}'")
        if not _same_line(line, reports[place]):
            return Difference(
                f"report {place + 1} differs in its iteration or loss",
                f"expected '{line}', got '{reports[place]}'",
            )
    if len(reports) > len(wanted):
        return Difference(
            "there are more reports than one every 2,000 iterations", f"got '{reports[len(wanted)]}'"
        )
    left = iter(theirs)
    for ours in lines_of(expected):
        if "=" in ours or ours.startswith("single_example"):
            continue  # what verbose prints is everybody's own
        if not any(_same_line(ours, line) for line in left):
            return Difference("a sampled name is missing from what is printed", f"expected '{ours}'")
    return None


def _same_line(ours: str, theirs: str) -> bool:
    expected, got = REPORT.match(ours), REPORT.match(theirs)
    if not expected or not got:
        return ours == theirs
    try:
        near = abs(float(expected[2]) - float(got[2])) <= 2e-5
    except ValueError:
        return False
    return near and expected[1] == got[1]
