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


@dataclass(frozen=True)
class Cell:
    """A piece of the file, parsed.

    Attributes:
        label: what people call it: ``cell 3``, counted from 1 over all cells; empty for a ``.py`` file.
        source: its text, with magics replaced.
        tree: its syntax tree.
    """

    label: str
    source: str
    tree: ast.Module


def read(path: Path) -> list[Cell]:
    """Read and parse a learner's file.

    Raises:
        SubmissionError: if it cannot be read, is no notebook, or has a syntax error (with its line).
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SubmissionError(
            f"cannot read {path}: {error.strerror or error}; give a .py or .ipynb file"
        ) from None
    if path.suffix.lower() == ".ipynb":
        return _notebook(path, content)
    return [_located(path, "", _decoded(path, content), magics=False)]


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
    return [
        _located(path, f"cell {number}", source, magics=True)
        for number, (kind, source) in enumerate(cells, start=1)
        if kind == "code"
    ]


def _located(path: Path, label: str, source: str, *, magics: bool) -> Cell:
    """Parse a piece of a file; what is wrong is told with its place.

    Raises:
        SubmissionError: for a syntax error.
    """
    try:
        return parsed(label, source, magics=magics)
    except SyntaxError as error:
        where = f"{label}, line {error.lineno}" if label else f"line {error.lineno}"
        raise SubmissionError(
            f"{path} could not be graded: syntax error in {where}: {error.msg}; correct it and grade again"
        ) from None


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
