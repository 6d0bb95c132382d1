"""A learner's file as Python source: a ``.py`` file, or the code cells of a notebook."""

import ast
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from charlm.errors import SubmissionError

MAGIC = re.compile(r"^\s*(?:[%!]|[\w.]+\?{1,2}\s*$|[\w.,\s]+=\s*[%!]|\?)")
"""A line that IPython reads and Python does not."""

WRAPPING = ("time", "timeit", "capture", "prun")
"""Cell magics whose cell is Python all the same."""

SUFFIXES = (".py", ".ipynb")

PART = re.compile(r"^(?!\s|[)\]}#]|(?:else|elif|except|finally|case)\b).")
"""The first line of a part that may be Python by itself."""

LONGEST_PART = 40
"""How many such lines one statement may have, as in a text in triple quotes."""

FUNCTION = re.compile(r"^(?:async\s+)?def\s+(\w+)")


@dataclass(frozen=True)
class Fault:
    """A part of a file that is not Python; the rest is read all the same.

    Attributes:
        where: its cell and line, for people.
        reason: what Python's parser says.
        defines: the functions that it would have defined.
    """

    where: str
    reason: str
    defines: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """A piece of the file, parsed.

    Attributes:
        label: what people call it: ``cell 3``, counted from 1 over all cells; empty for a ``.py`` file.
        source: its text, with magics replaced.
        tree: its syntax tree, without the parts that are not Python.
        faults: those parts.
    """

    label: str
    source: str
    tree: ast.Module
    faults: tuple[Fault, ...] = ()


def read(path: Path) -> list[Cell]:
    """Read and parse a learner's file.

    Raises:
        SubmissionError: if it cannot be read, is no notebook, or no function in it is Python (with the line
            of the first error).
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SubmissionError(
            f"cannot read {path}: {error.strerror or error}; give a .py or .ipynb file"
        ) from None
    if path.suffix.lower() == ".ipynb":
        return _notebook(path, content)
    return _usable(path, [readable("", _decoded(path, content), magics=False)])


def _decoded(path: Path, content: bytes) -> str:
    """The text of Python source, by its byte order mark or coding line."""
    from importlib.util import decode_source  # noqa: PLC0415 - little else needs it

    try:
        return decode_source(content)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise SubmissionError(f"{path} is not Python source: {error}; save it as UTF-8") from None


def _notebook(path: Path, content: bytes) -> list[Cell]:
    import nbformat  # noqa: PLC0415 - half of all files are none

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a cell without an id is no fault of the learner's
            notebook = nbformat.reads(content.decode("utf-8-sig"), as_version=4)  # type: ignore[no-untyped-call]
        cells = [(str(cell.cell_type), str(cell.source)) for cell in notebook.cells]
    except Exception as error:  # nbformat raises what its JSON and schema readers raise
        reason = " ".join(str(error).split())[:120]
        raise SubmissionError(
            f"{path} is not a Jupyter notebook: {reason}; save it from Jupyter once more"
        ) from None
    return _usable(
        path,
        [
            readable(f"cell {number}", source)
            for number, (kind, source) in enumerate(cells, start=1)
            if kind == "code"
        ],
    )


def _usable(path: Path, cells: list[Cell]) -> list[Cell]:
    """The cells, unless a syntax error leaves no function among them.

    Raises:
        SubmissionError: with the first error.
    """
    faults = [fault for cell in cells for fault in cell.faults]
    if faults and not any(isinstance(node, ast.FunctionDef) for cell in cells for node in cell.tree.body):
        raise SubmissionError(
            f"{path} could not be graded: syntax error in {faults[0].where}: {faults[0].reason}; "
            "correct it and grade again"
        )
    return cells


def readable(label: str, source: str, *, magics: bool = True) -> Cell:
    """Parse what is Python of a piece of a file; what is not becomes blank lines and faults.

    Args:
        label: what people call the piece.
        source: its text.
        magics: whether IPython would read it.
    """
    try:
        return parsed(label, source, magics=magics)
    except SyntaxError as error:
        first = error
    lines = source.splitlines()
    starts = [number for number, line in enumerate(lines) if PART.match(line)]
    ends = [*starts[1:], len(lines)]
    kept, faults, part = [""] * len(lines), [], 0
    while part < len(starts):
        start = starts[part]
        for last in range(part, min(part + LONGEST_PART, len(starts))):
            try:
                cell = parsed(label, "\n".join(lines[start : ends[last]]), magics=magics)
            except SyntaxError as error:
                if last == part:
                    faults.append(_fault(label, start, error, lines[start : ends[part]]))
                continue
            if last > part:
                del faults[-1]
            kept[start : ends[last]] = (cell.source.splitlines() + [""] * len(lines))[: ends[last] - start]
            part = last
            break
        part += 1
    text = "\n".join(kept) + "\n"
    # If each part can be read alone, the whole says best what is wrong with it.
    return Cell(label, text, ast.parse(text), tuple(faults) or (_fault(label, 0, first, lines),))


def _fault(label: str, start: int, error: SyntaxError, lines: list[str]) -> Fault:
    line = f"line {start + (error.lineno or 1)}"
    where = f"{label}, {line}" if label else line
    return Fault(where, error.msg, tuple(match[1] for text in lines if (match := FUNCTION.match(text))))


def parsed(label: str, source: str, *, magics: bool = True) -> Cell:
    """Parse, leaving out a notebook's magics only where Python itself cannot read the line.

    Args:
        label: what people call the piece.
        source: its text.
        magics: whether IPython would read it.

    Raises:
        SyntaxError: with its line.
    """
    lines = source.splitlines()
    if magics and lines and lines[0].startswith("%%"):
        wraps = lines[0][2:].split()[:1] in [[name] for name in WRAPPING]
        lines = ["", *lines[1:]] if wraps else []
    while True:
        text = "\n".join(lines) + "\n"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # such as an invalid escape in a learner's string
                return Cell(label, text, ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None) or 1
            if magics and line <= len(lines) and MAGIC.match(lines[line - 1]):
                indent = lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
                lines[line - 1] = f"{indent}pass"
                continue
            what = getattr(error, "msg", None) or str(error) or type(error).__name__
            raise SyntaxError(what, (label, line, None, None)) from None
