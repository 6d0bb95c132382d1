"""The grader's collection: wrong and right files as small edits, each wrong one with the truth about it.

They stand in ``tests/dino/grading/collection``, in files named ``KIND-EDITION-FUNCTION.txt``; an edit changes
that function of the edition's right file, ``base-EDITION.py``. A case begins with ``# `` and its title. Below
may stand, each in a line of its own:

    told: a regular expression that the report's diagnosis must match; all of several. {line} is the line
          in which the edit begins
    named: the known mistakes that it may be called, parted by bars; without this line no name is right
    top: a line that goes to the top of the file

Then comes the edit as a patch: lines that go behind ``- ``, lines that come behind ``+ ``, lines that stay
behind two blanks. Blanks at the beginning of the lines that go or stay do not count, and the new lines are
indented like the first of them. ``...`` parts edits. Or the whole function stands there, with what it needs.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COLLECTION = Path(__file__).resolve().parent.parent / "tests" / "dino" / "grading" / "collection"


@dataclass(frozen=True)
class GraderCase:
    """One file to grade.

    Attributes:
        kind: ``wrong``, ``alike`` (wrong, and near to a known mistake that it is not) or ``right``.
        edition: of the assignment.
        function: the one that is wrong, or written otherwise.
        title: in a few words.
        source: the file.
        told: regular expressions that the diagnosis must match.
        named: the known mistakes that it may be called.
    """

    kind: str
    edition: str
    function: str
    title: str
    source: str
    told: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}-{self.edition}-{self.function}: {self.title}"


def cases(*kinds: str) -> list[GraderCase]:
    """All of some kinds, in order."""
    paths = [path for kind in kinds for path in sorted(COLLECTION.glob(f"{kind}-*.txt"))]
    return [case for path in paths for case in _read(path)]


def replaced(function: str, whole: str, edition: str = "2021") -> str:
    """An edition's right file with another function."""
    base = (COLLECTION / f"base-{edition}.py").read_text(encoding="utf-8")
    return _edited(base, function, whole.splitlines(), [])[0]


def file_cases(folder: Path, truths: Path) -> list[GraderCase]:
    """Files of a folder, with the truth that a text tells of each: ``# name, function``, then as above."""
    found = []
    for part in f"\n{truths.read_text(encoding='utf-8')}".split("\n# ")[1:]:
        title, *lines = part.rstrip().splitlines()
        name, _, function = title.partition(", ")
        told = tuple(line.removeprefix("told: ") for line in lines if line.startswith("told: "))
        named = tuple(line.removeprefix("named: ") for line in lines if line.startswith("named: "))
        text = (folder / name).read_text(encoding="utf-8")
        found.append(GraderCase("file", "2021", function, name, text, told, named))
    return found


def _read(path: Path) -> Iterator[GraderCase]:
    kind, edition, function = path.stem.split("-")
    base = (COLLECTION / f"base-{edition}.py").read_text(encoding="utf-8")
    for part in f"\n{path.read_text(encoding='utf-8')}".split("\n# ")[1:]:
        title, *lines = part.rstrip().splitlines()
        found: dict[str, list[str]] = {"told": [], "named": [], "top": []}
        while lines and lines[0].partition(": ")[0] in found:
            key, _, value = lines.pop(0).partition(": ")
            found[key].append(value)
        try:
            source, line = _edited(base, function, lines, found["top"])
        except ValueError as error:
            raise ValueError(f"{path.name}, {title}: {error}") from None
        told = tuple(words.replace("{line}", str(line)) for words in found["told"])
        named = tuple(name.strip() for words in found["named"] for name in words.split("|"))
        yield GraderCase(kind, edition, function, title, source, told, named)


def _edited(base: str, function: str, edit: list[str], top: list[str]) -> tuple[str, int]:
    """The base with an edit in a function, and the line in which it begins."""
    lines = [*top, *base.splitlines()]
    node = next(n for n in ast.parse("\n".join(lines)).body if getattr(n, "name", "") == function)
    start, end = node.lineno - 1, node.end_lineno or 0
    own, first = lines[start:end], start + 1
    if not any(line.startswith(("- ", "+ ")) for line in edit):
        own = edit
    else:
        places = []
        for part in "\n".join(edit).split("\n...\n"):
            own, place = _patched(own, part.splitlines())
            places.append(place)
        first += places[0]
    return "\n".join([*lines[:start], *own, *lines[end:]]) + "\n", first


def _patched(own: list[str], edit: list[str]) -> tuple[list[str], int]:
    """Lines with one edit, and the place of the first line that it changes."""
    old = [line[2:].strip() for line in edit if line[:1] != "+"]
    stripped = [line.strip() for line in own]
    places = [place for place in range(len(own)) if stripped[place : place + len(old)] == old]
    if len(places) != 1:
        raise ValueError(f"{old} stands {len(places)} times")
    place = places[0]
    indent = own[place][: len(own[place]) - len(own[place].lstrip())]
    new, kept, changed = [], place, None
    for line in edit:
        if line[:1] == "+":
            new.append(indent + line[2:])
        if line[:1] == " ":
            new.append(own[kept])
        elif changed is None:
            changed = place + len(new) - (line[:1] == "+")
        kept += line[:1] != "+"
    return [*own[:place], *new, *own[place + len(old) :]], place if changed is None else changed
