"""A report as text in colour, as JUnit's XML and as CSV."""

import csv
import io
from collections.abc import Iterable
from xml.etree import ElementTree

import typer

from dino.grading.exercises import exercises
from dino.grading.report import Report, Ungraded

NAMES = [exercise.name for exercise in exercises()]
COLUMNS = ("file", "points", "max_points", *NAMES, "remark")
FORMATS = ("text", "json", "junit", "csv")


def text(report: Report, *, colour: bool) -> str:
    """For a learner at a terminal."""

    def style(words: str, **how: object) -> str:
        return typer.style(words, **how) if colour else words  # type: ignore[arg-type]

    edition = f" ({report.edition})" if report.edition else ""
    lines = [style(f"{report.file}: {report.points} of {report.max_points} points{edition}", bold=True)]
    lines += [f"  {remark}" for remark in report.remarks]
    for result in report.results:
        mark = style("passed", fg="green") if result.passed else style("failed", fg="red")
        lines.append(f"  {result.name:<10}{mark}  {result.points:g} of {result.max_points:g}")
        if result.first_difference:
            lines.append(f"    first difference: {result.first_difference}")
        if result.diagnosis:
            lines.append(f"    {style(result.diagnosis, fg='yellow')}")
        if result.hint:
            lines.append(f"    hint: {result.hint}")
        lines += [f"    note: {note}" for note in result.notes]
    return "\n".join(lines)


def junit(graded: Iterable[Report | Ungraded]) -> str:
    """A test suite for each file, a test case for each exercise."""
    root = ElementTree.Element("testsuites", name="dino grade")
    for report in graded:
        suite = ElementTree.SubElement(root, "testsuite", name=_clean(report.file))
        if isinstance(report, Ungraded):
            suite.attrib.update(tests="1", failures="0", errors="1")
            case = ElementTree.SubElement(suite, "testcase", classname=_clean(report.file), name="file")
            ElementTree.SubElement(case, "error", message=_clean(report.reason))
            continue
        failures = sum(not result.passed for result in report.results)
        suite.attrib.update(tests=str(len(report.results)), failures=str(failures), errors="0")
        for result in report.results:
            case = ElementTree.SubElement(suite, "testcase", classname=_clean(report.file), name=result.name)
            points = ElementTree.SubElement(case, "properties")
            for name in ("points", "max_points"):
                ElementTree.SubElement(points, "property", name=name, value=f"{getattr(result, name):g}")
            if not result.passed:
                failure = ElementTree.SubElement(case, "failure", message=_clean(result.diagnosis or ""))
                failure.text = _clean(f"first difference: {result.first_difference}\nhint: {result.hint}")
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def as_csv(graded: Iterable[Report | Ungraded]) -> str:
    """A head, then a row a file: points by exercise, and what is wrong."""
    output = io.StringIO()
    rows = csv.writer(output, lineterminator="\n")
    rows.writerow(COLUMNS)
    for report in graded:
        if isinstance(report, Ungraded):
            rows.writerow([_cell(report.file), 0, "", *("" for _ in NAMES), _cell(report.reason)])
            continue
        failed = [f"{result.name}: {result.diagnosis}" for result in report.results if not result.passed]
        wrong = "; ".join([*failed, *report.remarks])
        points = [result.points for result in report.results]
        rows.writerow([_cell(report.file), report.points, report.max_points, *points, _cell(wrong)])
    return output.getvalue().removesuffix("\n")


def _cell(words: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{words}" if words[:1] in ("=", "+", "-", "@") else words


def _clean(words: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in words)
